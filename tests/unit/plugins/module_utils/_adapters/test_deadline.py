# SPDX-License-Identifier: GPL-3.0-or-later

"""One deadline for a run, one limit for each request."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.deadline import (
    LAST_REQUEST,
    NEVER,
    Clock,
    Deadline,
    TimeUpError,
    within,
)


class Time:
    now = 100.0


CLOCK = Clock(lambda: Time.now)


def test_pauses_end_before_the_deadline() -> None:
    deadline = Deadline.after(10, CLOCK)
    assert deadline.allows(10)
    assert not deadline.allows(10.1)
    assert NEVER.allows(1e300)


@pytest.mark.parametrize(
    ("left", "own", "limit"),
    [(60, 30, 30), (20, 30, 20), (1, 30, LAST_REQUEST), (-5, 30, LAST_REQUEST), (-5, 1, 1), (1e300, 5, 5)],
)
def test_a_request_has_its_limit_or_what_is_left_and_at_least_a_moment(left: float, own: float, limit: float) -> None:
    assert Deadline.after(left, CLOCK).limit(own) == limit


def test_limits_are_such_as_sockets_take() -> None:
    assert NEVER.limit(1e300) < 1e8
    assert within(1e300, lambda: 1) == 1


def test_work_is_given_up() -> None:
    over = threading.Event()
    with pytest.raises(TimeUpError):
        within(0.01, over.wait)
    over.set()


def test_what_work_raises_is_raised_with_what_led_to_it() -> None:
    def fail() -> None:
        try:
            raise KeyError("led to it")
        except KeyError:
            raise ValueError  # noqa: B904

    with pytest.raises(ValueError) as caught:  # noqa: PT011, PT012
        try:
            raise OSError("handled when it is raised again")
        except OSError:
            within(5, fail)
    assert isinstance(caught.value.__context__, KeyError)
