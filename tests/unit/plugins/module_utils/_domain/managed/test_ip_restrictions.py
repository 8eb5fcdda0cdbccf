# SPDX-License-Identifier: GPL-3.0-or-later

"""Address blocks: one way to write each, and what is no network is refused."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.ip_restrictions import (
    cidr_blocks,
    normal_block,
)


def test_cidr_blocks_are_networks_in_order_without_doubles() -> None:
    assert cidr_blocks("ip_restrictions", ["203.0.113.7", "192.0.2.0/24", "192.0.2.0/24"]) == (
        "192.0.2.0/24",
        "203.0.113.7/32",
    )


def test_refuses_what_is_no_network() -> None:
    with pytest.raises(ValidationError, match=r"ip_restrictions: .*192.0.2.1/24 has host bits set.*write an address"):
        cidr_blocks("ip_restrictions", ["192.0.2.1/24"])


@pytest.mark.parametrize(
    ("spelling", "normal"),
    [
        ("192.0.2.1", "192.0.2.1/32"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("2001:DB8:0:0::/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("anywhere", "anywhere"),
    ],
)
def test_address_is_the_same_in_every_spelling(spelling: str, normal: str) -> None:
    assert normal_block(spelling) == normal
    assert normal_block(normal) == normal
