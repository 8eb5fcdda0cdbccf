# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of an ovh.conf, read so that a file that works for one of OVHcloud's own clients works here.

Those read it differently. Python's ``configparser`` (python-ovh) takes quotes and what follows ``;`` for a part of the
value, and refuses a byte order mark and lines before the first section. ``go-ini`` (go-ovh, so Terraform) strips and
accepts these, and so does ``ini`` of Node.js. Credentials and endpoints have no quotes, ``;`` or ``#`` in them, so
stripping is right for every file. Where ``go-ini`` lets the last of two values of one name win, ``configparser``
refuses the file, and so does this: with the header of a section commented out, the credentials of two accounts would be
mixed.
"""

from __future__ import annotations

import re

#: The section of lines before the first header: they can only be what the commented-out header was for.
FIRST_SECTION = "default"

Sections = dict[str, dict[str, str]]

_HEADER = re.compile(r"\[(?P<name>.+)\]\s*(?:[#;].*)?")
_VALUE = re.compile(r"""(?P<quote>\"{3}|["'`])(?P<quoted>.*?)(?P=quote)\s*(?:[#;].*)?""")


class FormatError(Exception):
    """A line that an ovh.conf cannot have; never quotes it, since it may be a credential."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line} {reason}")


def parse(text: str) -> Sections:
    """The values by section and name; raises FormatError. Names do not depend on upper and lower case, as in Python."""
    sections: Sections = {}
    section: str | None = None
    headers: set[str] = set()
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            header = _HEADER.fullmatch(line)
            if header is None:
                raise FormatError(number, "begins like a section, but is no name in square brackets")
            section = header["name"].strip()
            if section in headers:
                raise FormatError(number, "begins a section that there is already")
            headers.add(section)
            sections.setdefault(section, {})
            continue
        name, delimiter, value = _split(line)
        if not delimiter or not name:
            raise FormatError(number, "is neither a section in square brackets nor name=value")
        members = sections.setdefault(FIRST_SECTION if section is None else section, {})
        if name in members:
            raise FormatError(
                number,
                "gives a name a second value in the same section; remove one of them, or look for a section whose"
                " header is commented out while its lines are not",
            )
        members[name] = _bare(value)
    return sections


def _split(line: str) -> tuple[str, str, str]:
    """Name, delimiter and value; both ``=`` and ``:`` delimit, whichever comes first."""
    match = re.search("[=:]", line)
    if match is None:
        return line, "", ""
    return line[: match.start()].strip().lower(), match[0], line[match.end() :].strip()


def _bare(value: str) -> str:
    """The value without quotes around it and without a comment behind it."""
    quoted = _VALUE.fullmatch(value)
    if quoted is not None:
        return quoted["quoted"]
    return re.split("[#;]", value, maxsplit=1)[0].strip()
