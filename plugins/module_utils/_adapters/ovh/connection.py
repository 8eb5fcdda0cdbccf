# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Where the API is, and who asks: options before environment variables before configuration files.

The lookup follows OVHcloud's own clients so that an ``ovh.conf`` made for them works here. It departs from them where
they surprise: there is no default endpoint, ``./ovh.conf`` is not read because the working directory of a module is
not the user's choice, empty values count as unset, and credentials of a second method in a lower source are ignored
rather than an error.
"""

from __future__ import annotations

import configparser
import ipaddress
import math
import os
import re
import typing as t
import urllib.parse
from dataclasses import dataclass, field

from .api_errors import ConfigurationError

#: Endpoint name -> base URL of the API, token URL of OAuth2.
ENDPOINTS: t.Final[dict[str, tuple[str, str | None]]] = {
    "ovh-eu": ("https://eu.api.ovh.com/1.0", "https://www.ovh.com/auth/oauth2/token"),
    "ovh-ca": ("https://ca.api.ovh.com/1.0", "https://ca.ovh.com/auth/oauth2/token"),
    "ovh-us": ("https://api.us.ovhcloud.com/1.0", "https://us.ovhcloud.com/auth/oauth2/token"),
}
_NAMES: t.Final = ", ".join(ENDPOINTS)
_WITHOUT_MKS: t.Final = ("kimsufi-eu", "kimsufi-ca", "soyoustart-eu", "soyoustart-ca")

#: Option -> environment variable that stands in for it.
ENVIRONMENT: t.Final[dict[str, str]] = {
    "endpoint": "OVH_ENDPOINT",
    "application_key": "OVH_APPLICATION_KEY",
    "application_secret": "OVH_APPLICATION_SECRET",
    "consumer_key": "OVH_CONSUMER_KEY",
    "client_id": "OVH_CLIENT_ID",
    "client_secret": "OVH_CLIENT_SECRET",
    "access_token": "OVH_ACCESS_TOKEN",
    "service_name": "OVH_CLOUD_PROJECT_SERVICE",
    "token_url": "OVH_TOKEN_URL",
}

#: Files read when no ``config_file`` is given; the first one that has a value wins.
DEFAULT_FILES: t.Final = ("~/.ovh.conf", "/etc/ovh.conf")

#: Seconds for each of connecting, sending and waiting for the next part of an answer.
DEFAULT_TIMEOUT: t.Final = 60.0


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
        """What must never be shown."""
        return {self.client_secret}


@dataclass(frozen=True)
class BearerToken:
    """A token somebody else obtained."""

    access_token: str = field(repr=False)

    def secrets(self) -> set[str]:
        """What must never be shown."""
        return {self.access_token}


Credentials: t.TypeAlias = "Signed | ServiceAccount | BearerToken"

#: In the order of OVHcloud's documentation.
_METHODS: t.Final[tuple[tuple[str, tuple[str, ...], t.Callable[..., Credentials]], ...]] = (
    ("application keys", ("application_key", "application_secret", "consumer_key"), Signed),
    ("service account", ("client_id", "client_secret"), ServiceAccount),
    ("access token", ("access_token",), BearerToken),
)


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


@dataclass(frozen=True)
class _Source:
    values: dict[str, str] = field(repr=False)
    name_of: t.Callable[[str], str]


def read_text(path: str) -> str | None:
    """The text of a configuration file, ``None`` when there is no such file; ``~`` is the user's home."""
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def resolve(
    options: t.Mapping[str, t.Any],
    environ: t.Mapping[str, str],
    read_file: t.Callable[[str], str | None] = read_text,
) -> Connection:
    """Find every value and check what can be checked without a request.

    Raises :class:`ConfigurationError`, whose text names options, variables and files and never a value that could be a
    credential.
    """
    stated = [
        _Source(_present((name, value) for name, value in options.items()), lambda name: f"option {name}"),
        _Source(
            _present((name, environ.get(variable)) for name, variable in ENVIRONMENT.items()),
            lambda name: f"environment variable {ENVIRONMENT[name]}",
        ),
    ]
    files = _read_files(stated[0].values.get("config_file"), read_file)
    sources: dict[str, str] = {}

    endpoint = _first("endpoint", [*stated, *_sections(files, ("default",))], sources)
    if endpoint is None:
        raise ConfigurationError(
            f"No endpoint was given: set the option endpoint or {ENVIRONMENT['endpoint']} to one of {_NAMES}"
            f" or to the URL of the API, or endpoint in section [default] of {_places(files)}.",
            "endpoint",
        )
    base_url, token_url, names = _locate(endpoint, sources["endpoint"])
    credentials = _credentials([*stated, *_sections(files, names)], f"{_places(files)} (section [{names[0]}])", sources)

    chosen_token_url = _first("token_url", stated, sources)
    if chosen_token_url is not None:
        token_url = _checked_url(chosen_token_url, "token_url", sources["token_url"])
    if token_url is None and isinstance(credentials, ServiceAccount):
        raise ConfigurationError(
            "A service account needs the URL that issues its tokens, which is only known for the endpoints"
            f" {_NAMES}: set the option token_url or {ENVIRONMENT['token_url']}.",
            "token_url",
        )
    return Connection(
        base_url=base_url,
        token_url=token_url,
        credentials=credentials,
        service_name=_service_name(stated, sources),
        ca_path=_first("ca_path", stated[:1], sources),
        timeout=_timeout(options.get("timeout")),
        sources=sources,
    )


