# SPDX-License-Identifier: GPL-3.0-or-later

"""The three methods of authentication, as the simulator judges them."""

from __future__ import annotations

import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import (
    ApiError,
    AuthenticationError,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._version import VERSION
from ovh_simulator import Fault, Simulator

METHODS = ["signed", "service_account", "token"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_accepted(connect: t.Any, sim: Simulator, method: str) -> None:
    kube_id = sim.add_cluster()
    rig = connect(method)
    assert rig.get() == [kube_id]
    assert rig.client.call("PUT", rig.path(kube_id), body={"name": "été +/%"}) is None
    assert sim.cluster(kube_id)["name"] == "été +/%"
    assert rig.client.requests == {"GET": 1, "PUT": 1}
    assert rig.client.request_count == 2


def test_headers_on_the_wire(connect: t.Any, sim: Simulator) -> None:
    for method in METHODS:
        connect(method).get()
    signed, service_account, token = (request.headers for request in sim.requests if request.path.endswith("/kube"))
    assert signed["user-agent"] == f"clusterops.kube_proxy/{VERSION} ansible-collection"
    assert signed["accept"] == "application/json"
    assert "authorization" not in signed
    assert "content-type" not in signed
    for headers in (service_account, token):
        assert headers["authorization"].startswith("Bearer ")
        assert not [name for name in headers if name.startswith("x-ovh")]


@pytest.mark.parametrize("value", ["10.0.0.0/8", "a b", "100%", "é", "a+b", "a?b#c", "~user", "%2F", "a:b@c;d=e&f,g!"])
def test_any_path_part_keeps_the_signature_valid(connect: t.Any, value: str) -> None:
    rig = connect()
    with pytest.raises(ApiError) as caught:
        rig.get(value)
    assert caught.value.status == 404


@pytest.mark.parametrize("value", ["plain", "a b", "é&=+%/?#"])
def test_query_is_part_of_the_signature(connect: t.Any, sim: Simulator, value: str) -> None:
    rig = connect()
    assert rig.client.call("GET", rig.path(), query={"filter": value, "page": "1"}) == []
    assert sim.requests[-1].query.startswith("filter=")


def test_encoded_slash_reaches_the_route(connect: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(ipRestrictions=["10.0.0.0/8", "192.0.2.0/24"])
    rig = connect()
    rig.client.call("DELETE", rig.path(kube_id, "ipRestrictions", "10.0.0.0/8"))
    assert sim.requests[-1].path.endswith("/ipRestrictions/10.0.0.0%2F8")
    assert rig.get(kube_id, "ipRestrictions") == ["192.0.2.0/24"]


@pytest.mark.parametrize(
    ("option", "code", "advice"),
    [
        ("application_key", "INVALID_KEY", "application key is unknown"),
        ("application_secret", "INVALID_SIGNATURE", "belong together"),
        ("consumer_key", "INVALID_CREDENTIAL", "consumer key was validated"),
    ],
)
def test_wrong_keys(connect: t.Any, option: str, code: str, advice: str) -> None:
    rig = connect(**{option: "hunter2hunter2"})
    with pytest.raises(ApiError) as caught:
        rig.get()
    assert caught.value.error_class == code
    assert caught.value.query_id
    assert caught.value.query_id in str(caught.value)
    assert advice in str(caught.value)
    assert rig.waits == []


def test_call_outside_the_access_rules(connect: t.Any, sim: Simulator) -> None:
    sim.settings.access_rules = [{"method": "GET", "path": "/cloud/project/*/kube"}]
    rig = connect()
    assert rig.get() == []
    with pytest.raises(AuthenticationError, match=r"Grant PUT /cloud/project/[0-9a-f]{32}/kube/x"):
        rig.client.call("PUT", rig.path("x"), body={})


@pytest.mark.parametrize("denied_by", ["iam", "authentication", "both"])
def test_iam_refusal_names_the_missing_action(connect: t.Any, sim: Simulator, denied_by: str) -> None:
    sim.settings.iam_denied_actions = ["kube/get"]
    sim.settings.iam_denied_by = denied_by
    with pytest.raises(AuthenticationError, match="IAM policy: publicCloudProject:apiovh:kube/get") as caught:
        connect("service_account").get()
    assert caught.value.status == 403


@pytest.mark.parametrize("skew", [-7200, 0, 7200])
def test_clock_of_the_api_counts_and_is_read_once(connect: t.Any, sim: Simulator, skew: int) -> None:
    sim.settings.clock_skew = skew
    rig = connect()
    for _call in range(3):
        assert rig.get() == []
    assert len(rig.wire("GET", "/auth/time")) == 1
    assert "x-ovh-signature" not in rig.wire("GET", "/auth/time")[0].headers


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_clock_is_read_again_when_it_moved(connect: t.Any, sim: Simulator, method: str) -> None:
    rig = connect()
    rig.get()
    sim.settings.clock_skew = 3600
    sim.clear_requests()
    rig.client.call(method, rig.path(), body={"region": "GRA11"} if method == "POST" else None)
    assert [request.status for request in rig.wire(method)] == [400, 200]
    assert len(rig.wire("GET", "/auth/time")) == 1
    assert rig.waits == []
    assert len(sim.clusters) == (method == "POST")


def test_clock_that_never_agrees_is_given_up(connect: t.Any, sim: Simulator) -> None:
    sim.settings.time_window = -1
    rig = connect()
    with pytest.raises(ApiError, match="clock"):
        rig.get()
    assert len(rig.wire("GET", "/auth/time")) == 2
    assert len(rig.wire("GET")) == 2


def test_answer_of_auth_time_that_is_no_time(connect: t.Any, sim: Simulator) -> None:
    sim.inject(Fault(path="*/auth/time", status=200, body={"time": 1}))
    with pytest.raises(ApiError, match="GET /auth/time"):
        connect().get()


def test_token_is_fetched_once_and_learnt_as_a_secret(connect: t.Any, sim: Simulator) -> None:
    rig = connect("service_account")
    for _call in range(3):
        rig.get()
    (request,) = rig.wire("POST", "/auth/oauth2/token")
    assert request.body == b"grant_type=client_credentials&scope=all"
    assert request.headers["authorization"].startswith("Basic ")
    assert [f"Bearer {token}" for token in rig.learnt] == [rig.wire("GET")[0].headers["authorization"]]


def test_token_is_renewed_before_it_expires(connect: t.Any, sim: Simulator) -> None:
    sim.settings.token_expires_in = 3599
    rig = connect("service_account")
    for now, fetched in ((0, 1), (3500, 1), (3540, 2), (7000, 2), (7100, 3)):
        rig.now = now
        rig.get()
        assert len(rig.wire("POST", "/auth/oauth2/token")) == fetched
    assert {request.status for request in rig.wire("GET")} == {200}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_token_is_renewed_when_refused(connect: t.Any, sim: Simulator, method: str) -> None:
    rig = connect("service_account")
    rig.get()
    sim.revoke_tokens()
    sim.clear_requests()
    rig.client.call(method, rig.path(), body={"region": "GRA11"} if method == "POST" else None)
    assert [request.status for request in rig.wire(method)] == [401, 200]
    assert len(rig.wire("POST", "/auth/oauth2/token")) == 1
    assert len(sim.clusters) == (method == "POST")


def test_token_that_is_always_refused_is_given_up(connect: t.Any, sim: Simulator) -> None:
    sim.settings.token_lifetime = 0
    rig = connect("service_account")
    with pytest.raises(AuthenticationError):
        rig.get()
    assert len(rig.wire("GET")) == 2


def test_ready_made_token_cannot_be_renewed(connect: t.Any) -> None:
    rig = connect("token", access_token="hunter2")
    with pytest.raises(AuthenticationError, match="obtain a new one"):
        rig.get()
    assert len(rig.wire("GET")) == 1


@pytest.mark.parametrize("status", [None, 400])
def test_unknown_service_account(connect: t.Any, sim: Simulator, status: int | None) -> None:
    if status:
        sim.inject(Fault(path="*/oauth2/token", status=status, body={"error": "invalid_client"}))
    rig = connect("service_account", client_secret="hunter2")
    with pytest.raises(AuthenticationError, match="Check client id and client secret") as caught:
        rig.get()
    assert caught.value.error_class == "invalid_client"
    assert caught.value.path == sim.token_url
    assert rig.wire("GET") == []


def test_token_url_is_asked_again_after_a_transient_fault(connect: t.Any, sim: Simulator) -> None:
    sim.inject(Fault.unavailable(path="*/oauth2/token"), Fault.drop_before(path="*/oauth2/token"))
    rig = connect("service_account")
    assert rig.get() == []
    assert len(rig.wire("POST", "/auth/oauth2/token")) == 3


@pytest.mark.parametrize("body", ["<html>portal</html>", [], {"token_type": "Bearer"}, {"access_token": "a\nb"}])
def test_token_url_that_issues_no_token(connect: t.Any, sim: Simulator, body: t.Any) -> None:
    sim.inject(Fault(path="*/oauth2/token", status=200, body=body))
    with pytest.raises(ApiError) as caught:
        connect("service_account").get()
    assert caught.value.path == sim.token_url


@pytest.mark.parametrize(("method", "preparation"), [("signed", "/auth/time"), ("service_account", "/oauth2/token")])
def test_threads_share_one_clock_offset_or_token(connect: t.Any, sim: Simulator, method: str, preparation: str) -> None:
    rig = connect(method)
    threads = 6
    barrier = threading.Barrier(threads)

    def read(_number: int) -> t.Any:
        barrier.wait()
        return rig.get()

    def everybody_reads() -> None:
        with ThreadPoolExecutor(threads) as pool:
            assert list(pool.map(read, range(threads))) == [[]] * threads

    def preparations() -> int:
        return sum(request.path.endswith(preparation) for request in sim.requests)

    everybody_reads()
    assert preparations() == 1
    sim.revoke_tokens()
    sim.settings.clock_skew = 3600
    everybody_reads()
    assert preparations() == 2
