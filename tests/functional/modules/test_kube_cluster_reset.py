# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_cluster_reset: the body that keeps everything, and what is put back.

Its cycle of reset and change in place is in tests/integration/targets/kube_cluster_reset.
"""

from __future__ import annotations

import json
import stat
import sys
import typing as t
from pathlib import Path

import pytest

from ovh_simulator import Simulator

MODULE = "kube_cluster_reset"
NETWORK = "22222222-3333-4444-5555-666666666666"
NODES_SUBNET = "33333333-4444-5555-6666-777777777777"
BALANCERS_SUBNET = "44444444-5555-6666-7777-888888888888"
OPEN_ID_CONNECT = {"clientId": "kube", "issuerUrl": "https://issuer.example.net", "groupsClaim": ["groups"]}
#: A cluster in which nothing is as the API's reset would leave it.
FULL: dict[str, t.Any] = {
    "name": "prod",
    "region": "SBG5",
    "version": "1.33",
    "kubeProxyMode": "iptables",
    "updatePolicy": "NEVER_UPDATE",
    "customization": {
        "kubeProxy": {"iptables": {"syncPeriod": "PT2M"}, "ipvs": {"scheduler": "sh", "tcpTimeout": "P0D"}},
        "apiServer": {"admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}},
    },
    "privateNetworkId": NETWORK,
    "nodesSubnetId": NODES_SUBNET,
    "loadBalancersSubnetId": BALANCERS_SUBNET,
    "privateNetworkConfiguration": {"defaultVrackGateway": "10.4.0.1", "privateNetworkRoutingAsDefault": True},
    "ipRestrictions": ["192.0.2.0/24", "198.51.100.7/32"],
    "openIdConnect": OPEN_ID_CONNECT,
    "nodepools": [{"name": "workers", "desiredNodes": 2, "flavorName": "b3-8"}],
}
BODY: dict[str, t.Any] = {
    "name": "prod",
    "version": "1.33",
    "updatePolicy": "NEVER_UPDATE",
    "kubeProxyMode": "ipvs",
    "customization": {
        "kubeProxy": {"iptables": {"syncPeriod": "PT2M"}, "ipvs": {"scheduler": "sh", "tcpTimeout": "PT0S"}},
        "apiServer": {"admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}},
    },
    "privateNetworkId": NETWORK,
    "nodesSubnetId": NODES_SUBNET,
    "loadBalancersSubnetId": BALANCERS_SUBNET,
    "privateNetworkConfiguration": {"defaultVrackGateway": "10.4.0.1", "privateNetworkRoutingAsDefault": True},
    "workerNodesPolicy": "reinstall",
}
KEPT = (
    "name",
    "region",
    "version",
    "updatePolicy",
    "privateNetworkId",
    "nodesSubnetId",
    "loadBalancersSubnetId",
    "privateNetworkConfiguration",
    "openIdConnect",
)


def resets(sim: Simulator) -> list[t.Any]:
    return [request.json for request in sim.mutations if request.route.endswith("/reset")]


def made(sim: Simulator) -> list[tuple[str, t.Any]]:
    """Mutations that the API accepted, as the last part of the path and the body."""
    return [(r.route.rpartition("/")[2], r.json) for r in sim.mutations if r.status == 200]


def test_reset_keeps_everything_that_is_not_requested_to_change(run: t.Any, sim: Simulator, recovery: Path) -> None:
    kube_id = sim.add_cluster(**FULL)
    before = {member: sim.cluster(kube_id)[member] for member in KEPT}
    nodes = [node["id"] for pool in sim.cluster(kube_id)["nodepools"] for node in pool["nodes"]]
    outcome = run.done(MODULE, kube_id=kube_id, kube_proxy_mode="ipvs", confirm="prod")
    assert resets(sim) == [BODY]
    cluster = sim.cluster(kube_id)
    assert {member: cluster[member] for member in KEPT} == before
    assert cluster["kubeProxyMode"] == "ipvs"
    assert sorted(cluster["ipRestrictions"]) == sorted(FULL["ipRestrictions"])
    assert cluster.shown_customization()["kubeProxy"] == {
        "iptables": {"syncPeriod": "PT2M"},
        "ipvs": {"scheduler": "sh", "tcpTimeout": "P0D"},
    }
    assert [node["id"] for pool in cluster["nodepools"] for node in pool["nodes"]] == nodes
    assert outcome["reasons"] == ["kube_proxy_mode is iptables and should be ipvs"]
    assert (outcome["kube_proxy_mode"], outcome["status"], outcome["kube_id"]) == ("ipvs", "READY", kube_id)
    assert isinstance(outcome["api_server_open_seconds"], float)
    assert list(recovery.iterdir()) == []


def test_consequences_name_pools_nodes_and_versions(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(**FULL)
    outcome = run.done(MODULE, check=True, kube_id=kube_id, kube_proxy_mode="ipvs", worker_nodes_policy="delete")
    assert outcome["consequences"] == {
        "data_lost": True,
        "worker_nodes_policy": "delete",
        "version_before": "1.33.5-0",
        "version_after": "1.33",
        "node_pools": [{"name": "workers", "flavor": "b3-8", "current_nodes": 2, "desired_nodes": 2}],
        "nodes": [
            {"name": "workers-node-1", "version": "1.33.5-0", "status": "READY"},
            {"name": "workers-node-2", "version": "1.33.5-0", "status": "READY"},
        ],
        "contents": None,
        "ip_allocation_policy": None,
        "ip_restrictions_restored": FULL["ipRestrictions"],
        "open_id_connect_restored": True,
    }
    assert outcome["planned_body"]["workerNodesPolicy"] == "delete"
    [warning] = outcome.warnings
    assert warning.startswith(f"A reset of cluster 'prod' ({kube_id}, SBG5) is needed, because kube_proxy_mode is ")
    assert warning.endswith("the nodes are deleted.")


def test_reset_changes_what_is_requested_beside_the_mode(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(**FULL)
    network = "55555555-6666-7777-8888-999999999999"
    outcome = run.done(
        MODULE,
        kube_id=kube_id,
        kube_proxy_mode="ipvs",
        version="1.34",
        private_network_id=network,
        strategy="replace",
        kube_proxy={"ipvs": {"scheduler": "rr"}},
        ip_restrictions=["203.0.113.0/24"],
        worker_nodes_policy="delete",
        confirm="prod",
    )
    assert resets(sim) == [
        {
            **BODY,
            "version": "1.34",
            "privateNetworkId": network,
            "workerNodesPolicy": "delete",
            "customization": {
                "kubeProxy": {**BODY["customization"]["kubeProxy"], "ipvs": {"scheduler": "rr"}},
                "apiServer": BODY["customization"]["apiServer"],
            },
        }
    ]
    cluster = sim.cluster(kube_id)
    assert (cluster["version"], cluster["privateNetworkId"]) == ("1.34.1-0", network)
    assert (cluster["ipRestrictions"], cluster["nodepools"]) == (["203.0.113.0/24"], [])
    assert outcome["reasons"] == [
        "kube_proxy_mode is iptables and should be ipvs",
        f"private_network_id is {NETWORK} and should be {network}",
    ]


def test_network_alone_is_a_reason_for_a_reset(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod", kubeProxyMode="ipvs")
    run.done(MODULE, kube_id=kube_id, kube_proxy_mode="ipvs", private_network_id=NETWORK, confirm="prod")
    assert [body["privateNetworkId"] for body in resets(sim)] == [NETWORK]
    assert sim.cluster(kube_id)["privateNetworkId"] == NETWORK


def test_force_resets_every_time_and_needs_confirm(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod", kubeProxyMode="ipvs")
    options = {"kube_id": kube_id, "kube_proxy_mode": "ipvs", "force": True}
    run.refused(MODULE, **options)
    for number in (1, 2):
        outcome = run.done(MODULE, confirm="prod", **options)
        assert (outcome["changed"], outcome["reasons"]) == (True, ["force is set"])
        assert len(resets(sim)) == number
    assert sim.cluster(kube_id)["kubeconfigGeneration"] == 3
    # There were no IP restrictions, so the API server was not opened.
    assert outcome["api_server_open_seconds"] is None


def test_version_alone_is_a_warning_and_no_reset(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod", kubeProxyMode="ipvs", version="1.33")
    outcome = run.done(MODULE, kube_id=kube_id, kube_proxy_mode="ipvs", version="1.34")
    assert outcome["changed"] is False
    assert outcome.warnings == [
        f"version: cluster 'prod' ({kube_id}, GRA11) runs 1.33, not 1.34; that alone does not reset it. Upgrade it in "
        f"the OVHcloud control panel, or set force to reset it to that version"
    ]


def test_what_needs_no_reset_is_changed_without_one_and_without_confirm(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(**{**FULL, "kubeProxyMode": "ipvs"})
    options = {
        "kube_id": kube_id,
        "kube_proxy_mode": "ipvs",
        "ip_restrictions": ["203.0.113.9", "192.0.2.0/24"],
        "load_balancers_subnet_id": "55555555-6666-7777-8888-999999999999",
        "private_network_configuration": {"default_vrack_gateway": "10.4.0.254"},
        "kube_proxy": {"ipvs": {"scheduler": "nq"}},
    }
    predicted = run.done(MODULE, check=True, **options)
    real = run.done(MODULE, **options)
    assert predicted["planned_changes"] == real["planned_changes"]
    planned = {change["change"]: change["body"] for change in real["planned_changes"]}
    assert planned["ip_restrictions"] == {"ips": ["192.0.2.0/24", "203.0.113.9/32"]}
    assert planned["load_balancers_subnet_id"] == {"loadBalancersSubnetId": "55555555-6666-7777-8888-999999999999"}
    assert planned["private_network_configuration"] == {
        "defaultVrackGateway": "10.4.0.254",
        "privateNetworkRoutingAsDefault": True,
    }
    assert sorted(json.dumps(body, sort_keys=True) for _path, body in made(sim)) == sorted(
        json.dumps(body, sort_keys=True) for body in planned.values()
    )
    assert resets(sim) == []
    assert run.done(MODULE, **options)["changed"] is False


def test_empty_list_opens_the_api_server_to_all(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(**{**FULL, "kubeProxyMode": "ipvs"})
    outcome = run.done(MODULE, kube_id=kube_id, kube_proxy_mode="ipvs", ip_restrictions=[])
    assert made(sim) == [("ipRestrictions", {"ips": []})]
    assert (outcome["action"], sim.cluster(kube_id)["ipRestrictions"]) == ("in_place", [])


def test_reset_that_is_refused_leaves_no_record_and_nothing_to_put_back(
    run: t.Any, sim: Simulator, recovery: Path
) -> None:
    kube_id = sim.add_cluster(**FULL)
    outcome = run(MODULE, kube_id=kube_id, kube_proxy_mode="ipvs", version="1.19", confirm="prod")
    assert outcome.failed
    assert outcome["error"]["status"] == 400
    assert len(sim.mutations) == 1
    assert list(recovery.iterdir()) == []
    assert sim.cluster(kube_id)["ipRestrictions"] == FULL["ipRestrictions"]


@pytest.mark.parametrize("reset_is_over", [True, False])
def test_run_that_does_not_wait_says_what_is_missing_and_the_next_one_puts_it_back(
    run: t.Any, sim: Simulator, recovery: Path, reset_is_over: bool
) -> None:
    kube_id = sim.add_cluster(**FULL)
    sim.settings.lag_polls = 0
    options = {"kube_id": kube_id, "kube_proxy_mode": "ipvs", "confirm": "prod"}
    first = run.done(MODULE, wait=False, **options)
    assert first["changed"] is True
    assert any("until then its API server is open to every address" in warning for warning in first.warnings)
    [record] = recovery.iterdir()
    assert record.name == f"reset-{kube_id}.json"
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert stat.S_IMODE(recovery.stat().st_mode) == 0o700
    assert json.loads(record.read_text())["ip_restrictions"] == FULL["ipRestrictions"]
    if reset_is_over:
        sim.cluster(kube_id).poll()
    predicted = run.done(MODULE, check=True, **options)
    assert predicted["changed"] is True
    assert record.exists()
    second = run.done(MODULE, **options)
    assert (second["changed"], second["action"]) == (True, "in_place")
    assert any("did not finish" in warning and str(record) in warning for warning in second.warnings)
    assert len(resets(sim)) == 1
    assert sim.cluster(kube_id)["ipRestrictions"] == FULL["ipRestrictions"]
    assert sim.cluster(kube_id)["openIdConnect"] == OPEN_ID_CONNECT
    assert list(recovery.iterdir()) == []
    assert run.done(MODULE, **options)["changed"] is False


def test_record_lies_in_the_state_directory_unless_a_path_is_given(
    run: t.Any, sim: Simulator, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kube_id = sim.add_cluster(**FULL)
    sim.settings.reset_effect = "immediate"
    options = {"kube_id": kube_id, "kube_proxy_mode": "ipvs", "confirm": "prod", "wait": False}
    run.done(MODULE, recovery_path=None, **options)
    name = f"reset-{kube_id}.json"
    assert (home / ".local/state/clusterops.kube_proxy" / name).exists()
    sim.cluster(kube_id).set_status("READY")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run.done(MODULE, recovery_path=None, **{**options, "kube_proxy_mode": "iptables"})
    assert (tmp_path / "state/clusterops.kube_proxy" / name).exists()


def test_reset_is_not_begun_when_its_record_cannot_be_written(run: t.Any, sim: Simulator, tmp_path: Path) -> None:
    kube_id = sim.add_cluster(**FULL)
    obstacle = tmp_path / "file"
    obstacle.touch()
    options = {"kube_id": kube_id, "kube_proxy_mode": "ipvs", "confirm": "prod"}
    outcome = run.refused(MODULE, recovery_path=str(obstacle / "below"), **options)
    assert "the settings that the reset removes cannot be recorded" in outcome["msg"]
    assert "Set recovery_path to a writable directory" in outcome["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_record_that_anybody_may_have_written_puts_nothing_on_the_cluster(
    run: t.Any, sim: Simulator, recovery: Path, check: bool
) -> None:
    kube_id = sim.add_cluster(**FULL)
    options = {"kube_id": kube_id, "kube_proxy_mode": "ipvs", "confirm": "prod"}
    run.done(MODULE, wait=False, **options)
    [record] = recovery.iterdir()
    forged = {**json.loads(record.read_text()), "ip_restrictions": ["0.0.0.0/0"]}
    record.write_text(json.dumps(forged))
    record.chmod(0o666)
    outcome = run.refused(MODULE, check=check, **options)
    assert outcome["msg"].startswith(f"{record}: the record of an unfinished reset is not believed: others than its")
    assert json.loads(record.read_text()) == forged


def test_record_that_cannot_be_read_stops_the_run(run: t.Any, sim: Simulator, recovery: Path) -> None:
    kube_id = sim.add_cluster(**FULL)
    recovery.mkdir()
    record = recovery / f"reset-{kube_id}.json"
    record.write_text("{")
    outcome = run.refused(MODULE, kube_id=kube_id, kube_proxy_mode="ipvs", confirm="prod")
    assert outcome["msg"].startswith(f"{record}: the record of an unfinished reset cannot be read")


def test_none_takes_the_cluster_to_the_public_network(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(**{**FULL, "kubeProxyMode": "ipvs"})
    options = {"kube_id": kube_id, "kube_proxy_mode": "ipvs", "private_network_id": "none", "confirm": FULL["name"]}
    predicted = run.done(MODULE, check=True, **options)
    real = run.done(MODULE, **options)
    assert (
        predicted["reasons"]
        == real["reasons"]
        == [
            f"{option} is {value} and should be removed"
            for option, value in (
                ("private_network_id", FULL["privateNetworkId"]),
                ("nodes_subnet_id", FULL["nodesSubnetId"]),
            )
        ]
    )
    assert predicted["planned_body"] == real["planned_body"]
    network = ("privateNetworkId", "nodesSubnetId", "loadBalancersSubnetId", "privateNetworkConfiguration")
    assert not set(network) & set(real["planned_body"])
    assert [sim.cluster(kube_id)[member] for member in network[:3]] == [None, None, None]
    assert run.done(MODULE, **options)["changed"] is False


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("confirm", ["prod", ""])
@pytest.mark.parametrize("obstacle", ["a file", "below a file", "a link to nowhere", "of somebody else"])
def test_nothing_is_announced_that_cannot_be_recorded(
    run: t.Any, sim: Simulator, tmp_path: Path, check: bool, confirm: str, obstacle: str
) -> None:
    kube_id = sim.add_cluster(**FULL)
    place = tmp_path / "place"
    if obstacle == "a link to nowhere":
        place.symlink_to(tmp_path / "nowhere" / "at all")
    elif obstacle == "of somebody else":
        place.mkdir(mode=0o777)
        place.chmod(0o777)
    else:
        place.write_text("not a directory")
    directory = place / "below" if obstacle == "below a file" else place
    options = {"kube_id": kube_id, "kube_proxy_mode": "ipvs", "recovery_path": str(directory), "confirm": confirm}
    outcome = run.refused(MODULE, check=check, **options)
    assert "recorded" in outcome["msg"]
    assert "so the reset was not sent" in outcome["msg"]
    assert "Set recovery_path to a writable directory" in outcome["msg"]
    assert outcome.warnings == []
    assert "lost" not in outcome.text
    assert not outcome.result.get("changed")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.name.startswith(("reset-", "below"))) == []
    # Where nothing has to be recorded, the place does not matter.
    there = {"kube_id": kube_id, "kube_proxy_mode": "iptables", "recovery_path": str(tmp_path / "place")}
    if obstacle == "a file":
        assert run.done(MODULE, check=check, **there)["changed"] is False


def test_without_the_client_of_kubernetes_nothing_is_known_of_the_contents(
    run: t.Any, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    kube_id = sim.add_cluster(**FULL)
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    options = {"kube_id": kube_id, "kube_proxy_mode": "ipvs", "confirm": "prod", "read_contents": True}
    outcome = run.done(MODULE, **options)
    assert outcome["action"] == "reset"
    assert outcome["consequences"]["contents"]["volumes"] is None
    assert "because the host that runs the module lacks kubernetes >= 31.0.0. This does not" in outcome.warnings[0]
    assert [request for request in sim.requests if request.route.endswith("/kubeconfig")] == []
