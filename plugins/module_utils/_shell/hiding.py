# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible hides of a task's options, made exact. Python 3.9 and the standard library only.

Ansible hides an option as a whole (``no_log``) or not at all, and before the module has a say: while it checks the
options, in the system's log, and in the invocation that ``-vvv`` shows. An option that names a file may hold the file's
content by mistake, so it is hidden until it turns out to be a name.
"""

from __future__ import annotations

import os
import typing as t

from .._domain.common.blank import is_blank
from .._domain.common.file_names import looks_like_name

#: Characters. Shorter lines of a file are not hidden one by one: they could be any word of a message.
_LINE = 12


def secrets_among(
    argument_spec: t.Mapping[str, t.Mapping[str, t.Any]], params: t.Mapping[str, t.Any]
) -> t.Iterator[str]:
    """The texts in those options, unchecked as they are, that are hidden as a whole."""
    for name, option in argument_spec.items():
        if option.get("no_log"):
            for given in (name, *option.get("aliases", ())):
                yield from _texts(params.get(given))


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for member in value:
            yield from _texts(member)
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool) and str(value).strip():
        yield str(value)


def correct(
    hidden: set[str],
    argument_spec: t.Mapping[str, t.Mapping[str, t.Any]],
    params: t.Mapping[str, t.Any],
    shown: t.Collection[str] = (),
) -> None:
    """Change ``hidden``, Ansible's set of texts to hide: names of files and ``shown`` leave it, contents of files come.

    ``shown`` are texts in hidden options that are no secrets.
    """
    secret = {name for name, option in argument_spec.items() if option.get("no_log")}
    files = {name for name in secret if argument_spec[name]["type"] == "path"}
    values = {params[name] for name in files if isinstance(params.get(name), str)}
    names = {value for value in values if is_blank(value) or looks_like_name(value)}
    kept = {params[name] for name in secret - files if isinstance(params.get(name), str)} - set(shown)
    # Ansible hides a path as it was given, and ``params`` has what it stands for.
    public = {text for text in hidden if _expanded(text) in names or text in shown}
    hidden.difference_update(public - kept)
    for content in values - names:
        hidden.add(content)
        hidden.update(line.strip() for line in content.splitlines() if len(line.strip()) >= _LINE)


def _expanded(path: str) -> str:
    return os.path.expanduser(os.path.expandvars(path))
