# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach an API server: options, then ``K8S_AUTH_*``, then a kubeconfig, then the pod this runs in.

The names are those of the collection kubernetes.core, so that one set of variables serves both.
"""

from __future__ import annotations

import base64
import dataclasses
import os
import re
import time
import typing as t
import urllib.parse
import urllib.request

from ... import _deps
from ..._domain.common.blank import is_blank
from ..._domain.common.file_names import no_such_file
from ..._domain.common.json_types import Json
from ..._domain.common.server_url import fault_of, is_loopback, secrets_of_url, url_parts
from ..._domain.self_hosted import kubeconfig
from ..failures import ConfigurationError
from . import exec_plugin, kubeconfig_source

if t.TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration

#: Option and the environment variables it falls back to, the first one that is set.
VARIABLES: t.Mapping[str, tuple[str, ...]] = {
    "kubeconfig": ("K8S_AUTH_KUBECONFIG",),
    "context": ("K8S_AUTH_CONTEXT",),
    "host": ("K8S_AUTH_HOST",),
    "api_key": ("K8S_AUTH_API_KEY",),
    "username": ("K8S_AUTH_USERNAME",),
    "password": ("K8S_AUTH_PASSWORD",),
    "client_cert": ("K8S_AUTH_CLIENT_CERT", "K8S_AUTH_CERT_FILE"),
    "client_key": ("K8S_AUTH_CLIENT_KEY", "K8S_AUTH_KEY_FILE"),
    "ca_cert": ("K8S_AUTH_CA_CERT", "K8S_AUTH_SSL_CA_CERT"),
    "validate_certs": ("K8S_AUTH_VALIDATE_CERTS", "K8S_AUTH_VERIFY_SSL"),
    "proxy": ("K8S_AUTH_PROXY",),
    "no_proxy": ("K8S_AUTH_NO_PROXY",),
    "tls_server_name": ("K8S_AUTH_TLS_SERVER_NAME",),
}

#: Option and the name of what it sets in the library's configuration.
_FILES: t.Mapping[str, str] = {"ca_cert": "ssl_ca_cert", "client_cert": "cert_file", "client_key": "key_file"}
_TRUE = ("1", "on", "t", "true", "y", "yes")
_FALSE = ("0", "f", "false", "n", "no", "off")
_PROXIES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")

Values = t.Mapping[str, t.Any]


def connect(
    params: t.Mapping[str, t.Any], environ: t.Mapping[str, str], hide: t.Callable[[str], None] = lambda _secret: None
) -> ApiClient:
    """A client made from options and environment; raises ConfigurationError. Makes no request.

    ``hide`` is given every secret before anything is done with it.
    """
    values = {option: _value(params, environ, option) for option in VARIABLES}
    for secret in _secrets_of(values):
        hide(secret)
    if is_blank(values["username"]) != is_blank(values["password"]):
        absent = "password" if is_blank(values["password"]) else "username"
        raise ConfigurationError(f"username and password belong together: {absent} is not set", absent)
    configuration = _deps.kubernetes.client.Configuration()
    if _needs_kubeconfig(params, values):
        _load(configuration, values, environ, hide)
    _override(configuration, values)
    _check_server(configuration, "kubeconfig" if values["host"] is None else "host")
    _check_authorization(configuration)
    _arrange_proxy(configuration, values)
    for secret in secrets(configuration):
        hide(secret)
    api_client = _deps.kubernetes.client.ApiClient(configuration)
    api_client.user_agent = "clusterops.kube_proxy"
    return api_client


def secrets(configuration: Configuration) -> set[str]:
    """Every credential of the connection; none of them may be shown."""
    found = {configuration.password, *configuration.api_key.values()}
    texts = {text for text in found if text}
    bare = {text.removeprefix(scheme) for text in texts for scheme in ("Bearer ", "Basic ")}
    return {*texts, *bare, *secrets_of_url(configuration.proxy)}


def _secrets_of(values: Values) -> set[str]:
    """The secrets among options and variables."""
    config = values["kubeconfig"]
    found = {text for text in (values["api_key"], values["password"]) if text}
    if isinstance(config, dict):
        found |= kubeconfig.secrets(config)
    elif isinstance(config, str) and kubeconfig_source.is_text(config):
        found.add(config)
    return found | secrets_of_url(values["proxy"]) | secrets_of_url(values["host"])


def _value(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str], option: str) -> t.Any:
    value = params.get(option)
    if not is_blank(value):
        return value.strip() if isinstance(value, str) and option != "password" else value
    for variable in VARIABLES[option]:
        text = environ.get(variable, "")
        if is_blank(text):
            continue
        if option != "validate_certs":
            return text if option == "password" else text.strip()
        if text.strip().lower() in _TRUE + _FALSE:
            return text.strip().lower() in _TRUE
        raise ConfigurationError(f"{variable} is neither true nor false; set it to one of them", "validate_certs")
    return None


def _needs_kubeconfig(params: t.Mapping[str, t.Any], values: Values) -> bool:
    """Whether host and credentials are not given as options or variables, or the task itself names a kubeconfig.

    One that only the environment names must not add its authorities and certificate to them; kubernetes.core reads
    none then either.
    """
    if not (values["host"] and is_blank(params.get("kubeconfig")) and is_blank(params.get("context"))):
        return True
    if values["api_key"] or values["username"] or (values["client_cert"] and values["client_key"]):
        return False
    return bool(values["kubeconfig"] or values["context"])


def _load(
    configuration: Configuration, values: Values, environ: t.Mapping[str, str], hide: t.Callable[[str], None]
) -> None:
    """Fill in what the kubeconfig says, or else the pod that this runs in."""
    source = values["kubeconfig"]
    config = kubeconfig_source.read_default(environ) if source is None else kubeconfig_source.read(source)
    named = source is not None or values["context"] is not None
    if config is None or (not named and is_blank(config.get("current-context"))):
        if values["context"] is not None:
            raise ConfigurationError("A context is set, but there is no kubeconfig that could have it", "context")
        _load_from_pod(configuration)
        return
    for secret in kubeconfig.secrets(config):
        hide(secret)
    try:
        selection = kubeconfig.select(config, values["context"])
    except kubeconfig.KubeconfigError as error:
        raise ConfigurationError(f"The kubeconfig {error}", error.option) from None
    if values["api_key"] or values["username"]:
        # The user's own way to log in is not used, so nothing of it has to work.
        selection = dataclasses.replace(selection, user={})
    _load_selected(configuration, kubeconfig_source.usable(selection), environ)


def _load_selected(configuration: Configuration, selection: kubeconfig.Selection, environ: t.Mapping[str, str]) -> None:
    user = {name: value for name, value in selection.user.items() if name not in ("exec", "token", "tokenFile")}
    token = kubeconfig_source.token_of(selection.user)
    plugin = selection.user.get("exec") if token is None and "auth-provider" not in user else None
    credential = None if plugin is None else exec_plugin.run(selection, environ)
    if credential is not None:
        user.update(credential.as_user())
    _load_with_library(configuration, selection.document(user))
    if not is_blank(selection.cluster.get("proxy-url")):
        # Before version 37 the library does not look at it.
        configuration.proxy = selection.cluster["proxy-url"]
    if token is not None:
        _authorize(configuration, f"Bearer {token}")
    elif credential is not None:
        _use(configuration, selection, credential, environ)


def _load_with_library(configuration: Configuration, document: Json) -> None:
    config = _deps.kubernetes.config
    try:
        config.load_kube_config_from_dict(document, client_configuration=configuration, persist_config=False)
    except config.ConfigException as error:
        raise ConfigurationError(f"The kubeconfig cannot be used: {error}", "kubeconfig") from None
    except Exception as error:
        # The library lets the exceptions of everything that it uses through, some with credentials.
        raise ConfigurationError(
            f"The credentials in the kubeconfig cannot be used ({type(error).__name__})", "kubeconfig"
        ) from None


def _use(
    configuration: Configuration,
    selection: kubeconfig.Selection,
    credential: exec_plugin.Credential,
    environ: t.Mapping[str, str],
) -> None:
    """Send the plugin's token, and a new one when it is about to expire."""
    if credential.token is None:
        return
    _authorize(configuration, f"Bearer {credential.token}")
    current = [credential]

    def renew(renewed: Configuration) -> None:
        if not current[0].outdated(time.time()):
            return
        current[0] = exec_plugin.run(selection, environ)
        if current[0].token is not None:
            _set_authorization(renewed, f"Bearer {current[0].token}")
            _check_authorization(renewed)

    configuration.refresh_api_key_hook = renew  # type: ignore[assignment]


