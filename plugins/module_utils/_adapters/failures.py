# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong between this collection and the world, as one family: the shell's mapping names only these.

The text of every exception is written for the person who runs the playbook; none of them ever contains a credential.
"""

from __future__ import annotations

import typing as t


class AdapterError(Exception):
    """Base of all errors of the adapters."""


class ConfigurationError(AdapterError):
    """The task cannot start: an option, variable or file is wrong. No request was sent."""

    def __init__(self, message: str, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


class JournalError(AdapterError):
    """The journal of resets can be neither read nor written; no reset starts without it."""


class RequestError(AdapterError):
    """A request failed: there was no answer, or the answer is an error."""

    def as_result(self) -> dict[str, t.Any]:
        """The facts in the form a module returns beside its message."""
        raise NotImplementedError
