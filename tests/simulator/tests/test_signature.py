# SPDX-License-Identifier: GPL-3.0-or-later

"""Signed requests: time, signature, keys, access rules (points 1 to 4 of the simulator's specification)."""

from __future__ import annotations

import json
import typing as t

import httpx
import ovh
import ovh.exceptions
import pytest

from ovh_simulator import Simulator, auth

NOW = 1_700_000_000
KUBE = "/cloud/project/0123456789abcdef/kube"
ONE = f"{KUBE}/11111111-2222-3333-4444-555555555555"
VECTORS = [
    ("GET", KUBE, "", NOW, "de33f7b0737ed39defc3c173a0620bf7b856b8bd"),
    (
        "PUT",
        f"{ONE}/customization",
        '{"kubeProxy":{"ipvs":{"scheduler":"rr"}}}',
        NOW,
        "a1e0cbb190ee87222b1a9782513c6e891dd925ee",
    ),
    ("DELETE", ONE, "", NOW + 123, "041735c1ce97dbde0b3eab9356eceb8500381181"),
    ("POST", KUBE, '{"name":"\u00e9t\u00e9"}', NOW + 123, "5a863ac195a86ddf0f161ceb5fa77bda2e3ce05b"),
]


@pytest.mark.parametrize(("method", "path", "body", "timestamp", "expected"), VECTORS)
def test_signature_vectors(method: str, path: str, body: str, timestamp: int, expected: str) -> None:
    given = auth.signature(
        "exampleAppSecret",
        "exampleConsumerKey",
        method=method,
        url=f"https://eu.api.ovh.com/1.0{path}",
        body=body.encode(),
        timestamp=str(timestamp),
    )
    assert given == f"$1${expected}"


def test_time_is_a_bare_integer_and_unsigned(make_sim: t.Any, http: httpx.Client) -> None:
    sim = make_sim({"clock_skew": 480}, clock=lambda: NOW + 0.9)
    answer = http.get(f"{sim.url}/auth/time")
    assert answer.text == str(NOW + 480)


def test_official_client_reads_the_time_once_and_follows_a_skew(sim: Simulator, kube: t.Any) -> None:
    sim.settings.clock_skew = 3600
    kube_id = sim.add_cluster()
    assert kube.get() == [kube_id]
    assert kube.get(kube_id)["id"] == kube_id
    assert [request.route for request in sim.requests].count("/auth/time") == 1


@pytest.mark.parametrize(("offset", "status"), [(60, 200), (-60, 200), (61, 400), (-61, 400)])
def test_timestamp_window(make_sim: t.Any, signer: t.Any, offset: int, status: int) -> None:
    sim = make_sim(clock=lambda: NOW)
    answer = signer(sim).send("GET", f"/cloud/project/{sim.service_name}/kube", timestamp=NOW + offset)
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["errorCode"] == "QUERY_TIME_OUT"


def test_official_client_sees_a_clock_that_moved_as_bad_parameters(sim: Simulator, kube: t.Any) -> None:
    kube.get()
    sim.settings.clock_skew = -600
    with pytest.raises(ovh.exceptions.BadParametersError, match="out of time"):
        kube.get()


def test_official_client_signs_bodies_paths_and_queries(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster(ipRestrictions=["10.0.0.0/8", "192.0.2.0/24"])
    kube.put(kube_id, name="\u00e9t\u00e9 & \u65e5\u672c")
    assert sim.cluster(kube_id)["name"] == "\u00e9t\u00e9 & \u65e5\u672c"
    kube.delete(kube_id, "ipRestrictions", "10.0.0.0/8")
    assert sim.cluster(kube_id)["ipRestrictions"] == ["192.0.2.0/24"]
    assert sim.requests[-1].path.endswith("/ipRestrictions/10.0.0.0%2F8")
    assert kube.client.get(kube.root, name="a b&c", flag=True, nothing=None) == [kube_id]
    assert sim.requests[-1].query == "name=a+b%26c&flag=true&nothing=null"


def test_both_prefixes_are_served(sim: Simulator, official: t.Any) -> None:
    kube_id = sim.add_cluster()
    assert official(sim).get(f"/v1/cloud/project/{sim.service_name}/kube") == [kube_id]
    assert sim.requests[-1].path == f"/v1/cloud/project/{sim.service_name}/kube"


def test_raw_utf8_body(sim: Simulator, signer: t.Any) -> None:
    kube_id = sim.add_cluster()
    answer = signer(sim).send("PUT", f"/cloud/project/{sim.service_name}/kube/{kube_id}", {"name": "\u00e9t\u00e9"})
    assert answer.status_code == 200
    assert sim.requests[-1].body == '{"name": "\u00e9t\u00e9"}'.encode()
    assert sim.cluster(kube_id)["name"] == "\u00e9t\u00e9"


@pytest.mark.parametrize("changed", ["method", "path", "query", "body", "host", "timestamp", "signature"])
def test_each_signed_part_counts(sim: Simulator, signer: t.Any, changed: str, http: httpx.Client) -> None:
    kube_id = sim.add_cluster()
    other_id = sim.add_cluster()
    path = f"/cloud/project/{sim.service_name}/kube/{kube_id}"
    now = int(http.get(f"{sim.url}/auth/time").text)
    body = json.dumps({"name": "signed"}).encode()
    headers = signer(sim).headers("PUT", path, body, timestamp=now)
    request = {"method": "PUT", "url": sim.url + path, "content": body}
    assert http.request(**request, headers=headers).status_code == 200
    if changed == "method":
        request["method"] = "POST"
        request["url"] += "/kubeconfig"
    elif changed == "path":
        request["url"] = request["url"].replace(kube_id, other_id)
    elif changed == "query":
        request["url"] += "?force=true"
    elif changed == "body":
        request["content"] = body.replace(b"signed", b"forged")
    elif changed == "host":
        headers["Host"] = "eu.api.ovh.com"
    elif changed == "timestamp":
        headers["X-Ovh-Timestamp"] = str(now + 1)
    else:
        headers["X-Ovh-Signature"] = headers["X-Ovh-Signature"].upper()
    answer = http.request(**request, headers=headers)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "INVALID_SIGNATURE")
    assert sim.cluster(other_id)["name"] != "forged"
    assert sim.cluster(kube_id)["name"] == "signed"


