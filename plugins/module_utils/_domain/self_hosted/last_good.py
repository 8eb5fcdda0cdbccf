# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Which configuration to go back to: one that the pods are known to have run, noted in annotations of the ConfigMap."""

from __future__ import annotations

import typing as t

from .config_checksum import checksum
from .daemon_set import LAST_GOOD, WRITTEN
from .rollout_plan import Current

Json = dict[str, t.Any]


def last_good(current: Current, key: str) -> str | None:
    """What ``undo`` restores; None when nothing is known to have worked.

    What this collection wrote last, if the pods run it and somebody else has edited the ConfigMap since; else what was
    noted when this collection wrote last.
    """
    return _written_and_run(current, key) or _noted(current, LAST_GOOD)


def notes(current: Current, key: str, text: str, *, going_back: bool) -> dict[str, str]:
    """The annotations to write together with ``text`` as the new content of ``key``.

    When ``going_back`` the configuration that failed is not one to return to.
    """
    good = _noted(current, LAST_GOOD) if going_back else _to_return_to(current, key)
    return {WRITTEN: text, **({} if good is None else {LAST_GOOD: good})}


def _to_return_to(current: Current, key: str) -> str | None:
    if current.proven():
        return str(current.config_map["data"][key])
    run_or_noted = last_good(current, key)
    if run_or_noted is not None:
        return run_or_noted
    # Where the server keeps no record of writers nothing can be proven; nothing speaks against it either.
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
