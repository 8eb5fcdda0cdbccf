# SPDX-License-Identifier: GPL-3.0-or-later

"""The second ConfigMap and DaemonSet, and what the first DaemonSet is sent while nodes migrate and afterwards."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import RefusedError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import (
    CHECKSUM,
    MIGRATION,
    RESTARTED_BY_KUBECTL,
    RESTORE,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import DaemonSet
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration import (
    Record,
    Side,
    edits,
    excludes,
    former_template,
    plan_admission,
    plan_end,
    plan_exclusion,
    plan_mark,
    second_config_map,
    second_daemon_set,
)

from . import proxy_objects as objects
from .proxy_objects import NEW, OLD, merged

RECORD = Record(Side(OLD, "iptables"), Side(NEW, "nftables"))
AFFINITY: Json = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]},
                {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b"]}]},
            ]
        }
    }
}


def first(affinity: Json | None = None, **more: t.Any) -> Json:
    raw = objects.daemon_set(OLD, **more)
    raw["metadata"]["labels"] = {"k8s-app": "kube-proxy"}
    raw["spec"]["template"]["metadata"]["labels"] = {"k8s-app": "kube-proxy"}
    if affinity is not None:
        raw["spec"]["template"]["spec"]["affinity"] = copy.deepcopy(affinity)
    return raw


def excluded(raw: Json) -> Json:
    return merged(raw, plan_exclusion(DaemonSet(raw)))


def terms(raw: Json) -> list[list[tuple[str, str]]]:
    required = raw["spec"]["template"]["spec"]["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    return [
        [(expression["key"], expression["operator"]) for expression in term["matchExpressions"]]
        for term in required["nodeSelectorTerms"]
    ]


class TestTheFirstDaemonSet:
    @pytest.mark.parametrize(
        ("affinity", "expected"),
        [
            (None, [[(MIGRATION, "DoesNotExist")]]),
            (AFFINITY, [[("zone", "In"), (MIGRATION, "DoesNotExist")]] * 2),
        ],
    )
    def test_leaves_labelled_nodes_alone_and_replaces_no_pod(
        self, affinity: Json | None, expected: list[t.Any]
    ) -> None:
        raw = first(affinity)
        patch = plan_exclusion(DaemonSet(raw))
        # In one request, and only on what was read: a template without the strategy would replace every pod.
        assert patch["metadata"]["resourceVersion"] == "9"
        begun = merged(raw, patch)
        assert begun["spec"]["updateStrategy"] == {"type": "OnDelete"}
        assert terms(begun) == expected
        assert excludes(DaemonSet(begun))
        assert plan_exclusion(DaemonSet(begun)) is None

    @pytest.mark.parametrize(
        "affinity", [None, AFFINITY, {}, {"nodeAffinity": {}}, {"podAntiAffinity": {"x": [1]}, **AFFINITY}]
    )
    def test_gets_its_own_template_and_strategy_back(self, affinity: Json | None) -> None:
        raw = first(affinity, spec={"minReadySeconds": 3})
        begun = excluded(raw)
        assert former_template(DaemonSet(begun)) == raw["spec"]["template"]
        admitting = merged(begun, plan_admission(DaemonSet(begun)))
        assert admitting["spec"]["updateStrategy"] == {"type": "OnDelete"}
        assert plan_admission(DaemonSet(admitting)) is None
        ended = merged(admitting, plan_end(DaemonSet(admitting)))
        assert ended == raw
        assert plan_end(DaemonSet(ended)) is None

    def test_keeps_what_somebody_else_did_to_its_affinity(self) -> None:
        begun = excluded(first(AFFINITY))
        required = begun["spec"]["template"]["spec"]["affinity"]["nodeAffinity"]
        edited = required["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
        edited.append({"matchExpressions": [{"key": "zone", "operator": "Exists"}]})
        back = merged(begun, plan_admission(DaemonSet(begun)))
        assert terms(back) == [[("zone", "In")], [("zone", "In")], [("zone", "Exists")]]

    def test_that_was_written_anew_has_nothing_to_put_back(self) -> None:
        """As kubeadm upgrade does, without annotations, affinity and strategy of ours."""
        raw = first(AFFINITY)
        assert not excludes(DaemonSet(raw))
        assert (plan_admission(DaemonSet(raw)), plan_end(DaemonSet(raw))) == (None, None)

    def test_a_note_that_somebody_broke_costs_no_more_than_the_exact_form(self) -> None:
        begun = excluded(first(AFFINITY))
        begun["metadata"]["annotations"][MIGRATION] = "{"
        ended = merged(begun, plan_admission(DaemonSet(begun)))
        assert ended["spec"]["template"] == first(AFFINITY)["spec"]["template"]

    @pytest.mark.parametrize(
        "change",
        [
            {"spec": {"updateStrategy": {"type": "RollingUpdate"}}},
            {"spec": {"template": {"spec": {"affinity": None}}}},
            {"metadata": {"annotations": {RESTORE: None}}},
        ],
    )
    def test_does_not_count_as_excluding_when_a_part_is_missing(self, change: Json) -> None:
        raw = merged(excluded(first()), change)
        assert not excludes(DaemonSet(raw))
        assert excludes(DaemonSet(excluded(raw)))

    def test_is_marked_with_what_its_next_pods_read(self) -> None:
        raw = first()
        marked = merged(raw, plan_mark(DaemonSet(raw), NEW))
        assert DaemonSet(marked).checksum == NEW
        assert plan_mark(DaemonSet(marked), NEW) is None


class TestTheSecondObjects:
    def test_config_map_differs_in_the_configuration_alone(self) -> None:
        source = {**objects.config_map(annotations={"a": "b"}), "binaryData": {"x": "eA=="}}
        made = second_config_map(source, "config.conf", "mode: nftables\n", RECORD)
        assert made["data"] == {**source["data"], "config.conf": "mode: nftables\n"}
        assert made["binaryData"] == source["binaryData"]
        assert (made["metadata"]["name"], made["metadata"]["namespace"]) == ("kube-proxy-migration", "kube-system")
        assert Record.of(made) == RECORD

    @pytest.mark.parametrize("text", [None, "{", "[]", '{"former": {"mode": "ipvs"}}', '{"former": 1, "desired": 2}'])
    def test_a_config_map_that_is_not_ours_is_refused(self, text: str | None) -> None:
        annotations = {} if text is None else {MIGRATION: text}
        with pytest.raises(RefusedError, match="delete it, and run with state=absent"):
            Record.of(objects.config_map(annotations=annotations))

    @pytest.mark.parametrize("begun", [False, True])
    def test_daemon_set_is_a_copy_that_reads_the_other_config_map_on_moved_nodes(self, begun: bool) -> None:
        raw = first(AFFINITY, spec={"minReadySeconds": 3})
        volumes = [
            {"name": "kube-proxy", "configMap": {"name": "kube-proxy"}},
            {"name": "other", "configMap": {"name": "other"}},
            {"name": "all", "projected": {"sources": [{"configMap": {"name": "kube-proxy"}}, {"secret": {}}]}},
        ]
        raw["spec"]["template"]["spec"]["volumes"] = volumes
        source = excluded(raw) if begun else raw
        before = copy.deepcopy(source)
        made = second_daemon_set(DaemonSet(source), "kube-proxy", NEW)
        assert source == before
        assert terms(made) == [[("zone", "In"), (MIGRATION, "In")]] * 2
        spec = made["spec"]["template"]["spec"]
        assert [volume.get("configMap", {}).get("name") for volume in spec["volumes"]] == [
            "kube-proxy-migration",
            "other",
            None,
        ]
        assert spec["volumes"][2]["projected"]["sources"][0]["configMap"]["name"] == "kube-proxy-migration"
        assert spec["containers"] == raw["spec"]["template"]["spec"]["containers"]
        assert made["spec"]["template"]["metadata"]["annotations"] == {CHECKSUM: NEW}
        assert (made["spec"]["updateStrategy"], made["spec"]["minReadySeconds"]) == ({"type": "OnDelete"}, 3)

    def test_neither_daemon_set_selects_the_pods_that_the_other_may_have(self) -> None:
        made = second_daemon_set(DaemonSet(first()), "kube-proxy", NEW)
        selector, labels = made["spec"]["selector"]["matchLabels"], made["spec"]["template"]["metadata"]["labels"]
        assert selector.items() <= labels.items()
        assert not selector.items() <= first()["spec"]["template"]["metadata"]["labels"].items()
        # Services and monitoring go on finding kube-proxy.
        assert labels["k8s-app"] == "kube-proxy"

    def test_a_restart_by_hand_does_not_unmark_the_copy(self) -> None:
        raw = first()
        raw["spec"]["template"]["metadata"]["annotations"][RESTARTED_BY_KUBECTL] = "yesterday"
        made = second_daemon_set(DaemonSet(raw), "kube-proxy", NEW)
        assert DaemonSet({**made, "metadata": raw["metadata"]}).checksum == NEW


class TestEdits:
    def pair(self) -> tuple[Json, Json]:
        begun = excluded(first(AFFINITY))
        made = second_daemon_set(DaemonSet(begun), "kube-proxy", NEW)
        return begun, made

    def found(self, begun: Json, made: Json) -> list[str]:
        return edits(DaemonSet(begun), DaemonSet(made), "kube-proxy", NEW)

    def test_nobody_did_anything(self) -> None:
        assert self.found(*self.pair()) == []

    def test_a_mark_is_no_edit(self) -> None:
        begun, made = self.pair()
        assert self.found(merged(begun, plan_mark(DaemonSet(begun), NEW)), made) == []

    def test_another_image_in_either(self) -> None:
        for which in (0, 1):
            pair = self.pair()
            pair[which]["spec"]["template"]["spec"]["containers"][0]["image"] = "kube-proxy:v1.31.5"
            assert ["pod template" in text for text in self.found(*pair)] == [True]

    def test_the_first_one_was_written_anew(self) -> None:
        _begun, made = self.pair()
        assert "kubeadm upgrade" in self.found(first(AFFINITY), made)[0]


def test_the_record_is_readable_for_people() -> None:
    assert json.loads(RECORD.text())["desired"] == {"config_checksum": NEW, "mode": "nftables"}
