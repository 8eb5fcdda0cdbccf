# SPDX-License-Identifier: GPL-3.0-or-later

"""How the DaemonSet starts kube-proxy, and which ConfigMap that reads."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import RefusedError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import DaemonSet

from . import proxy_objects as objects


class TestProgram:
    def test_of_kubeadm(self) -> None:
        program = DaemonSet(objects.daemon_set()).program("kube-proxy", "config.conf")
        assert (program.container, program.path, program.version_text) == (
            "kube-proxy",
            "/usr/local/bin/kube-proxy",
            "v1.31.4",
        )

    @pytest.mark.parametrize(
        ("image", "tag"),
        [
            ("registry:5000/kube-proxy:v1.30.0-eks-1", "v1.30.0-eks-1"),
            ("registry:5000/kube-proxy", ""),
            ("registry.k8s.io/kube-proxy@sha256:abc", ""),
            ("registry.k8s.io/kube-proxy:v1.2.3@sha256:abc", "v1.2.3"),
        ],
    )
    def test_version_is_the_tag(self, image: str, tag: str) -> None:
        raw = objects.daemon_set()
        raw["spec"]["template"]["spec"]["containers"][0]["image"] = image
        assert DaemonSet(raw).program("kube-proxy", "config.conf").version_text == tag

    @pytest.mark.parametrize(
        ("command", "mount", "volume"),
        [
            (["kube-proxy", "--config", "/c/config.conf"], {"mountPath": "/c/"}, {}),
            (["kube-proxy", "--config=/c/x"], {"mountPath": "/c/x", "subPath": "config.conf"}, {}),
            (["kube-proxy", "--config=/c/x"], {"mountPath": "/c"}, {"items": [{"key": "config.conf", "path": "x"}]}),
        ],
        ids=["two words", "subPath", "items"],
    )
    def test_of_others_that_read_the_key(
        self, command: list[str], mount: dict[str, str], volume: dict[str, t.Any]
    ) -> None:
        raw = _with(command, mount, volume)
        assert DaemonSet(raw).program("kube-proxy", "config.conf").container == "kube-proxy"

    @pytest.mark.parametrize(
        "script",
        [
            "kube-proxy --config=/c/config.conf",
            "exec /usr/local/bin/kube-proxy --config /c/config.conf --hostname-override=${NODE_NAME} 2>&1 | tee /log",
            "set -e\nmodprobe ip_vs || true\n/usr/local/bin/kube-proxy \\\n  --config='/c/config.conf'\n",
            "sed s/a/b/ --config=/d/other; kube-proxy --config=$CONFIG",
        ],
    )
    def test_that_a_shell_starts(self, script: str) -> None:
        raw = _with([], {"mountPath": "/c"}, {})
        container = raw["spec"]["template"]["spec"]["containers"][0]
        container.update(command=["/bin/sh", "-ec"], args=[script], env=[{"name": "CONFIG", "value": "/c/config.conf"}])
        program = DaemonSet(raw).program("kube-proxy", "config.conf")
        assert program.path.rpartition("/")[2] == "kube-proxy"

    def test_that_the_entry_point_of_the_image_starts(self) -> None:
        raw = _with([], {"mountPath": "/c"}, {})
        container = raw["spec"]["template"]["spec"]["containers"][0]
        container.update(name="proxy", args=["--config=/c/config.conf", "--v=2"])
        program = DaemonSet(raw).program("kube-proxy", "config.conf")
        assert (program.container, program.path) == ("proxy", "kube-proxy")

    @pytest.mark.parametrize("first", [True, False])
    def test_beside_a_container_with_a_configuration_of_its_own(self, first: bool) -> None:
        raw = objects.daemon_set()
        containers = raw["spec"]["template"]["spec"]["containers"]
        exporter = {"name": "rbac-proxy", "image": "kube-rbac-proxy:v1", "args": ["--config=/etc/rbac.yaml"]}
        containers.insert(0 if first else 1, exporter)
        assert DaemonSet(raw).program("kube-proxy", "config.conf").container == "kube-proxy"

    def test_with_flags_beside_a_container_with_a_configuration_is_not_configured_by_a_file(self) -> None:
        raw = _with(["kube-proxy", "--proxy-mode=ipvs"], {"mountPath": "/c"}, {})
        exporter = {"name": "exporter", "image": "x", "command": ["exporter", "--config=/etc/exporter.yaml"]}
        raw["spec"]["template"]["spec"]["containers"].append(exporter)
        with pytest.raises(RefusedError, match="starts no container with --config"):
            DaemonSet(raw).program("kube-proxy", "config.conf")

    def test_from_a_folder_of_a_projected_volume(self) -> None:
        raw = _with(["kube-proxy", "--config=etc/conf/x"], {"mountPath": "/v/etc"}, {})
        spec = raw["spec"]["template"]["spec"]
        spec["containers"][0]["workingDir"] = "/v"
        items = [{"key": "config.conf", "path": "conf/x"}]
        spec["volumes"] = [
            {"name": "kube-proxy", "projected": {"sources": [{"configMap": {"name": "kube-proxy", "items": items}}]}}
        ]
        assert DaemonSet(raw).program("kube-proxy", "config.conf").container == "kube-proxy"

    @pytest.mark.parametrize(
        ("command", "mount", "volume", "message"),
        [
            (["kube-proxy", "--proxy-mode=ipvs"], {"mountPath": "/c"}, {}, "starts no container with --config"),
            (["kube-proxy", "--config=/d/config.conf"], {"mountPath": "/c"}, {}, "from no ConfigMap"),
            (["kube-proxy", "--config=/c/other"], {"mountPath": "/c"}, {}, "from key other of ConfigMap kube-proxy"),
            (
                ["kube-proxy", "--config=/c/config.conf"],
                {"mountPath": "/c"},
                {"name": "mine"},
                "from key config.conf of ConfigMap mine",
            ),
        ],
    )
    def test_one_that_does_not_read_the_key_is_refused(
        self, command: list[str], mount: dict[str, str], volume: dict[str, t.Any], message: str
    ) -> None:
        with pytest.raises(RefusedError, match=message):
            DaemonSet(_with(command, mount, volume)).program("kube-proxy", "config.conf")


def _with(command: list[str], mount: dict[str, str], volume: dict[str, t.Any]) -> dict[str, t.Any]:
    raw = objects.daemon_set()
    spec = raw["spec"]["template"]["spec"]
    spec["containers"][0]["command"] = command
    spec["containers"][0]["volumeMounts"] = [{"name": "kube-proxy", **mount}]
    spec["volumes"][0]["configMap"].update(volume)
    return raw
