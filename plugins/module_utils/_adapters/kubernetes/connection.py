# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach an API server: options, then ``K8S_AUTH_*``, then a kubeconfig, then the pod this runs in.

The names are those of the collection kubernetes.core, so that one set of variables serves both.
"""

from __future__ import annotations

import os
import typing as t

from ... import _deps
from ..._domain.common.blank import is_blank
from ..failures import ConfigurationError
from ..retry import KUBERNETES_READS

if t.TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration

#: Option and the environment variable it falls back to.
VARIABLES: t.Mapping[str, str] = {
    "kubeconfig": "K8S_AUTH_KUBECONFIG",
    "context": "K8S_AUTH_CONTEXT",
    "host": "K8S_AUTH_HOST",
    "api_key": "K8S_AUTH_API_KEY",
    "client_cert": "K8S_AUTH_CERT_FILE",
    "client_key": "K8S_AUTH_KEY_FILE",
    "ca_cert": "K8S_AUTH_SSL_CA_CERT",
    "validate_certs": "K8S_AUTH_VERIFY_SSL",
    "proxy": "K8S_AUTH_PROXY",
    "tls_server_name": "K8S_AUTH_TLS_SERVER_NAME",
}

_TRUE = ("1", "on", "t", "true", "y", "yes")
_FALSE = ("0", "f", "false", "n", "no", "off")


def connect(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> ApiClient:
    """A client made from options and environment; raises ConfigurationError. Makes no request."""
    values = {option: _value(params, environ, option, variable) for option, variable in VARIABLES.items()}
    configuration = _deps.kubernetes.client.Configuration()
    if _needs_kubeconfig(params, values):
        _load(configuration, values["kubeconfig"], values["context"])
    _override(configuration, values)
    configuration.retries = _deps.urllib3.util.retry.Retry(**KUBERNETES_READS)
    api_client = _deps.kubernetes.client.ApiClient(configuration)
    api_client.user_agent = "clusterops.kube_proxy"
    return api_client


def secrets(configuration: Configuration) -> set[str]:
    """Every credential of the connection; none of them may be shown."""
    found = {configuration.password, *configuration.api_key.values()}
    given = {text for text in found if text}
    return {*given, *(text.removeprefix("Bearer ") for text in given)}


def _value(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str], option: str, variable: str) -> t.Any:
    value = params.get(option)
    if not is_blank(value):
        return value
    text = environ.get(variable, "")
    if is_blank(text):
        return None
    if option != "validate_certs":
        return text
    if text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    raise ConfigurationError(f"{variable} is {text!r}: set it to true or false", "validate_certs")


def _needs_kubeconfig(params: t.Mapping[str, t.Any], values: t.Mapping[str, t.Any]) -> bool:
    """Whether host and credentials are not given as options or variables, or the task itself names a kubeconfig.

    One that only the environment names must not add its authorities and certificate to them; kubernetes.core reads
    none then either.
    """
    if not (values["host"] and is_blank(params.get("kubeconfig")) and is_blank(params.get("context"))):
        return True
    if values["api_key"] or (values["client_cert"] and values["client_key"]):
        return False
    return bool(values["kubeconfig"] or values["context"])


def _load(configuration: Configuration, path: str | None, context: str | None) -> None:
    config = _deps.kubernetes.config
    if path is not None and not os.path.exists(os.path.expanduser(path)):
        raise ConfigurationError(f"The kubeconfig {path} does not exist", "kubeconfig")
    try:
        config.load_kube_config(
            config_file=path, context=context, client_configuration=configuration, persist_config=False
        )
    except config.ConfigException as error:
        if path is not None or context is not None:
            option = "kubeconfig" if context is None else "context"
            raise ConfigurationError(f"The kubeconfig cannot be used: {error}", option) from None
        _load_from_pod(configuration)
    except Exception as error:
        # The library lets the parser's and the system's own exceptions through, some with the file's content.
        reason = f"{error.strerror}" if isinstance(error, OSError) else type(error).__name__
        raise ConfigurationError(
            f"The kubeconfig {path or 'of this user'} cannot be read ({reason})", "kubeconfig"
        ) from None


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


def _override(configuration: Configuration, values: dict[str, t.Any]) -> None:
    if values["host"]:
        configuration.host = values["host"].rstrip("/")
    if values["api_key"]:
        # Client versions differ in which of the two names they look up.
        configuration.api_key = dict.fromkeys(("authorization", "BearerToken"), f"Bearer {values['api_key']}")
        configuration.api_key_prefix = {}
        # Otherwise the kubeconfig's way of obtaining tokens would replace the one that was given.
        configuration.refresh_api_key_hook = None
    if values["api_key"] or values["client_cert"]:
        # API servers look at a certificate before they look at a token: with the kubeconfig's the task would run as
        # its user. The kubeconfig's key fits no other certificate.
        configuration.cert_file = configuration.key_file = None
    for option, attribute in (("ca_cert", "ssl_ca_cert"), ("client_cert", "cert_file"), ("client_key", "key_file")):
        if values[option]:
            path = os.path.expanduser(values[option])
            if not os.path.isfile(path):
                raise ConfigurationError(f"{option}: the file {values[option]} does not exist", option)
            setattr(configuration, attribute, path)
    if values["validate_certs"] is not None:
        configuration.verify_ssl = values["validate_certs"]
    if values["proxy"]:
        configuration.proxy = values["proxy"]
    if values["tls_server_name"]:
        configuration.tls_server_name = values["tls_server_name"]
