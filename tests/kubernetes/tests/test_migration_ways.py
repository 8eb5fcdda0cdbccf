# SPDX-License-Identifier: GPL-3.0-or-later

"""The changes of the mode that are measured, and the commands that make them."""

from __future__ import annotations

import subprocess

import pytest

from migration_bench.ways import DIRECTIONS, WAYS, Direction, commands, in_order, possible

_CONFIG_MAP = """\
apiVersion: v1
data:
  config.conf: |-
    detectLocalMode: ""
    mode: "ipvs"
    nodePortAddresses: null
"""


def test_every_direction_begins_where_the_one_before_it_ended() -> None:
    for mode in ("iptables", "ipvs", "nftables"):
        found = in_order(DIRECTIONS, mode)
        assert sorted(found) == sorted(DIRECTIONS)
        assert found[0].former == mode
    ordered = in_order(DIRECTIONS, "iptables")
    assert [one.mode for one in ordered[:-1]] == [one.former for one in ordered[1:]]
    assert ordered[-1].mode == "iptables"


def test_some_directions_from_any_mode() -> None:
    chosen = [Direction("ipvs", "nftables"), Direction("iptables", "ipvs")]
    assert in_order(chosen, "nftables") == [Direction("iptables", "ipvs"), Direction("ipvs", "nftables")]
    assert in_order(chosen, "") == in_order(chosen, "iptables")


def test_nftables_comes_with_1_31() -> None:
    assert possible(30) == (Direction("iptables", "ipvs"), Direction("ipvs", "iptables"))
    assert possible(31) == DIRECTIONS


def test_a_direction_as_text() -> None:
    assert Direction.parse("ipvs:nftables") == Direction("ipvs", "nftables")
    assert str(Direction.parse("ipvs:nftables")) == "ipvs:nftables"
    for text in ("ipvs", "ipvs:ipvs", "ipvs:userspace", ""):
        with pytest.raises(ValueError, match="is none of iptables:ipvs"):
            Direction.parse(text)


@pytest.mark.parametrize("way", ["restart", "delete", "kubespray"])
def test_the_edit_changes_the_mode_and_nothing_else(way: str) -> None:
    edit = commands(way, "nftables", "")[0].split(" | ")[1]
    done = subprocess.run(["bash", "-c", edit], input=_CONFIG_MAP, check=True, capture_output=True, text=True)
    assert done.stdout == _CONFIG_MAP.replace('mode: "ipvs"', "mode: nftables")


@pytest.mark.parametrize("way", list(WAYS))
def test_commands_are_those_of_a_shell(way: str) -> None:
    for line in commands(way, "nftables", "/folder/inventory.yml"):
        subprocess.run(["bash", "-n", "-c", line], check=True)
        assert "{" not in line.replace('{"self_hosted_hosts"', "")
