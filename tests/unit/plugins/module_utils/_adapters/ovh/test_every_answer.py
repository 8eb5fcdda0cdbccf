# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever JSON the API answers to any request, it is a value of the domain's types or one error of this adapter."""

from __future__ import annotations

import copy
import typing as t

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.kube_api import KubeApi
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.reading import MalformedError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.cluster import Cluster

from ..._domain.managed.api_objects import shown
from .test_convert import SHOWN

ODD = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9)
    | st.sampled_from(["READY", "1.34", "PT1M", "P999999999999999999Y", "..", "x\x1b[31m\nTASK", "192.0.2.0/24"])
)
JSON = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*SHOWN, "a"]), inner, max_size=4),
    max_leaves=8,
)


class Answering:
    """The client, as far as the routes use it: every request is answered with the same."""

    def __init__(self, answer: t.Any) -> None:
        self._answer = answer

    def call(self, _method: str, _path: str, *, read: t.Callable[[t.Any], t.Any], **_more: t.Any) -> t.Any:
        return read(self._answer)


ROUTES: dict[str, t.Callable[[KubeApi], t.Any]] = {
    "list": lambda api: api.list_ids(),
    "get": lambda api: api.get("x"),
    "create": lambda api: api.create({}),
    "policy": lambda api: api.set_update_policy("x", "p"),
    "delete": lambda api: api.delete("x"),
    "customization": lambda api: api.customization("x"),
    "put customization": lambda api: api.put_customization("x", {}),
    "reset": lambda api: api.reset("x", {}),
    "kubeconfig": lambda api: api.kubeconfig("x"),
    "pools": lambda api: api.node_pools("x"),
    "nodes": lambda api: api.nodes("x"),
    "restrictions": lambda api: api.ip_restrictions("x"),
    "put restrictions": lambda api: api.replace_ip_restrictions("x", []),
    "network": lambda api: api.put_private_network_configuration("x", {}),
    "subnet": lambda api: api.set_load_balancers_subnet("x", None),
    "OpenID Connect": lambda api: api.open_id_connect("x"),
    "post OpenID Connect": lambda api: api.create_open_id_connect("x", {}),
}


def use(value: t.Any) -> None:
    """What is done with a cluster that was read."""
    if isinstance(value, Cluster):
        assert value.label().isprintable()
        assert value.as_result()["id"] == value.id
        for name in ("phase", "minor_version"):
            getattr(value, name)
        value.without_kube_proxy()


def answered(route: str, answer: t.Any) -> None:
    client: t.Any = Answering(answer)
    try:
        value = ROUTES[route](KubeApi(client, "f" * 32))
    except MalformedError as error:
        said = str(error)
    else:
        said = ""
        use(value)
    assert said.isprintable()


def test_every_route_is_here() -> None:
    methods = {name for name, value in vars(KubeApi).items() if callable(value) and not name.startswith("_")}
    # Names of clusters are what tasks have noted, not an answer.
    assert len(methods - {"names"}) == len(ROUTES)


@pytest.mark.parametrize("route", ROUTES)
@seed(10)
@settings(max_examples=30, deadline=None)
@given(answer=JSON)
def test_any_answer_is_a_value_or_one_error(route: str, answer: t.Any) -> None:
    answered(route, answer)


def places(value: t.Any, path: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in inner:
        yield from places(member, (*path, key))


@pytest.mark.parametrize("route", ["get", "create", "customization", "pools", "nodes"])
@seed(10)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_right_answer_with_something_odd_in_one_place(route: str, data: st.DataObject) -> None:
    right: t.Any = SHOWN if route in ("get", "create") else SHOWN["customization"]
    if route in ("pools", "nodes"):
        right = [shown(flavor="b2-7", currentNodes=1, desiredNodes=2)]
    path = data.draw(st.sampled_from(list(places(right))[1:]))
    changed = copy.deepcopy(right)
    there = changed
    for key in path[:-1]:
        there = there[key]
    there[path[-1]] = data.draw(JSON)
    answered(route, changed)
