# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP client of a connection: certificates, proxies, time-outs. It repeats nothing and follows no redirect."""

from __future__ import annotations

import contextlib
import functools
import os
import ssl
import typing as t
import urllib.parse
import urllib.request

from ..._deps import httpx
from ..._domain.common.file_names import no_such_file, shown_name
from ..._domain.common.server_url import is_loopback
from ..._version import VERSION
from ..failures import ConfigurationError
from ..local import regular_files

if t.TYPE_CHECKING:
    from .connection import Connection

#: Where the header Location of an answer is kept.
LOCATION: t.Final = "x-location-not-followed"
USER_AGENT: t.Final = f"clusterops.kube_proxy/{VERSION} ansible-collection"


def http_client(connection: Connection, user_agent: str) -> httpx.Client:
    """A client that verifies certificates; raises ConfigurationError where proxy or certificates cannot be used."""
    context = _tls_context(connection)
    try:
        return httpx.Client(
            verify=context,
            timeout=connection.timeout,
            follow_redirects=False,
            headers={"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "identity"},
            event_hooks={"response": [_without_redirect]},
            mounts=_without_foreign_proxy(),
        )
    except (ValueError, ImportError, httpx.InvalidURL):
        # Not quoted: proxy URLs often contain a password.
        raise ConfigurationError(
            "The proxy in the environment variables HTTP_PROXY, HTTPS_PROXY or ALL_PROXY cannot be used: set it to the"
            " URL of an http or https proxy."
        ) from None


def _without_redirect(response: httpx.Response) -> None:
    """Keeps the library from parsing where a redirect leads: it is not followed, and many are no URL.

    The header stays in the answer, under a name that the library does not look at.
    """
    location = response.headers.pop("location", None)
    if location is not None:
        response.headers[LOCATION] = location


def cannot_have_been_received(fault: httpx.RequestError) -> bool:
    """Whether there was no connection over which the API could have received the request."""
    return isinstance(
        fault,
        (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol),
    )


def is_certificate_fault(fault: httpx.RequestError) -> bool:
    """Whether the server's certificate is not trusted, which another attempt does not change."""
    return isinstance(fault, httpx.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(fault)


def seconds(limit: float) -> str:
    """A limit in seconds, for a message."""
    return f"{round(limit, 2):g} s"


def reason_of(fault: httpx.RequestError, host: str, timeout: float) -> str:
    """Why there is no answer from the host, which is named with its port; ``timeout`` is in seconds."""
    if isinstance(fault, httpx.ConnectTimeout):
        return f"no connection to {host} within {seconds(timeout)}"
    if isinstance(fault, httpx.TimeoutException):
        return f"{host} did not answer within {seconds(timeout)}"
    if is_certificate_fault(fault):
        return (
            f"the certificate of {host} is not trusted ({fault}); for a proxy or a private certificate authority, set"
            " ca_path to its certificate"
        )
    if cannot_have_been_received(fault):
        return f"no connection to {host}: {fault}"
    return f"the connection to {host} broke: {fault}"


def _without_foreign_proxy() -> dict[str, None]:
    """Plain HTTP goes to a loopback address only: through a proxy elsewhere its credentials would cross the network."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get("http") or proxies.get("all") or ""
    host = urllib.parse.urlsplit(proxy if "://" in proxy else f"//{proxy}").hostname
    return {} if host is None or is_loopback(host) else {"http://": None}


@functools.cache
def _trusting_none() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


_AUTHORITIES: t.Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def _authorities() -> tuple[str | None, str | None, int]:
    """SSL_CERT_FILE, SSL_CERT_DIR, and when the file was changed; raises OSError for one that cannot be used.

    The paths are absolute: a relative one is another file when a task has gone to the folder of its playbook.
    """
    bundle, folder = (value and os.path.abspath(value) for value in map(os.environ.get, _AUTHORITIES))
    changed = 0
    if bundle:
        status = os.stat(bundle)
        regular_files.require_regular(status, bundle)
        changed = status.st_mtime_ns
    return bundle, folder, changed


@functools.cache
def _of_environment(_bundle: str | None, _folder: str | None, _changed: int) -> ssl.SSLContext:
    """The context for these values, which the library reads itself; it takes as long as a request to load them."""
    return httpx.create_ssl_context()


def prepare() -> None:
    """Load the authorities now, so that forks of this process have them; who needs them is told what is wrong."""
    _trusting_none()
    with contextlib.suppress(OSError):
        _of_environment(*_authorities())


def _tls_context(connection: Connection) -> ssl.SSLContext:
    ca_path = connection.ca_path
    if ca_path is None:
        if not any(url and url.startswith("https:") for url in (connection.base_url, connection.token_url)):
            # Loading the authorities takes longer than all requests to a simulator; this context trusts none.
            return _trusting_none()
        try:
            return _of_environment(*_authorities())
        except OSError as exc:
            raise ConfigurationError(
                f"The certificates in SSL_CERT_FILE or SSL_CERT_DIR cannot be loaded: {exc.strerror or exc}."
            ) from None
    location = os.path.expanduser(ca_path)
    try:
        if os.path.isdir(location):
            return ssl.create_default_context(capath=location)
        # The library would wait for a pipe without end.
        regular_files.require_regular(os.stat(location), location)
        return ssl.create_default_context(cafile=location)
    except (FileNotFoundError, ValueError):
        raise ConfigurationError(f"{no_such_file('ca_path', ca_path)}.", "ca_path") from None
    except regular_files.FileRefusedError as refused:
        raise ConfigurationError(
            f"ca_path: {shown_name(ca_path)} cannot be read: {refused.strerror}.", "ca_path"
        ) from None
    except (ssl.SSLError, OSError):
        if not os.path.exists(location):
            raise ConfigurationError(f"{no_such_file('ca_path', ca_path)}.", "ca_path") from None
        raise ConfigurationError(
            f"ca_path: {shown_name(ca_path)} contains no certificates in PEM format that can be read.", "ca_path"
        ) from None