def _present(pairs: t.Iterable[tuple[str, t.Any]]) -> dict[str, str]:
    """Values that count as set: AWX and CI systems produce variables that exist and are empty."""
    return {name: value.strip() for name, value in pairs if isinstance(value, str) and value.strip()}


def _first(name: str, layers: t.Iterable[_Source], sources: dict[str, str]) -> str | None:
    for layer in layers:
        if name in layer.values:
            sources[name] = layer.name_of(name)
            return layer.values[name]
    return None


class _Files(t.NamedTuple):
    parsed: list[tuple[str, configparser.RawConfigParser]]
    #: Every file looked for, with why it gave nothing.
    looked_for: list[str]


def _places(files: _Files) -> str:
    return " or ".join(files.looked_for)


def _read_files(config_file: str | None, read_file: t.Callable[[str], str | None]) -> _Files:
    files = _Files([], [])
    for path in (config_file,) if config_file else DEFAULT_FILES:
        try:
            text = read_file(path)
        except (OSError, UnicodeDecodeError) as exc:
            why = exc.strerror if isinstance(exc, OSError) and exc.strerror else "not UTF-8 text"
            if config_file:
                raise ConfigurationError(f"{path} cannot be read: {why}.", "config_file") from None
            files.looked_for.append(f"{path} (cannot be read: {why})")
            continue
        if text is None:
            if config_file:
                raise ConfigurationError(f"The configuration file {path} does not exist.", "config_file")
            files.looked_for.append(f"{path} (does not exist)")
            continue
        files.looked_for.append(path)
        files.parsed.append((path, _parse(path, text)))
    return files


