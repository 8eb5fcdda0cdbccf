# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of a path of OVHcloud's API."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.failures import ConfigurationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.client import path, segment


@pytest.mark.parametrize(
    ("value", "encoded"),
    [("10.0.0.0/8", "10.0.0.0%2F8"), ("a b?#%", "a%20b%3F%23%25"), ("é", "%C3%A9"), ("a~b", "a~b")],
)
def test_segment_is_encoded(value: str, encoded: str) -> None:
    assert segment(value) == encoded
    assert path("x", value) == f"/x/{encoded}"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_segment_that_would_change_the_path(value: t.Any) -> None:
    with pytest.raises(ConfigurationError):
        segment(value)
