# SPDX-License-Identifier: GPL-3.0-or-later

"""Credential plugins, as real programs: what they give is used, and what they say when they fail is told."""

from __future__ import annotations

import base64
import json
import os
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.failures import ConfigurationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes import exec_plugin
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.connection import connect
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.kubeconfig import select

V1 = "client.authentication.k8s.io/v1"


def answer(**status: t.Any) -> str:
    return json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": status})


class Plugin:
    """A shell script in a folder with the kubeconfig that names it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def kubeconfig(self, script: str, **more: t.Any) -> str:
        path = self.folder / "bin" / "plugin"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o700)
        plugin = {"apiVersion": V1, "command": "bin/plugin", "args": ["get-token", "prod"], **more}
        document = {
            "current-context": "main",
            "contexts": [{"name": "main", "context": {"cluster": "main", "user": "aws"}}],
            "clusters": [{"name": "main", "cluster": {"server": "https://192.0.2.1"}}],
            "users": [{"name": "aws", "user": {"exec": plugin}}],
        }
        config = self.folder / "config"
        config.write_text(yaml.safe_dump(document), encoding="utf-8")
        return str(config)

    def connected(self, script: str, options: dict[str, t.Any] | None = None, **more: t.Any) -> t.Any:
        config = self.kubeconfig(script, **more)
        with connect({"kubeconfig": config, **(options or {})}, {"PATH": "/usr/bin:/bin"}) as client:
            return client.configuration

    def refusal(self, script: str, **more: t.Any) -> str:
        with pytest.raises(ConfigurationError) as caught:
            self.connected(script, **more)
        assert caught.value.option == "kubeconfig"
        return str(caught.value)


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    return Plugin(tmp_path)


def token(configuration: t.Any) -> t.Any:
    return configuration.auth_settings()["BearerToken"]["value"]


def test_a_token(plugin: Plugin) -> None:
    """The path of the program is relative to the kubeconfig."""
    assert token(plugin.connected(f"echo '{answer(token='abc')}'")) == "Bearer abc"


def test_arguments_variables_and_what_is_asked(plugin: Plugin) -> None:
    script = f"""[ "$*" = "get-token prod" ] && [ "$PROFILE" = prod ] || exit 3
    echo "$KUBERNETES_EXEC_INFO" > {plugin.folder}/asked
    echo '{answer(token="abc")}'"""
    plugin.connected(script, env=[{"name": "PROFILE", "value": "prod"}], provideClusterInfo=True)
    asked = json.loads((plugin.folder / "asked").read_text(encoding="utf-8"))
    assert (asked["apiVersion"], asked["kind"], asked["spec"]["interactive"]) == (V1, "ExecCredential", False)
    assert asked["spec"]["cluster"]["server"] == "https://192.0.2.1"


def test_a_certificate(plugin: Plugin) -> None:
    configuration = plugin.connected(f"echo '{answer(clientCertificateData='a certificate', clientKeyData='a key')}'")
    assert Path(configuration.cert_file).read_text(encoding="utf-8") == "a certificate"
    assert Path(configuration.key_file).read_text(encoding="utf-8") == "a key"


def test_a_token_that_is_about_to_expire_is_obtained_anew(plugin: Plugin) -> None:
    script = f"""n=$(cat {plugin.folder}/count 2>/dev/null || echo 0); n=$((n+1)); echo $n > {plugin.folder}/count
    printf '{answer(token="abc%s", expirationTimestamp="%s")}' $n "$(cat {plugin.folder}/expiry)" """
    for expiry, second in (("2000-01-01T00:00:00Z", "Bearer abc3"), ("2999-01-01T00:00:00.123456789Z", "Bearer abc1")):
        (plugin.folder / "expiry").write_text(expiry, encoding="utf-8")
        (plugin.folder / "count").unlink(missing_ok=True)
        configuration = plugin.connected(script)
        token(configuration)
        assert token(configuration) == second


def test_a_plugin_that_is_not_needed_is_not_run(plugin: Plugin) -> None:
    assert token(plugin.connected("exit 1", options={"api_key": "x"})) == "Bearer x"


def test_a_missing_plugin_is_named_with_the_hint_to_install_it(plugin: Plugin) -> None:
    said = plugin.refusal("", command="aws-of-nobody", installHint="Install it from example.org.\n")
    assert said == (
        "The exec plugin aws-of-nobody of user aws in the kubeconfig was not found on the host that runs this module: "
        "install it there, or set api_key. Install it from example.org."
    )


def test_a_plugin_that_fails_is_quoted(plugin: Plugin) -> None:
    said = plugin.refusal("echo 'hunter2'; echo 'Token has expired\nRun aws sso login' >&2; exit 255")
    assert (
        f"The exec plugin {plugin.folder}/bin/plugin of user aws in the kubeconfig failed with exit status 255" in said
    )
    assert said.endswith(r"; it says: Token has expired\nRun aws sso login")
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("hunter2", "its output is no ExecCredential as JSON"),
        ("", "its output is no ExecCredential as JSON"),
        ("[]", "its output is no ExecCredential as JSON"),
        (answer(), "neither a token nor a certificate with its key"),
        (answer(token={"hunter2": 1}), "token in its output is no text"),
        (answer(clientCertificateData="hunter2"), "neither a token nor a certificate with its key"),
        (
            answer(token="hunter2").replace("/v1", "/v1beta1"),
            f"answers in version {V1}beta1, while the kubeconfig expects {V1}",
        ),
        (answer(token="hunter2").replace("ExecCredential", "Secret"), "another kind"),
        (answer(token="hunter2", expirationTimestamp="soon"), "no ExecCredential"),
    ],
)
def test_a_plugin_that_prints_something_else_is_told_and_not_quoted(plugin: Plugin, printed: str, reason: str) -> None:
    said = plugin.refusal(f"echo '{printed}'")
    assert "gave no credential: " in said
    assert reason in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "wrong", [{"args": 1}, {"env": [{"name": "x"}]}, {"env": ["x"]}, {"command": ""}, {"apiVersion": None}]
)
def test_a_malformed_entry(plugin: Plugin, wrong: dict[str, t.Any]) -> None:
    assert "The exec plugin" in plugin.refusal(f"echo '{answer(token='abc')}'", **wrong)


def test_a_plugin_that_does_not_end_is_stopped(plugin: Plugin) -> None:
    script = f"echo $$ > {plugin.folder}/pid; exec sleep 600"
    config = yaml.safe_load(Path(plugin.kubeconfig(script, command=f"{plugin.folder}/bin/plugin")).read_text())
    with pytest.raises(ConfigurationError, match=r"did not end within 2 seconds"):
        exec_plugin.run(select(config, None), {"PATH": "/usr/bin:/bin"}, patience=2)
    with pytest.raises(ProcessLookupError):
        os.kill(int((plugin.folder / "pid").read_text()), 0)


def test_a_token_that_cannot_be_sent(plugin: Plugin) -> None:
    with pytest.raises(ConfigurationError, match="characters that a token cannot have"):
        plugin.connected(f"echo '{answer(token='two words')}'")


def test_a_certificate_in_a_kubeconfig_is_base64() -> None:
    user = exec_plugin.Credential(None, "c", "k").as_user()
    assert user == {
        f"client-{name}-data": base64.b64encode(text).decode() for name, text in (("certificate", b"c"), ("key", b"k"))
    }
