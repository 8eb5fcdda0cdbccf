# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of a reset cannot be written once it was sent: the run says what is so, and closes what is open."""

from __future__ import annotations

import errno
import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.failures import JournalError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.journal import Journal
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import ApiError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import WaitTimeoutError
from ovh_simulator import Fault, Simulator

from .resets import OPEN_ID_CONNECT, RESTRICTIONS, ran

CLUSTER = {"ipRestrictions": RESTRICTIONS, "openIdConnect": OPEN_ID_CONNECT}


class FullDisk(Journal):
    """No room from the n-th record on."""

    def __init__(self, directory: Path, room_for: int) -> None:
        super().__init__(directory)
        self._room_for = room_for

    def keep(self, kube_id: str, entry: dict[str, t.Any]) -> None:
        self._room_for -= 1
        if self._room_for < 0:
            full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise JournalError(f"{self.path(kube_id)}: cannot be recorded, so the reset was not sent") from full
        super().keep(kube_id, entry)


@pytest.mark.parametrize("room_for", [1, 2])
def test_reset_ends_well_although_its_record_cannot_be_updated(
    rig: t.Any, sim: Simulator, kube_id: str, tmp_path: Path, room_for: int
) -> None:
    journal = FullDisk(tmp_path / "recovery", room_for)
    report = ran(rig, kube_id, journal)
    assert report.changed
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
    assert sim.cluster(kube_id)["openIdConnect"] == OPEN_ID_CONNECT
    assert journal.load(kube_id) is None
    [said] = [warning for warning in rig.warnings if "cannot be updated" in warning]
    assert f"the reset was sent, and the record of it in {journal.path(kube_id)} cannot be updated" in said
    assert "No space left on device" in said
    assert not any("was not sent" in warning for warning in rig.warnings)


@pytest.mark.parametrize("room_for", [1, 2])
def test_reset_that_fails_as_well_says_what_is_open(
    rig: t.Any, sim: Simulator, kube_id: str, tmp_path: Path, room_for: int
) -> None:
    journal = FullDisk(tmp_path / "recovery", room_for)
    sim.settings.operations = {"reset": {"transient_polls": 50}}
    with pytest.raises(WaitTimeoutError):
        ran(rig, kube_id, journal, timeout=60)
    assert rig.last.facts["changed"] is True
    assert any("API server is open to every address" in warning for warning in rig.warnings)
    # The next run, with room, finishes it.
    ran(rig, kube_id, Journal(journal.directory))
    assert [request.status for request in rig.sent("/reset")] == [200]
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
    assert journal.load(kube_id) is None


def test_run_without_waiting_says_that_the_reset_was_sent(
    rig: t.Any, sim: Simulator, kube_id: str, tmp_path: Path
) -> None:
    report = ran(rig, kube_id, FullDisk(tmp_path / "recovery", 1), wait=False)
    assert report.changed
    assert any("the reset was sent, and the record of it" in warning for warning in rig.warnings)


def test_no_room_for_the_first_record_sends_nothing(rig: t.Any, sim: Simulator, kube_id: str, tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="so the reset was not sent"):
        ran(rig, kube_id, FullDisk(tmp_path / "recovery", 0))
    assert (sim.mutations, "changed" in rig.last.facts) == ([], False)
    assert not any("is being reset" in warning for warning in rig.warnings)


def test_refusal_is_told_although_the_former_record_cannot_be_put_back(
    rig: t.Any, sim: Simulator, kube_id: str, tmp_path: Path
) -> None:
    earlier = {
        "begun": "2026-11-01T08:00:00Z",
        "begun_at": 1793520000.0,
        "status": "READY",
        "updated_at": sim.cluster(kube_id)["updatedAt"],
        "body": {"kubeProxyMode": "ipvs"},
        "sent": False,
        "ip_restrictions": RESTRICTIONS,
        "open_id_connect": OPEN_ID_CONNECT,
    }
    Journal(tmp_path / "recovery").keep(kube_id, earlier)
    sim.inject(Fault(status=403, code="FORBIDDEN", shape="gateway", method="POST", path="*/reset"))
    with pytest.raises(ApiError, match="FORBIDDEN"):
        ran(rig, kube_id, FullDisk(tmp_path / "recovery", 1))
    assert "changed" not in rig.last.facts
    assert any("a reset that the API refused, and cannot be put back" in warning for warning in rig.warnings)
    assert not any("is being reset" in warning for warning in rig.warnings)
    ran(rig, kube_id, Journal(tmp_path / "recovery"))
    assert sim.cluster(kube_id)["ipRestrictions"] == RESTRICTIONS
