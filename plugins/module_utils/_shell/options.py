# SPDX-License-Identifier: GPL-3.0-or-later

"""Readers of options that several modules share. A blank text means not given (``_domain.common.blank``)."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .._domain.common.blank import given
from .._domain.common.file_names import content_instead_of_name
from .._domain.common.problems import Problem, ValidationError
from .._domain.common.waits import limit_problem, wait_problem
from .._engine.common.run import Waiting

#: Seconds; shorter pauses between two reads would flood the API.
SHORTEST_SLEEP = 0.01
#: Seconds in which a run ends that waits for nothing but answers: more than any that succeeds takes.
AT_ONCE = 600.0


def path(params: t.Mapping[str, t.Any], option: str) -> Path | None:
    """An option that names a file or directory, which need not exist; raises ValidationError for a file's content."""
    value = given(params[option])
    if value is None:
        return None
    fault = content_instead_of_name(value)
    if fault is not None:
        raise ValidationError([Problem(option, fault)])
    return Path(value)


def waiting(params: t.Mapping[str, t.Any]) -> Waiting:
    """The options for waiting; raises ValidationError for what cannot be waited, also for a single answer."""
    faults = {name: wait_problem(params[name]) for name in ("wait_timeout", "wait_sleep") if name in params}
    if "timeout" in params:
        faults["timeout"] = limit_problem(params["timeout"], "an answer")
    problems = [Problem(option, fault) for option, fault in faults.items() if fault is not None]
    if problems:
        raise ValidationError(problems)
    if "wait_timeout" not in params:
        return Waiting(timeout=AT_ONCE)
    wait, timeout = params.get("wait", True), params["wait_timeout"]
    return Waiting(wait, timeout if wait else min(timeout, AT_ONCE), max(params["wait_sleep"], SHORTEST_SLEEP))
