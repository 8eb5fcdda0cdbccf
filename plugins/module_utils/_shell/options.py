# SPDX-License-Identifier: GPL-3.0-or-later

"""Readers of options that several modules share. A blank text means not given (``_domain.common.blank``)."""

from __future__ import annotations

import math
import typing as t
from pathlib import Path

from .._adapters.deadline import LONGEST
from .._domain.common.blank import given
from .._domain.common.file_names import content_instead_of_name
from .._domain.common.problems import Problem, ValidationError
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
    problems = [
        Problem(option, f"{params[option]} is not a number of seconds to wait; give zero or more")
        for option in ("wait_timeout", "wait_sleep")
        if option in params and not 0 <= params[option] < math.inf
    ]
    if "timeout" in params and not math.isfinite(params["timeout"]):
        problems.append(
            Problem("timeout", f"{params['timeout']} is not a number of seconds to wait; give more than zero")
        )
    elif "timeout" in params and params["timeout"] <= 0:
        problems.append(Problem("timeout", f"{params['timeout']} seconds leave no time for an answer; give more"))
    problems += [
        Problem(option, f"{params[option]:g} seconds are more than a year; give less")
        for option in ("wait_timeout", "wait_sleep", "timeout")
        if option in params and LONGEST < params[option] < math.inf
    ]
    if problems:
        raise ValidationError(problems)
    if "wait_timeout" not in params:
        return Waiting(timeout=AT_ONCE)
    wait, timeout = params.get("wait", True), params["wait_timeout"]
    return Waiting(wait, timeout if wait else min(timeout, AT_ONCE), max(params["wait_sleep"], SHORTEST_SLEEP))
