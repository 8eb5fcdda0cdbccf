# SPDX-License-Identifier: GPL-3.0-or-later

"""The API as an ASGI application: routes, authentication, answers."""

from __future__ import annotations

import dataclasses
import json
import secrets
import threading
import time
import typing as t
import urllib.parse

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from . import errors, mks, mks_nodes
from .accounts import Directory
from .auth import Authenticator, Identity, WireRequest
from .clusters import Clusters
from .faults import Faults
from .recorder import RecordedRequest
from .settings import Settings

TOKEN_PATH = "/auth/oauth2/token"
_PREFIXES = ("/1.0", "/v1")

_PROJECT = "/cloud/project/{serviceName}"
_KUBE = _PROJECT + "/kube"
_ONE = _KUBE + "/{kubeId}"
_CAPABILITIES = _PROJECT + "/capabilities/kube"

#: method, path, IAM action, handler
ROUTES: list[tuple[str, str, str, mks.Handler]] = [
    ("GET", _KUBE, "kube/get", mks.list_clusters),
    ("POST", _KUBE, "kube/create", mks.create),
    ("GET", _ONE, "kube/get", mks.get),
    ("PUT", _ONE, "kube/edit", mks.edit),
    ("DELETE", _ONE, "kube/delete", mks.delete),
    ("GET", _ONE + "/customization", "kube/customization/get", mks.get_customization),
    ("PUT", _ONE + "/customization", "kube/customization/edit", mks.put_customization),
    ("POST", _ONE + "/reset", "kube/reset", mks.reset),
    ("POST", _ONE + "/restart", "kube/restart", mks.restart),
    ("POST", _ONE + "/update", "kube/update", mks.update),
    ("PUT", _ONE + "/updatePolicy", "kube/updatePolicy", mks.set_update_policy),
    (
        "PUT",
        _ONE + "/updateLoadBalancersSubnetId",
        "kube/updateLoadBalancersSubnetId",
        mks.set_load_balancers_subnet,
    ),
    ("POST", _ONE + "/kubeconfig", "kube/kubeconfig/create", mks.create_kubeconfig),
    ("POST", _ONE + "/kubeconfig/reset", "kube/kubeconfig/reset", mks.reset_kubeconfig),
    (
        "GET",
        _ONE + "/privateNetworkConfiguration",
        "kube/privateNetworkConfiguration/get",
        mks.get_private_network,
    ),
    (
        "PUT",
        _ONE + "/privateNetworkConfiguration",
        "kube/privateNetworkConfiguration/edit",
        mks.put_private_network,
    ),
    ("GET", _ONE + "/ipRestrictions", "kube/ipRestrictions/get", mks.get_ip_restrictions),
    ("POST", _ONE + "/ipRestrictions", "kube/ipRestrictions/create", mks.add_ip_restrictions),
    ("PUT", _ONE + "/ipRestrictions", "kube/ipRestrictions/edit", mks.replace_ip_restrictions),
    ("DELETE", _ONE + "/ipRestrictions/{ip}", "kube/ipRestrictions/delete", mks.delete_ip_restriction),
    ("GET", _ONE + "/openIdConnect", "kube/openIdConnect/get", mks.get_open_id_connect),
    ("POST", _ONE + "/openIdConnect", "kube/openIdConnect/create", mks.create_open_id_connect),
    ("PUT", _ONE + "/openIdConnect", "kube/openIdConnect/edit", mks.replace_open_id_connect),
    ("DELETE", _ONE + "/openIdConnect", "kube/openIdConnect/delete", mks.delete_open_id_connect),
    ("GET", _ONE + "/node", "kube/node/get", mks_nodes.list_nodes),
    ("GET", _ONE + "/node/{nodeId}", "kube/node/get", mks_nodes.get_node),
    ("DELETE", _ONE + "/node/{nodeId}", "kube/node/delete", mks_nodes.delete_node),
    ("GET", _ONE + "/nodepool", "kube/nodepool/get", mks_nodes.list_pools),
    ("POST", _ONE + "/nodepool", "kube/nodepool/create", mks_nodes.create_pool),
    ("GET", _ONE + "/nodepool/{nodePoolId}", "kube/nodepool/get", mks_nodes.get_pool),
    ("PUT", _ONE + "/nodepool/{nodePoolId}", "kube/nodepool/edit", mks_nodes.edit_pool),
    ("DELETE", _ONE + "/nodepool/{nodePoolId}", "kube/nodepool/delete", mks_nodes.delete_pool),
    ("GET", _ONE + "/nodepool/{nodePoolId}/nodes", "kube/nodepool/nodes/get", mks_nodes.list_pool_nodes),
    ("GET", _ONE + "/flavors", "kube/flavors/get", mks_nodes.list_cluster_flavors),
    ("GET", _ONE + "/metrics/etcdUsage", "kube/metrics/etcdUsage/get", mks_nodes.etcd_usage),
    ("GET", _CAPABILITIES + "/regions", "capabilities/kube/regions/get", mks_nodes.list_regions),
    ("GET", _CAPABILITIES + "/flavors", "capabilities/kube/flavors/get", mks_nodes.list_flavors),
    (
        "GET",
        _CAPABILITIES + "/admissionplugins",
        "capabilities/kube/admissionplugins/get",
        mks_nodes.list_admission_plugins,
    ),
]


