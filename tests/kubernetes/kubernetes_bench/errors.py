# SPDX-License-Identifier: GPL-3.0-or-later

"""What stops the bench and a person can do something about."""

from __future__ import annotations


class BenchError(Exception):
    """The bench cannot go on; the text says what is wrong and what to do."""


class UnsuitableHostError(BenchError):
    """The machine, or the user on it, lacks what the bench needs."""


class MissingProgramsError(BenchError):
    """Programs of Kubernetes that were asked for are not there."""
