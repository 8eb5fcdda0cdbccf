# SPDX-License-Identifier: GPL-3.0-or-later

"""The routes of Managed Kubernetes, one method each: bodies as the API takes them, answers as the domain has them.

An answer is read once, here: what is not of the types that the API's schema promises is an ApiError with the route and
the query id, and nothing behind this file has to expect it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._domain.common.json_types import Json
from ..._domain.common.reading import MalformedError, a_list_of, an_object
from ..._domain.managed.cluster import Cluster
from ..._domain.managed.customization import Customization
from ..._domain.managed.reset_plan import Node, NodePool
from ..deadline import NEVER, Deadline
from ..failures import ConfigurationError
from . import convert
from .api_errors import NotFoundError
from .client import OvhClient, path
from .in_common import Names

#: How often the API has to say that a cluster has no customization before that is believed.
_READS_OF_NONE = 2

Value = t.TypeVar("Value")
Read = t.Callable[[t.Any], Value]


class KubeApi:
    """The clusters of one Public Cloud project. Nothing is asked again when the deadline has passed."""

    def __init__(self, client: OvhClient, service_name: str | None, deadline: Deadline = NEVER) -> None:
        if not service_name:
            # Left out, the API would answer a misleading 404 for /cloud/project//kube.
            raise ConfigurationError(
                "No Public Cloud project is set: set the option service_name or OVH_CLOUD_PROJECT_SERVICE to the id of"
                " the project, 32 characters 0-9 and a-f. The control panel shows it under the project's name.",
                "service_name",
            )
        self._client = client
        self._deadline = deadline
        self._project = service_name
        self._prefix = ("cloud", "project", service_name, "kube")

    def names(self) -> t.ContextManager[Names]:
        """Which cluster has which name, as far as the tasks of this run have read it."""
        return self._client.in_common.names(self._project, self._deadline)

    def list_ids(self) -> list[str]:
        """Ids of all clusters."""
        return self._call("GET", read=_ids)

    def get(self, kube_id: str) -> Cluster:
        """A cluster; its customization is read by a route of its own where the cluster's object leaves it out.

        An answer about another cluster is refused, since everything is built on this one.
        """
        cluster, whole = self._call("GET", kube_id, read=lambda answer: _shown_cluster(answer, kube_id))
        # An API that shows none at all is asked again: settings that one odd answer leaves out would be unset by the
        # next change, which replaces them as a whole.
        for _again in range(0 if whole else _READS_OF_NONE):
            try:
                customization = self.customization(kube_id)
            except NotFoundError:
                # The cluster was just seen: it is its customization that is not there, not the cluster.
                continue
            if customization != Customization():
                return dataclasses.replace(cluster, customization=customization)
        return cluster

    def create(self, body: Json, known: t.Collection[str] = ()) -> Cluster:
        """Start the creation of a cluster, which costs money from then on.

        ``known`` are the ids of clusters that were there before: an answer about one of them is not about the new one.
        """
        return self._call("POST", body=body, read=lambda answer: _new_cluster(answer, known))

    def set_update_policy(self, kube_id: str, policy: str) -> None:
        """Change the update policy."""
        self._do("PUT", kube_id, "updatePolicy", body={"updatePolicy": policy})

    def delete(self, kube_id: str) -> None:
        """Start the deletion of a cluster."""
        self._do("DELETE", kube_id)

    def customization(self, kube_id: str) -> Customization:
        """Customization of the cluster's components."""
        return self._call("GET", kube_id, "customization", read=lambda answer: convert.customization(an_object(answer)))

    def put_customization(self, kube_id: str, body: Json) -> None:
        """Replace those sections of the customization that the body holds."""
        self._do("PUT", kube_id, "customization", body=body)

    def reset(self, kube_id: str, body: Json) -> None:
        """Start a reset, which destroys the cluster's contents."""
        self._do("POST", kube_id, "reset", body=body)

    def kubeconfig(self, kube_id: str) -> str:
        """The administrator's kubeconfig as YAML. A POST that changes nothing, hence repeated like a GET."""
        return self._call("POST", kube_id, "kubeconfig", repeatable=True, read=_kubeconfig)

    def node_pools(self, kube_id: str) -> tuple[NodePool, ...]:
        """All node pools."""
        return self._call("GET", kube_id, "nodepool", read=_each(convert.node_pool))

    def nodes(self, kube_id: str) -> tuple[Node, ...]:
        """All nodes."""
        return self._call("GET", kube_id, "node", read=_each(convert.node))

    def ip_restrictions(self, kube_id: str) -> list[str]:
        """Address blocks that may reach the API server; empty means all may."""
        return self._call("GET", kube_id, "ipRestrictions", read=a_list_of(str, "a list of strings"))

    def replace_ip_restrictions(self, kube_id: str, ips: t.Sequence[str]) -> None:
        """Set the address blocks that may reach the API server."""
        self._do("PUT", kube_id, "ipRestrictions", body={"ips": list(ips)})

    def put_private_network_configuration(self, kube_id: str, body: Json) -> None:
        """Replace gateway and routing of the private network."""
        self._do("PUT", kube_id, "privateNetworkConfiguration", body=body)

    def set_load_balancers_subnet(self, kube_id: str, subnet_id: str | None) -> None:
        """Set the subnet of load balancers; ``None`` unsets it."""
        self._do("PUT", kube_id, "updateLoadBalancersSubnetId", body={"loadBalancersSubnetId": subnet_id})

    def open_id_connect(self, kube_id: str) -> Json | None:
        """Settings of OpenID Connect, ``None`` when there are none."""
        try:
            return self._call("GET", kube_id, "openIdConnect", read=_open_id_connect)
        except NotFoundError:
            return None

    def create_open_id_connect(self, kube_id: str, body: Json) -> None:
        """Set up OpenID Connect."""
        self._do("POST", kube_id, "openIdConnect", body=body)

    def _path(self, *parts: str) -> str:
        return path(*self._prefix, *parts)

    def _call(
        self, method: str, *parts: str, read: Read[Value], body: t.Any = None, repeatable: bool | None = None
    ) -> Value:
        return self._client.call(
            method, self._path(*parts), body=body, repeatable=repeatable, read=read, deadline=self._deadline
        )

    def _do(self, method: str, *parts: str, body: t.Any = None) -> None:
        """For routes whose answer says nothing: null, an empty body, or a message."""
        self._call(method, *parts, body=body, read=lambda _answer: None)


