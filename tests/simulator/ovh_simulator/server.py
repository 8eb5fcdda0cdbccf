# SPDX-License-Identifier: GPL-3.0-or-later

"""Running the simulator: a uvicorn server in a thread of this process."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import secrets
import socket
import threading
import time
import typing as t

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from . import app, control, gateway
from .accounts import Account, Credentials, Directory
from .clusters import Cluster
from .faults import Fault
from .recorder import RecordedRequest
from .settings import Settings

#: seconds a start or a stop may take before it is given up
_PATIENCE = 20.0


class _Server(uvicorn.Server):
    """Without signal handlers, which belong to the process the thread runs in, and without ticks to wait for."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> t.Iterator[None]:
        yield

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await self.on_tick(0)
        self.ready.set()
        await self._stop.wait()

    def stop(self) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)


class Simulator:
    """OVHcloud's API on a loopback port, for as long as the `with` block lasts."""

    def __init__(
        self,
        settings: Settings | t.Mapping[str, t.Any] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: t.Callable[[], float] = time.time,
        credentials: t.Mapping[str, str] | None = None,
        service_name: str | None = None,
    ) -> None:
        if isinstance(settings, Settings):
            self.settings = settings
        else:
            self.settings = Settings()
            self.settings.update(settings or {})
        self._first_settings = copy.deepcopy(self.settings)
        self._state = app.State(self.settings, Directory(credentials, service_name), clock)
        self._host = host
        self._port = port
        self._connections: dict[tuple[str, int], asyncio.BaseTransport] = {}
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    # --- life ---------------------------------------------------------------------------------------------------

    def start(self) -> Simulator:
        listener = socket.create_server((self._host, self._port), backlog=128)
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            gateway.Gateway(self._state, app.Api(self._state), control.build(self), self._drop),
            http=self._protocol(),
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            # Longer than a client pauses between two calls.
            timeout_keep_alive=120,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        name = f"ovh-simulator-{self._port}"
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name=name, daemon=True)
        self._thread.start()
        if not self._server.ready.wait(_PATIENCE):
            raise RuntimeError("the simulator did not start")
        return self

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join(_PATIENCE)
        self._server = self._thread = None

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _protocol(self) -> type[asyncio.Protocol]:
        """uvicorn's own protocol, with a list of the connections: ASGI has no way to drop one."""
        connections = self._connections

        class Protocol(AutoHTTPProtocol):  # type: ignore[valid-type,misc]
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self._peer = transport.get_extra_info("peername")[:2]
                connections[self._peer] = transport
                # asyncio does this only for sockets made with an explicit protocol number; without it every answer
                # waits 40 ms for an acknowledgement.
                own = transport.get_extra_info("socket")
                own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                super().connection_made(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                connections.pop(self._peer, None)
                super().connection_lost(exc)

        return Protocol

    def _drop(self, peer: tuple[str, int]) -> None:
        transport = self._connections.get((peer[0], peer[1]))
        if isinstance(transport, asyncio.Transport):
            transport.abort()

    # --- where it is, and who may call ----------------------------------------------------------------------------

    @property
    def _root(self) -> str:
        return f"http://{self._host}:{self._port}"

    @property
    def url(self) -> str:
        return self._root + "/1.0"

    @property
    def control(self) -> str:
        return self._root + gateway.CONTROL_PATH

    @property
    def token_url(self) -> str:
        return self._root + app.TOKEN_PATH

    @property
    def _account(self) -> Account:
        return self._state.directory.accounts[0]

    @property
    def credentials(self) -> Credentials:
        return self._account.credentials

    @property
    def service_name(self) -> str:
        return self._account.projects[0]

    def add_account(self, credentials: t.Mapping[str, str] | None = None, service_name: str | None = None) -> Account:
        with self.lock:
            return self._state.directory.add(credentials, service_name)

    def add_project(self) -> str:
        """One more project of the account; gives back its id."""
        with self.lock:
            self._account.projects.append(secrets.token_hex(16))
            return self._account.projects[-1]

    def validate_consumer_key(self, key: str) -> None:
        """What a person does on the validation page of a key asked for by POST /auth/credential."""
        with self.lock:
            self._state.directory.validate(key)

    def revoke_tokens(self) -> None:
        with self.lock:
            self._state.directory.revoke_tokens()

    # --- state ----------------------------------------------------------------------------------------------------

    @property
    def lock(self) -> t.Any:
        """Hold it to change several things at once."""
        return self._state.lock

    def reset(self) -> None:
        """Settings as at the start, nothing recorded, no clusters, no faults; same address and credentials."""
        with self.lock:
            self._state.reset(copy.deepcopy(self._first_settings))

    def add_cluster(self, *, service_name: str | None = None, **fields: t.Any) -> str:
        """`fields`: those of a creation body, or any member of the cluster object, `ipRestrictions`, `openIdConnect`.

        They are taken as they are, without validation. Gives back the id.
        """
        with self.lock:
            return self._state.clusters.add(service_name or self.service_name, fields).id

    def cluster(self, cluster_id: str) -> Cluster:
        """The live state. KeyError once the cluster is gone."""
        with self.lock:
            return self._state.clusters.by_id[cluster_id]

    @property
    def clusters(self) -> list[Cluster]:
        with self.lock:
            return list(self._state.clusters.by_id.values())

    def remove_cluster(self, cluster_id: str) -> None:
        with self.lock:
            del self._state.clusters.by_id[cluster_id]

    # --- wire -----------------------------------------------------------------------------------------------------

    @property
    def requests(self) -> list[RecordedRequest]:
        with self.lock:
            return list(self._state.requests)

    @property
    def mutations(self) -> list[RecordedRequest]:
        return [request for request in self.requests if request.is_mutation]

    def clear_requests(self) -> None:
        with self.lock:
            self._state.requests.clear()

    def inject(self, *faults: Fault) -> None:
        with self.lock:
            for fault in faults:
                self._state.faults.add(fault)

    def clear_faults(self) -> None:
        with self.lock:
            self._state.faults.clear()
