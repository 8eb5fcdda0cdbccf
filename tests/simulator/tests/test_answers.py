# SPDX-License-Identifier: GPL-3.0-or-later

"""Headers, error shapes, injected faults, unknown routes (points 6 and 7)."""

from __future__ import annotations

import re
import typing as t

import httpx
import ovh.exceptions
import pytest

from ovh_simulator import Fault, Simulator

QUERY_ID = re.compile(r"EU\.ext-4\.[0-9a-f]{8}\.\d+\.[0-9a-f]{32}")


def test_every_answer_has_a_query_id(sim: Simulator, bearer: t.Any, http: httpx.Client) -> None:
    sim.inject(Fault.unavailable(path="*/flavors"), Fault.redirect("/elsewhere", path="*/regions"))
    answers = [
        http.get(f"{sim.url}/auth/time"),
        http.get(f"{sim.url}/unknown"),
        http.get(f"{sim.url[:-4]}/unknown"),
        http.post(sim.token_url),
        bearer("GET"),
        bearer("GET", token="bad"),
        bearer("GET", "/flavors"),
        bearer("GET", "/regions"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 404, 400, 200, 401, 503, 302]
    ids = [answer.headers["x-ovh-queryid"] for answer in answers]
    assert all(QUERY_ID.fullmatch(text) for text in ids)
    assert len(set(ids)) == len(ids)
    assert ids == [request.query_id for request in sim.requests]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-cache, no-store"}
    assert {answer.headers["server"] for answer in answers} == {"nginx"}


def test_json_answers_name_their_charset(bearer: t.Any) -> None:
    assert bearer("GET").headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("shape", "content_type", "expected"),
    [
        ("gateway", "application/json; charset=utf-8", {"message": "m", "httpCode": "403 Forbidden", "errorCode": "C"}),
        ("product", "application/json; charset=utf-8", {"message": "m", "class": "C", "details": {"a": "b"}}),
        ("message", "application/json; charset=utf-8", {"message": "m"}),
        ("array", "application/json; charset=utf-8", ["m"]),
        ("html", "text/html; charset=utf-8", "<html>"),
        ("empty", "text/plain; charset=utf-8", ""),
    ],
)
def test_error_shapes(sim: Simulator, bearer: t.Any, shape: str, content_type: str, expected: t.Any) -> None:
    sim.inject(Fault(status=403, shape=shape, code="C", message="m", details={"a": "b"}))
    answer = bearer("GET")
    assert answer.status_code == 403
    assert answer.headers["content-type"] in (content_type, content_type.partition(";")[0])
    if isinstance(expected, str):
        assert answer.text.startswith(expected)
        assert bool(answer.text) == bool(expected)
    else:
        assert answer.json() == expected


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault.too_many_requests(), ovh.exceptions.APIError),
        (Fault.server_error(), ovh.exceptions.APIError),
        (Fault.unavailable(), ovh.exceptions.InvalidResponse),
        (Fault.front_end_timeout(), ovh.exceptions.InvalidResponse),
        (Fault.expired(), ovh.exceptions.ResourceExpiredError),
        (Fault(status=409, code="Client::Conflict", message="m"), ovh.exceptions.ResourceConflictError),
        (Fault.drop_before(), ovh.exceptions.HTTPError),
        (Fault.drop_after(), ovh.exceptions.HTTPError),
    ],
)
def test_official_client_meets_a_one_shot_fault(
    sim: Simulator, kube: t.Any, fault: Fault, raised: type[Exception]
) -> None:
    fault.path = "*/kube"
    fault.hits = 0
    sim.inject(fault)
    with pytest.raises(raised) as caught:
        kube.get()
    assert caught.value.__class__ is raised
    assert kube.get() == []


def test_too_many_requests_with_and_without_a_delay(sim: Simulator, bearer: t.Any) -> None:
    sim.inject(Fault.too_many_requests(), Fault.too_many_requests(retry_after=7))
    assert "retry-after" not in bearer("GET").headers
    assert bearer("GET").headers["retry-after"] == "7"
    assert bearer("GET").status_code == 200


