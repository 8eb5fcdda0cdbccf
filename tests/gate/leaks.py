# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks for secrets in what the tiers of the gate printed and kept: ``python leaks.py FILE_OR_FOLDER ...``.

The simulator puts a marker into every secret that it hands out, as it is or in Base64 of any alignment, once or twice,
as in a kubeconfig. Keys of real clusters are known by what stands around them. Exits with 1 when one is found.
"""

from __future__ import annotations

import base64
import re
import runpy
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARKER: str = runpy.run_path(str(ROOT / "tests" / "simulator" / "ovh_simulator" / "marker.py"))["MARKER"]
#: Characters to the left and the right of a finding that may tell where it comes from.
AROUND = 160
_PRIVATE_KEY = "PRIVATE KEY-----"


def needles() -> dict[bytes, str]:
    """What must not be in any output, and what it would be."""
    found = {MARKER: "a secret of the simulator", _PRIVATE_KEY: "a private key"}
    for needle, meaning in list(found.items()):
        for once in _in_base64(needle):
            found[once] = f"{meaning} in Base64"
            found.update(dict.fromkeys(_in_base64(once), f"{meaning} in Base64, twice"))
    return {needle.encode(): meaning for needle, meaning in found.items()}


def _in_base64(text: str) -> t.Iterator[str]:
    """The part of the encoding that is the same whatever stands before and after, for each alignment."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + text.encode()).decode().rstrip("=")
        whole = (before + len(text)) // 3 * 4
        yield encoded[-(-before * 8 // 6) : whole]


def leaks(content: bytes) -> t.Iterator[str]:
    """What is found in an output, with the text around it; each meaning once."""
    for meaning, pattern in _PATTERNS.items():
        if match := pattern.search(content):
            around = content[max(0, match.start() - AROUND) : match.end() + AROUND]
            yield f"{meaning}: ...{around.decode(errors='backslashreplace')}..."


def _patterns() -> dict[str, re.Pattern[bytes]]:
    by_meaning: dict[str, list[bytes]] = {}
    for needle, meaning in needles().items():
        by_meaning.setdefault(meaning, []).append(re.escape(needle))
    return {meaning: re.compile(b"|".join(alternatives)) for meaning, alternatives in by_meaning.items()}


_PATTERNS = _patterns()


def main(paths: t.Sequence[str]) -> int:
    files = [file for path in map(Path, paths) for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
    outputs = [file for file in files if file.is_file()]
    found = [f"{file}: {leak}" for file in outputs for leak in leaks(file.read_bytes())]
    size = sum(file.stat().st_size for file in outputs)
    print("\n".join(found) or f"No secret in {len(outputs)} outputs of {size / 1e6:.1f} MB.")
    return int(bool(found) or not outputs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
