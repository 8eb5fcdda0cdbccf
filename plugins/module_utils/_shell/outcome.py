# SPDX-License-Identifier: GPL-3.0-or-later

"""From the end of an operation, a report or an exception, to the result of a task. Knows no AnsibleModule."""

from __future__ import annotations

import os
import traceback
import typing as t

from .._adapters.failures import AdapterError, ConfigurationError, RequestError
from .._domain.common.printable import printable, printable_lines
from .._domain.common.problems import Notice, RefusedError, Remedy, ValidationError
from .._engine.common.report import Report
from .._engine.common.run import EngineError

#: Everything that an operation raises on purpose; anything else is a fault of the collection.
EXPECTED = (ValidationError, RefusedError, EngineError, AdapterError)

#: Where people report such a fault; the same as ``issues`` in galaxy.yml.
ISSUES = "https://github.com/clusterops/kube_proxy/issues"
#: Characters of one message, and of one text of a diff: what is longer is not read by anybody, and floods logs.
_MESSAGE, _TEXT = 16_000, 1_000_000
#: Characters of the words of an error that nobody expected, and places that lead to it.
_WORDS, _FRAMES = 300, 8

#: How a user applies a remedy, as the end of a sentence.
REMEDIES: t.Mapping[Remedy, str] = {
    Remedy.RESET: "use clusterops.kube_proxy.kube_cluster_reset or the playbook clusterops.kube_proxy.managed_reset",
    Remedy.ROLLOUT: "use clusterops.kube_proxy.kube_proxy_rollout",
    Remedy.MIGRATION: "use the playbook clusterops.kube_proxy.migrate_mode",
    Remedy.MIGRATION_STEP: "use clusterops.kube_proxy.kube_proxy_migration",
}


class Outcome(t.NamedTuple):
    """What a task returns: the result without ``warnings``, which Ansible wants to be given one by one."""

    result: dict[str, t.Any]
    warnings: list[str]

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))


def outcome(
    ended: Report | Exception, facts: t.Mapping[str, t.Any] | None = None, warnings: t.Iterable[Notice] = ()
) -> Outcome:
    """The result of a task that ended so.

    ``facts`` are what was known when the exception came; a report has its own. What is printed as it is (messages,
    warnings, texts and headers of diffs) may hold words from outside, and is escaped here at the latest.
    """
    texts = [_shown(sentence(warning)) for warning in warnings]
    if isinstance(ended, Report):
        diff = {} if ended.diff is None else {"diff": _shown_diff(ended.diff)}
        return Outcome({"changed": ended.changed, **diff, **_plain(ended.facts)}, texts)
    message, details = _failure(ended)
    return Outcome({"failed": True, "msg": _shown(message), **_plain(facts or {}), **details}, texts)


def _shown(message: str) -> str:
    return printable(message, _MESSAGE)


def _shown_diff(diff: t.Any) -> t.Any:
    """Ansible prints texts and headers as they are, and objects as JSON, which escapes by itself."""
    if isinstance(diff, list):
        return [_shown_diff(each) for each in diff]
    return {
        key: value if not isinstance(value, str) else printable_lines(value, _TEXT) if key in _LINES else _shown(value)
        for key, value in diff.items()
    }


def sentence(notice: Notice) -> str:
    """The text of a notice, with what to use as its remedy."""
    return notice.text if notice.remedy is None else f"{notice.text}: {REMEDIES[notice.remedy]}"


#: Members of a diff that have lines; headers have one.
_LINES = ("before", "after", "prepared")


def _failure(error: Exception) -> tuple[str, dict[str, t.Any]]:
    if isinstance(error, ValidationError):
        problems = [{"option": problem.path, "problem": _shown(problem.message)} for problem in error.problems]
        return f"Refused, nothing was changed: {error}", {"problems": problems}
    if isinstance(error, RefusedError):
        return sentence(Notice(str(error), error.remedy)), {}
    if isinstance(error, ConfigurationError):
        return str(error), {"option": error.option}
    if isinstance(error, RequestError):
        return str(error), {"error": error.as_result()}
    if isinstance(error, EXPECTED):
        return str(error), {}
    return _unexpected(error)


def _unexpected(error: BaseException) -> tuple[str, dict[str, t.Any]]:
    """Message and details of a fault of the collection, which whoever develops it needs to know of.

    ``fault`` says where it is, in the collection's files and without any value; Ansible shows ``exception``, the whole
    traceback, only when it is told to show tracebacks.
    """
    said = printable(str(error), _WORDS)
    kind = type(error).__name__
    frames = [
        f"{frame.filename.partition('clusterops/kube_proxy/')[2] or os.path.basename(frame.filename)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    ]
    message = (
        f"This is a fault of the collection clusterops.kube_proxy, not of yours: {kind}{f' ({said})' if said else ''}. "
        f"Report it at {ISSUES} with this message and the field fault. What was changed before it stays changed: "
        f"check, then run again"
    )
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return message, {"fault": {"error": kind, "at": frames}, "exception": trace}


def _plain(value: t.Any) -> t.Any:
    """Facts as JSON has them: notices become their sentences, which roles print."""
    if isinstance(value, Notice):
        return _shown(sentence(value))
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
