# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cache of the inventory keeps: an answer, with a stamp that tells which question it answers.

A question names credentials, and a cache is a file or a server that others may read. So the stamp is made of it with a
salt, and nothing leads from the stamp to the question. The stamp covers the answer as well: an entry that another
release or another program wrote is none.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import typing as t

from ..common.json_types import Json
from .cluster import Cluster


def entry(projects: list[Json], question: str, salt: str) -> Json:
    """What to keep; ``salt`` is a random text of its own."""
    return {"salt": salt, "stamp": _stamp(projects, question, salt), "projects": projects}


def answer(kept: t.Any, question: str) -> list[Json] | None:
    """The projects in an entry that answers this question; None if what was kept is something else."""
    with contextlib.suppress(TypeError, ValueError, KeyError, AttributeError, RecursionError):
        projects: list[Json] = kept["projects"]
        if hmac.compare_digest(_stamp(projects, question, kept["salt"]), kept["stamp"]):
            return projects
    return None


def _stamp(projects: t.Any, question: str, salt: str) -> str:
    shape = sorted(Cluster(id="").as_result())
    stamped = json.dumps([question, shape, projects], sort_keys=True)
    return hmac.new(salt.encode(), stamped.encode(), hashlib.sha256).hexdigest()
