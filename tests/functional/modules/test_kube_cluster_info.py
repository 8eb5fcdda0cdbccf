# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_cluster_info: what it returns, and that it reads many clusters at once."""

from __future__ import annotations

import threading
import typing as t

import pytest
import yaml

from ovh_simulator import Fault, Simulator

MODULE = "kube_cluster_info"


def names(outcome: t.Any) -> list[str]:
    return [cluster["name"] for cluster in outcome["clusters"]]


def test_all_clusters_are_returned_in_the_order_of_their_names(run: t.Any, sim: Simulator) -> None:
    for name, region in (("c", "GRA11"), ("a", "SBG5"), ("b", "GRA11")):
        sim.add_cluster(name=name, region=region)
    elsewhere = sim.add_account()
    sim.add_cluster(name="of somebody else", service_name=next(iter(elsewhere.projects)))
    assert names(run.done(MODULE)) == ["a", "b", "c"]
    assert names(run.done(MODULE, region="GRA11")) == ["b", "c"]
    assert names(run.done(MODULE, name="c")) == ["c"]
    elsewhere = run.done(MODULE, region="BHS5")
    assert names(elsewhere) == []
    # It may be a region that does not exist, which must not look like one without clusters.
    assert [warning.split("; ")[0] for warning in elsewhere.warnings] == ["region: the project has no cluster in BHS5"]
    assert "its clusters are in" in elsewhere.warnings[0]


def test_project_without_clusters_is_an_empty_list(run: t.Any) -> None:
    outcome = run.done(MODULE)
    assert (outcome["clusters"], outcome["changed"]) == ([], False)


@pytest.mark.parametrize("check", [True, False])
def test_one_cluster_by_id_is_one_request(run: t.Any, sim: Simulator, wire: t.Any, check: bool) -> None:
    kube_id = sim.add_cluster(name="prod")
    sim.add_cluster(name="other")
    assert names(run.done(MODULE, check=check, kube_id=kube_id)) == ["prod"]
    assert wire() == [("GET", f"/{kube_id}")]


def test_every_documented_field_is_returned(run: t.Any, sim: Simulator) -> None:
    from ansible_collections.clusterops.kube_proxy.plugins.modules import kube_cluster_info

    kube_id = sim.add_cluster(
        name="prod",
        kubeProxyMode="ipvs",
        version="1.33",
        customization={"kubeProxy": {"ipvs": {"syncPeriod": "PT60S", "udpTimeout": "P0D"}}},
        privateNetworkId="22222222-3333-4444-5555-666666666666",
        privateNetworkConfiguration={"defaultVrackGateway": "", "privateNetworkRoutingAsDefault": False},
    )
    [shown] = run.done(MODULE, kube_id=kube_id)["clusters"]
    documented = yaml.safe_load(kube_cluster_info.RETURN)["clusters"]["contains"]
    assert set(shown) == set(documented)
    live = sim.cluster(kube_id)
    assert {key: shown[key] for key in ("id", "name", "region", "plan", "status", "version", "kube_proxy_mode")} == {
        "id": kube_id,
        "name": "prod",
        "region": "GRA11",
        "plan": "free",
        "status": "READY",
        "version": "1.33.5-0",
        "kube_proxy_mode": "ipvs",
    }
    assert shown["next_upgrade_versions"] == ["1.34"]
    assert (shown["url"], shown["updated_at"]) == (live["url"], live["updatedAt"])
    assert shown["private_network_configuration"] == {
        "default_vrack_gateway": "",
        "private_network_routing_as_default": False,
    }
    assert shown["customization"]["kube_proxy"] == {"ipvs": {"sync_period": "PT1M", "udp_timeout": "PT0S"}}


def test_cluster_on_cilium_and_fields_that_are_missing_are_null(run: t.Any, sim: Simulator) -> None:
    sim.settings.update({"show_plan": False, "nullable_fields": "missing"})
    sim.add_cluster(name="standard", plan="standard")
    [shown] = run.done(MODULE)["clusters"]
    assert (shown["plan"], shown["kube_proxy_mode"], shown["private_network_id"]) == (None, None, None)
    assert shown["customization"]["cilium"]["hubble"]["enabled"] is False


def test_cluster_that_goes_away_while_reading_is_left_out(run: t.Any, sim: Simulator) -> None:
    gone = sim.add_cluster(name="gone")
    sim.add_cluster(name="stays")
    sim.inject(Fault(status=404, code="Client::NotFound", method="GET", path=f"*/kube/{gone}"))
    assert names(run.done(MODULE)) == ["stays"]


def test_clusters_are_read_concurrently(run: t.Any, sim: Simulator) -> None:
    expected = [f"cluster-{number}" for number in range(6)]
    for name in expected:
        sim.add_cluster(name=name)
    # Each read is held back long enough for the others to arrive.
    sim.inject(Fault.delay(0.5, method="GET", path="*/kube/*", times=-1))
    most = 0
    finished = threading.Event()

    def watch() -> None:
        nonlocal most
        while not finished.wait(0.01):
            pending = [request for request in sim.requests if request.status is None and "/kube/" in request.route]
            most = max(most, len(pending))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        outcome = run.done(MODULE)
    finally:
        finished.set()
        watcher.join()
    assert names(outcome) == expected
    assert most == 6


def test_failure_of_one_read_fails_the_run_with_the_query_id(run: t.Any, sim: Simulator) -> None:
    denied = sim.add_cluster(name="a")
    sim.add_cluster(name="b")
    sim.settings.access_rules = [
        {"method": "GET", "path": f"/cloud/project/{sim.service_name}/kube"},
        {"method": "GET", "path": "*/kube/*"},
    ]
    sim.inject(Fault(status=403, code="NOT_GRANTED_CALL", shape="gateway", message="no", path=f"*/kube/{denied}"))
    outcome = run.refused(MODULE)
    [request] = [request for request in sim.requests if request.route.endswith(denied)]
    assert outcome["error"]["error_class"] == "NOT_GRANTED_CALL"
    assert outcome["error"]["query_id"] == request.query_id
    assert f"Grant GET /cloud/project/{sim.service_name}/kube/{denied}" in outcome["msg"]
