# SPDX-License-Identifier: GPL-3.0-or-later

"""The tier that looks for secrets finds each, however it is written, and what the tests keep for it."""

from __future__ import annotations

import base64
import json
import typing as t
import urllib.parse
from pathlib import Path

import pytest

import kept_output
import leaks
from ovh_simulator import Simulator

ENCODINGS: dict[str, t.Callable[[str], str]] = {
    "as it is": lambda text: text,
    "basic authentication": lambda text: base64.b64encode(f"EU.0123456789abcdef:{text}".encode()).decode(),
    "Base64, shifted once": lambda text: base64.b64encode(f"x{text}y".encode()).decode(),
    "Base64, shifted twice": lambda text: base64.urlsafe_b64encode(f"xy{text}z".encode()).decode(),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"token": text})),
    "URL": lambda text: urllib.parse.quote(f"Bearer {text}", safe=""),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_credential_is_found(sim: Simulator, encoding: str) -> None:
    for name, secret in sim.credentials.as_dict().items():
        shown = f"fatal: [host]: FAILED! => {ENCODINGS[encoding](secret)} is wrong".encode()
        # A client id is a name.
        assert bool(list(leaks.leaks(shown))) == (name != "client_id"), name


def test_tokens_and_consumer_keys_that_are_handed_out_later_are_found(sim: Simulator) -> None:
    account = sim.add_account()
    assert list(leaks.leaks(account.credentials.client_secret.encode()))
    issued = sim._state.directory.issue_token(account, 0)
    assert list(leaks.leaks(issued.encode()))
    asked = sim._state.directory.request_consumer_key(account.credentials.application_key, [], None)
    assert list(leaks.leaks(asked.key.encode()))


def test_what_is_secret_in_a_kubeconfig_is_found(sim: Simulator) -> None:
    cluster = sim.cluster(sim.add_cluster(name="prod"))
    for secret in cluster.kubeconfig_secrets():
        assert list(leaks.leaks(secret.encode()))
        assert list(leaks.leaks(base64.b64decode(secret)))
    public = [line for line in cluster.kubeconfig().splitlines() if "authority" in line or "server" in line]
    assert list(leaks.leaks("\n".join(public).encode())) == []


def test_private_key_of_a_real_cluster_is_found() -> None:
    pem = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA==\n-----END EC PRIVATE KEY-----\n"
    assert list(leaks.leaks(f"client-key-data: {base64.b64encode(pem.encode()).decode()}".encode()))
    assert list(leaks.leaks(repr(pem).encode()))


@pytest.mark.parametrize(
    "text", ["ok: [localhost]", "application_secret: ********", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"]
)
def test_nothing_else_is_found(text: str) -> None:
    assert list(leaks.leaks(text.encode())) == []


def test_leak_fails_the_tier(sim: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "units.log").write_text("ok")
    assert leaks.main([str(tmp_path)]) == 0
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "1.log").write_text(f"the token is {sim.credentials.access_token}")
    assert leaks.main([str(tmp_path)]) == 1
    assert "kept/1.log: a secret of the simulator: ...the token is" in capsys.readouterr().out
    assert leaks.main([str(tmp_path / "missing")]) == 1


def test_what_modules_show_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept_output.FOLDER, str(tmp_path / "kept"))
    kept_output.keep_result("kube_cluster_info", {"kubeconfig": "one"}, "two")
    kept_output.keep_result("kube_cluster_kubeconfig", {"kubeconfig": "three", "changed": True}, "four")
    (kept,) = (tmp_path / "kept").iterdir()
    assert kept.read_text().splitlines() == ['{"kubeconfig": "one"}', "two", '{"changed": true}', "four"]
