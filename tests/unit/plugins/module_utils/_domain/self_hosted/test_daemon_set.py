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
