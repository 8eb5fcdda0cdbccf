# SPDX-License-Identifier: GPL-3.0-or-later

"""The control API under /_simulator, for tests in another process."""

from __future__ import annotations

import json
import typing as t

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from .clusters import Cluster
from .faults import Fault

if t.TYPE_CHECKING:
    from .server import Simulator


def build(simulator: Simulator) -> Starlette:
    control = _Control(simulator)
    routes = [
        Route("/requests", control.get_requests, methods=["GET"]),
        Route("/requests", control.delete_requests, methods=["DELETE"]),
        Route("/reset", control.reset, methods=["POST"]),
        Route("/settings", control.get_settings, methods=["GET"]),
        Route("/settings", control.patch_settings, methods=["PATCH"]),
        Route("/clusters", control.get_clusters, methods=["GET"]),
        Route("/clusters", control.add_cluster, methods=["POST"]),
        Route("/clusters/{id}", control.get_cluster, methods=["GET"]),
        Route("/clusters/{id}", control.patch_cluster, methods=["PATCH"]),
        Route("/clusters/{id}", control.delete_cluster, methods=["DELETE"]),
        Route("/faults", control.add_fault, methods=["POST"]),
        Route("/faults", control.delete_faults, methods=["DELETE"]),
        Route("/tokens", control.revoke_tokens, methods=["DELETE"]),
        Route("/consumer_keys/{key}/validate", control.validate, methods=["POST"]),
        Route("/accounts", control.add_account, methods=["POST"]),
    ]
    refusals: dict[t.Any, t.Any] = dict.fromkeys((KeyError, ValueError, TypeError), _refused)
    return Starlette(routes=[Mount("/_simulator", routes=routes)], exception_handlers=refusals)


async def _refused(request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, KeyError) and "id" in request.path_params else 400
    return JSONResponse({"error": f"{type(error).__name__}: {error}"}, status_code=status)


async def _json(request: Request) -> dict[str, t.Any]:
    body = await request.body()
    value = json.loads(body) if body else {}
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value


def _cluster(cluster: Cluster) -> dict[str, t.Any]:
    return {
        **cluster.data,
        "busy": cluster.busy,
        "serviceName": cluster.project,
        "kubeconfigSecrets": cluster.kubeconfig_secrets(),
    }


class _Control:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def get_requests(self, request: Request) -> Response:
        mutations = request.query_params.get("mutations", "").lower() in ("1", "true", "yes")
        records = self._simulator.mutations if mutations else self._simulator.requests
        return JSONResponse([record.as_dict() for record in records])

    async def delete_requests(self, request: Request) -> Response:
        self._simulator.clear_requests()
        return Response(status_code=204)

    async def reset(self, request: Request) -> Response:
        self._simulator.reset()
        return Response(status_code=204)

    async def get_settings(self, request: Request) -> Response:
        return JSONResponse(self._simulator.settings.as_dict())

    async def patch_settings(self, request: Request) -> Response:
        values = await _json(request)
        with self._simulator.lock:
            self._simulator.settings.update(values)
        return await self.get_settings(request)

    async def get_clusters(self, request: Request) -> Response:
        with self._simulator.lock:
            return JSONResponse([_cluster(cluster) for cluster in self._simulator.clusters])

    async def add_cluster(self, request: Request) -> Response:
        cluster_id = self._simulator.add_cluster(**await _json(request))
        with self._simulator.lock:
            return JSONResponse(_cluster(self._simulator.cluster(cluster_id)), status_code=201)

    async def get_cluster(self, request: Request) -> Response:
        with self._simulator.lock:
            return JSONResponse(_cluster(self._simulator.cluster(request.path_params["id"])))

    async def patch_cluster(self, request: Request) -> Response:
        fields = await _json(request)
        with self._simulator.lock:
            cluster = self._simulator.cluster(request.path_params["id"])
            status = fields.pop("status", None)
            cluster.data.update(fields)
            if status is not None:
                cluster.set_status(status)
            return JSONResponse(_cluster(cluster))

    async def delete_cluster(self, request: Request) -> Response:
        self._simulator.remove_cluster(request.path_params["id"])
        return Response(status_code=204)

    async def add_fault(self, request: Request) -> Response:
        values = await _json(request)
        self._simulator.inject(Fault(**values))
        return Response(status_code=204)

    async def delete_faults(self, request: Request) -> Response:
        self._simulator.clear_faults()
        return Response(status_code=204)

    async def revoke_tokens(self, request: Request) -> Response:
        self._simulator.revoke_tokens()
        return Response(status_code=204)

    async def validate(self, request: Request) -> Response:
        self._simulator.validate_consumer_key(request.path_params["key"])
        return Response(status_code=204)

    async def add_account(self, request: Request) -> Response:
        account = self._simulator.add_account(**await _json(request))
        return JSONResponse(
            {"service_name": account.projects[0], "credentials": account.credentials.as_dict()},
            status_code=201,
        )
