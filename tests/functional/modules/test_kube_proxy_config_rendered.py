# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_proxy_config with state rendered: the document and its file through all their states, without any cluster.

tests/functional/differential has kube-proxy judge the documents, and tests/functional/kubernetes kubeadm.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from module_run import ModuleRun

MODULE = "kube_proxy_config"
NFTABLES = {"kube_proxy_version": "1.34.9", "mode": "nftables", "nftables": {"sync_period": "PT1M"}}
TEXT = (
    "apiVersion: kubeproxy.config.k8s.io/v1alpha1\n"
    "kind: KubeProxyConfiguration\n"
    "mode: nftables\n"
    "nftables:\n"
    "  syncPeriod: 1m0s\n"
)
#: What group_vars or module_defaults may hold for the clusters that are there.
CONNECTION = {
    "kubeconfig": "/nonexistent/kubeconfig",
    "host": "https://192.0.2.1:6443",
    "api_key": "a-token",
    "ca_cert": "/nonexistent/ca.crt",
    "namespace": "elsewhere",
    "daemon_set": "other",
    "strategy": "replace",
}


@pytest.fixture
def render(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> t.Callable[..., t.Any]:
    """Runs the module where there is no library for Kubernetes, and no network."""

    def offline(*_arguments: t.Any, **_more: t.Any) -> t.NoReturn:
        raise AssertionError("a rendered configuration needs no network")

    monkeypatch.setitem(sys.modules, "kubernetes", None)
    monkeypatch.setattr(socket.socket, "connect", offline)
    run = ModuleRun(monkeypatch, capsys)
    return lambda **options: run.bare(MODULE, **{"state": "rendered", **NFTABLES, **options})


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    """A file that is not there yet, in a directory of its own."""
    directory = tmp_path / "kubernetes"
    directory.mkdir()
    return directory / "kube-proxy.yaml"


def test_the_document_is_returned(render: t.Any) -> None:
    outcome = render()
    assert (outcome["changed"], outcome["rendered"]) == (False, TEXT)
    assert outcome["config"] == yaml.safe_load(TEXT)
    assert outcome["mode"] == outcome["effective"]["mode"] == "nftables"
    assert outcome["effective"]["nodePortAddresses"] == ["primary"]
    assert outcome["kube_proxy_version"] == "1.34.9"
    assert outcome.warnings == []
    assert not {"diff", "dest", "config_checksum", "resource_version"} & set(outcome.result)


@pytest.mark.parametrize("check", [True, False])
def test_what_is_said_of_a_cluster_is_ignored(render: t.Any, check: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8S_AUTH_PROXY", "nonsense")
    assert render(check=check, **CONNECTION)["rendered"] == TEXT


def test_the_library_for_a_cluster_is_needed_for_a_cluster(render: t.Any) -> None:
    """That is: it is really missing in these tests."""
    assert "kubernetes >= 31" in render(state="present", **CONNECTION)["msg"]


def test_the_file_through_all_its_states_in_check_mode_and_for_real(render: t.Any, dest: Path) -> None:
    def nothing() -> None: ...

    def modify() -> None:
        dest.write_text(TEXT.replace("nftables", "ipvs"))

    def respell() -> None:
        dest.write_text(f"# by hand\n{TEXT.replace('1m0s', '60s')}")

    def truncate() -> None:
        dest.write_text("")

    def remove() -> None:
        dest.unlink()

    for spoil in (nothing, modify, respell, truncate, remove):
        spoil()
        before = dest.read_text() if dest.exists() else None
        predicted = render(check=True, dest=str(dest))
        assert (dest.read_text() if dest.exists() else None) == before
        real = render(dest=str(dest))
        assert {**predicted.result, "invocation": None} == {**real.result, "invocation": None}
        assert real["changed"] is True
        headers = {"before_header": str(dest), "after_header": str(dest)}
        assert real["diff"] == {"before": before or "", "after": TEXT, **headers}
        # A result called dest would make Ansible put the mode of the file in the place of kube-proxy's.
        assert (dest.read_text(), real["mode"]) == (TEXT, "nftables")
        identity = (dest.stat().st_ino, dest.stat().st_mtime_ns)
        for check in (True, False):
            again = render(check=check, dest=str(dest))
            assert (again["changed"], "diff" in again.result) == (False, False)
        assert (dest.stat().st_ino, dest.stat().st_mtime_ns) == identity
    # Nothing is left over of writing it at once.
    assert list(dest.parent.iterdir()) == [dest]


def test_the_former_file_is_kept_on_request(render: t.Any, dest: Path) -> None:
    assert "backup_file" not in render(dest=str(dest), backup=True).result
    dest.chmod(0o640)
    assert "backup_file" not in render(dest=str(dest), backup=True).result
    assert "backup_file" not in render(check=True, dest=str(dest), backup=True, mode="iptables").result
    kept = Path(render(dest=str(dest), backup=True, mode="iptables")["backup_file"])
    assert kept.read_text() == TEXT
    assert [stat.S_IMODE(path.stat().st_mode) for path in (kept, dest)] == [0o640, 0o640]
    assert sorted(dest.parent.iterdir()) == sorted([dest, kept])


def test_own_link_stays_one(render: t.Any, dest: Path, tmp_path: Path) -> None:
    dest.symlink_to(tmp_path / "repository.yaml")
    assert render(dest=str(dest))["changed"]
    assert dest.is_symlink()
    assert (tmp_path / "repository.yaml").read_text() == TEXT


OTHERS = {
    "a file of kubeadm's": ("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n---\n", "ClusterConfig"),
    "something else": ("- a: list\n---\n", "no object of Kubernetes"),
    "no YAML": ("{", "cannot be read as YAML"),
}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("kind", OTHERS)
def test_a_file_with_something_else_stays(render: t.Any, dest: Path, kind: str, check: bool) -> None:
    content, reason = OTHERS[kind]
    dest.write_text(content + TEXT)
    outcome = render(check=check, dest=str(dest), backup=True)
    assert outcome.failed
    assert outcome["msg"].startswith(f"dest: {dest}: it holds ")
    assert reason in outcome["msg"]
    assert dest.read_text() == content + TEXT
    assert list(dest.parent.iterdir()) == [dest]


@pytest.mark.parametrize("check", [True, False])
def test_a_place_where_nothing_can_be_written_is_told_of(render: t.Any, dest: Path, check: bool) -> None:
    outcome = render(check=check, dest=str(dest.parent / "none" / "file"))
    assert outcome["msg"] == f"dest: the directory {dest.parent / 'none'} does not exist; create it first"
    os.mkfifo(dest)
    outcome = render(check=check, dest=str(dest))
    assert outcome["msg"] == f"dest: {dest} cannot be read: it is a named pipe, not a regular file"
    outcome = render(check=check, dest=str(dest.parent))
    assert "cannot be read: Is a directory" in outcome["msg"]


def problems(outcome: t.Any) -> dict[str, str]:
    assert outcome.failed
    return {problem["option"]: problem["problem"] for problem in outcome["problems"]}


@pytest.mark.parametrize("check", [True, False])
def test_everything_that_is_wrong_is_told_at_once_and_no_file_is_written(
    render: t.Any, dest: Path, check: bool
) -> None:
    broken = {"mode": "nope", "iptables": {"min_sync_period": "2m"}, "config": {"bindAddress": "x"}}
    found = problems(render(check=check, dest=str(dest), kube_proxy_version="1.20", **broken))
    assert set(found) == {"mode", "iptables.min_sync_period", "config.bindAddress", "nftables"}
    found = problems(render(check=check, kube_proxy_version="x", validate="native", iptables={"sync_period": "5"}))
    assert set(found) == {"kube_proxy_version", "validate", "iptables.sync_period"}
    assert not dest.exists()


@pytest.mark.parametrize(
    ("options", "paths"),
    [
        (
            {"mode": "IPVS", "ipvs": {"scheduler": "foo", "sync_period": "1d"}},
            {"mode", "ipvs.scheduler", "ipvs.sync_period"},
        ),
        (
            {
                "config": {"bindAddress": "1.2.3", "clusterCIDR": "zz", "detectLocalMode": "ClusterCIDR"},
                "conntrack": {"tcp_established_timeout": "1d"},
            },
            {"config.bindAddress", "config.clusterCIDR", "conntrack.tcp_established_timeout"},
        ),
        ({"validate": "native", "mode": "IPVS"}, {"validate", "mode"}),
        # What a value that cannot be read would decide is not judged.
        (
            {"ipvs": {"sync_period": "1d", "min_sync_period": "2m"}, "nftables": {"min_sync_period": "2m"}},
            {"ipvs.sync_period", "nftables.min_sync_period"},
        ),
        ({"config": {"logging": 5, "oomScoreAdj": 2000}}, {"config.logging", "config.oomScoreAdj"}),
    ],
)
def test_rules_are_told_with_what_cannot_be_read(render: t.Any, options: dict[str, t.Any], paths: set[str]) -> None:
    base = {"iptables": None, "ipvs": None, "nftables": None, "conntrack": None, "mode": "ipvs", "config": None}
    found = problems(render(**{**base, "kube_proxy_version": "1.34", **options}))
    assert set(found) == paths


def test_the_version_is_required(render: t.Any) -> None:
    for version in (None, " "):
        assert "kube_proxy_version" in render(kube_proxy_version=version)["msg"]


def test_a_version_that_yaml_made_a_number_of_is_explained(render: t.Any) -> None:
    assert "put it in quotes" in problems(render(kube_proxy_version=1.3))["kube_proxy_version"]


def test_a_file_is_written_for_no_cluster(render: t.Any, dest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever forgets the state does not change a cluster in place of a file."""
    monkeypatch.undo()
    found = problems(render(state="present", dest=str(dest), **CONNECTION))
    assert found == {"dest": "a file is written only with state rendered; with state present, a cluster is changed"}


def test_a_mode_that_is_left_out_is_warned_of(render: t.Any) -> None:
    for mode in (None, ""):
        outcome = render(mode=mode, nftables=None)
        assert outcome["mode"] == "iptables"
        assert "mode" not in outcome["config"]
        assert ["set mode" in warning for warning in outcome.warnings] == [True]
