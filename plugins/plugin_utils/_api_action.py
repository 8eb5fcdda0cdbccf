# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module of an API inside Ansible's worker, in a fork of it, where that is the same as running the module.

A module costs a packed file, a new Python and its imports; a fork has all of that already, because Ansible loads the
action plugin, and with it what is imported here, before it forks its workers.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
import typing as t
from pathlib import Path

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.clusterops.kube_proxy.plugins.module_utils import _deps
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.child import (
    ChildEndedError,
    Say,
    end_after,
    in_child,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.printable import printable
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.progress import Telling
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.imported_ahead import (
    OF_ROLES,
    import_modules,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.in_process import result_of
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.module_spec import Host, ModuleSpec
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.outcome import outcome
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.way import (
    SWITCH,
    VARIABLES,
    Wishes,
    why_own_process,
    wishes,
)

#: Characters of a line about a task that waits.
_LINE: t.Final = 500

display = Display()


class ApiAction(ActionBase):
    """An action plugin has the name of its module, and the spec of it."""

    spec: t.ClassVar[ModuleSpec]
    #: Libraries that cannot be used here, with the reason; a module looks for its own.
    missing: t.ClassVar[list[tuple[str, str]]] = []

    _supports_check_mode = True
    _supports_async = True
    _requires_connection = True
    TRANSFERS_FILES = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        import_modules(OF_ROLES)
        cls.missing = _deps.load(*cls.spec.libraries)
        if not cls.missing:
            cls.spec.ahead()

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        variables = task_vars or {}
        result: dict[str, t.Any] = super().run(tmp, variables)
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        try:
            wanted = wishes({name: self._templar.template(variables.get(name)) for name in VARIABLES})
        except ValidationError as error:
            result.update(outcome(error).result)
            return result
        why = self._why_not(variables, environment, wanted)
        if why is None:
            try:
                arguments = json.loads(json.dumps(self._task.args, default=_as_modules_get))
            except (TypeError, ValueError):
                why = "an option is of a type that only a module can be given"
        host = variables.get("inventory_hostname")
        if why is None:
            display.vvv("Runs in Ansible's worker", host=host)
            result.update(self._in_fork(arguments, environment, variables, wanted))
        else:
            display.vvv(f"Runs as a module: {why}", host=host)
            result.update(self._as_module(variables))
        return result

    def _why_not(self, variables: dict[str, t.Any], environment: t.Mapping[str, str], wanted: Wishes) -> str | None:
        """Why the task has to run as a module; None if it need not."""
        if not wanted.in_process:
            return f"{SWITCH} is off"
        if self._task.async_val:
            return "the task is asynchronous"
        if self._connection.become is not None:
            return "the task uses become"
        if self._connection.transport != "local":
            return f"its connection is {self._connection.transport}"
        interpreter = self._interpreter(variables)
        if not _is_ours(interpreter):
            return f"its interpreter is {interpreter}, Ansible's is {sys.executable}"
        if self.missing:
            return f"Ansible's Python lacks {', '.join(name for name, _reason in self.missing)}"
        return why_own_process(environment)

    def _interpreter(self, variables: dict[str, t.Any]) -> str:
        """What the user says; ``auto`` and the like if it has to be looked for."""
        of_host = variables
        if self._task.delegate_to:
            of_host = variables.get("ansible_delegated_vars", {}).get(self._task.delegate_to, {})
        said = constants.config.get_config_value("INTERPRETER_PYTHON", variables=of_host)
        return str(self._templar.template(said))

    def _as_module(self, variables: dict[str, t.Any]) -> dict[str, t.Any]:
        wrap_async = self._task.async_val and not self._connection.has_native_async
        result: dict[str, t.Any] = self._execute_module(task_vars=variables, wrap_async=wrap_async)
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)  # type: ignore[no-untyped-call]
        return result

    def _in_fork(
        self,
        arguments: dict[str, t.Any],
        environment: t.Mapping[str, str],
        variables: dict[str, t.Any],
        wanted: Wishes,
    ) -> dict[str, t.Any]:
        def work(say: Say) -> bytes:
            # Where Ansible starts a module of a local connection: relative paths begin there.
            os.chdir(self._loader.get_basedir())
            os.environ.update({key: str(value) for key, value in environment.items()})
            host = Host(
                os.environ,
                _hidden_here,
                limit=end_after,
                telling=self._telling(variables, wanted, say),
                in_common=_folder_of_run(),
            )
            return json.dumps(result_of(self.spec, arguments, host, check_mode=self._task.check_mode)).encode()

        def show(said: bytes) -> None:
            display.display(f"[{variables.get('inventory_hostname')}] {said.decode()}", stderr=_printed_for_programs())

        try:
            ended: dict[str, t.Any] = json.loads(in_child(work, show))
        except ChildEndedError as error:
            ended = {
                "failed": True,
                "msg": f"The process of this task has no result: {error}. What it did before stays done: check, then "
                f"run again. With the variable {SWITCH}=false the task runs as a module.",
            }
        # Ansible shows tracebacks only when it is told to, which it knows of modules.
        if not {"error", "always"} & set(constants.config.get_config_value("DISPLAY_TRACEBACK")):
            ended.pop("exception", None)
        if not _with_invocation(variables):
            ended.pop("invocation", None)
        return self._as_read(ended)

    def _as_read(self, ended: dict[str, t.Any]) -> dict[str, t.Any]:
        """The result as Ansible reads it of a module, by its own function: it makes a failure an error of Ansible's.

        It does so before it looks at ``failed_when``; of the result of an action plugin, ansible-core 2.19 does after.
        """
        printed: t.Any = {"stdout": json.dumps(ended), "stderr": "", "rc": 0}
        read: t.Any = self._parse_returned_data(printed, "legacy")
        # It is a dictionary with ansible-core 2.19, and an object with 2.21.
        result: dict[str, t.Any] = read if isinstance(read, dict) else read.as_result_dict(for_round_trip=True)
        return result

    def _telling(self, variables: dict[str, t.Any], wanted: Wishes, say: Say) -> Telling | None:
        """How those who wait are told, if they want to be."""
        if not wanted.every > 0 or self._task.no_log:
            return None
        # A log of AWX is read when all is over.
        in_awx = any(name in variables for name in ("awx_job_id", "tower_job_id"))
        return Telling(lambda text: say(printable(text, _LINE).encode()), wanted.every, only_changes=in_awx)


def _with_invocation(variables: dict[str, t.Any]) -> bool:
    """Whether results have the options; ansible-core before 2.21 always has them there."""
    if not hasattr(constants, "INJECT_INVOCATION"):
        return True
    return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=variables))


def _folder_of_run() -> Path:
    """Ansible's own, which it has made before it forks, and removes when it ends."""
    return Path(constants.DEFAULT_LOCAL_TMP)  # type: ignore[attr-defined]


def _printed_for_programs() -> bool:
    """Whether a program reads the standard output, which a line of text would break."""
    return str(constants.config.get_config_value("DEFAULT_STDOUT_CALLBACK")).rpartition(".")[2].startswith("json")


def _is_ours(interpreter: str) -> bool:
    """Whether it is the Python that Ansible runs in, under whichever of its names: same program, same libraries."""
    if interpreter == sys.executable:
        return True
    own, other = os.path.realpath(sys.executable), os.path.realpath(interpreter)
    prefix = os.path.dirname(os.path.dirname(os.path.abspath(interpreter)))
    return os.path.isabs(interpreter) and own == other and prefix == os.path.abspath(sys.prefix)


def _as_modules_get(value: t.Any) -> t.Any:
    """As Ansible writes it into what it gives a module."""
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    raise TypeError


def _hidden_here(_secret: str) -> None:
    """The result is all there is to hide something in."""
