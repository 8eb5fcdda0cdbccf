# SPDX-License-Identifier: GPL-3.0-or-later

"""An object of the API server is of its shape, or one error says where it is not; nothing behind it stumbles."""

from __future__ import annotations

import contextlib
import copy
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes import shapes
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.json_types import Json
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import RefusedError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.reading import MalformedError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.annotations import (
    MIGRATION,
    RESTORE,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.current import Current
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.daemon_set import DaemonSet
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.last_good import last_good
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration import (
    Record,
    Side,
    plan_admission,
    plan_end,
    plan_exclusion,
    second_config_map,
    second_daemon_set,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.migration_state import migration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.pods import Pod, owned
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.revisions import relabelled
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.self_hosted.rollout_plan import (
    RolloutOptions,
    plan_restore,
    plan_rollout,
)

from ..._domain.self_hosted.proxy_objects import CRASHED, NEW, OLD, config_map, daemon_set, merged, pod

RECORD = '{"minReadySeconds": 0, "updateStrategy": {"type": "OnDelete"}}'
RECORD_OF_A_MIGRATION = Record(Side(OLD, "iptables"), Side(NEW, "nftables")).text()
UNBOUND: Json = {
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "values": ["node2"]}]}]
            }
        }
    }
}
OBJECTS: dict[str, tuple[t.Any, Json]] = {
    "ConfigMap": (shapes.CONFIG_MAP, config_map(annotations={"a": "b"})),
    "DaemonSet": (shapes.DAEMON_SET, daemon_set(OLD, annotations={RESTORE: RECORD}, spec={"minReadySeconds": 3})),
    "Pod": (shapes.POD, pod("node1", NEW, restarts=1, state=CRASHED, last=CRASHED)),
    "waiting Pod": (shapes.POD, pod("node1", OLD, state={"waiting": {"reason": "CrashLoopBackOff", "message": "m"}})),
    "restricted DaemonSet": (shapes.DAEMON_SET, merged(daemon_set(OLD), plan_exclusion(DaemonSet(daemon_set(OLD))))),
    "second ConfigMap": (shapes.CONFIG_MAP, config_map(annotations={MIGRATION: RECORD_OF_A_MIGRATION})),
    "ControllerRevision": (
        shapes.CONTROLLER_REVISION,
        {
            "metadata": {"name": "r", "labels": {"controller-revision-hash": "h"}, "ownerReferences": [{"uid": "u1"}]},
            "revision": 3,
            "data": {"spec": {"template": {"spec": UNBOUND}}},
        },
    ),
    "unbound Pod": (shapes.POD, {**pod("node2"), "spec": UNBOUND}),
    "Node": (
        shapes.NODE,
        {
            "metadata": {"name": "n", "labels": {MIGRATION: "moved"}},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        },
    ),
}
ODD: list[t.Any] = [None, 17, True, "text", "", [], ["text"], [None], {}, {"a": None}, {"a": ["b"]}]


def places(value: t.Any, path: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    """Every place in a JSON value, the root included."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in inner:
        yield from places(member, (*path, key))


def with_value(value: t.Any, path: tuple[t.Any, ...], odd: t.Any) -> t.Any:
    if not path:
        return odd
    changed = copy.deepcopy(value)
    there = changed
    for key in path[:-1]:
        there = there[key]
    there[path[-1]] = odd
    return changed


def fits(value: t.Any, shape: t.Any) -> bool:
    try:
        shapes.check(value, shape)
    except MalformedError:
        return False
    return True


def use(kind: str, read: Json) -> None:
    """What is done with an object once it is read."""
    objects = {
        "ConfigMap": config_map(),
        "DaemonSet": daemon_set(OLD),
        "Pod": pod("node1", OLD),
        kind.rsplit(maxsplit=1)[-1]: read,
    }
    ds, one = DaemonSet(objects["DaemonSet"]), Pod(objects["Pod"])
    properties = [name for cls in (DaemonSet, Pod) for name, value in vars(cls).items() if isinstance(value, property)]
    for name in properties:
        getattr(ds if hasattr(DaemonSet, name) else one, name)
    one.crashed(0)
    ds.rolled_out()
    current = Current(objects["ConfigMap"], ds, (*owned([objects["Pod"]], ds), one), NEW)
    current.proven()
    last_good(current, "config.conf")
    for act in (
        lambda: ds.program("kube-proxy", "config.conf"),
        lambda: plan_rollout(current, RolloutOptions(max_unavailable="50%"), frozenset({"node1"})),
        lambda: plan_rollout(current, RolloutOptions(), frozenset({"node1"})),
        lambda: plan_restore(ds),
        lambda: migrate(current, read if kind == "Node" else OBJECTS["Node"][1]),
        lambda: relabelled(ds, [read if kind == "ControllerRevision" else OBJECTS["ControllerRevision"][1]], [one]),
    ):
        with contextlib.suppress(RefusedError):
            act()


def migrate(current: Current, node: Json) -> None:
    """What a migration does with the objects."""
    ds = current.daemon_set
    for plan in (plan_exclusion, plan_admission, plan_end):
        with contextlib.suppress(RefusedError):
            plan(ds)
    second_daemon_set(ds, "kube-proxy", NEW)
    record = Record.of(current.config_map)
    if current.config_map.get("data"):
        second_config_map(current.config_map, "config.conf", "", record)
    state = migration(current, current, record, [node])
    state.edits()
    state.summary()


@pytest.mark.parametrize("kind", OBJECTS)
def test_any_odd_member_is_named_or_does_no_harm(kind: str) -> None:
    shape, right = OBJECTS[kind]
    shapes.check(right, shape)
    use(kind, right)
    refused = 0
    for path in places(right):
        for odd in ODD:
            changed = with_value(right, path, odd)
            if fits(changed, shape):
                use(kind, changed)
            else:
                refused += 1
    assert refused > 10


@pytest.mark.parametrize(
    ("kind", "path", "odd", "why"),
    [
        ("Pod", ("metadata",), None, "metadata is nothing where an object is expected"),
        ("Pod", ("spec", "nodeName"), 5, "spec.nodeName is a number where a string is expected"),
        (
            "Pod",
            ("status", "containerStatuses", 0, "restartCount"),
            True,
            "status.containerStatuses[].restartCount is true or false where a number is expected",
        ),
        ("ConfigMap", ("data", "config.conf"), ["a"], "data is a list where a string is expected"),
        ("DaemonSet", (), "no", "it is a string where an object is expected"),
    ],
)
def test_the_place_is_named(kind: str, path: tuple[t.Any, ...], odd: t.Any, why: str) -> None:
    shape, right = OBJECTS[kind]
    with pytest.raises(MalformedError) as caught:
        shapes.check(with_value(right, path, odd), shape)
    assert str(caught.value) == why


@pytest.mark.parametrize("record", ["no JSON", "[]", "{}", '{"minReadySeconds": "x", "updateStrategy": []}', "{" * 999])
def test_a_record_of_settings_that_somebody_broke_is_refused(record: str) -> None:
    with pytest.raises(RefusedError, match="annotation"):
        plan_restore(DaemonSet(daemon_set(annotations={RESTORE: record})))
