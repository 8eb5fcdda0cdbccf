# SPDX-License-Identifier: GPL-3.0-or-later

"""The script that takes a frozen copy away."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.frozen_copy.removal import (
    Xtables,
    removal_script,
)

SAVED = """\
# Generated
*nat
:PREROUTING ACCEPT [12:832]
:OUTPUT ACCEPT [0:0]
:FROZEN-SERVICES - [0:0]
:FROZEN-SVC-CDGGSHYLG3RE2FKL - [1:60]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -m comment --comment "frozen copy of kube-proxy" -j FROZEN-SERVICES
-A OUTPUT -m comment --comment "frozen copy of kube-proxy" -j FROZEN-SERVICES
-A FROZEN-SERVICES -d 10.96.50.50/32 -j FROZEN-SVC-CDGGSHYLG3RE2FKL
-A KUBE-SERVICES -d 10.96.50.50/32 -j KUBE-SVC-CDGGSHYLG3RE2FKL
COMMIT
# Completed
"""


def programs(folder: Path, before: str, after: str) -> Xtables:
    """Stand-ins: the rules change when restore reads something, which it keeps."""
    (folder / "rules").write_text(before)
    (folder / "after").write_text(after)
    save, restore = folder / "save", folder / "restore"
    save.write_text(f"#!/bin/sh\ncat {folder}/rules\n")
    restore.write_text(f"#!/bin/sh\ncat > {folder}/restored\ncp {folder}/after {folder}/rules\n")
    for program in (save, restore):
        program.chmod(0o755)
    return Xtables(str(save), str(restore))


def run(script: str) -> int:
    return subprocess.run(["/bin/sh", "-c", script], check=False, timeout=30).returncode


def test_only_the_copy_is_removed(tmp_path: Path) -> None:
    without = "\n".join(line for line in SAVED.splitlines() if "FROZEN" not in line)
    assert run(removal_script([programs(tmp_path, SAVED, without)], None, [])) == 0
    lines = [line for line in (tmp_path / "restored").read_text().splitlines() if line]
    assert lines == [
        "*nat",
        ":FROZEN-SERVICES - [0:0]",
        ":FROZEN-SVC-CDGGSHYLG3RE2FKL - [0:0]",
        '-D PREROUTING -m comment --comment "frozen copy of kube-proxy" -j FROZEN-SERVICES',
        '-D OUTPUT -m comment --comment "frozen copy of kube-proxy" -j FROZEN-SERVICES',
        "-X FROZEN-SERVICES",
        "-X FROZEN-SVC-CDGGSHYLG3RE2FKL",
        "COMMIT",
    ]


def test_a_copy_that_does_not_go_is_an_error_so_that_systemd_tries_again(tmp_path: Path) -> None:
    assert run(removal_script([programs(tmp_path, SAVED, SAVED)], None, [])) != 0


def test_a_family_that_fails_does_not_keep_the_other(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    script = removal_script([programs(one, SAVED, SAVED), programs(other, SAVED, "")], None, [])
    assert run(script) != 0
    assert (other / "restored").exists()


def test_tables_of_nft_go_whether_they_are_there_or_not() -> None:
    script = removal_script([], "/usr/sbin/nft", ["ip", "ip6"])
    names = ("ip kube-proxy-frozen", "ip6 kube-proxy-frozen")
    assert (
        script == "{ /usr/sbin/nft '" + "; ".join(f"add table {name}; delete table {name}" for name in names) + "'; }"
    )


def test_nothing_in_it_is_replaced_by_systemd() -> None:
    script = removal_script([Xtables("/usr/sbin/iptables-nft-save", "/usr/sbin/iptables-nft-restore")], "nft", ["ip"])
    assert not {"$", "%"} & set(script)


def test_nothing_to_remove() -> None:
    assert run(removal_script([], None, [])) == 0
