# SPDX-License-Identifier: GPL-3.0-or-later

"""The thin shell without AnsibleModule, for an action plugin: options in, result out, in the process that calls it.

What a module does before and after, this does too: the same check of the options, the same hiding, the same result.
Nothing global is touched, of Ansible or of a library.
"""

from __future__ import annotations

import contextlib
import dataclasses
import grp
import os
import pwd
import stat
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values

from .._engine.common.progress import Telling
from .module_spec import Host, ModuleSpec, Params
from .outcome import outcome
from .task import Task


def result_of(spec: ModuleSpec, params: Params, host: Host, *, check_mode: bool) -> dict[str, t.Any]:
    """The result that the module has for these options, which are plain JSON types, with ``warnings`` in it.

    ``host.hide`` is not used: what is hidden here is hidden in the result.
    """
    task = Task(spec, params)
    options = task.params
    warnings = [*_of_aliases(spec, options)]
    arguments = spec.arguments()
    del arguments["supports_check_mode"]
    try:
        refused = task.refused()
        if refused is None:
            checked = ArgumentSpecValidator(**arguments).validate(options)
            options = {**options, **checked.validated_parameters}
            if checked.errors.errors:
                refused = task.refused_by_ansible(checked.errors.messages)
        if refused is None:
            task.accepted(options)
            here = dataclasses.replace(host, hide=task.hide, telling=_hiding(host.telling, task.hidden))
            ended = task.execute(options, here, check_mode=check_mode)
            warnings += ended.warnings
            result = ended.result
        else:
            result = {"failed": True, **refused}
    except Exception as error:
        # Of the shell itself: what an operation raises is a result already.
        result = outcome(error).result
    result.update(_of_file(result), invocation={"module_args": options})
    if warnings:
        result["warnings"] = warnings
    return _without(task.hidden, result)


def _hiding(telling: Telling | None, hidden: t.Collection[str]) -> Telling | None:
    """The same, without what the result does not show either; ``hidden`` grows while the task runs."""
    if telling is None:
        return None
    say = telling.say
    return dataclasses.replace(telling, say=lambda text: say(str(remove_values(text, hidden))))


def _of_aliases(spec: ModuleSpec, params: Params) -> t.Iterator[str]:
    """Ansible's warnings, in its words."""
    for option, described in spec.argument_spec.items():
        for alias in described.get("aliases", ()):
            if option in params and alias in params:
                yield f"Both option {option} and its alias {alias} are set."


def _without(hidden: t.Collection[str], result: dict[str, t.Any]) -> dict[str, t.Any]:
    # As AnsibleModule has it: a secret may look like a truth value.
    kept = {key: value for key, value in result.items() if value is None or isinstance(value, bool)}
    return {**remove_values(result, hidden), **kept}


def _of_file(result: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What Ansible adds to every result of a module that has a ``path`` or ``dest``."""
    path = result.get("path", result.get("dest"))
    if path is None or not os.path.exists(path):
        return {}
    status = os.lstat(path)
    found = {
        "uid": status.st_uid,
        "gid": status.st_gid,
        "owner": _name(lambda: pwd.getpwuid(status.st_uid).pw_name, status.st_uid),
        "group": _name(lambda: grp.getgrgid(status.st_gid).gr_name, status.st_gid),
        "mode": f"0{stat.S_IMODE(status.st_mode):03o}",
        "state": _state(status),
        "size": status.st_size,
    }
    with contextlib.suppress(OSError):
        found["secontext"] = os.getxattr(path, "security.selinux", follow_symlinks=False).rstrip(b"\0").decode()
    return found


def _name(look_up: t.Callable[[], str], number: int) -> str:
    try:
        return look_up()
    except KeyError:
        return str(number)


def _state(status: os.stat_result) -> str:
    if stat.S_ISLNK(status.st_mode):
        return "link"
    if stat.S_ISDIR(status.st_mode):
        return "directory"
    return "hard" if status.st_nlink > 1 else "file"
