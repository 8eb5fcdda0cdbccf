# SPDX-License-Identifier: GPL-3.0-or-later

"""The three kinds of credentials, and which of them a task uses.

The most important source that names any credential decides the kind; less important ones may complete that kind. This
departs from OVHcloud's own clients, for which credentials of a second kind in a lower source are an error.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ..._domain.common.masking import basic_credentials
from ..failures import ConfigurationError
from .sources import ENVIRONMENT, Source, first


@dataclass(frozen=True)
class Signed:
    """Requests signed with an application's secret and a consumer key."""

    application_key: str = field(repr=False)
    application_secret: str = field(repr=False)
    consumer_key: str = field(repr=False)

    def secrets(self) -> set[str]:
        """What must never be shown."""
        return {self.application_key, self.application_secret, self.consumer_key}


@dataclass(frozen=True)
class ServiceAccount:
    """OAuth2 client credentials."""

    client_id: str
    client_secret: str = field(repr=False)

    def secrets(self) -> set[str]:
        """What must never be shown: the secret, and the header that is made of it, which a token URL may echo."""
        return {self.client_secret, basic_credentials(self.client_id, self.client_secret)}


@dataclass(frozen=True)
class BearerToken:
    """A token somebody else obtained."""

    access_token: str = field(repr=False)

    def secrets(self) -> set[str]:
        """What must never be shown."""
        return {self.access_token}


Credentials: t.TypeAlias = "Signed | ServiceAccount | BearerToken"


class _Kind(t.NamedTuple):
    title: str
    names: tuple[str, ...]
    make: t.Callable[..., Credentials]


#: In the order of OVHcloud's documentation.
_KINDS: t.Final = (
    _Kind("application keys", ("application_key", "application_secret", "consumer_key"), Signed),
    _Kind("service account", ("client_id", "client_secret"), ServiceAccount),
    _Kind("access token", ("access_token",), BearerToken),
)


def choose(layers: t.Sequence[Source], files: str, origins: dict[str, str]) -> Credentials:
    """The credentials in the layers, most important first; ``files`` names the files for a message.

    Notes in ``origins`` where each value came from. Raises ConfigurationError when there are none, or when they are
    ambiguous, incomplete or impossible to send.
    """
    for layer in layers:
        named = [kind for kind in _KINDS if any(name in layer.values for name in kind.names)]
        if len(named) > 1:
            culprits = [name for kind in named for name in kind.names if name in layer.values]
            raise ConfigurationError(
                "Credentials of more than one kind come from the same place:"
                f" {', '.join(layer.name_of(name) for name in culprits)}. Keep those of one kind.",
                culprits[0],
            )
        if named:
            return _complete(named[0], layers, files, origins)
    raise ConfigurationError(
        "No credentials were found. Set application_key, application_secret and consumer_key, or client_id and"
        " client_secret of a service account, or access_token, as options, as environment variables"
        f" ({', '.join(ENVIRONMENT[name] for kind in _KINDS for name in kind.names)}) or in {files}."
    )


def _complete(kind: _Kind, layers: t.Sequence[Source], files: str, origins: dict[str, str]) -> Credentials:
    found = {name: value for name in kind.names if (value := first(name, layers, origins)) is not None}
    absent = [name for name in kind.names if name not in found]
    if absent:
        raise ConfigurationError(
            f"The credentials ({kind.title}) are incomplete: {', '.join(origins[name] for name in found)}"
            f" {'is' if len(found) == 1 else 'are'} set, but"
            f" {' and '.join(absent)} {'was' if len(absent) == 1 else 'were'} found neither in the options nor in"
            f" {' and '.join(ENVIRONMENT[name] for name in absent)} nor in {files}.",
            absent[0],
        )
    for name, value in found.items():
        # Anything else cannot be a header, and the HTTP library would quote it in its complaint.
        if not re.fullmatch(r"[!-~]+", value):
            raise ConfigurationError(f"{origins[name]} contains characters that a credential cannot have.", name)
    return kind.make(**found)
