# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role asks the node for, and which packages it would install."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Playbooks

PLAYBOOK = """\
- hosts: kube_nodes
  gather_facts: false
  roles: [clusterops.kube_proxy.node_prerequisites]
"""
COMMON = {"kube_proxy_mode": "iptables", "kube_proxy_ipvs": {"scheduler": "lc"}}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (COMMON, ("iptables", "lc")),
        ({**COMMON, "node_prerequisites_mode": "ipvs"}, ("ipvs", "")),
        ({**COMMON, "node_prerequisites_mode": "ipvs", "node_prerequisites_scheduler": "sed"}, ("ipvs", "sed")),
    ],
    ids=["common", "own_mode", "own_scheduler"],
)
def test_mode_and_scheduler(
    playbooks: Playbooks, tmp_path: Path, variables: dict[str, object], expected: tuple[str, str]
) -> None:
    (tmp_path / "nodes.yml").write_text(PLAYBOOK, encoding="utf-8")
    outcome = playbooks.run(
        str(tmp_path / "nodes.yml"),
        "--check",
        "-v",
        nodes=("node1",),
        variables={**variables, "node_prerequisites_packages": True},
    )
    assert outcome.status == 0, outcome.output
    (call,) = outcome.calls
    assert (call.options["mode"], call.options["scheduler"]) == expected
    # Release 8 of the family has no package iptables-nft.
    assert '"dnf", "--assumeyes", "install", "iptables"]' in outcome.output
