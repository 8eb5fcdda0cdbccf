# SPDX-License-Identifier: GPL-3.0-or-later

"""The blocks of code in the documents that users read, with the marks before them.

``<!-- run by tests/docs/test_x.py::test_y -->`` before a block names the test that runs it; ``<!-- not run: why -->``
says why none does.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "roles").glob("*/README.md")],
)
_BLOCK = re.compile(
    r"(?:^ *<!-- (?P<mark>(?:run by|not run:) .*?) -->\n)?"
    r"^(?P<indent> *)```(?P<language>\S*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


class Block(t.NamedTuple):
    """``text`` is without the indentation of the block; ``mark`` is empty where there is none."""

    document: str
    line: int
    language: str
    text: str
    mark: str

    @property
    def place(self) -> str:
        return f"{self.document}:{self.line}"


def blocks() -> list[Block]:
    found = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for match in _BLOCK.finditer(text):
            lines = match["text"].splitlines()
            plain = "\n".join(line.removeprefix(match["indent"]) for line in lines) + "\n"
            line = text.count("\n", 0, match.start()) + 1
            document = path.relative_to(ROOT).as_posix()
            found.append(Block(document, line, match["language"], plain, match["mark"] or ""))
    return found


def commands(block: Block) -> list[str]:
    """What a reader types, without prompts, comments and what the commands print."""
    lines = re.sub(r" *\\\n *", " ", block.text).splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    plain = (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines)
    return [line for line in plain if line]