def _ids(answer: t.Any) -> list[str]:
    ids = a_list_of(str, "a list of strings")(answer)
    for kube_id in ids:
        if kube_id.strip() in ("", ".", ".."):
            raise MalformedError(f"the answer contains {kube_id!r} where the id of a cluster is expected")
    return ids


def _each(read: Read[Value]) -> Read[tuple[Value, ...]]:
    def read_all(answer: t.Any) -> tuple[Value, ...]:
        return tuple(map(read, a_list_of(dict, "a list of objects")(answer)))

    return read_all


def _shown_cluster(answer: t.Any, kube_id: str) -> tuple[Cluster, bool]:
    """The cluster, and whether its customization is shown too."""
    cluster = convert.cluster(answer)
    if cluster.id.lower() != kube_id.lower():
        raise MalformedError(f"the answer is about cluster {cluster.id}, not the one asked for")
    shown = answer.get("customization") or {}
    return cluster, any(part is not None for part in shown.values())


def _new_cluster(answer: t.Any, known: t.Collection[str]) -> Cluster:
    cluster = convert.cluster(answer)
    if cluster.id in known:
        raise MalformedError(f"the answer is about cluster {cluster.id}, which was there before")
    return cluster


def _kubeconfig(answer: t.Any) -> str:
    content = an_object(answer).get("content")
    if not isinstance(content, str) or not content:
        raise MalformedError("the answer contains no kubeconfig")
    return content


def _open_id_connect(answer: t.Any) -> Json | None:
    if not isinstance(answer, (dict, type(None))):
        raise MalformedError("the answer is not an object")
    # Which of 404, null and an empty object says that there are none is not documented.
    return {key: value for key, value in (answer or {}).items() if value is not None} or None
