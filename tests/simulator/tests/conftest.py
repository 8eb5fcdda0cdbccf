# SPDX-License-Identifier: GPL-3.0-or-later

"""OVHcloud's own client, pointed at the simulator: the judge of these tests."""

from __future__ import annotations

import hashlib
import json
import sys
import typing as t
import urllib.parse
from pathlib import Path

import httpx
import ovh
import ovh.client
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ovh_simulator import Simulator
from ovh_simulator.fixtures import make_sim, shared_simulator, sim

__all__ = ["make_sim", "shared_simulator", "sim"]

#: polls after which an operation that has not ended never will
PATIENCE = 50


class Kube:
    """The MKS routes of one project through one client."""

    def __init__(self, client: ovh.Client, project: str) -> None:
        self.client = client
        self.root = f"/cloud/project/{project}/kube"

    def path(self, *parts: str) -> str:
        return "/".join([self.root, *(urllib.parse.quote(part, safe="") for part in parts)])

    def get(self, *parts: str) -> t.Any:
        return self.client.get(self.path(*parts))

    def put(self, *parts: str, **body: t.Any) -> t.Any:
        return self.client.put(self.path(*parts), **body)

    def post(self, *parts: str, **body: t.Any) -> t.Any:
        return self.client.post(self.path(*parts), **body)

    def delete(self, *parts: str) -> t.Any:
        return self.client.delete(self.path(*parts))

    def status(self, kube_id: str) -> str:
        return str(self.get(kube_id)["status"])

    def settle(self, kube_id: str, end: str = "READY") -> list[str]:
        """The statuses shown up to the end of what is under way."""
        seen: list[str] = []
        while len(seen) < PATIENCE:
            seen.append(self.status(kube_id))
            if seen[-1] == end and len(set(seen)) > 1:
                return seen
        raise AssertionError(f"never ended: {seen}")


class Signer:
    """Signs requests by hand, for what the official client does not send."""

    def __init__(self, http: httpx.Client, simulator: Simulator) -> None:
        self.http = http
        self.simulator = simulator
        self.own = simulator.credentials.as_dict()

    def headers(self, method: str, path: str, body: bytes = b"", *, timestamp: int) -> dict[str, str]:
        fields = [
            self.own["application_secret"].encode(),
            self.own["consumer_key"].encode(),
            method.encode(),
            (self.simulator.url + path).encode(),
            body,
            str(timestamp).encode(),
        ]
        return {
            "X-Ovh-Application": self.own["application_key"],
            "X-Ovh-Consumer": self.own["consumer_key"],
            "X-Ovh-Timestamp": str(timestamp),
            "X-Ovh-Signature": "$1$" + hashlib.sha1(b"+".join(fields)).hexdigest(),
            "Content-Type": "application/json",
        }

    def send(self, method: str, path: str, body: t.Any = None, timestamp: int | None = None) -> httpx.Response:
        raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        when = int(self.http.get(f"{self.simulator.url}/auth/time").text) if timestamp is None else timestamp
        headers = self.headers(method, path, raw, timestamp=when)
        return self.http.request(method, self.simulator.url + path, content=raw, headers=headers)


@pytest.fixture
def official(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., ovh.Client]:
    """Makes official clients of a simulator, with the credentials of its first account unless told otherwise."""
    for name in ("ENDPOINT", "APPLICATION_KEY", "APPLICATION_SECRET", "CONSUMER_KEY", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"OVH_{name}", raising=False)
    # oauthlib refuses a token URL without TLS, loopback or not.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")

    def make(simulator: Simulator, *, oauth2: bool = False, **changes: str) -> ovh.Client:
        monkeypatch.setitem(ovh.client.ENDPOINTS, "ovh-eu", simulator.url)
        monkeypatch.setitem(ovh.client.OAUTH2_TOKEN_URLS, "ovh-eu", simulator.token_url)
        names = ("client_id", "client_secret") if oauth2 else ("application_key", "application_secret", "consumer_key")
        own = {name: getattr(simulator.credentials, name) for name in names}
        return ovh.Client("ovh-eu", timeout=30, **{**own, **changes})

    return make


@pytest.fixture
def kube(sim: Simulator, official: t.Callable[..., ovh.Client]) -> Kube:
    return Kube(official(sim), sim.service_name)


@pytest.fixture
def kube_of(official: t.Callable[..., ovh.Client]) -> t.Callable[[Simulator], Kube]:
    return lambda simulator: Kube(official(simulator), simulator.service_name)


@pytest.fixture(scope="session")
def http() -> t.Iterator[httpx.Client]:
    """A bare HTTP client; making one takes longer than a hundred calls."""
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture
def signer(http: httpx.Client) -> t.Callable[[Simulator], Signer]:
    return lambda simulator: Signer(http, simulator)


@pytest.fixture
def bearer(sim: Simulator, http: httpx.Client) -> t.Callable[..., httpx.Response]:
    """Calls the first account's project with a bearer token."""

    def call(method: str, path: str = "", token: str | None = None, **kwargs: t.Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {sim.credentials.access_token if token is None else token}"}
        url = f"{sim.url}/cloud/project/{sim.service_name}/kube{path}"
        return http.request(method, url, headers={**headers, **kwargs.pop("headers", {})}, **kwargs)

    return call
