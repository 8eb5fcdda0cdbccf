# SPDX-License-Identifier: GPL-3.0-or-later

"""Every shape of error answer becomes one exception with facts, advice and no secret."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import api_errors as errors
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.answers import (
    NotJsonError,
    decode,
    error_of,
)

CALL: dict[str, t.Any] = {"method": "PUT", "path": "/cloud/project/p/kube/k", "attempts": 1}


def answer(status: int, body: str, headers: dict[str, str] | None = None) -> errors.ApiError:
    return error_of(
        status,
        {"x-ovh-queryid": "EU.ext-4.0a", **(headers or {})},
        body.encode(),
        lambda text: text.replace("hunter2", "********"),
        **CALL,
    )


@pytest.mark.parametrize(("body", "value"), [(b"", None), (b" \n", None), (b"null", None), (b"[]", []), (b"1", 1)])
def test_decode(body: bytes, value: t.Any) -> None:
    assert decode(body) == value


@pytest.mark.parametrize("body", [b"<html>", b"{", b"\xff\xfe\xfd", b"[" * 100_000])
def test_decode_refuses_what_is_not_json(body: bytes) -> None:
    with pytest.raises(NotJsonError):
        decode(body)


def test_gateway_style() -> None:
    error = answer(400, '{"errorCode":"INVALID_SIGNATURE","httpCode":"400 Bad Request","message":"Invalid signature"}')
    assert error.error_class == "INVALID_SIGNATURE"
    assert error.api_message == "Invalid signature"
    assert "Invalid signature" in str(error)
    assert "query id EU.ext-4.0a" in str(error)
    assert "application secret" in str(error)


def test_product_style() -> None:
    error = answer(409, '{"class":"Client::Conflict","message":"Cluster is UPDATING.","details":{"a":"b"}}')
    assert isinstance(error, errors.ConflictError)
    assert error.as_result() == {
        "status": 409,
        "error_class": "Client::Conflict",
        "api_message": "Cluster is UPDATING.",
        "details": {"a": "b"},
        "query_id": "EU.ext-4.0a",
        "method": "PUT",
        "path": "/cloud/project/p/kube/k",
    }


@pytest.mark.parametrize("body", ['["hunter2"]', '"text hunter2"', "17", "null", "", '{"message":["hunter2"]}', "{}"])
def test_error_bodies_of_unexpected_form(body: str) -> None:
    error = answer(500, body)
    assert error.status == 500
    assert "HTTP 500" in str(error)
    assert "hunter2" not in str(error)


def test_html_is_reduced_to_a_short_excerpt() -> None:
    page = "<html><head><style>b{}</style><title>408 Time-out</title></head><body>" + "<b>long</b> " * 500
    error = answer(408, page)
    assert "HTTP 408" in str(error)
    assert "not JSON" in str(error)
    assert "408 Time-out long" in str(error)
    assert "<" not in str(error)
    assert "{" not in str(error)
    assert len(str(error)) < 500


def test_control_characters_do_not_reach_the_terminal() -> None:
    error = answer(400, '{"message":"a\\u001b[31m\\nb"}')
    assert error.api_message == "a [31m b"


@pytest.mark.parametrize(
    ("status", "body", "advice"),
    [
        (400, '{"errorCode":"QUERY_TIME_OUT","message":"m"}', "clock"),
        (403, '{"errorCode":"INVALID_KEY","message":"m"}', "application key is unknown"),
        (403, '{"errorCode":"INVALID_CREDENTIAL","message":"m"}', "consumer key was validated"),
        (403, '{"errorCode":"NOT_CREDENTIAL","message":"m"}', "consumer key was validated"),
        (403, '{"errorCode":"NOT_GRANTED_CALL","message":"m"}', "Grant PUT /cloud/project/p/kube/k"),
        (
            403,
            '{"class":"Client::Forbidden","message":"m","details":{"unauthorizedActionsByIAM":'
            '"publicCloudProject:apiovh:kube/edit, publicCloudProject:apiovh:kube/get",'
            '"unauthorizedActionsByAuthentication":""}}',
            "IAM policy: publicCloudProject:apiovh:kube/edit, publicCloudProject:apiovh:kube/get",
        ),
        (401, '{"class":"Client::Unauthorized::InvalidAuthToken","message":"m"}', "obtain a new one"),
        (404, '{"class":"Client::NotFound","message":"m"}', "project id, the cluster id"),
        (409, '{"class":"Client::Conflict","message":"m"}', "Another operation"),
        (429, '{"message":"m"}', "rate of requests"),
        (460, '{"message":"This Service is expired"}', "renew it"),
        (503, "<h1>down</h1>", "side of the API"),
    ],
)
def test_advice(status: int, body: str, advice: str) -> None:
    assert advice in str(answer(status, body))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.AuthenticationError),
        (403, errors.AuthenticationError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (460, errors.ApiError),
    ],
)
def test_class_follows_the_status(status: int, kind: type[errors.ApiError]) -> None:
    assert answer(status, "").__class__ is kind


def test_redirect_names_the_host_only() -> None:
    error = answer(302, "<html>", {"location": "https://portal.example/login?token=hunter2"})
    assert "portal.example" in str(error)
    assert "token" not in str(error)


def test_secrets_are_struck_from_every_part() -> None:
    error = answer(403, '{"class":"hunter2","message":"key hunter2","details":{"hunter2":["hunter2",{"a":"hunter2"}]}}')
    assert "hunter2" not in str(error)
    assert "hunter2" not in repr(error)
    assert "hunter2" not in str(error.as_result())


def test_lost_connection_says_whether_something_may_have_happened() -> None:
    unclear = errors.TransportError("it broke", method="POST", path="/x", attempts=1, maybe_processed=True)
    assert "unknown whether the API processed it" in str(unclear)
    refused = errors.TransportError("refused", method="GET", path="/x", attempts=5, maybe_processed=False)
    assert "Nothing was changed" in str(refused)
    assert "5 attempts" in str(refused)
    assert refused.as_result() == {"method": "GET", "path": "/x", "maybe_processed": False}
