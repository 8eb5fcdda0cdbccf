# SPDX-License-Identifier: GPL-3.0-or-later

"""The last good configuration: one that the pods are known to have run, kept in annotations of the ConfigMap."""

from __future__ import annotations

from .annotations import LAST_GOOD, WRITTEN
from .config_checksum import checksum
from .current import Current


def last_good(current: Current, key: str) -> str | None:
    """The text of ``key`` that ``undo`` puts back; None when none is known to have worked.

    It is what this collection wrote last, if the pods run it and somebody else has edited the ConfigMap since; else
    what was noted when this collection wrote last.
    """
    return _written_and_run(current, key) or _noted(current, LAST_GOOD)


def notes(current: Current, key: str, text: str, *, rollback: bool) -> dict[str, str]:
    """The annotations to write together with ``text`` as the new content of ``key``.

    In a ``rollback`` the current content is the one that failed, and does not become the last good one.
    """
    good = _noted(current, LAST_GOOD) if rollback else _good_before_edit(current, key)
    return {WRITTEN: text, **({} if good is None else {LAST_GOOD: good})}


def replaced(good: str, text: str) -> dict[str, str]:
    """The annotations to write together with ``text`` in place of a configuration that is known to have worked."""
    return {WRITTEN: text, LAST_GOOD: good}


def _good_before_edit(current: Current, key: str) -> str | None:
    if current.proven():
        return str(current.config_map["data"][key])
    run_or_noted = last_good(current, key)
    if run_or_noted is not None:
        return run_or_noted
    # Where the server keeps no record of writers nothing can be proven; nothing speaks against the content either.
    refuted = any(current.up_to_date(pod) is False for pod in current.pods)
    return None if refuted else str(current.config_map["data"][key])


def _written_and_run(current: Current, key: str) -> str | None:
    text = _noted(current, WRITTEN)
    if text is None:
        return None
    written = checksum({**current.config_map["data"], key: text}, key)
    proven = written != current.checksum and current.with_content(written).proven()
    return text if proven else None


def _noted(current: Current, annotation: str) -> str | None:
    found = (current.config_map["metadata"].get("annotations") or {}).get(annotation)
    return None if found is None else str(found)