def _parse(path: str, text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as exc:
        # The exception's own text quotes the line it stumbled over, which may be a credential.
        lines = [number for number, _line in getattr(exc, "errors", [])] or [getattr(exc, "lineno", None)]
        where = f", line {lines[0]}" if lines[0] else ""
        raise ConfigurationError(
            f"{path}{where} is not in the form of an ovh.conf: sections in square brackets with lines name=value,"
            " no section and no name twice.",
            "config_file",
        ) from None
    return parser


def _sections(files: _Files, names: t.Sequence[str]) -> list[_Source]:
    """The named sections of every file, most important first: by file, then by name."""
    return [
        _Source(_present(parser.items(name)), _section_namer(path, name))
        for path, parser in files.parsed
        for name in names
        if parser.has_section(name)
    ]


def _section_namer(path: str, section: str) -> t.Callable[[str], str]:
    return lambda name: f"{name} in section [{section}] of {path}"


def _locate(endpoint: str, source: str) -> tuple[str, str | None, list[str]]:
    """Base URL, token URL, and the names under which configuration files may hold the credentials."""
    if endpoint in ENDPOINTS:
        base_url, token_url = ENDPOINTS[endpoint]
        return base_url, token_url, [endpoint]
    if endpoint in _WITHOUT_MKS:
        raise ConfigurationError(
            f"The endpoint {endpoint} ({source}) has no Managed Kubernetes; only {_NAMES} have it.", "endpoint"
        )
    if "://" not in endpoint:
        # Not quoted back: a value in the wrong place may be a credential.
        raise ConfigurationError(f"The endpoint ({source}) must be one of {_NAMES}, or a URL.", "endpoint")
    base_url = _checked_url(endpoint, "endpoint", source)
    host = urllib.parse.urlsplit(base_url).netloc
    for name, (known, token_url) in ENDPOINTS.items():
        if base_url.startswith("https:") and host == urllib.parse.urlsplit(known).netloc:
            return base_url, token_url, [base_url, name]
    return base_url, None, [base_url]


def _checked_url(value: str, option: str, source: str) -> str:
    url = value.rstrip("/")
    try:
        parts = urllib.parse.urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigurationError(f"The {option} ({source}) is not an http or https URL.", option)
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError(
            f"The {option} ({source}) must not hold a user name, a password, a query or a fragment.", option
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ConfigurationError(
            f"The {option} ({source}) uses plain http, which would send credentials and kubeconfigs in clear over the"
            " network: use https. Plain http is only accepted for a loopback address.",
            option,
        )
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _credentials(layers: t.Sequence[_Source], files: str, sources: dict[str, str]) -> Credentials:
    """The most important source that names any credential decides the method; lower ones may complete that method."""
    for layer in layers:
        named = [method for method in _METHODS if any(name in layer.values for name in method[1])]
        if len(named) > 1:
            culprits = [name for method in named for name in method[1] if name in layer.values]
            raise ConfigurationError(
                "Credentials of more than one method are set in the same place:"
                f" {', '.join(layer.name_of(name) for name in culprits)}. Keep those of one method.",
                culprits[0],
            )
        if named:
            return _complete(named[0], layers, files, sources)
    raise ConfigurationError(
        "No credentials were found. Give application_key, application_secret and consumer_key, or client_id and"
        " client_secret of a service account, or access_token, as options, as environment variables"
        f" ({', '.join(ENVIRONMENT[name] for _title, names, _kind in _METHODS for name in names)}) or in {files}."
    )


def _complete(
    method: tuple[str, tuple[str, ...], t.Callable[..., Credentials]],
    layers: t.Sequence[_Source],
    files: str,
    sources: dict[str, str],
) -> Credentials:
    title, names, kind = method
    found = {name: value for name in names if (value := _first(name, layers, sources)) is not None}
    absent = [name for name in names if name not in found]
    if absent:
        given = ", ".join(sources[name] for name in found)
        raise ConfigurationError(
            f"The credentials ({title}) are incomplete: {given} is set, but {' and '.join(absent)} was found neither"
            f" in the options nor in {' and '.join(ENVIRONMENT[name] for name in absent)} nor in {files}.",
            absent[0],
        )
    for name, value in found.items():
        # Anything else cannot be a header, and the HTTP library would quote it in its complaint.
        if not re.fullmatch(r"[!-~]+", value):
            raise ConfigurationError(f"{sources[name]} holds blanks or characters a credential cannot have.", name)
    return kind(**found)


def _service_name(layers: t.Sequence[_Source], sources: dict[str, str]) -> str | None:
    value = _first("service_name", layers, sources)
    if value is not None and not re.fullmatch(r"[0-9a-f]{32}", value):
        raise ConfigurationError(
            f"The id of the Public Cloud project ({sources['service_name']}) must be 32 characters 0-9 and a-f."
            " The control panel shows it under the project's name; it is not the name itself.",
            "service_name",
        )
    return value


def _timeout(value: t.Any) -> float:
    if value is None:
        return DEFAULT_TIMEOUT
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise ConfigurationError("The option timeout must be a number of seconds above 0.", "timeout")
    return seconds