def test_fault_matching(sim: Simulator, bearer: t.Any) -> None:
    kube_id = sim.add_cluster()
    sim.inject(Fault(status=500, method="GET", path="/cloud/*/customization", times=2, after=1))
    statuses = [bearer("GET", f"/{kube_id}/customization").status_code for _number in range(4)]
    assert statuses == [200, 500, 500, 200]
    sim.inject(Fault(status=500, method="PUT", times=-1))
    assert bearer("GET", f"/{kube_id}").status_code == 200
    assert [bearer("PUT", f"/{kube_id}", json={}).status_code for _number in range(3)] == [500] * 3
    sim.clear_faults()
    assert bearer("PUT", f"/{kube_id}", json={}).status_code == 200


def test_literal_body(sim: Simulator, bearer: t.Any) -> None:
    sim.inject(Fault(status=200, body="<p>no JSON"), Fault(status=418, body={"teapot": True}, headers={"X-A": "b"}))
    assert bearer("GET").text == "<p>no JSON"
    answer = bearer("GET")
    assert (answer.status_code, answer.json(), answer.headers["x-a"]) == (418, {"teapot": True}, "b")


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        (Fault.drop_before(), False),
        (Fault.drop_after(), True),
        (Fault.unavailable(), False),
        (Fault.unavailable(processed=True), True),
    ],
)
def test_whether_the_change_took_place(sim: Simulator, bearer: t.Any, fault: Fault, changed: bool) -> None:
    kube_id = sim.add_cluster(name="before")
    fault.method = "PUT"
    fault.hits = 0
    sim.inject(fault)
    try:
        answer = bearer("PUT", f"/{kube_id}", json={"name": "after"})
    except httpx.RemoteProtocolError:
        assert fault.kind.startswith("drop")
        assert sim.requests[-1].status is None
    else:
        assert answer.status_code == 503
    assert sim.cluster(kube_id)["name"] == ("after" if changed else "before")


def test_delay_is_longer_than_an_impatient_client_waits(sim: Simulator, bearer: t.Any) -> None:
    sim.inject(Fault.delay(30, path="*/kube"))
    with pytest.raises(httpx.ReadTimeout):
        bearer("GET", timeout=0.2)
    assert bearer("GET").status_code == 200


def test_something_happens_just_before_a_request_is_processed(sim: Simulator, bearer: t.Any) -> None:
    sim.inject(Fault.meanwhile(sim.add_cluster, method="GET", path="*/kube"))
    assert [len(bearer("GET").json()) for _number in range(2)] == [1, 1]
    with pytest.raises(ValueError, match="action is a function"):
        Fault(kind="meanwhile")


def test_redirect(sim: Simulator, bearer: t.Any) -> None:
    sim.inject(Fault.redirect("https://example.org/login", status=301))
    answer = bearer("GET")
    assert (answer.status_code, answer.headers["location"]) == (301, "https://example.org/login")


def test_unknown_route_and_method(sim: Simulator, official: t.Any, bearer: t.Any) -> None:
    with pytest.raises(ovh.exceptions.ResourceNotFoundError, match="invalid"):
        official(sim).get("/cloud/nothing")
    with pytest.raises(ovh.exceptions.ResourceNotFoundError):
        official(sim).get("/cloud/project//kube")
    kube_id = sim.add_cluster()
    assert bearer("PATCH", f"/{kube_id}", json={}).status_code == 405
    assert bearer("POST", f"/{kube_id}/customization", json={}).status_code == 405
    assert bearer("GET", "/").status_code == 404


@pytest.mark.parametrize(("answer", "status", "text"), [("null", 200, "null"), ("empty", 200, ""), ("204", 204, "")])
def test_void_answers(sim: Simulator, bearer: t.Any, answer: str, status: int, text: str) -> None:
    kube_id = sim.add_cluster()
    sim.settings.void_answer = answer
    given = bearer("PUT", f"/{kube_id}", json={"name": "other"})
    assert (given.status_code, given.text) == (status, text)


def test_body_that_is_not_json(sim: Simulator, bearer: t.Any) -> None:
    kube_id = sim.add_cluster()
    path = f"/{kube_id}"
    as_json = {"Content-Type": "application/json"}
    assert bearer("PUT", path, content=b'{"name":', headers=as_json).status_code == 400
    assert bearer("PUT", path, content=b"[]", headers=as_json).status_code == 400
    assert bearer("PUT", path, data={"name": "form"}).status_code == 415


def test_faults_refuse_what_they_do_not_know() -> None:
    with pytest.raises(ValueError, match="kind"):
        Fault(kind="explode")
    with pytest.raises(ValueError, match="shape"):
        Fault(shape="round")
