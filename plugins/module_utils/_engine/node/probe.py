# SPDX-License-Identifier: GPL-3.0-or-later

"""A probe of one node: measured here and now, or started, marked and stopped while other tasks change the node."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._adapters.node.probe_files import ProbeFiles
from ..._adapters.node.probe_sockets import Sockets
from ..._domain.common.json_types import Json
from ..._domain.node.probe_figures import figures
from ..._domain.node.probe_record import Entry, Mark, Start, entries, line
from ..._domain.node.probe_request import ProbeRequest
from ..common.report import Report
from ..common.run import EngineError, Run
from .measure import measure, start

#: Seconds that a probe has to end by itself, beside those that its last connections may take.
_TO_END = 10.0
#: Seconds between two looks whether it has ended.
_LOOK = 0.05


@dataclass(frozen=True)
class ProbedNode:
    """The node as a probe sees it. ``detach`` runs work in the background, for at most so many seconds."""

    files: ProbeFiles
    sockets: t.Callable[[], Sockets]
    detach: t.Callable[[t.Callable[[t.Callable[[], None]], None], float], None]


def probe(run: Run[ProbedNode], request: ProbeRequest) -> Report:
    """Bring the probe into the state that was requested; see the documentation of kube_proxy_node_probe."""
    return _STATES[request.state](run, request)


def _measured(run: Run[ProbedNode], request: ProbeRequest) -> Report:
    """Also in check mode: connections that are closed at once change nothing."""
    first = start(request, run.clock)
    record: list[Entry] = [first]
    sockets = run.api.sockets()
    try:
        measure(request, first, sockets, run.clock, write=record.append, over=lambda: False)
    finally:
        sockets.close()
    return Report(changed=False, facts=_facts(request, record, running=False, path=None))


def _started(run: Run[ProbedNode], request: ProbeRequest) -> Report:
    files = run.api.files
    files.require_usable()
    if files.running() and _settings(files) == request.settings():
        return Report(changed=False, facts=_facts(request, _record(files), running=True, path=files.path))
    if run.check_mode:
        return Report(changed=True, facts=_facts(request, [], running=True, path=files.path))
    _end(run, request)

    def work(ready: t.Callable[[], None]) -> None:
        first = start(request, run.clock)
        record = files.begin(line(first))
        sockets = run.api.sockets()
        ready()
        measure(
            request,
            first,
            sockets,
            run.clock,
            write=lambda entry: record.write(line(entry)),
            over=lambda: not record.in_place(),
        )

    run.api.detach(work, request.duration + request.timeout)
    return Report(changed=True, facts=_facts(request, _record(files), running=True, path=files.path))


def _marked(run: Run[ProbedNode], request: ProbeRequest) -> Report:
    files = run.api.files
    first = _first(_record(files))
    if not files.running() or first is None:
        raise EngineError(f"No probe called {request.name} runs on this node ({files.path}), so there is none to mark")
    if not run.check_mode:
        files.append(line(Mark(run.clock.now() - first.clock, request.mark)))
    return Report(changed=True, facts=_facts(request, _record(files), running=True, path=files.path))


def _stopped(run: Run[ProbedNode], request: ProbeRequest) -> Report:
    files = run.api.files
    changed = files.running()
    if changed and not run.check_mode:
        _end(run, request)
    record = _record(files)
    if not record:
        run.warn(f"There is no record of a probe called {request.name} on this node ({files.path})")
    return Report(changed=changed, facts=_facts(request, record, running=False, path=files.found()))


def _absent(run: Run[ProbedNode], request: ProbeRequest) -> Report:
    files = run.api.files
    changed = files.found() is not None
    if changed and not run.check_mode:
        _end(run, request)
        files.remove()
    return Report(changed=changed, facts=_facts(request, [], running=False, path=None))


_STATES: t.Mapping[str, t.Callable[[Run[ProbedNode], ProbeRequest], Report]] = {
    "measured": _measured,
    "started": _started,
    "marked": _marked,
    "stopped": _stopped,
    "absent": _absent,
}


def _end(run: Run[ProbedNode], request: ProbeRequest) -> None:
    """End the probe of that name, if one runs; raises EngineError if it does not end."""
    files = run.api.files
    if files.running():
        first = _first(_record(files))
        files.stop()
        until = run.clock.now() + _TO_END + float((first.settings if first else {}).get("timeout", 0.0))
        while files.ending():
            if run.clock.now() >= until:
                raise EngineError(
                    f"The probe called {request.name} does not end ({files.path}). It ends by itself when its duration "
                    f"is over; choose another name until then"
                )
            run.clock.sleep(_LOOK)


def _record(files: ProbeFiles) -> list[Entry]:
    return entries(files.text())


def _first(record: t.Iterable[Entry]) -> Start | None:
    return next((entry for entry in record if isinstance(entry, Start)), None)


def _settings(files: ProbeFiles) -> Json | None:
    first = _first(_record(files))
    return None if first is None else first.settings


def _facts(request: ProbeRequest, record: t.Sequence[Entry], *, running: bool, path: t.Any) -> Json:
    return {
        "name": request.name,
        "running": running,
        "record": None if path is None else str(path),
        **figures(record),
    }
