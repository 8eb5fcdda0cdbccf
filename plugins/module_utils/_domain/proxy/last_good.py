# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Which configuration to go back to: one that the pods are known to have run, noted in annotations of the ConfigMap."""

from __future__ import annotations

import typing as t

from .daemon_set import LAST_GOOD, WRITTEN
from .document import checksum
from .rollout import Situation

Json = dict[str, t.Any]


def last_good(situation: Situation, key: str) -> str | None:
    """What ``undo`` restores; None when nothing is known to have worked.

    What this collection wrote last, if the pods run it and somebody else has edited the ConfigMap since; else what was
    noted when this collection wrote last.
    """
    return _written_and_run(situation, key) or _noted(situation, LAST_GOOD)


def notes(situation: Situation, key: str, text: str, *, going_back: bool) -> dict[str, str]:
    """The annotations to write together with ``text`` as the new content of ``key``.

    When ``going_back`` the configuration that failed is not one to return to.
    """
    good = _noted(situation, LAST_GOOD) if going_back else _to_return_to(situation, key)
    return {WRITTEN: text, **({} if good is None else {LAST_GOOD: good})}


def _to_return_to(situation: Situation, key: str) -> str | None:
    if situation.proven():
        return str(situation.config_map["data"][key])
    run_or_noted = last_good(situation, key)
    if run_or_noted is not None:
        return run_or_noted
    # Where the server keeps no record of writers nothing can be proven; nothing speaks against it either.
    refuted = any(situation.runs_present(pod) is False for pod in situation.pods)
    return None if refuted else str(situation.config_map["data"][key])


def _written_and_run(situation: Situation, key: str) -> str | None:
    text = _noted(situation, WRITTEN)
    if text is None:
        return None
    written = checksum({**situation.config_map["data"], key: text}, key)
    proven = written != situation.checksum and situation.about_to_hold(written).proven()
    return text if proven else None


def _noted(situation: Situation, annotation: str) -> str | None:
    found = (situation.config_map["metadata"].get("annotations") or {}).get(annotation)
    return None if found is None else str(found)