@dataclasses.dataclass
class State:
    """What all parts of one simulator share; hold `lock` to touch it from another thread than the server's."""

    settings: Settings
    directory: Directory
    clock: t.Callable[[], float] = time.time
    lock: t.Any = dataclasses.field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.requests: list[RecordedRequest] = []
        self.faults = Faults()
        self.clusters = Clusters(self.settings, self.clock)
        self.authenticator = Authenticator(self.settings, self.directory, self.clock)

    def reset(self, settings: Settings) -> None:
        """As on the first day, with the same credentials."""
        self.settings.update({field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)})
        self.directory.reset()
        self.requests.clear()
        self.faults.clear()
        self.clusters.by_id.clear()


def query_id() -> str:
    return f"EU.ext-4.{secrets.token_hex(4)}.{secrets.randbelow(60000) + 1000}.{secrets.token_hex(16)}"


def headers(own_query_id: str) -> dict[str, str]:
    return {
        "Server": "nginx",
        "Cache-Control": "no-cache, no-store",
        "X-OVH-QUERYID": own_query_id,
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "X-OVH-QUERYID,X-Pagination-Elements",
        "X-Iplb-Request-Id": f"{secrets.token_hex(4).upper()}:{secrets.token_hex(6).upper()}",
        "X-Iplb-Instance": str(secrets.randbelow(90000) + 10000),
    }


def error_response(error: errors.ApiError) -> Response:
    body, content_type = error.render()
    return Response(body, status_code=error.status, headers={"Content-Type": content_type})


def _json_response(value: t.Any, status: int = 200) -> Response:
    content_type = {"Content-Type": "application/json; charset=utf-8"}
    return Response(json.dumps(value).encode(), status_code=status, headers=content_type)