def test_a_signed_request_can_be_replayed_inside_the_window(make_sim: t.Any, signer: t.Any, http: httpx.Client) -> None:
    clock = [NOW]
    sim = make_sim(clock=lambda: clock[0])
    path = f"/cloud/project/{sim.service_name}/kube"
    headers = signer(sim).headers("GET", path, timestamp=NOW)
    statuses = []
    for clock[0] in (NOW, NOW + 60, NOW + 61):
        statuses.append(http.get(sim.url + path, headers=headers).status_code)
    assert statuses == [200, 200, 400]


def test_wrong_secret(sim: Simulator, official: t.Any) -> None:
    client = official(sim, application_secret="wrong")
    with pytest.raises(ovh.exceptions.BadParametersError, match="Invalid signature") as caught:
        client.get(f"/cloud/project/{sim.service_name}/kube")
    assert caught.value.query_id == sim.requests[-1].query_id


def test_unknown_application_key(sim: Simulator, official: t.Any) -> None:
    with pytest.raises(ovh.exceptions.InvalidKey):
        official(sim, application_key="unknown").get("/auth/details")


def test_expired_application_key(sim: Simulator, official: t.Any) -> None:
    sim.settings.application_key_state = "expired"
    with pytest.raises(ovh.exceptions.InvalidKey):
        official(sim).get("/auth/details")


@pytest.mark.parametrize("missing", ["X-Ovh-Application", "X-Ovh-Consumer"])
def test_missing_key(sim: Simulator, signer: t.Any, missing: str, http: httpx.Client) -> None:
    path = f"/cloud/project/{sim.service_name}/kube"
    headers = signer(sim).headers("GET", path, timestamp=int(http.get(f"{sim.url}/auth/time").text))
    del headers[missing]
    answer = http.get(sim.url + path, headers=headers)
    assert (answer.status_code, answer.json()["errorCode"]) == (403, "NOT_CREDENTIAL")


def test_unknown_consumer_key(sim: Simulator, official: t.Any) -> None:
    with pytest.raises(ovh.exceptions.InvalidCredential, match="does not exist"):
        official(sim, consumer_key="unknown").get("/auth/details")


def test_consumer_key_of_another_application(sim: Simulator, official: t.Any) -> None:
    other = sim.add_account().credentials.consumer_key
    with pytest.raises(ovh.exceptions.InvalidCredential, match="does not exist"):
        official(sim, consumer_key=other).get("/auth/details")


@pytest.mark.parametrize("state", ["expired", "pendingValidation", "refused"])
def test_consumer_key_that_is_not_valid(sim: Simulator, official: t.Any, state: str) -> None:
    sim.settings.consumer_key_state = state
    with pytest.raises(ovh.exceptions.InvalidCredential, match="not valid"):
        official(sim).get("/auth/details")


def test_official_client_obtains_a_consumer_key(sim: Simulator, official: t.Any) -> None:
    client = official(sim)
    asked = client.new_consumer_key_request()
    asked.add_recursive_rules(ovh.API_READ_ONLY, f"/cloud/project/{sim.service_name}/kube")
    answer = asked.request()
    assert answer["state"] == "pendingValidation"
    assert answer["validationUrl"].startswith("http")
    kube_path = f"/cloud/project/{sim.service_name}/kube"
    with pytest.raises(ovh.exceptions.InvalidCredential):
        client.get(kube_path)
    sim.validate_consumer_key(answer["consumerKey"])
    assert client.get(kube_path) == []
    with pytest.raises(ovh.exceptions.NotGrantedCall):
        client.post(kube_path, region="GRA11")
    assert sim.mutations[-1].status == 403


def test_access_rules(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster()
    sim.settings.access_rules = [{"method": "GET", "path": "/cloud/project/*/kube/*"}]
    assert kube.get(kube_id)["id"] == kube_id
    with pytest.raises(ovh.exceptions.NotGrantedCall, match="not been granted"):
        kube.get()  # /x/* does not cover /x itself
    with pytest.raises(ovh.exceptions.NotGrantedCall):
        kube.put(kube_id, name="other")
    sim.settings.access_rules.append({"method": "GET", "path": "/cloud/project/*/kube"})
    assert kube.get() == [kube_id]


def test_current_credential_and_details(sim: Simulator, official: t.Any) -> None:
    client = official(sim)
    assert client.get("/auth/currentCredential")["rules"] == sim.settings.access_rules
    assert client.get("/auth/details")["account"].endswith("-ovh")


def test_accounts_do_not_see_each_other(sim: Simulator, official: t.Any) -> None:
    other = sim.add_account()
    own = other.credentials
    client = official(
        sim,
        application_key=own.application_key,
        application_secret=own.application_secret,
        consumer_key=own.consumer_key,
    )
    (project,) = other.projects
    kube_id = sim.add_cluster(service_name=project)
    assert client.get(f"/cloud/project/{project}/kube") == [kube_id]
    with pytest.raises(ovh.exceptions.ResourceNotFoundError):
        client.get(f"/cloud/project/{sim.service_name}/kube")
    with pytest.raises(ovh.exceptions.ResourceNotFoundError):
        official(sim).get(f"/cloud/project/{sim.service_name}/kube/{kube_id}")
