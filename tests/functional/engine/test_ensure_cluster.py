# SPDX-License-Identifier: GPL-3.0-or-later

"""Creations and deletions in which something goes wrong: never a second cluster, and never a lost id."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import (
    NotFoundError,
    TransportError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import RefusedError, Remedy
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    ClusterRequest,
    customization_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import (
    ClusterStateError,
    DriftError,
    EngineError,
    WaitTimeoutError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.ensure_cluster import (
    absent,
    present,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.locate import Address
from ovh_simulator import Fault, Simulator

ADDRESS = Address(name="prod", region="GRA11")
USUAL_CREATION = ". Usual time: 3 to 7 minutes, according to OVHcloud's guide"
REQUEST = ClusterRequest(
    "prod",
    "GRA11",
    mode="ipvs",
    customization=customization_request({"ipvs": {"scheduler": "lc", "sync_period": "1m"}}, None),
)


def create(rig: t.Any, **how: t.Any) -> t.Any:
    return present(rig.context(**how), ADDRESS, REQUEST)


def assert_one_cluster_as_requested(rig: t.Any, sim: Simulator) -> None:
    [cluster] = sim.clusters
    assert len(rig.sent("/kube")) == 1
    assert (cluster.status, cluster["kubeProxyMode"]) == ("READY", "ipvs")
    assert cluster.shown_customization()["kubeProxy"] == {"ipvs": {"scheduler": "lc", "syncPeriod": "PT1M"}}


def test_mode_that_is_not_honoured_at_creation_fails_with_the_id(rig: t.Any, sim: Simulator) -> None:
    sim.settings.forced_mode_create = "iptables"
    with pytest.raises(DriftError, match="kube_proxy_mode is iptables instead of ipvs"):
        create(rig)
    [cluster] = sim.clusters
    assert rig.last.facts == {"changed": True, "kube_id": cluster.id, "status": "READY"}
    assert len(sim.mutations) == 1
    # The next run finds it, and neither loops nor pays for another.
    with pytest.raises(RefusedError, match=r"exists and runs iptables, not ipvs\. Only a reset") as refused:
        create(rig)
    assert refused.value.remedy is Remedy.RESET
    assert len(sim.mutations) == 1


def test_creation_that_takes_too_long_fails_with_the_id_and_is_adopted(rig: t.Any, sim: Simulator) -> None:
    sim.settings.transient_polls = 30
    with pytest.raises(
        WaitTimeoutError, match=r"creation of cluster .*, in all 60 s: its status is INSTALLING"
    ) as late:
        create(rig, timeout=60)
    [cluster] = sim.clusters
    assert rig.last.facts == {"changed": True, "kube_id": cluster.id, "status": "INSTALLING"}
    assert str(late.value).endswith(USUAL_CREATION)
    with pytest.raises(WaitTimeoutError, match="operation already under way") as late_again:
        create(rig, timeout=20)
    assert str(late_again.value).endswith(USUAL_CREATION)
    report = create(rig)
    assert not report.changed
    assert report.facts["kube_id"] == cluster.id
    assert_one_cluster_as_requested(rig, sim)


@pytest.mark.parametrize("missing", [0, 2])
@pytest.mark.parametrize("sleep", [1, 2, 3])
def test_creation_killed_while_it_waits_is_adopted(
    rig: t.Any, sim: Simulator, killed: t.Any, sleep: int, missing: int
) -> None:
    sim.settings.update({"create_404_reads": missing, "transient_polls": 5})
    context = rig.context()
    rig.kill_at(sleep)
    with pytest.raises(killed):
        present(context, ADDRESS, REQUEST)
    create(rig)
    assert_one_cluster_as_requested(rig, sim)


@pytest.mark.parametrize("missing", [0, 3])
@pytest.mark.parametrize(
    "fault",
    [
        Fault.drop_after,
        lambda **where: Fault.unavailable(processed=True, **where),
        lambda **where: Fault(status=200, body="<html>", processed=True, **where),
    ],
    ids=["dropped", "503", "HTML"],
)
def test_creation_whose_answer_is_lost_is_looked_for_and_adopted(
    rig: t.Any, sim: Simulator, fault: t.Any, missing: int
) -> None:
    sim.settings.create_404_reads = missing
    sim.inject(fault(method="POST"))
    report = create(rig)
    assert report.changed
    assert report.facts["kube_id"] == sim.clusters[0].id
    assert_one_cluster_as_requested(rig, sim)


@pytest.mark.parametrize("fault", [Fault.drop_before, Fault.server_error, Fault.unavailable])
def test_creation_that_was_never_processed_is_an_error_and_not_repeated(
    rig: t.Any, sim: Simulator, fault: t.Any
) -> None:
    sim.inject(fault(method="POST"))
    with pytest.raises(EngineError, match="was sent and got no answer, and the project shows no such cluster so far"):
        create(rig)
    assert len(sim.mutations) == 1
    assert create(rig).changed
    assert [cluster.status for cluster in sim.clusters] == ["READY"]


def test_adopted_cluster_that_differs_is_adjusted_once_it_is_installed(rig: t.Any, sim: Simulator) -> None:
    customization = customization_request({"ipvs": {"scheduler": "rr"}}, None)
    other = ClusterRequest("prod", "GRA11", mode="ipvs", customization=customization)
    present(rig.context(wait=False), ADDRESS, other)
    report = create(rig)
    assert (report.changed, report.facts["action"]) == (True, "in_place")
    assert_one_cluster_as_requested(rig, sim)


def test_adoption_without_waiting_says_what_is_under_way(rig: t.Any, sim: Simulator) -> None:
    create(rig, wait=False)
    [cluster] = sim.clusters
    report = create(rig, wait=False)
    assert not report.changed
    assert rig.warnings == [
        f"cluster 'prod' ({cluster.id}, GRA11) has the status INSTALLING: an operation is under way that may still "
        f"change what was compared here"
    ]


def test_change_that_the_api_takes_and_does_not_make_is_an_error(rig: t.Any, sim: Simulator) -> None:
    create(rig)
    sim.inject(Fault(status=200, body="", method="PUT", path="*/updatePolicy"))
    request = dataclasses.replace(REQUEST, update_policy="NEVER_UPDATE")
    with pytest.raises(DriftError, match="update_policy is ALWAYS_UPDATE instead of NEVER_UPDATE"):
        present(rig.context(), ADDRESS, request)
    assert rig.last.facts["changed"] is True


def test_cluster_that_is_listed_and_never_shown_is_not_created_again(rig: t.Any, sim: Simulator) -> None:
    create(rig)
    sim.inject(Fault(status=404, code="Client::NotFound", method="GET", path="*/kube/*", times=-1))
    with pytest.raises(EngineError, match=r"which the API does not show .* it may be the cluster 'prod' in GRA11"):
        create(rig)
    with pytest.raises(EngineError, match=r"which the API does not show .*HTTP 404, Client::NotFound.*query id EU\."):
        absent(rig.context(), Address(sim.clusters[0].id), "prod")
    assert len(sim.mutations) == 1


def test_unknown_project_is_not_taken_for_a_cluster_that_is_gone(rig: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod")
    sim.inject(Fault(status=404, code="Client::NotFound", path=f"*/{sim.service_name}/kube*", times=-1))
    with pytest.raises(NotFoundError):
        absent(rig.context(), Address(kube_id), "prod")


def test_cluster_that_failed_to_install_is_not_adopted(rig: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod", status="ERROR")
    with pytest.raises(ClusterStateError, match="takes no change while its status is ERROR; nothing was sent"):
        create(rig)
    assert rig.last.facts == {"kube_id": kube_id, "status": "ERROR"}
    assert sim.mutations == []


@pytest.mark.parametrize("sleep", [1, 2])
def test_deletion_killed_while_it_waits_is_finished_by_the_next_run(
    rig: t.Any, sim: Simulator, killed: t.Any, sleep: int
) -> None:
    kube_id = sim.add_cluster(name="prod")
    sim.settings.update({"lag_polls": 0, "transient_polls": 5})
    context = rig.context()
    rig.kill_at(sleep)
    with pytest.raises(killed):
        absent(context, Address(kube_id), "prod")
    assert not absent(rig.context(), Address(kube_id), None).changed
    assert (sim.clusters, len(sim.mutations)) == ([], 1)


@pytest.mark.parametrize("fault", [Fault.server_error, Fault.drop_before, Fault.front_end_timeout])
def test_faults_while_waiting_for_the_deletion_are_survived(rig: t.Any, sim: Simulator, fault: t.Any) -> None:
    kube_id = sim.add_cluster(name="prod")
    sim.inject(fault(method="GET", after=2, times=8))
    assert absent(rig.context(), Address(kube_id), "prod").changed
    assert (sim.clusters, len(sim.mutations)) == ([], 1)


def test_deletion_that_takes_too_long_says_where_it_stands(rig: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod")
    sim.settings.transient_polls = -1
    with pytest.raises(WaitTimeoutError) as late:
        absent(rig.context(timeout=60), Address(kube_id), "prod")
    assert str(late.value) == (
        f"Waited for the deletion of cluster {kube_id}, in all 60 s: its status is DELETING. The API goes on with its "
        f"work: run again to wait on, or set a longer wait_timeout. Usual time: 30 seconds to 2 minutes, "
        f"according to OVHcloud's guide"
    )


def test_deletion_that_ends_in_an_error_is_one(rig: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod")
    context = rig.context()
    rig.at(2, lambda: sim.cluster(kube_id).set_status("USER_WEBHOOK_PREVENTING_OPERATIONS_ERROR"))
    with pytest.raises(ClusterStateError, match="exclude that namespace from the webhook"):
        absent(context, Address(kube_id), "prod")


@pytest.mark.parametrize("status", ["ERROR", "SUSPENDED"])
def test_cluster_in_an_end_state_can_be_deleted(rig: t.Any, sim: Simulator, status: str) -> None:
    kube_id = sim.add_cluster(name="prod", status=status)
    sim.settings.lag_polls = 0
    assert absent(rig.context(), Address(kube_id), "prod").changed
    assert sim.clusters == []


def test_cluster_that_fails_is_deletable_although_its_status_lags(rig: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod", status="ERROR")
    sim.settings.lag_polls = 3
    assert absent(rig.context(), Address(kube_id), "prod").changed
    assert sim.clusters == []


@pytest.mark.parametrize("status", ["READY", "ERROR"])
def test_deletion_that_was_never_processed_is_an_error(rig: t.Any, sim: Simulator, status: str) -> None:
    kube_id = sim.add_cluster(name="prod", status=status)
    sim.inject(Fault.drop_before(method="DELETE"))
    with pytest.raises(TransportError, match="It is unknown whether the API processed it"):
        absent(rig.context(), Address(kube_id), "prod")
    assert sim.cluster(kube_id).status == status
    assert len(sim.mutations) == 1


def test_one_list_that_lacks_the_cluster_neither_buys_another_nor_passes_for_a_deletion(
    rig: t.Any, sim: Simulator
) -> None:
    kube_id = create(rig).facts["kube_id"]
    sim.inject(Fault(status=200, body=[], method="GET", path="*/kube"))
    assert not create(rig).changed
    assert [cluster.id for cluster in sim.clusters] == [kube_id]
    sim.inject(Fault(status=200, body=[], method="GET", path="*/kube"))
    assert absent(rig.context(), ADDRESS, "prod").changed
    assert sim.clusters == []


def test_deletion_refused_as_unknown_is_an_error_while_the_cluster_is_there(rig: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod")
    sim.inject(Fault(status=404, code="Client::NotFound", method="DELETE"))
    with pytest.raises(NotFoundError, match=r"HTTP 404, Client::NotFound.*query id EU\."):
        absent(rig.context(), Address(kube_id), "prod")
    assert "changed" not in rig.last.facts
    assert sim.cluster(kube_id).status == "READY"


def test_cluster_that_somebody_else_deletes_meanwhile_is_gone_as_requested(rig: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod")
    sim.inject(Fault(status=404, code="Client::NotFound", method="DELETE"))
    context = rig.context()
    rig.at(1, lambda: sim.remove_cluster(kube_id))
    assert absent(context, Address(kube_id), "prod").changed
