# SPDX-License-Identifier: GPL-3.0-or-later

"""OVHcloud's own client as the judge: both send the same requests, and equal bytes carry equal signatures."""

from __future__ import annotations

import types
import typing as t

import ovh
import ovh.client
import pytest

from ovh_simulator import Simulator
from ovh_simulator.recorder import RecordedRequest

NOW = 1_790_000_000
KUBE = "11111111-2222-3333-4444-555555555555"

CALLS: list[tuple[str, str, t.Any]] = [
    ("GET", "", None),
    ("GET", f"/{KUBE}", None),
    ("PUT", f"/{KUBE}", {"name": "été à 100 %"}),
    ("PUT", f"/{KUBE}/customization", {"kubeProxy": {"ipvs": {"scheduler": "rr", "tcpTimeout": "PT15M"}}}),
    ("POST", "", {"region": "GRA11", "name": "ünïcode", "kubeProxyMode": "ipvs"}),
    ("POST", f"/{KUBE}/kubeconfig", None),
    ("POST", f"/{KUBE}/reset", {"kubeProxyMode": "ipvs", "workerNodesPolicy": "delete"}),
    ("DELETE", f"/{KUBE}/ipRestrictions/10.0.0.0%2F8", None),
    ("DELETE", f"/{KUBE}", None),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]}")
def test_same_request_as_the_official_client(
    connect: t.Any,
    make_sim: t.Callable[..., Simulator],
    monkeypatch: pytest.MonkeyPatch,
    call: tuple[str, str, t.Any],
) -> None:
    method, suffix, body = call
    sim = make_sim(clock=lambda: float(NOW))
    target = f"/cloud/project/{sim.service_name}/kube{suffix}"

    def recorded() -> RecordedRequest:
        (request,) = (request for request in sim.requests if request.route == target)
        return request

    monkeypatch.setattr(ovh.client, "time", types.SimpleNamespace(time=lambda: float(NOW)))
    monkeypatch.setitem(ovh.client.ENDPOINTS, "simulator", sim.url)
    keys = {name: getattr(sim.credentials, name) for name in ("application_key", "application_secret", "consumer_key")}
    sim.add_cluster(id=KUBE, ipRestrictions=["10.0.0.0/8"])
    ovh.Client(endpoint="simulator", **keys).call(method, target, body)
    theirs = recorded()

    sim.reset()
    sim.add_cluster(id=KUBE, ipRestrictions=["10.0.0.0/8"])
    connect(simulator=sim, clock=lambda: float(NOW)).client.call(method, target, body=body)
    ours = recorded()

    assert ours.status == theirs.status == 200
    assert ours.body == theirs.body
    for header in ("x-ovh-application", "x-ovh-consumer", "x-ovh-timestamp", "x-ovh-signature"):
        assert ours.headers[header] == theirs.headers[header]
