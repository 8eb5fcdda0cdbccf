# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens on the wire when something goes wrong."""

from __future__ import annotations

import email.utils
import socket
import traceback
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.failures import ConfigurationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import (
    ApiError,
    ConflictError,
    OvhError,
    TransportError,
)
from ovh_simulator import Fault, Simulator

CREATION = {"region": "GRA11", "name": "new"}
TRANSIENT = {
    "429": Fault.too_many_requests,
    "500": Fault.server_error,
    "503 HTML": Fault.unavailable,
    "408 HTML": Fault.front_end_timeout,
    "dropped before": Fault.drop_before,
    "dropped after": Fault.drop_after,
}


@pytest.fixture
def nobody() -> t.Iterator[str]:
    """Base URL of an address nobody listens at."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}/1.0"


@pytest.mark.parametrize("fault", TRANSIENT)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_transient_fault_is_repeated(connect: t.Any, sim: Simulator, method: str, fault: str) -> None:
    kube_id = sim.add_cluster(name="old")
    sim.inject(TRANSIENT[fault](path="/cloud/*", times=2))
    rig = connect()
    rig.client.call(method, rig.path(kube_id), body={"name": "new"} if method == "PUT" else None)
    assert len(rig.wire(method, kube_id)) == 3
    assert rig.waits == [1.0, 2.0]
    assert rig.client.requests == {method: 3}
    assert sim.cluster(kube_id)["name"] == ("new" if method == "PUT" else "old")


@pytest.mark.parametrize("fault", TRANSIENT)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_call_that_may_have_taken_effect_is_not_repeated(
    connect: t.Any, sim: Simulator, method: str, fault: str
) -> None:
    kube_id = sim.add_cluster()
    sim.inject(TRANSIENT[fault](method=method))
    rig = connect("token")
    target, body = (rig.path(), CREATION) if method == "POST" else (rig.path(kube_id), None)
    with pytest.raises((ApiError, TransportError)) as caught:
        rig.client.call(method, target, body=body)
    assert len(sim.mutations) == 1
    assert rig.waits == []
    assert caught.value.attempts == 1
    assert caught.value.maybe_processed is (fault != "429")


def test_post_that_changes_nothing_is_repeated(connect: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster()
    sim.inject(Fault.drop_before(method="POST"), Fault.unavailable(method="POST"))
    rig = connect()
    assert "content" in rig.client.call("POST", rig.path(kube_id, "kubeconfig"), repeatable=True)
    requests = rig.wire("POST", "/kubeconfig")
    assert len(requests) == 3
    assert {request.body for request in requests} == {b""}


def test_repetition_can_be_forbidden(connect: t.Any, sim: Simulator) -> None:
    sim.inject(Fault.server_error(path="/cloud/*"))
    rig = connect()
    with pytest.raises(ApiError):
        rig.client.call("GET", rig.path(), repeatable=False)
    assert len(rig.wire("GET")) == 1


def test_lasting_fault_is_given_up_after_the_documented_attempts(connect: t.Any, sim: Simulator) -> None:
    sim.inject(Fault.unavailable(path="/cloud/*", times=-1))
    rig = connect()
    with pytest.raises(ApiError, match="5 attempts") as caught:
        rig.get()
    assert rig.waits == [1.0, 2.0, 4.0, 8.0]
    assert (caught.value.status, caught.value.attempts) == (503, 5)
    assert "<" not in str(caught.value)


def test_lasting_loss_of_the_connection(connect: t.Any, sim: Simulator) -> None:
    sim.inject(Fault.drop_before(path="/cloud/*", times=-1))
    rig = connect()
    with pytest.raises(TransportError, match="5 attempts") as caught:
        rig.client.call("PUT", rig.path("x"), body={})
    assert caught.value.maybe_processed is True


@pytest.mark.parametrize(
    ("method", "repeatable", "attempts"), [("GET", None, 5), ("PUT", None, 5), ("DELETE", None, 5), ("POST", None, 1)]
)
def test_connection_never_established(
    connect: t.Any, nobody: str, method: str, repeatable: bool | None, attempts: int
) -> None:
    rig = connect("token", endpoint=nobody)
    with pytest.raises(TransportError, match=r"no connection to 127\.0\.0\.1:\d+") as caught:
        rig.client.call(method, rig.path("x"), body={} if method == "POST" else None, repeatable=repeatable)
    assert caught.value.maybe_processed is False
    assert caught.value.attempts == attempts
    assert len(rig.waits) == attempts - 1


def test_time_out_of_an_answer(connect: t.Any, sim: Simulator) -> None:
    sim.inject(Fault.delay(0.6, method="POST"))
    rig = connect("token", timeout=0.2)
    with pytest.raises(TransportError, match=r"did not answer within 0\.2 s") as caught:
        # Of a cluster that does not exist: what is processed late must not change the next test's simulator.
        rig.client.call("POST", rig.path("x", "reset"), body={})
    assert caught.value.maybe_processed is True
    assert len(sim.mutations) == 1


def test_refusal_after_an_unclear_attempt_says_so(connect: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster()
    sim.inject(Fault.drop_after(method="PUT"))
    rig = connect()
    with pytest.raises(ConflictError) as caught:
        rig.client.call("PUT", rig.path(kube_id, "customization"), body={"kubeProxy": {}})
    assert caught.value.maybe_processed is True
    assert caught.value.attempts == 2


@pytest.mark.parametrize("revoked", [True, False], ids=["refused", "expired"])
def test_failing_renewal_does_not_hide_an_unclear_attempt(connect: t.Any, sim: Simulator, revoked: bool) -> None:
    kube_id = sim.add_cluster()
    rig = connect("service_account")
    rig.get()
    sim.inject(Fault.drop_after(method="PUT"), Fault(path="*/oauth2/token", status=400))
    if revoked:
        sim.inject(Fault(method="PUT", status=401))
    else:
        # A second before a token that lives 3599 s is renewed 60 s ahead: due after the first wait.
        rig.now = 3538.5
    with pytest.raises(ApiError) as caught:
        rig.client.call("PUT", rig.path(kube_id, "customization"), body={"kubeProxy": {}})
    assert caught.value.path == sim.token_url
    assert caught.value.maybe_processed is True


def test_plain_refusal_was_not_processed(connect: t.Any, sim: Simulator) -> None:
    kube_id = sim.add_cluster(status="UPDATING")
    rig = connect()
    with pytest.raises(ConflictError) as caught:
        rig.client.call("PUT", rig.path(kube_id, "customization"), body={"kubeProxy": {}})
    assert caught.value.maybe_processed is False
    assert rig.waits == []


NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7.0),
        ("0", 1.0),
        ("86400", 60.0),
        (email.utils.formatdate(NOW + 9, usegmt=True), 9.0),
        (email.utils.formatdate(NOW - 9, usegmt=True), 1.0),
        ("soon", 1.0),
        ("", 1.0),
    ],
)
def test_retry_after(connect: t.Any, sim: Simulator, header: str, wait: float) -> None:
    sim.inject(Fault(path="/cloud/*", status=429, headers={"Retry-After": header}))
    rig = connect(clock=lambda: NOW)
    assert rig.get() == []
    assert rig.waits == [wait]


def test_redirect_is_reported_and_not_followed(connect: t.Any, sim: Simulator) -> None:
    sim.inject(Fault.redirect(sim.url + "/auth/details?token=hunter2", path="/cloud/*"))
    rig = connect()
    with pytest.raises(ApiError, match=r"redirects to 127\.0\.0\.1") as caught:
        rig.get()
    assert caught.value.status == 302
    assert not rig.wire("GET", "/auth/details")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("shape", ["gateway", "product", "message", "html", "empty", "array"])
@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 460, 461, 500, 502, 503, 504])
def test_every_shape_of_error_keeps_the_status(connect: t.Any, sim: Simulator, status: int, shape: str) -> None:
    sim.inject(Fault(path="/cloud/*", status=status, shape=shape, times=-1, message="what happened"))
    rig = connect()
    with pytest.raises(ApiError, match=f"HTTP {status}") as caught:
        rig.get()
    error = caught.value
    assert error.status == status
    assert error.query_id == sim.requests[-1].query_id
    assert error.query_id in str(error)
    if shape in ("gateway", "product", "message"):
        assert error.api_message == "what happened"


def test_success_that_is_not_json(connect: t.Any, sim: Simulator) -> None:
    sim.inject(Fault(path="/cloud/*", status=200, body="<html>captive portal</html>"))
    with pytest.raises(ApiError, match='not JSON and starts with "captive portal"'):
        connect().get()


@pytest.mark.parametrize("void_answer", ["null", "empty", "204"])
def test_void_answers(connect: t.Any, sim: Simulator, void_answer: str) -> None:
    sim.settings.void_answer = void_answer
    kube_id = sim.add_cluster()
    rig = connect()
    assert rig.client.call("PUT", rig.path(kube_id), body={"name": "new"}) is None


@pytest.mark.parametrize("method", ["signed", "service_account", "token"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault.drop_before,
        Fault.server_error,
        Fault.unavailable,
        lambda **where: Fault(status=401, shape="gateway", code="INVALID", **where),
        lambda **where: Fault.redirect("https://elsewhere.example/", **where),
    ],
)
@pytest.mark.parametrize("target", ["/cloud/*", "*/auth/*"])
def test_no_secret_in_any_error(connect: t.Any, sim: Simulator, method: str, fault: t.Any, target: str) -> None:
    if method == "token" and target == "*/auth/*":
        target = "*"
    sim.inject(fault(path=target, times=-1))
    rig = connect(method)
    with pytest.raises(OvhError) as caught:
        rig.get()
    signatures = {
        value
        for request in sim.requests
        for name, value in request.headers.items()
        if name in ("authorization", "x-ovh-signature")
    }
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    for secret in {*sim.credentials.as_dict().values(), *rig.learnt, *signatures} - {sim.credentials.client_id}:
        assert secret not in shown


def test_secret_that_the_api_echoes_is_struck(connect: t.Any, sim: Simulator) -> None:
    secrets = [sim.credentials.application_key, sim.credentials.consumer_key]
    for shape in ("product", "html"):
        sim.inject(Fault(path="/cloud/*", status=400, shape=shape, message=" ".join(secrets)))
        with pytest.raises(ApiError) as caught:
            connect().get()
        assert not [secret for secret in secrets if secret in f"{caught.value} {caught.value.as_result()}"]


def test_proxies_of_the_environment_are_used(
    connect: t.Any, sim: Simulator, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", nobody.removesuffix("/1.0"))
    with pytest.raises(TransportError):
        connect("token").get()
    assert sim.requests == []
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert connect("token").get() == []


def test_what_needs_no_tls_on_this_host_goes_through_no_other_host(
    connect: t.Any, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.invalid:3128")
        assert connect("token").get() == []


def test_unusable_proxy_is_not_quoted(connect: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://user:hunter2@proxy.example:70")
    with pytest.raises(ConfigurationError, match="ALL_PROXY") as caught:
        connect()
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
