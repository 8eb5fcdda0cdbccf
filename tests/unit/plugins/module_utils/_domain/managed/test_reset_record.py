# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a reset: what is written is what is read, and an incomplete one is refused."""

from __future__ import annotations

import json

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.reset_record import (
    Preserved,
    ResetRecord,
)

from .api_objects import cluster

RECORD = ResetRecord.begin(
    cluster(updatedAt="2026-11-01T07:00:00Z"),
    {"kubeProxyMode": "ipvs"},
    Preserved(("192.0.2.0/24",), {"clientId": "kube"}),
    1793520000.0,
)


def test_what_is_written_is_what_is_read() -> None:
    assert ResetRecord.from_json(json.loads(json.dumps(RECORD.to_json()))) == RECORD
    assert RECORD.to_json() == {
        "cluster": "cluster 'prod' (c1, GRA11)",
        "begun": "2026-11-01T08:00:00Z",
        "begun_at": 1793520000.0,
        "status": "READY",
        "updated_at": "2026-11-01T07:00:00Z",
        "body": {"kubeProxyMode": "ipvs"},
        "sent": False,
        "ip_restrictions": ["192.0.2.0/24"],
        "open_id_connect": {"clientId": "kube"},
    }


def test_acceptance_notes_the_first_read_after_it() -> None:
    assert RECORD.accepted().to_json() == {**RECORD.to_json(), "sent": True}
    read = cluster(status="RESETTING", updatedAt="2026-11-01T08:00:01Z")
    noted = {"sent": True, "status": "RESETTING", "updated_at": "2026-11-01T08:00:01Z"}
    assert RECORD.accepted(read).to_json() == {**RECORD.to_json(), **noted}


def test_record_without_its_members_is_refused() -> None:
    with pytest.raises(ValueError, match="it lacks body, sent"):
        ResetRecord.from_json({key: value for key, value in RECORD.to_json().items() if key not in ("body", "sent")})


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("begun", "yesterday\nok: [localhost]"),
        ("begun_at", "1793520000"),
        ("begun_at", True),
        ("begun_at", float("inf")),
        ("begun_at", float("nan")),
        ("status", None),
        ("updated_at", 1),
        ("body", []),
        ("sent", "no"),
        ("cluster", {}),
        ("ip_restrictions", "192.0.2.0/24"),
        ("ip_restrictions", [None]),
        ("ip_restrictions", ["everybody"]),
        ("open_id_connect", "https://issuer.example"),
    ],
)
def test_record_with_something_else_in_it_is_refused(member: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"no record has such a value: {member}$"):
        ResetRecord.from_json({**RECORD.to_json(), member: value})
