# SPDX-License-Identifier: GPL-3.0-or-later

"""OAuth2 service accounts, bearer tokens, IAM (point 5)."""

from __future__ import annotations

import typing as t

import httpx
import ovh.exceptions
import pytest

from ovh_simulator import Fault, Simulator

FORM = {"grant_type": "client_credentials", "scope": "all"}


def test_official_client_uses_a_service_account(sim: Simulator, official: t.Any) -> None:
    kube_id = sim.add_cluster()
    client = official(sim, oauth2=True)
    path = f"/cloud/project/{sim.service_name}/kube"
    assert client.get(path) == [kube_id]
    client.put(f"{path}/{kube_id}", name="\u00e9t\u00e9")
    assert sim.cluster(kube_id)["name"] == "\u00e9t\u00e9"
    assert [request.route for request in sim.requests] == ["/auth/oauth2/token", path, f"{path}/{kube_id}"]
    assert sim.requests[1].headers["authorization"].startswith("Bearer ")
    assert [request.method for request in sim.mutations] == ["PUT"]


def test_official_client_renews_an_expired_token(sim: Simulator, official: t.Any) -> None:
    old = {"access_token": "old", "token_type": "Bearer", "expires_in": -1, "scope": "all"}
    sim.inject(Fault(status=200, path="/auth/oauth2/token", body=old))
    client = official(sim, oauth2=True)
    assert client.get(f"/cloud/project/{sim.service_name}/kube") == []
    assert [request.route.rpartition("/")[2] for request in sim.requests] == ["token", "token", "kube"]


def test_wrong_client_secret(sim: Simulator, official: t.Any) -> None:
    with pytest.raises(ovh.exceptions.OAuth2FailureError, match="invalid_client"):
        official(sim, oauth2=True, client_secret="wrong").get("/auth/details")
    assert [request.status for request in sim.requests] == [401]


def test_token_url_that_answers_html(sim: Simulator, official: t.Any) -> None:
    sim.inject(Fault.unavailable(path="/auth/oauth2/token"))
    with pytest.raises(ovh.exceptions.OAuth2FailureError, match="status_code=503"):
        official(sim, oauth2=True).get("/auth/details")


@pytest.mark.parametrize("how", ["basic", "form"])
def test_both_ways_to_send_the_client(sim: Simulator, how: str, http: httpx.Client) -> None:
    own = sim.credentials
    if how == "basic":
        answer = http.post(sim.token_url, data=FORM, auth=(own.client_id, own.client_secret))
    else:
        own_form = {**FORM, "client_id": own.client_id, "client_secret": own.client_secret}
        answer = http.post(sim.token_url, data=own_form)
    token = answer.json()
    assert answer.status_code == 200
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 3599, "all")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scope": "some"}, "invalid_scope"),
    ],
)
def test_token_form_is_checked(sim: Simulator, change: dict[str, str], error: str, http: httpx.Client) -> None:
    own = sim.credentials
    answer = http.post(sim.token_url, data={**FORM, **change}, auth=(own.client_id, own.client_secret))
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_token_request_must_be_a_form(sim: Simulator, http: httpx.Client) -> None:
    own = sim.credentials
    answer = http.post(sim.token_url, json=FORM, auth=(own.client_id, own.client_secret))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_token_ends(make_sim: t.Any, http: httpx.Client) -> None:
    clock = [1000.0]
    sim = make_sim({"token_expires_in": 30}, clock=lambda: clock[0])
    own = sim.credentials
    token = http.post(sim.token_url, data=FORM, auth=(own.client_id, own.client_secret)).json()["access_token"]

    def status() -> int:
        url = f"{sim.url}/cloud/project/{sim.service_name}/kube"
        return http.get(url, headers={"Authorization": f"Bearer {token}"}).status_code

    statuses = []
    for clock[0] in (1000.0, 1029.9, 1030.0):
        statuses.append(status())
    assert statuses == [200, 200, 401]


def test_revoked_tokens_are_refused_while_ready_made_ones_stay(sim: Simulator, official: t.Any, bearer: t.Any) -> None:
    client = official(sim, oauth2=True)
    client.get("/auth/details")
    sim.revoke_tokens()
    with pytest.raises(ovh.exceptions.APIError, match="Invalid authentication token"):
        client.get("/auth/details")
    assert sim.requests[-1].status == 401
    assert bearer("GET").status_code == 200


@pytest.mark.parametrize("header", ["Bearer unknown", "Bearer", "unknown", "Basic eDp5"])
def test_bad_authorization_header(sim: Simulator, header: str, http: httpx.Client) -> None:
    answer = http.get(f"{sim.url}/auth/details", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["class"]) == (401, "Client::Unauthorized::InvalidAuthToken")


@pytest.mark.parametrize(
    ("by", "authentication", "iam"),
    [("iam", False, True), ("authentication", True, False), ("both", True, True)],
)
def test_iam_refusal(sim: Simulator, bearer: t.Any, by: str, authentication: bool, iam: bool) -> None:
    kube_id = sim.add_cluster()
    sim.settings.iam_denied_actions = ["publicCloudProject:apiovh:kube/customization/*"]
    sim.settings.iam_denied_by = by
    answer = bearer("PUT", f"/{kube_id}/customization", json={})
    action = "publicCloudProject:apiovh:kube/customization/edit"
    assert (answer.status_code, answer.json()["class"]) == (403, "Client::Forbidden")
    assert answer.json()["details"] == {
        "unauthorizedActionsByAuthentication": action if authentication else "",
        "unauthorizedActionsByIAM": action if iam else "",
    }
    assert bearer("GET", f"/{kube_id}").status_code == 200