def _load_from_pod(configuration: Configuration) -> None:
    config = _deps.kubernetes.config
    try:
        config.load_incluster_config(client_configuration=configuration)
    except config.ConfigException:
        raise ConfigurationError(
            "No cluster is configured: set kubeconfig (or K8S_AUTH_KUBECONFIG, KUBECONFIG, ~/.kube/config), or host "
            "and api_key",
            "kubeconfig",
        ) from None


def _authorize(configuration: Configuration, header: str) -> None:
    _set_authorization(configuration, header)
    # Otherwise the kubeconfig's way of obtaining tokens would replace the one that was given.
    configuration.refresh_api_key_hook = None


def _set_authorization(configuration: Configuration, header: str) -> None:
    # Client versions differ in which of the two names they look up.
    configuration.api_key = dict.fromkeys(("authorization", "BearerToken"), header)
    configuration.api_key_prefix = {}


def _override(configuration: Configuration, values: Values) -> None:
    if values["host"]:
        configuration.host = values["host"].rstrip("/")
    if values["api_key"]:
        _authorize(configuration, f"Bearer {values['api_key']}")
    elif values["username"]:
        # The library has options for these too, which it does not send.
        login = f"{values['username']}:{values['password']}"
        _authorize(configuration, f"Basic {base64.b64encode(login.encode()).decode()}")
    if values["api_key"] or values["username"] or values["client_cert"]:
        # API servers look at a certificate before they look at a token: with the kubeconfig's the task would run as
        # its user. The kubeconfig's key fits no other certificate.
        configuration.cert_file = configuration.key_file = None
    for option, attribute in _FILES.items():
        if values[option]:
            path = os.path.expanduser(values[option])
            if not os.path.isfile(path):
                raise ConfigurationError(no_such_file(option, values[option]), option)
            setattr(configuration, attribute, path)
    if values["validate_certs"] is not None:
        configuration.verify_ssl = values["validate_certs"]
    if values["tls_server_name"]:
        configuration.tls_server_name = values["tls_server_name"]


