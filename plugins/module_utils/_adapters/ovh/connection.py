# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the API is, and with which credentials and limits a client connects to it.

Unlike OVHcloud's own clients, there is no default endpoint: it would send a task to the wrong account.
"""

from __future__ import annotations

import math
import typing as t
import urllib.parse
from dataclasses import dataclass, field

from ..._domain.common.server_url import fault_of
from ..._domain.managed.identifiers import is_project_id
from ..failures import ConfigurationError
from .credentials import Credentials, ServiceAccount, choose
from .sources import ENVIRONMENT, Source, first, of_environment, of_options, read_config_files, read_text

#: Endpoint name -> base URL of the API, token URL of OAuth2.
ENDPOINTS: t.Final[dict[str, tuple[str, str | None]]] = {
    "ovh-eu": ("https://eu.api.ovh.com/1.0", "https://www.ovh.com/auth/oauth2/token"),
    "ovh-ca": ("https://ca.api.ovh.com/1.0", "https://ca.ovh.com/auth/oauth2/token"),
    "ovh-us": ("https://api.us.ovhcloud.com/1.0", "https://us.ovhcloud.com/auth/oauth2/token"),
}
#: The paths of the API that has Managed Kubernetes; the two are the same.
_VERSIONS: t.Final = ("1.0", "v1")
_NAMES: t.Final = ", ".join(ENDPOINTS)
_WITHOUT_MKS: t.Final = ("kimsufi-eu", "kimsufi-ca", "soyoustart-eu", "soyoustart-ca")

#: Seconds for each of connecting, sending and waiting for the next part of an answer.
DEFAULT_TIMEOUT: t.Final = 60.0


@dataclass(frozen=True)
class Connection:
    """Everything a client needs to know; ``sources`` says where each value came from, without the value."""

    base_url: str
    token_url: str | None
    credentials: Credentials
    service_name: str | None = None
    ca_path: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    sources: dict[str, str] = field(default_factory=dict)

    def secrets(self) -> set[str]:
        """What must never be shown."""
        return self.credentials.secrets()


def resolve(
    options: t.Mapping[str, t.Any],
    environ: t.Mapping[str, str],
    read_file: t.Callable[[str], str | None] = read_text,
) -> Connection:
    """Find every value and check what can be checked without a request.

    Raises :class:`ConfigurationError`, whose text names options, variables and files and never a value that could be a
    credential.
    """
    of_task = of_options(options)
    outside_files = [of_task, of_environment(environ)]
    files = read_config_files(of_task.values.get("config_file"), read_file)
    origins: dict[str, str] = {}

    endpoint = first("endpoint", [*outside_files, *files.sections(("default",))], origins)
    if endpoint is None:
        raise ConfigurationError(
            f"No endpoint is set: set the option endpoint or {ENVIRONMENT['endpoint']} to one of {_NAMES}"
            f" or to the URL of the API, or set endpoint in section [default] of {files.places()}.",
            "endpoint",
        )
    base_url, token_url, names = _locate(endpoint, origins["endpoint"])
    credentials = choose([*outside_files, *files.sections(names)], f"{files.places()} (section [{names[0]}])", origins)
    return Connection(
        base_url=base_url,
        token_url=_token_url(outside_files, token_url, credentials, origins),
        credentials=credentials,
        service_name=_service_name(outside_files, origins),
        ca_path=first("ca_path", [of_task], origins),
        timeout=_timeout(options.get("timeout")),
        sources=origins,
    )


def _locate(endpoint: str, origin: str) -> tuple[str, str | None, list[str]]:
    """Base URL, token URL, and the names under which configuration files may have the credentials."""
    if endpoint in ENDPOINTS:
        base_url, token_url = ENDPOINTS[endpoint]
        return base_url, token_url, [endpoint]
    if endpoint in _WITHOUT_MKS:
        raise ConfigurationError(
            f"The endpoint {endpoint} ({origin}) has no Managed Kubernetes; only {_NAMES} have it.", "endpoint"
        )
    if "://" not in endpoint:
        # Not quoted back: a value in the wrong place may be a credential.
        raise ConfigurationError(f"The endpoint ({origin}) must be one of {_NAMES}, or a URL.", "endpoint")
    base_url = _checked_url(endpoint, "endpoint", origin)
    host = urllib.parse.urlsplit(base_url).netloc
    for name, (known, token_url) in ENDPOINTS.items():
        if base_url.startswith("https:") and host == urllib.parse.urlsplit(known).netloc:
            _check_version(base_url, origin, f"write {known}, or {name}")
            return base_url, token_url, [base_url, name]
    _check_version(base_url, origin, "end it with /1.0")
    return base_url, None, [base_url]


def _check_version(url: str, origin: str, remedy: str) -> None:
    """The path has to name the API's version: without it every answer is a 404, and looks like a wrong id."""
    path = urllib.parse.urlsplit(url).path
    before, _slash, version = path.rpartition("/")
    if version in _VERSIONS and "//" not in path and not any(other in before.split("/") for other in _VERSIONS):
        return
    reason = "is that of another API" if version == "v2" else "does not end with the version of the API"
    raise ConfigurationError(f"The URL of the endpoint ({origin}) {reason}: {remedy}.", "endpoint")


def _token_url(
    layers: t.Sequence[Source], known: str | None, credentials: Credentials, origins: dict[str, str]
) -> str | None:
    chosen = first("token_url", layers, origins)
    if chosen is not None:
        return _checked_url(chosen, "token_url", origins["token_url"])
    if known is None and isinstance(credentials, ServiceAccount):
        raise ConfigurationError(
            f"A service account needs a token URL, which is known only for the endpoints {_NAMES}: set the option"
            f" token_url or {ENVIRONMENT['token_url']}.",
            "token_url",
        )
    return known


def _checked_url(value: str, option: str, origin: str) -> str:
    url = value.rstrip("/")
    fault = fault_of(url)
    if fault is not None:
        raise ConfigurationError(f"The {option} ({origin}) {fault}.", option)
    return url


def _service_name(layers: t.Sequence[Source], origins: dict[str, str]) -> str | None:
    value = first("service_name", layers, origins)
    if value is not None and not is_project_id(value):
        raise ConfigurationError(
            f"The id of the Public Cloud project ({origins['service_name']}) must be 32 characters 0-9 and a-f."
            " The control panel shows it under the project's name; it is not the name itself.",
            "service_name",
        )
    return value


def _timeout(value: t.Any) -> float:
    """Seconds; a number of an option, or its text."""
    if value is None:
        return DEFAULT_TIMEOUT
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise ConfigurationError("The option timeout must be a number of seconds above 0.", "timeout")
    return seconds
