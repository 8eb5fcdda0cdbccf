# SPDX-License-Identifier: GPL-3.0-or-later

"""Credential plugins that a kubeconfig names under ``exec``.

The client library runs them too, but logs a failure and goes on without credentials: the task then fails with "403
system:anonymous", which says nothing of the plugin. It also waits for a plugin for ever. See
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins.
"""

from __future__ import annotations

import base64
import datetime
import json
import os
import re
import subprocess
import typing as t
from dataclasses import dataclass

from ..._domain.common.blank import is_blank
from ..._domain.common.json_types import Json
from ..._domain.common.printable import printable
from ..._domain.self_hosted.kubeconfig import Selection
from ..failures import ConfigurationError

#: Seconds; a plugin that asks somebody for a password in a browser does not end by itself.
PATIENCE: t.Final = 60.0
#: Seconds before its expiry at which a credential is obtained anew.
_AHEAD = 30.0
#: Characters of what a plugin says.
_WORDS = 500


@dataclass(frozen=True)
class Credential:
    """What a plugin gave; ``expires`` in seconds since 1970, infinite when it does not say."""

    token: str | None
    certificate: str | None
    key: str | None
    expires: float = float("inf")

    def outdated(self, now: float) -> bool:
        return now > self.expires - _AHEAD

    def as_user(self) -> Json:
        """Its certificate, as a user in a kubeconfig has it."""
        if not self.certificate or not self.key:
            return {}
        data = {"client-certificate-data": self.certificate, "client-key-data": self.key}
        return {name: base64.b64encode(pem.encode()).decode() for name, pem in data.items()}


def run(selection: Selection, environ: t.Mapping[str, str], patience: float = PATIENCE) -> Credential:
    """Run the plugin of the selected user; raises ConfigurationError with the plugin's own words."""
    plugin = selection.user["exec"]
    who = f"The exec plugin of user {printable(selection.user_name, 100)} in the kubeconfig"
    if not isinstance(plugin, dict) or is_blank(plugin.get("command")) or is_blank(plugin.get("apiVersion")):
        raise ConfigurationError(f"{who} has no command or no apiVersion", "kubeconfig")
    command = str(plugin["command"])
    who = f"The exec plugin {printable(command, 200)} of user {printable(selection.user_name, 100)} in the kubeconfig"
    try:
        # run_command of Ansible has no limit of time, and takes no environment in place of its own.
        ended = subprocess.run(  # noqa: S603 - the owner of the kubeconfig wants it run; pylint: disable=ansible-bad-function
            [command, *map(str, plugin.get("args") or [])],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=_environment(plugin, selection.cluster, environ),
            timeout=patience,
            check=False,
        )
    except FileNotFoundError:
        hint = plugin.get("installHint")
        advice = f". {printable(str(hint).strip(), _WORDS)}" if not is_blank(hint) else ""
        raise ConfigurationError(
            f"{who} was not found on the host that runs this module: install it there, or set api_key{advice}",
            "kubeconfig",
        ) from None
    except subprocess.TimeoutExpired:
        raise ConfigurationError(
            f"{who} did not end within {patience:g} seconds; it must not wait for anybody", "kubeconfig"
        ) from None
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its args or env are malformed"
        raise ConfigurationError(f"{who} cannot be run: {reason}", "kubeconfig") from None
    words = printable(ended.stderr.decode("utf-8", "replace").strip(), _WORDS)
    said = f"; it says: {words}" if words else ", and says nothing"
    if ended.returncode != 0:
        raise ConfigurationError(f"{who} failed with exit status {ended.returncode}{said}", "kubeconfig")
    try:
        return _credential(json.loads(ended.stdout), str(plugin["apiVersion"]))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        # What it printed may be a credential in another form.
        reason = str(error) if isinstance(error, _MalformedError) else "its output is no ExecCredential as JSON"
        raise ConfigurationError(f"{who} gave no credential: {reason}{said}", "kubeconfig") from None


class _MalformedError(ValueError):
    """An ExecCredential that lacks something; the text quotes nothing of it but its version."""


def _environment(plugin: Json, cluster: Json, environ: t.Mapping[str, str]) -> dict[str, str]:
    spec: Json = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        extensions = cluster.get("extensions") or []
        own = [each["extension"] for each in extensions if each["name"] == "client.authentication.k8s.io/exec"]
        spec["cluster"] = {**cluster, **({"config": own[0]} if own else {})}
    information = {"apiVersion": plugin["apiVersion"], "kind": "ExecCredential", "spec": spec}
    further = {str(variable["name"]): str(variable["value"]) for variable in plugin.get("env") or []}
    return {**environ, **further, "KUBERNETES_EXEC_INFO": json.dumps(information)}


def _credential(answer: Json, version: str) -> Credential:
    if answer["kind"] != "ExecCredential":
        raise _MalformedError("its output is of another kind than ExecCredential")
    if answer["apiVersion"] != version:
        raise _MalformedError(
            f"it answers in version {printable(str(answer['apiVersion']), 100)}, while the kubeconfig expects"
            f" {printable(version, 100)}"
        )
    status = answer["status"]
    token, certificate, key = (_text(status, name) for name in ("token", "clientCertificateData", "clientKeyData"))
    if not token and not (certificate and key):
        raise _MalformedError("its output has neither a token nor a certificate with its key")
    expiry = _text(status, "expirationTimestamp")
    if expiry is None:
        return Credential(token, certificate, key)
    # Before Python 3.11 neither Z nor nanoseconds are understood.
    moment = datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", expiry).replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return Credential(token, certificate, key, moment.timestamp())


def _text(status: Json, name: str) -> str | None:
    value = status.get(name)
    if value is not None and not isinstance(value, str):
        raise _MalformedError(f"{name} in its output is no text")
    return None if is_blank(value) else value


def located(user: Json, directory: str) -> Json:
    """The user with the path of its plugin made absolute, if it is one: it is relative to the kubeconfig."""
    plugin = user.get("exec")
    if not isinstance(plugin, dict) or os.sep not in str(plugin.get("command") or ""):
        return user
    return {**user, "exec": {**plugin, "command": os.path.join(directory, str(plugin["command"]))}}