class Api:
    """Processes a request whose body has been read; faults and recording are the gateway's."""

    def __init__(self, state: State) -> None:
        self._state = state
        own = [
            Route("/auth/time", self._time, methods=["GET"]),
            Route("/auth/credential", self._credential, methods=["POST"]),
            Route("/auth/details", self._details, methods=["GET"]),
            Route("/auth/currentCredential", self._current_credential, methods=["GET"]),
            Route("/cloud/project", self._projects, methods=["GET"]),
        ]
        # One Route per path: Starlette answers 405 for the first one whose path matches.
        by_path: dict[str, dict[str, tuple[str, mks.Handler]]] = {}
        for method, path, action, handler in ROUTES:
            by_path.setdefault(path, {})[method] = (action, handler)
        self._app = Starlette(
            routes=own + [Route(path, self._mks(path, calls), methods=list(calls)) for path, calls in by_path.items()],
            exception_handlers={errors.ApiError: self._api_error, HTTPException: self._no_route},
        )
        self._app.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["raw_path"].decode("ascii")
        if path == TOKEN_PATH:
            with self._state.lock:
                status, body = self._state.authenticator.token(scope["state"]["wire"])
            await _json_response(body, status)(scope, receive, send)
            return
        for prefix in _PREFIXES:
            if path.startswith(prefix + "/"):
                # The router sees the encoded path: a %2F is no separator.
                await self._app({**scope, "path": path[len(prefix) :], "root_path": ""}, receive, send)
                return
        await error_response(_invalid_url())(scope, receive, send)

    def _mks(self, template: str, calls: dict[str, tuple[str, mks.Handler]]) -> t.Any:
        async def endpoint(request: Request) -> Response:
            with self._state.lock:
                action, handler = calls["GET" if request.method == "HEAD" else request.method]
                wire = _wire(request)
                identity = self._identity(wire, action)
                path = {name: urllib.parse.unquote(value) for name, value in request.path_params.items()}
                if path["serviceName"] not in identity.account.projects:
                    raise errors.not_found("This service does not exist")
                body = _body(wire)
                call = mks.Call(self._state.settings, self._state.clusters, identity, template, path, body)
                return self._answer(handler(call))

        return endpoint

    def _identity(self, wire: WireRequest, action: str | None = None) -> Identity:
        identity = self._state.authenticator.identify(wire)
        self._state.authenticator.authorise(identity, wire, action)
        return identity

    def _answer(self, value: t.Any) -> Response:
        if value is not None or self._state.settings.void_answer == "null":
            return _json_response(value)
        if self._state.settings.void_answer == "204":
            return Response(status_code=204)
        return Response(b"", headers={"Content-Type": "application/json; charset=utf-8"})

    async def _time(self, request: Request) -> Response:
        return _json_response(self._state.authenticator.server_time())

    async def _credential(self, request: Request) -> Response:
        with self._state.lock:
            return _json_response(self._state.authenticator.request_credential(_wire(request)))

    async def _details(self, request: Request) -> Response:
        with self._state.lock:
            identity = self._identity(_wire(request))
            return _json_response(
                {
                    "account": identity.account.name,
                    "allowedRoutes": [{"method": "*", "path": "/*"}],
                    "description": "",
                    "identities": [f"urn:v1:eu:identity:account:{identity.account.name}"],
                    "method": "account" if identity.method == "signature" else "serviceAccount",
                    "roles": [],
                    "user": None,
                }
            )

    async def _current_credential(self, request: Request) -> Response:
        with self._state.lock:
            identity = self._identity(_wire(request))
            key = identity.consumer_key
            if key is None:
                raise errors.gateway(403, "NOT_CREDENTIAL", "You must login first")
            return _json_response(
                {
                    "credentialId": key.credential_id,
                    "applicationId": 42,
                    "status": "validated",
                    "rules": self._state.settings.access_rules if key.rules is None else key.rules,
                    "allowedIPs": key.allowed_ips,
                    "creation": "2026-01-05T09:00:00+01:00",
                    "expiration": None,
                    "lastUse": None,
                    "ovhSupport": False,
                }
            )

    async def _projects(self, request: Request) -> Response:
        with self._state.lock:
            return _json_response(sorted(self._identity(_wire(request)).account.projects))

    async def _api_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, errors.ApiError)
        return error_response(error)

    async def _no_route(self, request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == 405:
            return error_response(
                errors.ApiError(405, "Method not allowed for this URL", code="Client::MethodNotAllowed")
            )
        return error_response(_invalid_url())


def _invalid_url() -> errors.ApiError:
    return errors.gateway(404, "NOT_FOUND", "Got an invalid (or empty) URL")


def _wire(request: Request) -> WireRequest:
    wire = request.scope["state"]["wire"]
    assert isinstance(wire, WireRequest)
    return wire


def _body(wire: WireRequest) -> t.Any:
    if not wire.body or wire.method in ("GET", "HEAD", "DELETE"):
        return None
    if wire.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise errors.ApiError(415, "Unsupported media type", code="Client::UnsupportedMediaType")
    try:
        return json.loads(wire.body)
    except ValueError as exc:
        raise errors.bad_request("Invalid JSON received") from exc
