# SPDX-License-Identifier: GPL-3.0-or-later

"""The checksum is by value: kubeadm's rendering of an unchanged configuration leaves it as it is."""

from __future__ import annotations

import typing as t

from hypothesis import given

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.canonical import canonical
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_checksum import checksum
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.config_text import (
    Document,
    render,
)

from .kubeadm import CONFIG, configurations, rerendered


@given(configurations())
def test_kubeadms_rendering_is_no_change(configuration: dict[str, t.Any]) -> None:
    again = rerendered(configuration)
    assert canonical(again) == canonical(configuration)
    texts = [render(Document(each)) for each in (configuration, again)]
    assert checksum({"config.conf": texts[0]}, "config.conf") == checksum({"config.conf": texts[1]}, "config.conf")


@given(configurations(), configurations())
def test_checksum_is_equal_exactly_when_the_configuration_is(one: dict[str, t.Any], other: dict[str, t.Any]) -> None:
    sums = [checksum({"config.conf": render(Document(each)), "k": "v"}, "config.conf") for each in (one, other)]
    assert (sums[0] == sums[1]) is (canonical(one) == canonical(other))


def test_checksum_of_the_other_keys() -> None:
    data = {"config.conf": CONFIG, "kubeconfig.conf": "a"}
    assert checksum(data, "config.conf") == checksum(dict(reversed(data.items())), "config.conf")
    assert checksum(data, "config.conf") == checksum({**data, "config.conf": CONFIG + "\n"}, "config.conf")
    assert checksum(data, "config.conf") != checksum({**data, "kubeconfig.conf": "b"}, "config.conf")
    assert checksum(data, "config.conf") != checksum({**data, "more": ""}, "config.conf")
    assert checksum(data, "config.conf").startswith("sha256:")
    assert len(checksum(data, "config.conf")) == len("sha256:") + 64


def test_checksum_of_a_text_that_cannot_be_read() -> None:
    sums = {checksum({"config.conf": text}, "config.conf") for text in ("mode: [", "mode: {", CONFIG)}
    assert len(sums) == 3
    assert checksum({"a": "b"}, "config.conf") != checksum({}, "config.conf")
