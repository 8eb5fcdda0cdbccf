# SPDX-License-Identifier: GPL-3.0-or-later

"""The routes of Managed Kubernetes, one method each; bodies and answers are those of the API."""

from __future__ import annotations

import typing as t

from ..._domain.common.json_types import Json
from ..failures import ConfigurationError
from .api_errors import ApiError, NotFoundError
from .client import OvhClient, path

_NAMES = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "nothing"}


class KubeApi:
    """The clusters of one Public Cloud project."""

    def __init__(self, client: OvhClient, service_name: str | None) -> None:
        if not service_name:
            # Left out, the API would answer a misleading 404 for /cloud/project//kube.
            raise ConfigurationError(
                "No Public Cloud project is set: set the option service_name or OVH_CLOUD_PROJECT_SERVICE to the id of"
                " the project, 32 characters 0-9 and a-f. The control panel shows it under the project's name.",
                "service_name",
            )
        self._client = client
        self._prefix = ("cloud", "project", service_name, "kube")

    def list_ids(self) -> list[str]:
        """Ids of all clusters."""
        return self._strings("GET")

    def get(self, kube_id: str) -> Json:
        """A cluster."""
        return self._object("GET", kube_id)

    def create(self, body: Json) -> Json:
        """Start the creation of a cluster, which costs money from then on."""
        return self._object("POST", body=body)

    def set_update_policy(self, kube_id: str, policy: str) -> None:
        """Change the update policy."""
        self._call("PUT", kube_id, "updatePolicy", body={"updatePolicy": policy})

    def delete(self, kube_id: str) -> None:
        """Start the deletion of a cluster."""
        self._call("DELETE", kube_id)

    def customization(self, kube_id: str) -> Json:
        """Customization of the cluster's components."""
        return self._object("GET", kube_id, "customization")

    def put_customization(self, kube_id: str, body: Json) -> None:
        """Replace those sections of the customization that the body holds."""
        self._call("PUT", kube_id, "customization", body=body)

    def reset(self, kube_id: str, body: Json) -> None:
        """Start a reset, which destroys the cluster's contents."""
        self._call("POST", kube_id, "reset", body=body)

    def kubeconfig(self, kube_id: str) -> str:
        """The administrator's kubeconfig as YAML. A POST that changes nothing, hence repeated like a GET."""
        answer = self._object("POST", kube_id, "kubeconfig", repeatable=True)
        content = answer.get("content")
        if not isinstance(content, str) or not content:
            raise _malformed("POST", self._path(kube_id, "kubeconfig"), "the answer contains no kubeconfig")
        return content

    def node_pools(self, kube_id: str) -> list[Json]:
        """All node pools."""
        return self._objects("GET", kube_id, "nodepool")

    def nodes(self, kube_id: str) -> list[Json]:
        """All nodes."""
        return self._objects("GET", kube_id, "node")

    def ip_restrictions(self, kube_id: str) -> list[str]:
        """Address blocks that may reach the API server; empty means all may."""
        return self._strings("GET", kube_id, "ipRestrictions")

    def replace_ip_restrictions(self, kube_id: str, ips: t.Sequence[str]) -> None:
        """Set the address blocks that may reach the API server."""
        self._call("PUT", kube_id, "ipRestrictions", body={"ips": list(ips)})

    def put_private_network_configuration(self, kube_id: str, body: Json) -> None:
        """Replace gateway and routing of the private network."""
        self._call("PUT", kube_id, "privateNetworkConfiguration", body=body)

    def set_load_balancers_subnet(self, kube_id: str, subnet_id: str | None) -> None:
        """Set the subnet of load balancers; ``None`` unsets it."""
        self._call("PUT", kube_id, "updateLoadBalancersSubnetId", body={"loadBalancersSubnetId": subnet_id})

    def open_id_connect(self, kube_id: str) -> Json | None:
        """Settings of OpenID Connect, ``None`` when there are none."""
        try:
            answer = self._call("GET", kube_id, "openIdConnect")
        except NotFoundError:
            return None
        if not isinstance(answer, (dict, type(None))):
            raise _malformed("GET", self._path(kube_id, "openIdConnect"), "the answer is not an object")
        # Which of 404, null and an empty object says that there are none is not documented.
        return {key: value for key, value in (answer or {}).items() if value is not None} or None

    def create_open_id_connect(self, kube_id: str, body: Json) -> None:
        """Set up OpenID Connect."""
        self._call("POST", kube_id, "openIdConnect", body=body)

    def _path(self, *parts: str) -> str:
        return path(*self._prefix, *parts)

    def _call(self, method: str, *parts: str, body: t.Any = None, repeatable: bool | None = None) -> t.Any:
        return self._client.call(method, self._path(*parts), body=body, repeatable=repeatable)

    def _object(self, method: str, *parts: str, body: t.Any = None, repeatable: bool | None = None) -> Json:
        answer = self._call(method, *parts, body=body, repeatable=repeatable)
        if not isinstance(answer, dict):
            raise _malformed(method, self._path(*parts), _mismatch(answer, "an object"))
        return answer

    def _objects(self, method: str, *parts: str) -> list[Json]:
        return t.cast("list[Json]", self._list(dict, "a list of objects", method, *parts))

    def _strings(self, method: str, *parts: str) -> list[str]:
        return t.cast("list[str]", self._list(str, "a list of strings", method, *parts))

    def _list(self, kind: type, expected: str, method: str, *parts: str) -> list[t.Any]:
        answer = self._call(method, *parts)
        if not isinstance(answer, list):
            raise _malformed(method, self._path(*parts), _mismatch(answer, expected))
        for item in answer:
            if not isinstance(item, kind):
                raise _malformed(method, self._path(*parts), _mismatch(item, expected))
        return answer


def _mismatch(answer: t.Any, expected: str) -> str:
    return f"the answer is or contains {_NAMES.get(type(answer), 'a number')} where {expected} is expected"


def _malformed(method: str, route: str, message: str) -> ApiError:
    return ApiError(200, method=method, path=route, api_message=message)
