# SPDX-License-Identifier: GPL-3.0-or-later

"""What is seen of faults and of words from outside: nothing is lost, nothing is forged, nothing secret is shown."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import managed_modules
from hostile_server import QUERY_ID, HostileServer, Request, answer
from ovh_simulator import Simulator

FORGED = "prod\nFAKE TASK [ok] ***\x1b[31m\u202e"
CUSTOMIZATION = {"kube_proxy": {"iptables": {"sync_period": "60s"}}}


def test_a_fault_of_the_collection_keeps_what_was_changed_and_known(
    run: t.Any, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = sim.credentials.application_secret

    def broken(ctx: t.Any, *_asked: t.Any) -> t.NoReturn:
        ctx.facts["kube_id"] = "c1"
        ctx.warn("it costs money")
        ctx.accepted()
        raise KeyError(f"id {secret}")

    monkeypatch.setattr(managed_modules, "customize", broken)
    outcome = run("kube_proxy_customization", name="prod", **CUSTOMIZATION)
    assert (outcome.failed, outcome["changed"], outcome["kube_id"]) == (True, True, "c1")
    assert outcome.warnings == ["it costs money"]
    assert outcome["msg"].startswith(
        "This is a fault of the collection clusterops.kube_proxy, not of yours: KeyError ("
    )
    assert "https://github.com/clusterops/kube_proxy/issues" in outcome["msg"]
    assert outcome["fault"]["error"] == "KeyError"
    assert any("test_last_resort.py" in place for place in outcome["fault"]["at"])
    assert secret not in outcome.text


def test_a_fault_of_the_shell_itself_is_no_bare_traceback(run: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: t.Any, **_more: t.Any) -> t.NoReturn:
        raise RecursionError

    monkeypatch.setattr(managed_modules.ModuleSpec, "execute", broken)
    outcome = run("kube_cluster_info")
    assert outcome["msg"].startswith("This is a fault of the collection")
    assert outcome["fault"]["error"] == "RecursionError"


@pytest.mark.parametrize("field", ["name", "region", "status"])
def test_names_and_statuses_forge_no_line(run: t.Any, sim: Simulator, field: str) -> None:
    for _twice in range(2):
        sim.add_cluster(**{"name": "prod", field: FORGED})
    for name in ("prod", "none", FORGED):
        outcome = run.refused("kube_proxy_customization", name=name, **CUSTOMIZATION)
        assert outcome["msg"].isprintable()
        assert all(warning.isprintable() for warning in outcome.warnings)


def test_a_token_url_that_echoes_the_header_gives_nothing_away(run: t.Any, sim: Simulator) -> None:
    account = {"client_id": "an-id", "client_secret": 'se"cr\\et+/1234='}
    header = base64.b64encode(f"an-id:{account['client_secret']}".encode()).decode()

    def play(connection: t.Any, request: Request) -> None:
        connection.sendall(answer({"message": f"bad request: {request.head} {json.dumps(account)}"}, 400))

    with HostileServer(play) as server:
        outcome = run.bare(
            "kube_cluster_info",
            endpoint=f"{server.url}/1.0",
            token_url=f"{server.url}/token",
            service_name=sim.service_name,
            **account,
        )
    assert outcome.failed
    assert outcome["error"]["query_id"] == QUERY_ID
    shown = outcome.text.replace("\\\\", "\\").replace('\\"', '"')
    assert [text for text in (header, header[:-4], 'se"cr', "et+/1234") if text in shown] == []


def test_an_error_page_does_not_flood_the_result(run: t.Any, sim: Simulator) -> None:
    def play(connection: t.Any, _request: Request) -> None:
        details = {str(number): "x" * 900 for number in range(60)}
        connection.sendall(answer({"message": "y" * 60_000, "details": details}, 400))

    with HostileServer(play) as server:
        options = {"endpoint": f"{server.url}/1.0", "access_token": "some-token", "service_name": sim.service_name}
        outcome = run.bare("kube_cluster_info", **options)
    assert outcome.failed
    assert len(outcome["msg"]) < 2000
    assert len(outcome.text) < 60_000
