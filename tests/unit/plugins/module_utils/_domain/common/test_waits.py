# SPDX-License-Identifier: GPL-3.0-or-later

"""How long somebody may wait."""

from __future__ import annotations

import math

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.waits import (
    LONGEST,
    limit_problem,
    wait_problem,
)


def test_a_wait_may_be_none_and_last_a_year() -> None:
    assert [wait_problem(seconds) for seconds in (0, 1.5, LONGEST)] == [None] * 3
    assert [limit_problem(seconds, "an answer") for seconds in (0.1, LONGEST)] == [None] * 2


@pytest.mark.parametrize("seconds", [-1, math.inf, -math.inf, math.nan])
def test_what_is_no_time_is_refused(seconds: float) -> None:
    assert str(wait_problem(seconds)).endswith("is not a number of seconds to wait; give zero or more")
    assert limit_problem(seconds, "an answer") is not None


def test_more_than_a_year_is_refused_and_so_is_no_time_at_all() -> None:
    more = "3.16224e+07 seconds are more than a year; give less"
    assert (wait_problem(LONGEST + 1), limit_problem(LONGEST + 1, "an answer")) == (more, more)
    assert limit_problem(0, "an answer") == "0 seconds leave no time for an answer; give more"
    assert limit_problem(math.inf, "an answer") == "inf is not a number of seconds to wait; give more than zero"
