# SPDX-License-Identifier: GPL-3.0-or-later

"""The name of a file as it may be shown: the one home of that rule.

An option that takes the path of a file is often given its content by mistake: a private key, a kubeconfig, an ovh.conf.
A message that quotes such a value, or a result that repeats it, publishes the secrets in it. So a value is shown only
if it looks like a path.
"""

from __future__ import annotations

import re

from .listed import counted
from .printable import printable

#: Characters. Paths that people and AWX use are shorter, and a key or token on one line is often longer.
_LONGEST = 255
#: What the usual file systems allow for one name, in bytes; a longer one cannot be a file.
_LONGEST_NAME = 255
#: A name that says where it starts. Contents do not begin so.
_ANCHORED = re.compile(r"(?:/|~|\.{1,2}/)")
#: Any other name: words with the usual punctuation, but without the marks of INI, YAML, JSON, PEM and base64.
_RELATIVE = re.compile(r"[\w.][\w. @+,~%-]*(?:/[\w. @+,~%-]+)*/?")
#: A long word of letters and digits: a token or key rather than what somebody calls a file.
_TOKEN = re.compile(r"(?=[A-Za-z+]*[0-9])(?=[0-9+]*[A-Za-z])[A-Za-z0-9+]{20,}|[A-Za-z]{48,}")


def shown_name(name: str) -> str:
    """The name of a file for a message, or a stand-in for what does not look like one."""
    text = name.strip()
    return printable(text) if looks_like_name(text) else f"(a text of {counted(len(text), 'character')}, not shown)"


def looks_like_name(name: str) -> bool:
    """Whether the value may be shown: one line, no longer than paths are, without marks of a file's content."""
    text = name.strip()
    if not text or len(text) > _LONGEST or is_content(text):
        return False
    if _ANCHORED.match(text):
        return True
    return _RELATIVE.fullmatch(text) is not None and _TOKEN.search(text) is None


def is_content(value: str) -> bool:
    """Whether the value cannot be the name of a file, and so must be a file's content or something else."""
    text = value.strip()
    return (
        not text.isprintable()
        or "-----BEGIN" in text
        or any(len(part.encode("utf-8", "replace")) > _LONGEST_NAME for part in text.split("/"))
    )


def no_such_file(option: str, value: str, what: str = "file") -> str:
    """The sentence for an option that should name an existing file and does not; ``what`` says what kind of file."""
    if looks_like_name(value):
        return f"{option}: the {what} {shown_name(value)} does not exist"
    return no_path(option, value, what)


def no_path(option: str, value: str, what: str = "file") -> str:
    """The sentence for an option whose value names no file, which is why nothing of it is shown."""
    return (
        f"{option}: this is no path of a {what} but {_kind(value)}, which is not shown; write it to a file and give the"
        " path"
    )


def are_names(value: str) -> bool:
    """Whether a value may be shown as the paths of files with colons between them; one part that is none hides all.

    A colon with a space behind it is YAML.
    """
    parts = [part for part in value.strip().split(":") if part]
    return bool(parts) and all(part == part.strip() and looks_like_name(part) for part in parts)


def content_instead_of_name(value: str) -> str | None:
    """What to say of a value that should name a file, existing or not, and cannot; None if it can."""
    return f"this is no path but {_kind(value)}, which is not shown; give a path" if is_content(value) else None


def _kind(value: str) -> str:
    text = value.strip()
    lines = len(text.splitlines())
    if "-----BEGIN" in text:
        return f"the content of a PEM file ({counted(lines, 'line')})"
    if lines > 1:
        return f"the content of a file ({lines} lines)"
    return f"a text of {counted(len(text), 'character')}"
