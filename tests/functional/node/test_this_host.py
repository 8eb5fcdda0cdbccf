# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel, the tools and the Pythons of the machine that runs the tests, in a network namespace of its own."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from .bare_module import PROGRAM

INFO = ("node_module", "KUBE_PROXY_NODE_INFO")


def survey(*setup: str, python: str = sys.executable, **options: t.Any) -> dict[str, t.Any]:
    """What the module returns on this machine, in a new network namespace after these commands."""
    steps = " && ".join(["ip link set lo up", *setup, 'exec "$0" -I -S -B -c "$@"'])
    done = subprocess.run(
        [
            "unshare",
            "--user",
            "--map-root-user",
            "--net",
            "sh",
            "-c",
            steps,
            python,
            PROGRAM,
            *INFO,
            json.dumps(options),
            "0",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return t.cast(dict[str, t.Any], json.loads(done.stdout))


@pytest.mark.parametrize("mode", ["iptables", "ipvs", "nftables"])
def test_this_kernel_is_described_truthfully(mode: str) -> None:
    result = survey(mode=mode)
    assert result["kernel"]["release"] == platform.release()
    assert result["kernel"]["modules_supported"] == Path("/proc/modules").exists()
    assert result["required"]["mode"] == mode
    works = Path("/proc/sys/net/netfilter/nf_conntrack_max").exists()
    assert not works or result["modules"]["nf_conntrack"]["state"] in ("loaded", "builtin", "functional")
    listed = Path("/proc/modules").read_text() if Path("/proc/modules").exists() else ""
    loaded = {line.split()[0] for line in listed.splitlines()}
    assert {name for name, module in result["modules"].items() if module["state"] == "loaded"} <= loaded
    # Whatever is needed is there, can be loaded, is missing with a reason, or is unknown.
    named = {entry["name"] for entry in result["required"]["missing"]} | set(result["required"]["unknown"])
    for name, module in result["modules"].items():
        if module["needed"] != "no" and module["state"] in ("absent", "unknown"):
            assert name in named


@pytest.mark.skipif(not shutil.which("iptables-nft"), reason="iptables is not installed")
def test_chains_with_the_backend_nf_tables() -> None:
    [rules] = survey(
        "iptables-nft -t nat -N KUBE-SERVICES",
        "iptables-nft -t nat -N KUBE-SVC-ABCDEFGHIJKLMNOP",
        "iptables-nft -t filter -N mine",
    )["found"]["iptables"]["rules"]
    assert rules == {
        "backend": "nft",
        "family": "ip",
        "chains": {"nat": ["KUBE-SERVICES"]},
        "services": 1,
        "endpoints": 0,
    }


@pytest.mark.skipif(not shutil.which("ip6tables-nft"), reason="iptables is not installed")
def test_chains_of_ipv6() -> None:
    [rules] = survey("ip6tables-nft -t nat -N KUBE-SEP-ABCDEFGHIJKLMNOP")["found"]["iptables"]["rules"]
    assert (rules["family"], rules["endpoints"]) == ("ip6", 1)


@pytest.mark.skipif(not shutil.which("ipset"), reason="ipset is not installed")
def test_sets() -> None:
    found = survey("ipset create KUBE-CLUSTER-IP hash:ip,port", "ipset create mine hash:ip")["found"]["ipvs"]
    assert (found["ipsets"], found["ipsets_reason"]) == (["KUBE-CLUSTER-IP"], None)


@pytest.mark.skipif(not shutil.which("ipset"), reason="ipset is not installed")
def test_what_only_root_may_see_is_unknown_to_others() -> None:
    # A user namespace without a mapping has no rights over the network of this machine.
    done = subprocess.run(
        ["unshare", "--user", sys.executable, "-I", "-S", "-B", "-c", PROGRAM, *INFO, "{}", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = json.loads(done.stdout)["found"]
    assert found["ipvs"]["ipsets"] is None
    assert "not permitted" in found["ipvs"]["ipsets_reason"]


@pytest.mark.skipif(not shutil.which("python3.9"), reason="Python 3.9 is not installed")
def test_survey_with_python_3_9() -> None:
    here = subprocess.run(["python3.9", "-V"], capture_output=True, check=False)
    if here.returncode != 0:
        pytest.skip("python3.9 is a shim without a Python behind it")
    found = survey(python=t.cast(str, shutil.which("python3.9")), mode="ipvs")
    assert found["kernel"]["release"] == platform.release()
