# SPDX-License-Identifier: GPL-3.0-or-later

"""What real nodes had in their kernels after changes of the mode, recorded with Kubernetes 1.34.9.

Folders are called MODE-after-FORMER. The node changed its mode seven times in a row, so that some have dead leftovers
of a mode before the former one.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node import chains, ip_sets, ipvs_table
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.facts import Interface
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.kernel_rules import KernelRules
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.saved_rules import read_saved

RECORDED = Path(__file__).parent / "modes_recorded"


def text_of(state: str, name: str) -> str:
    """A recording; empty if there was nothing to record."""
    file = RECORDED / state / f"{name}.txt"
    return file.read_text(encoding="utf-8") if file.exists() else ""


def kernel_of(state: str) -> KernelRules:
    addresses = ipvs_table.interface_addresses(text_of(state, "kube-ipvs0"))
    return KernelRules(
        saved=tuple(read_saved(text_of(state, f"{family}tables-save"), "nft", family) for family in chains.FAMILIES),
        services=ipvs_table.virtual_services(text_of(state, "ip_vs")),
        interface=Interface("kube-ipvs0", bool(addresses), addresses),
        sets=ip_sets.read_sets(text_of(state, "ipset")),
        nft=chains.from_nft(text_of(state, "nft-kube-proxy")),
    )


@pytest.fixture
def recorded() -> t.Callable[[str, str], str]:
    return text_of


@pytest.fixture
def kernel() -> t.Callable[[str], KernelRules]:
    return kernel_of
