# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong between this collection and the world, as one family: the shell's mapping names only these.

The text of every exception is written for the person who runs the playbook; none of them ever holds a credential.
"""

from __future__ import annotations

import typing as t


class AdapterError(Exception):
    """Base of all errors of the adapters."""


class ConfigurationError(AdapterError):
    """The task cannot even be tried: an option, variable or file is wrong. No request was made."""

    def __init__(self, message: str, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


class RequestError(AdapterError):
    """A request that did not end well."""

    def as_result(self) -> dict[str, t.Any]:
        """The facts in the form a module returns beside its message."""
        raise NotImplementedError