def _check_server(configuration: Configuration, option: str) -> None:
    """Refuse to send anything in clear over a network."""
    scheme, separator, rest = str(configuration.host).partition("://")
    url = configuration.host = scheme.lower() + separator + rest if separator else scheme
    if "://" not in url:
        # The client library speaks plain HTTP to an address without a scheme.
        host = urllib.parse.urlsplit(f"//{url}").hostname or ""
        if not is_loopback(host):
            raise ConfigurationError(
                f"{option}: the address of the API server has no https:// in front of it, so credentials would be sent"
                " in clear over the network; write it as https://HOST:PORT",
                option,
            )
        url = configuration.host = f"http://{url}"
    fault = fault_of(url)
    if fault is not None:
        raise ConfigurationError(f"{option}: the URL of the API server {fault}", option)


def _check_authorization(configuration: Configuration) -> None:
    """Anything else cannot be a header, and the HTTP library would quote it in its complaint."""
    for header in configuration.api_key.values():
        if not re.fullmatch(r"[A-Za-z]+ [!-~]+", str(header)):
            raise ConfigurationError("The token for the API server has characters that a token cannot have", "api_key")


def _arrange_proxy(configuration: Configuration, values: Values) -> None:
    """Set the proxy, or none for a server that is reached without one.

    What may go to a loopback address in clear must not go to a proxy elsewhere.
    """
    if values["proxy"]:
        configuration.proxy = values["proxy"]
    if values["no_proxy"]:
        configuration.no_proxy = values["no_proxy"]
    if not configuration.proxy:
        return
    if _deps.kubernetes.client.rest.should_bypass_proxies(configuration.host, no_proxy=configuration.no_proxy or ""):
        configuration.proxy = None
        return
    # One of the environment is for every program of the host, and what it lets them send is not for this one to judge.
    shared = not values["proxy"] and configuration.proxy in urllib.request.getproxies().values()
    proxy = _proxy_parts(str(configuration.proxy), with_login_in_clear=shared)
    if configuration.host.startswith("http:") and not is_loopback(proxy.hostname or ""):
        configuration.proxy = None
    elif proxy.username is not None:
        login = f"{urllib.parse.unquote(proxy.username)}:{urllib.parse.unquote(proxy.password or '')}"
        encoded = base64.b64encode(login.encode()).decode()
        configuration.proxy_headers = {"proxy-authorization": f"Basic {encoded}"}


def _proxy_parts(url: str, *, with_login_in_clear: bool) -> urllib.parse.SplitResult:
    """The proxy's URL in parts; never quoted, since it may contain a password."""
    parts = url_parts(url, _PROXIES)
    if parts is None:
        raise ConfigurationError(
            "proxy: the proxy, set here, in the kubeconfig or in the environment, is not the URL of an http or https"
            " proxy",
            "proxy",
        )
    local = is_loopback(parts.hostname or "")
    if parts.username is not None and parts.scheme == "http" and not (with_login_in_clear or local):
        raise ConfigurationError(
            "proxy: the URL has a user name or password, which plain http would send to the proxy in clear over the"
            " network; use a proxy with https, or one that needs no password",
            "proxy",
        )
    return parts
