# SPDX-License-Identifier: GPL-3.0-or-later

"""As whom and to which server a module connects when options, environment and a kubeconfig say different things."""

from __future__ import annotations

import base64
import dataclasses
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.connection import connect
from kubernetes_bench import FastCluster

from .runs import READING, KubernetesRun

OTHER = "https://192.0.2.7:6443"
OF_KUBECONFIG = "https://192.0.2.1:6443"


@dataclasses.dataclass
class Files:
    """A kubeconfig with an administrator's certificate, and a certificate and key apart from it."""

    kubeconfig: str
    certificate: str
    key: str


class Connection(t.NamedTuple):
    host: str
    token: str | None
    certificate: str | None
    key: str | None
    #: content, because the client library writes what a kubeconfig holds to files of its own
    authorities: str | None


@pytest.fixture
def files(tmp_path: Path) -> Files:
    for name in ("client.crt", "client.key"):
        (tmp_path / name).write_text(f"given {name}", encoding="utf-8")
    data = {name: base64.b64encode(name.encode()).decode() for name in ("admin.crt", "admin.key", "ca.crt")}
    cluster = {"server": OF_KUBECONFIG, "certificate-authority-data": data["ca.crt"]}
    user = {"client-certificate-data": data["admin.crt"], "client-key-data": data["admin.key"]}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "main",
        "contexts": [{"name": "main", "context": {"cluster": "main", "user": "admin"}}],
        "clusters": [{"name": "main", "cluster": cluster}],
        "users": [{"name": "admin", "user": user}],
    }
    path = tmp_path / "admin.conf"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return Files(str(path), str(tmp_path / "client.crt"), str(tmp_path / "client.key"))


def connected(options: dict[str, t.Any], environ: dict[str, str]) -> Connection:
    with connect(options, environ) as client:
        configuration = client.configuration
        token = configuration.auth_settings().get("BearerToken", {}).get("value")

        def content(path: str | None) -> str | None:
            return None if path is None else Path(path).read_text(encoding="utf-8")

        return Connection(
            configuration.host,
            token,
            content(configuration.cert_file),
            content(configuration.key_file),
            content(configuration.ssl_ca_cert),
        )


def test_a_kubeconfig_alone(files: Files) -> None:
    expected = Connection(OF_KUBECONFIG, None, "admin.crt", "admin.key", "ca.crt")
    assert connected({"kubeconfig": files.kubeconfig}, {}) == expected
    assert connected({}, {"K8S_AUTH_KUBECONFIG": files.kubeconfig}) == expected


@pytest.mark.parametrize("source", ["option", "environment"])
def test_a_token_replaces_the_certificate_of_a_kubeconfig(files: Files, source: str) -> None:
    """API servers look at the certificate first, so with both the task would not run as the token's account."""
    options, environ = ({"api_key": "x"}, {}) if source == "option" else ({}, {"K8S_AUTH_API_KEY": "x"})
    found = connected({**options, "kubeconfig": files.kubeconfig}, environ)
    assert found == Connection(OF_KUBECONFIG, "Bearer x", None, None, "ca.crt")


def test_a_token_and_a_certificate_that_are_both_given_are_both_used(files: Files) -> None:
    options = {"api_key": "x", "client_cert": files.certificate, "client_key": files.key}
    found = connected({**options, "kubeconfig": files.kubeconfig}, {})
    assert found == Connection(OF_KUBECONFIG, "Bearer x", "given client.crt", "given client.key", "ca.crt")


def test_the_key_of_another_certificate_is_not_used(files: Files) -> None:
    """A file may hold a certificate together with its key."""
    found = connected({"client_cert": files.certificate, "kubeconfig": files.kubeconfig}, {})
    assert (found.certificate, found.key) == ("given client.crt", None)


def test_host_and_token_need_no_kubeconfig(files: Files) -> None:
    found = connected({"host": OTHER, "api_key": "x"}, {"K8S_AUTH_KUBECONFIG": files.kubeconfig})
    assert found == Connection(OTHER, "Bearer x", None, None, None)


def test_host_and_certificate_need_no_kubeconfig(files: Files) -> None:
    options = {"host": OTHER, "client_cert": files.certificate, "client_key": files.key}
    found = connected(options, {"K8S_AUTH_KUBECONFIG": files.kubeconfig, "K8S_AUTH_CONTEXT": "main"})
    assert found == Connection(OTHER, None, "given client.crt", "given client.key", None)


def test_a_kubeconfig_that_is_not_needed_may_be_missing() -> None:
    found = connected({"host": OTHER, "api_key": "x"}, {"K8S_AUTH_KUBECONFIG": "/nowhere"})
    assert found.host == OTHER


