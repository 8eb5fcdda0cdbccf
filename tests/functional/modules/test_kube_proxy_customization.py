# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_proxy_customization: what it returns, and what goes over the wire.

Its cycle of creation, change and deletion is in tests/integration/targets/kube_proxy_customization.
"""

from __future__ import annotations

import typing as t

import pytest

from ovh_simulator import Simulator

MODULE = "kube_proxy_customization"
DEFAULT_PLUGINS = {"enabled": ["AlwaysPullImages", "NodeRestriction"], "disabled": []}


def bodies(sim: Simulator) -> list[t.Any]:
    return [request.json for request in sim.mutations]


def test_result_names_the_cluster_and_its_customization(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod", region="SBG5", kubeProxyMode="ipvs")
    outcome = run.done(MODULE, kube_id=kube_id, kube_proxy={"ipvs": {"sync_period": "90s", "scheduler": "sh"}})
    assert {key: outcome[key] for key in ("kube_id", "name", "region", "status", "kube_proxy_mode")} == {
        "kube_id": kube_id,
        "name": "prod",
        "region": "SBG5",
        "status": "READY",
        "kube_proxy_mode": "ipvs",
    }
    assert outcome["customization"] == {
        "kube_proxy": {"ipvs": {"scheduler": "sh", "sync_period": "PT1M30S"}},
        "api_server": {"admission_plugins": {"enabled": ["AlwaysPullImages", "NodeRestriction"], "disabled": []}},
    }
    assert outcome["diff"] == {
        "before": {"kube_proxy": {}},
        "after": {"kube_proxy": {"ipvs": {"scheduler": "sh", "sync_period": "PT1M30S"}}},
    }


def test_run_by_id_with_nothing_to_do_is_one_authenticated_get(
    run: t.Any, sim: Simulator, wire: t.Callable[[], list[tuple[str, str]]]
) -> None:
    kube_id = sim.add_cluster(customization={"kubeProxy": {"iptables": {"syncPeriod": "PT1M"}}})
    run.done(MODULE, kube_id=kube_id, kube_proxy={"iptables": {"sync_period": "60s"}})
    assert wire() == [("GET", f"/{kube_id}")]
    assert [request.route for request in sim.requests if "kube" not in request.route] == ["/auth/time"]


def test_token_needs_no_request_beside_that_one(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster()
    token = {"application_key": None, "application_secret": None, "consumer_key": None}
    run.done(MODULE, **token, access_token=sim.credentials.access_token, kube_id=kube_id, state="absent")
    assert [(request.method, request.status) for request in sim.requests] == [("GET", 200)]


SECONDS_60 = ("PT60S", "PT1M", "P0DT60S", "60s", "1m0s", "PT0H1M0S", "60000ms")
SECONDS_0 = ("PT0S", "P0D", "0s", "0", "PT0M")


@pytest.mark.parametrize("held", ["PT60S", "PT1M"])
@pytest.mark.parametrize("spelling", SECONDS_60)
def test_equal_durations_send_nothing(run: t.Any, sim: Simulator, held: str, spelling: str) -> None:
    kube_id = sim.add_cluster(customization={"kubeProxy": {"iptables": {"syncPeriod": held}}})
    sim.settings.canonical_durations = False
    outcome = run.done(MODULE, kube_id=kube_id, kube_proxy={"iptables": {"sync_period": spelling}})
    assert outcome["changed"] is False
    assert outcome["diff"]["before"] == outcome["diff"]["after"]
    assert sim.mutations == []


@pytest.mark.parametrize("spelling", SECONDS_0)
def test_zero_in_any_spelling_is_the_zero_that_comes_back_as_p0d(run: t.Any, sim: Simulator, spelling: str) -> None:
    kube_id = sim.add_cluster(kubeProxyMode="ipvs")
    request = {"ipvs": {"tcp_timeout": spelling}}
    assert run.done(MODULE, kube_id=kube_id, kube_proxy=request)["changed"] is True
    assert bodies(sim) == [{"kubeProxy": {"iptables": {}, "ipvs": {"tcpTimeout": "PT0S"}}}]
    assert sim.cluster(kube_id).shown_customization()["kubeProxy"] == {"ipvs": {"tcpTimeout": "P0D"}}
    assert run.done(MODULE, kube_id=kube_id, kube_proxy=request)["changed"] is False
    assert len(sim.mutations) == 1


HELD = {
    "kubeProxy": {
        "iptables": {"minSyncPeriod": "PT5S", "syncPeriod": "PT2M", "masqueradeAll": True},
        "ipvs": {"scheduler": "dh", "udpTimeout": "P0D"},
        "nftables": {"syncPeriod": "PT7S"},
    },
    "apiServer": {"admissionPlugins": {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}},
}


def test_merge_keeps_settings_that_are_not_named_and_fields_that_are_not_known(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(customization=HELD)
    sim.settings.unknown_fields = "ignore"
    # Not waited for: the simulator drops what its schema does not have.
    outcome = run.done(MODULE, kube_id=kube_id, wait=False, kube_proxy={"ipvs": {"scheduler": "sed"}})
    assert bodies(sim) == [
        {
            "kubeProxy": {
                "iptables": {"minSyncPeriod": "PT5S", "syncPeriod": "PT2M", "masqueradeAll": True},
                "ipvs": {"scheduler": "sed", "udpTimeout": "PT0S"},
                "nftables": {"syncPeriod": "PT7S"},
            }
        }
    ]
    assert outcome["diff"]["after"]["kube_proxy"]["nftables"] == {"syncPeriod": "PT7S"}


KEPT = {"scheduler": "dh", "udpTimeout": "PT0S"}


def test_replace_unsets_what_is_not_named_in_a_section_and_keeps_the_sections_left_out(
    run: t.Any, sim: Simulator
) -> None:
    kube_id = sim.add_cluster(customization={"kubeProxy": {**HELD["kubeProxy"], "nftables": {}}})
    request = {"iptables": {"sync_period": "3m"}}
    run.done(MODULE, kube_id=kube_id, strategy="replace", kube_proxy=request)
    assert bodies(sim) == [{"kubeProxy": {"iptables": {"syncPeriod": "PT3M"}, "ipvs": KEPT}}]
    assert run.done(MODULE, kube_id=kube_id, strategy="replace", kube_proxy=request)["changed"] is False
    # A section that is given without members is emptied; a form of which every field was left blank is not given.
    blank = {"iptables": {}, "ipvs": {"udp_timeout": "", "sync_period": " "}}
    run.done(MODULE, kube_id=kube_id, strategy="replace", kube_proxy=blank)
    assert bodies(sim)[1:] == [{"kubeProxy": {"iptables": {}, "ipvs": KEPT}}]
    assert run.done(MODULE, kube_id=kube_id, strategy="replace", kube_proxy={})["changed"] is False
    assert len(sim.mutations) == 2


@pytest.mark.parametrize("shape", ["missing", "null", "empty"])
def test_absent_clears_with_two_empty_sections_and_knows_every_shape_of_empty(
    run: t.Any, sim: Simulator, shape: str
) -> None:
    kube_id = sim.add_cluster(customization=HELD)
    sim.settings.empty_kube_proxy = shape
    assert run.done(MODULE, kube_id=kube_id, state="absent")["changed"] is True
    assert bodies(sim) == [{"kubeProxy": {"iptables": {}, "ipvs": {}}}]
    assert run.done(MODULE, kube_id=kube_id, state="absent")["changed"] is False
    assert sim.cluster(kube_id)["customization"]["apiServer"] == HELD["apiServer"]


def test_api_server_is_never_sent_unless_requested(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(customization={"apiServer": HELD["apiServer"]})
    for options in (
        {"kube_proxy": {"iptables": {"sync_period": "1m"}}},
        {"kube_proxy": {"iptables": {"sync_period": "2m"}}, "strategy": "replace"},
        {"kube_proxy": {"iptables": {"sync_period": "3m"}}, "api_server": {"admission_plugins": {}}},
        {"state": "absent"},
    ):
        assert run.done(MODULE, kube_id=kube_id, **options)["changed"] is True
    assert [list(body) for body in bodies(sim)] == [["kubeProxy"]] * 4
    assert sim.cluster(kube_id)["customization"]["apiServer"] == HELD["apiServer"]


def test_api_server_alone_leaves_kube_proxy_out(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(customization={"kubeProxy": HELD["kubeProxy"]})
    request = {"admission_plugins": {"disabled": ["AlwaysPullImages"]}}
    assert run.done(MODULE, kube_id=kube_id, api_server=request)["changed"] is True
    plugins = {"enabled": ["NodeRestriction"], "disabled": ["AlwaysPullImages"]}
    assert bodies(sim) == [{"apiServer": {"admissionPlugins": plugins}}]
    assert run.done(MODULE, kube_id=kube_id, api_server=request)["changed"] is False
    assert run.done(MODULE, kube_id=kube_id, api_server={}, strategy="replace")["changed"] is True
    assert bodies(sim)[1:] == [{"apiServer": {"admissionPlugins": DEFAULT_PLUGINS}}]
    assert sim.cluster(kube_id)["customization"]["kubeProxy"] == HELD["kubeProxy"]


def test_api_server_of_a_cluster_on_cilium_can_be_set(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(plan="standard")
    request = {"admission_plugins": {"disabled": ["AlwaysPullImages"]}}
    assert run.done(MODULE, kube_id=kube_id, api_server=request)["changed"] is True
    assert sim.cluster(kube_id).shown_customization()["apiServer"]["admissionPlugins"]["disabled"] == [
        "AlwaysPullImages"
    ]


def test_empty_answers_of_a_survey_count_as_not_given(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(customization={"kubeProxy": {"iptables": {"syncPeriod": "PT1M"}}})
    request = {"iptables": {"sync_period": "", "min_sync_period": ""}}
    assert run.done(MODULE, kube_id=kube_id, name="", region="", kube_proxy=request)["changed"] is False


def test_name_is_looked_for_in_the_region(run: t.Any, sim: Simulator) -> None:
    other = sim.add_cluster(name="prod", region="SBG5")
    kube_id = sim.add_cluster(name="prod", region="GRA11")
    outcome = run.done(MODULE, name="prod", region="GRA11", kube_proxy={"iptables": {"sync_period": "1m"}})
    assert outcome["kube_id"] == kube_id
    assert [request.route.rsplit("/", 2)[1] for request in sim.mutations] == [kube_id]
    assert "kubeProxy" not in sim.cluster(other)["customization"]


def test_without_waiting_the_module_ends_when_the_api_has_accepted(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster()
    outcome = run.done(MODULE, kube_id=kube_id, wait=False, kube_proxy={"iptables": {"sync_period": "1m"}})
    assert outcome["changed"] is True
    # Twice for the plan and once for the result.
    assert [request.method for request in sim.requests if request.route.endswith(kube_id)] == ["GET"] * 3
    assert sim.cluster(kube_id).busy
    # The next run waits for what this one began.
    assert run.done(MODULE, kube_id=kube_id, kube_proxy={"iptables": {"sync_period": "1m"}})["changed"] is False


@pytest.mark.parametrize(
    ("mode", "requested", "warning"),
    [
        (
            "iptables",
            {"ipvs": {"scheduler": "rr"}},
            "kube_proxy.ipvs has no effect while the cluster's kube-proxy mode is iptables. Only a reset changes the "
            "mode: use clusterops.kube_proxy.kube_cluster_reset or the playbook clusterops.kube_proxy.managed_reset",
        ),
        (
            "ipvs",
            {"iptables": {"sync_period": "1m"}},
            "kube_proxy.iptables has no effect while the cluster's kube-proxy mode is ipvs. Only a reset changes the "
            "mode: use clusterops.kube_proxy.kube_cluster_reset or the playbook clusterops.kube_proxy.managed_reset",
        ),
        (
            "iptables",
            {"iptables": {"sync_period": "PT0S"}},
            "kube_proxy.iptables.sync_period: zero has no effect, kube-proxy uses its default of 30s instead",
        ),
        (
            "iptables",
            {"iptables": {"min_sync_period": "0s"}},
            "kube_proxy.iptables.min_sync_period: zero has no effect, kube-proxy uses its default of 1s instead",
        ),
        (
            "ipvs",
            {"ipvs": {"sync_period": "P0D"}},
            "kube_proxy.ipvs.sync_period: zero has no effect, kube-proxy uses its default of 30s instead",
        ),
        ("ipvs", {"ipvs": {"min_sync_period": "PT0S", "udp_timeout": "PT0S"}}, None),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_settings_without_effect_are_sent_with_a_warning(
    run: t.Any, sim: Simulator, mode: str, requested: t.Any, warning: str | None, check: bool
) -> None:
    kube_id = sim.add_cluster(name="prod", kubeProxyMode=mode)
    outcome = run.done(MODULE, check=check, kube_id=kube_id, kube_proxy=requested)
    assert outcome["changed"] is True
    # Ansible shows a warning without its host, and the same one of several hosts once.
    assert outcome.warnings == ([f"Cluster prod: {warning}"] if warning else [])


def test_work_under_way_is_not_waited_for_in_check_mode_but_said(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod", status="UPDATING")
    request = {"iptables": {"sync_period": "1m"}}
    outcome = run.done(MODULE, check=True, kube_id=kube_id, kube_proxy=request)
    assert outcome["changed"] is True
    assert outcome.warnings == [
        f"cluster 'prod' ({kube_id}, GRA11) has the status UPDATING: an operation is under way that may still change "
        f"what was compared here"
    ]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("asked", [{"kube_proxy": {"ipvs": {"scheduler": "lc"}}}, {"state": "absent"}, {}])
def test_another_mode_than_expected_is_refused(
    run: t.Any, sim: Simulator, wire: t.Callable[[], list[tuple[str, str]]], check: bool, asked: t.Any
) -> None:
    kube_id = sim.add_cluster(name="prod", kubeProxyMode="iptables")
    outcome = run.refused(MODULE, check=check, kube_id=kube_id, kube_proxy_mode="ipvs", **asked)
    assert f"kube_proxy_mode: cluster 'prod' ({kube_id}, GRA11) exists and runs iptables, not ipvs" in outcome["msg"]
    assert "the playbook clusterops.kube_proxy.managed_reset" in outcome["msg"]
    assert wire() == [("GET", f"/{kube_id}")]


@pytest.mark.parametrize("mode", ["iptables", "", None])
def test_the_expected_mode_is_accepted(run: t.Any, sim: Simulator, mode: str | None) -> None:
    kube_id = sim.add_cluster(kubeProxyMode="iptables")
    request = {"iptables": {"sync_period": "1m"}}
    assert run.done(MODULE, kube_id=kube_id, kube_proxy_mode=mode, kube_proxy=request)["changed"] is True


def test_the_expected_mode_alone_changes_nothing(
    run: t.Any, sim: Simulator, wire: t.Callable[[], list[tuple[str, str]]]
) -> None:
    kube_id = sim.add_cluster(kubeProxyMode="ipvs", customization={"kubeProxy": {"ipvs": {"scheduler": "lc"}}})
    outcome = run.done(MODULE, kube_id=kube_id, kube_proxy_mode="ipvs")
    assert (outcome["changed"], outcome["kube_proxy_mode"]) == (False, "ipvs")
    assert wire() == [("GET", f"/{kube_id}")]


def test_a_cluster_without_kube_proxy_runs_no_mode(run: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="prod", plan="standard", kubeProxyMode=None)
    outcome = run.refused(MODULE, kube_id=kube_id, kube_proxy_mode="ipvs")
    assert "has no kube-proxy: its plan is Standard, where Cilium replaces kube-proxy" in outcome["msg"]
