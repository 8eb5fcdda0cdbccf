# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings as results return them."""

from __future__ import annotations

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.findings import (
    Finding,
    plan_result,
)

LATE = Finding("behaviour", "a", "b", "c", "d")
NEXT = Finding("follow", "a", "b", "c", "d")
FIRST = Finding("blocking", "a", "b", "c", "d")


def test_what_blocks_comes_first_and_each_is_told_once() -> None:
    plan = plan_result("ipvs", "nftables", [LATE, FIRST, NEXT, FIRST])
    assert (plan["former"], plan["mode"], plan["blocked"]) == ("ipvs", "nftables", True)
    assert [finding["kind"] for finding in plan["findings"]] == ["blocking", "follow", "behaviour"]
    assert plan["findings"][0] == {"kind": "blocking", "subject": "a", "what": "b", "todo": "c", "source": "d"}


def test_without_one_that_blocks_the_change_can_begin() -> None:
    assert plan_result("ipvs", "nftables", [LATE, NEXT])["blocked"] is False
    assert plan_result("ipvs", "ipvs", []) == {"former": "ipvs", "mode": "ipvs", "blocked": False, "findings": []}


def test_names_from_outside_forge_no_line() -> None:
    [finding] = plan_result("a", "b", [Finding("follow", "pod x\n\x1b[31m", "w" * 2000, "c", "d")])["findings"]
    assert finding["subject"] == "pod x\\n\\x1b[31m"
    assert len(finding["what"]) < 1100
