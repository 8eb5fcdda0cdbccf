# SPDX-License-Identifier: GPL-3.0-or-later

"""A module as data, and its execution for whoever can offer what a host offers: a module, or an action plugin."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .._adapters.deadline import NEVER, REAL_TIME, Deadline
from .._domain.common.problems import both
from .._engine.common.progress import Telling
from .._engine.common.report import Report
from .._engine.common.run import Run, Waiting
from .outcome import Outcome, outcome

#: A key of an option that Ansible does not know (:meth:`ModuleSpec.arguments`): a number is refused as
#: well, because YAML may have read another one than was written, and something gets that name or is found by it.
ONLY_TEXT: t.Final = "only_text"

Spec = dict[str, dict[str, t.Any]]
Params = dict[str, t.Any]
Operation = t.Callable[[Run[t.Any]], Report]


def no_commands(*_arguments: t.Any, **_options: t.Any) -> t.NoReturn:
    """Of a host for modules of an API, which run none."""
    raise NotImplementedError("only modules for nodes run commands")


@dataclass(frozen=True)
class Host:
    """What the shell offers: the environment, a way to keep a secret out of everything shown, and commands.

    ``run_command`` has the signature of ``AnsibleModule.run_command``. ``deadline`` is when the
    time of the run is over. ``limit`` is told within how many seconds the run has ended, whatever happens to it.
    """

    environ: t.Mapping[str, str]
    hide: t.Callable[[str], None]
    run_command: t.Callable[..., tuple[int, str, str]] = no_commands
    deadline: Deadline = NEVER
    limit: t.Callable[[float], None] = lambda _seconds: None
    telling: Telling | None = None
    #: A folder that the tasks of one run of Ansible have in common.
    in_common: Path | None = None


#: Seconds beyond the time of a run in which it puts back what must not stay, and tells how it ended.
_GRACE: t.Final = 300.0


@dataclass(frozen=True)
class ModuleSpec:
    """One module: its options, what they ask for, the libraries it needs, and what it connects to."""

    argument_spec: Spec
    #: Reads the options; raises ValidationError. Runs before anything is connected, so before any request.
    prepare: t.Callable[[Params], Operation]
    connect: t.Callable[[Params, Host], t.ContextManager[t.Any]]
    libraries: tuple[str, ...] = ()
    required_one_of: tuple[tuple[str, ...], ...] = ()
    required_if: tuple[tuple[t.Any, ...], ...] = ()
    waiting: t.Callable[[Params], Waiting] = field(default=lambda _params: Waiting())
    #: The libraries that options need with which nothing is connected; None for those with which something is.
    unconnected: t.Callable[[Params], tuple[str, ...] | None] = field(default=lambda _params: None)
    #: What all executions can share, made before the process that is there forks; the libraries are there.
    ahead: t.Callable[[], None] = field(default=lambda: None)
    #: The texts in options that Ansible hides as a whole which are no secrets.
    shown: t.Callable[[Params], t.Collection[str]] = field(default=lambda _params: ())

    def libraries_for(self, params: Params) -> tuple[str, ...]:
        """The libraries that these options need."""
        few = self.unconnected(params)
        return self.libraries if few is None else few

    def arguments(self) -> dict[str, t.Any]:
        """The arguments of AnsibleModule, fresh ones: Ansible changes what it is given, and knows not every key."""
        return {
            "argument_spec": {
                name: {key: value for key, value in option.items() if key != ONLY_TEXT}
                for name, option in self.argument_spec.items()
            },
            "required_one_of": list(self.required_one_of),
            "required_if": list(self.required_if),
            "supports_check_mode": True,
        }

    def execute(self, params: Params, host: Host, *, check_mode: bool) -> Outcome:
        """Read the options, connect, run the operation. Whatever was learnt before a failure is in its result.

        Also before one that nobody expected: what was changed by then is changed.
        """
        facts: dict[str, t.Any] = {}
        warnings: list[t.Any] = []
        ended: Report | Exception
        try:
            operation, waiting = both(lambda: self.prepare(params), lambda: self.waiting(params))
            deadline = Deadline.after(waiting.timeout, REAL_TIME)
            host.limit(waiting.timeout + _GRACE)
            with self._connection(params, dataclasses.replace(host, deadline=deadline)) as api:
                run = Run(
                    api,
                    check_mode,
                    waiting,
                    facts=facts,
                    warnings=warnings,
                    hide=host.hide,
                    until=deadline,
                    telling=host.telling,
                )
                ended = operation(run)
        except Exception as error:
            ended = error
        return outcome(ended, facts, warnings)

    def _connection(self, params: Params, host: Host) -> t.ContextManager[t.Any]:
        return self.connect(params, host) if self.unconnected(params) is None else contextlib.nullcontext()
