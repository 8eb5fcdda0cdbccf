# SPDX-License-Identifier: GPL-3.0-or-later

"""The front end: reads the request, records it, injects faults, adds the headers every answer carries."""

from __future__ import annotations

import asyncio
import contextlib
import json
import typing as t

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import app
from .auth import WireRequest
from .faults import PASSING, Fault
from .recorder import RecordedRequest

CONTROL_PATH = "/_simulator"

#: Closes the connection of a client, named by its address and port, without an answer.
Drop = t.Callable[[tuple[str, int]], None]


class Gateway:
    def __init__(self, state: app.State, api: ASGIApp, control: ASGIApp, drop: Drop) -> None:
        self._state = state
        self._api = api
        self._control = control
        self._drop = drop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"not an HTTP request: {scope['type']}")
        path = scope["raw_path"].decode("ascii")
        if path == CONTROL_PATH or path.startswith(CONTROL_PATH + "/"):
            await self._control(scope, receive, send)
            return
        wire = await _read(scope, receive)
        record = RecordedRequest(
            method=wire.method,
            path=path,
            route=wire.route,
            query=scope["query_string"].decode("latin-1"),
            headers=dict(wire.headers),
            body=wire.body,
            query_id=app.query_id(),
        )
        with self._state.lock:
            self._state.requests.append(record)
            hits = self._state.faults.take(wire.method, path, wire.route)
        await self._process({**scope, "state": {"wire": wire}}, receive, record, hits, send)

    async def _process(
        self, scope: Scope, receive: Receive, record: RecordedRequest, hits: list[Fault], send: Send
    ) -> None:
        for fault in hits:
            if fault.kind == "delay":
                # A client that gives up ends the wait.
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(receive(), fault.seconds)
            if fault.action is not None:
                with self._state.lock:
                    fault.action()
        hits = [hit for hit in hits if hit.kind not in PASSING]
        if not hits:
            await self._api(scope, _no_more, self._sender(record, send))
            return
        fault = hits[0]
        if fault.kind == "drop_after" or (fault.kind == "status" and fault.processed):
            await self._api(scope, _no_more, _discard)
        if fault.kind in ("drop_before", "drop_after"):
            self._drop(scope["client"])
            # Until the server has seen the end of the connection it would take the missing answer for a mistake.
            await receive()
            return
        await _fault_response(fault)(scope, _no_more, self._sender(record, send))

    def _sender(self, record: RecordedRequest, send: Send) -> Send:
        """Adds the headers of the front end and notes the status."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _value in message["headers"]}
                extra = [
                    (name.lower().encode(), value.encode())
                    for name, value in app.headers(record.query_id or "").items()
                    if name.lower().encode() not in own
                ]
                message = {**message, "headers": [*message["headers"], *extra]}
                record.status = message["status"]
            await send(message)

        return with_headers


def _fault_response(fault: Fault) -> Response:
    if fault.kind == "redirect":
        return Response(b"", status_code=fault.status, headers={"Location": fault.location, **fault.headers})
    if fault.body is None:
        response = app.error_response(fault.error())
    else:
        text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
        content_type = "text/html" if isinstance(fault.body, str) else "application/json; charset=utf-8"
        response = Response(text.encode(), status_code=fault.status, headers={"Content-Type": content_type})
    response.headers.update(fault.headers)
    return response


async def _read(scope: Scope, receive: Receive) -> WireRequest:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    path = scope["raw_path"].decode("ascii")
    query = scope["query_string"].decode("latin-1")
    request_headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    route = next((path[len(prefix) :] for prefix in ("/1.0", "/v1") if path.startswith(prefix + "/")), path)
    return WireRequest(
        method=scope["method"],
        scheme=scope["scheme"],
        host=request_headers.get("host", ""),
        target=f"{path}?{query}" if query else path,
        route=route,
        headers=request_headers,
        body=body,
    )


async def _no_more() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _discard(message: Message) -> None:
    pass