@pytest.mark.parametrize("named", ["kubeconfig", "context"])
def test_a_kubeconfig_that_the_task_names_is_read_all_the_same(files: Files, named: str) -> None:
    option = {"kubeconfig": files.kubeconfig} if named == "kubeconfig" else {"context": "main"}
    environ = {} if named == "kubeconfig" else {"K8S_AUTH_KUBECONFIG": files.kubeconfig}
    found = connected({"host": OTHER, "api_key": "x", **option}, environ)
    assert found == Connection(OTHER, "Bearer x", None, None, "ca.crt")


def test_a_host_alone_goes_with_the_credentials_of_the_kubeconfig(files: Files) -> None:
    found = connected({"host": OTHER}, {"K8S_AUTH_KUBECONFIG": files.kubeconfig})
    assert found == Connection(OTHER, None, "admin.crt", "admin.key", "ca.crt")


@pytest.mark.parametrize("given", ["kubeconfig", "host"])
def test_a_task_with_a_token_runs_as_its_account_and_not_as_the_administrator(
    run: KubernetesRun,
    cluster: FastCluster,
    account: t.Callable[[list[dict[str, t.Any]]], str],
    monkeypatch: pytest.MonkeyPatch,
    given: str,
) -> None:
    token = account([])
    options: dict[str, t.Any] = {"kubeconfig": str(cluster.kubeconfig)}
    if given == "host":
        monkeypatch.setenv("K8S_AUTH_KUBECONFIG", str(cluster.kubeconfig))
        options = {"host": run.server, "ca_cert": str(cluster.kubeadm.pki / "ca.crt")}
    outcome = run.bare("kube_proxy_info", api_key=token, **options)
    assert outcome.failed
    assert outcome["error"]["status"] == 403
    assert "system:serviceaccount:kube-system:limited" in outcome["msg"]


def test_the_documented_rights_suffice_and_what_more_a_probe_needs_is_said(
    run: KubernetesRun, account: t.Callable[[list[dict[str, t.Any]]], str]
) -> None:
    token = account(READING)
    assert run("kube_proxy_info", api_key=token).warnings == []
    outcome = run("kube_proxy_info", api_key=token, probe=True)
    assert not outcome.failed
    assert len(outcome.warnings) == 3
    for warning in outcome.warnings:
        assert "the API server answered 403 Forbidden" in warning
        assert 'cannot get resource "pods/portforward"' in warning
        assert "-+-+-" not in warning


def test_the_right_to_run_commands_is_said_when_only_a_pod_knows_the_version(
    run: KubernetesRun, cluster: FastCluster, account: t.Callable[[list[dict[str, t.Any]]], str]
) -> None:
    (container,) = cluster.daemon_set()["spec"]["template"]["spec"]["containers"]
    digest = f"registry.k8s.io/kube-proxy@sha256:{'0' * 64}"
    template = {"spec": {"containers": [{**container, "image": digest}]}}
    cluster.patch_daemon_set({"spec": {"template": template}})
    cluster.wait_until_rolled()
    outcome = run("kube_proxy_info", api_key=account(READING))
    assert outcome.failed
    assert "the API server answered 403 Forbidden" in outcome["msg"]
    assert 'cannot get resource "pods/exec"' in outcome["msg"].replace('\\"', '"')
    assert "-+-+-" not in outcome["msg"]


#: What the documentation of kube_proxy_migration lists for a run with validate=rules.
MIGRATING: list[dict[str, t.Any]] = [
    {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "create", "update", "delete"]},
    {"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["get", "create", "patch", "delete"]},
    {"apiGroups": ["apps"], "resources": ["controllerrevisions"], "verbs": ["list"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "create", "patch", "delete"]},
    {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list", "patch"]},
]


def test_the_documented_rights_suffice_for_a_migration(
    run: KubernetesRun, cluster: FastCluster, account: t.Callable[[list[dict[str, t.Any]]], str]
) -> None:
    token = account(MIGRATING)
    nodes = cluster.nodes.names
    for ending in ("absent", "finished"):
        run.done("kube_proxy_migration", api_key=token, state="begun", mode="ipvs")
        run.done("kube_proxy_migration", api_key=token, state="moved", nodes=nodes)
        run.done("kube_proxy_migration", api_key=token, state="returned", nodes=nodes[:1])
        run.done("kube_proxy_migration", api_key=token, state="moved", nodes=nodes)
        run.done("kube_proxy_migration", api_key=token, state=ending)
    cluster.wait_until_rolled()
