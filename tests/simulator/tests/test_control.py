# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of requests, the control API and the process (point 21)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import httpx
import pytest

from ovh_simulator import Fault, Settings, Simulator

PACKAGE_PARENT = Path(__file__).resolve().parents[1]


def test_requests_are_recorded_as_they_came(sim: Simulator, kube: t.Any) -> None:
    kube_id = sim.add_cluster()
    kube.put(kube_id, "customization", kubeProxy={"ipvs": {"scheduler": "rr"}})
    record = sim.requests[-1]
    assert (record.method, record.status) == ("PUT", 200)
    assert record.path == f"/1.0/cloud/project/{sim.service_name}/kube/{kube_id}/customization"
    assert record.route == record.path.removeprefix("/1.0")
    assert record.headers["content-type"] == "application/json"
    assert record.body == b'{"kubeProxy":{"ipvs":{"scheduler":"rr"}}}'
    assert record.json == {"kubeProxy": {"ipvs": {"scheduler": "rr"}}}


def test_what_counts_as_a_mutation(sim: Simulator, kube: t.Any, official: t.Any, http: httpx.Client) -> None:
    kube_id = sim.add_cluster()
    official(sim, oauth2=True).get(kube.root)
    kube.client.request_consumerkey([])
    kube = type(kube)(official(sim), sim.service_name)
    kube.get(kube_id)
    kube.post(kube_id, "kubeconfig")
    assert {request.method for request in sim.requests} == {"GET", "POST"}
    assert sim.mutations == []
    kube.put(kube_id, name="x")
    kube.post(kube_id, "kubeconfig", "reset")
    http.put(f"{sim.url}{kube.path(kube_id)}", json={"name": "refused, yet it would have changed something"})
    assert [(request.method, request.status) for request in sim.mutations] == [
        ("PUT", 200),
        ("POST", 200),
        ("PUT", 403),
    ]
    sim.clear_requests()
    assert sim.requests == []


def test_reset_of_the_simulator(make_sim: t.Any, http: httpx.Client) -> None:
    sim = make_sim({"lag_polls": 4, "access_rules": []})
    before = (sim.url, sim.credentials, sim.service_name)
    sim.add_cluster()
    sim.add_account()
    sim.inject(Fault())
    sim.settings.lag_polls = 9
    sim.settings.access_rules.append({"method": "GET", "path": "/*"})
    sim.reset()
    assert (sim.settings.lag_polls, sim.settings.access_rules) == (4, [])
    assert (sim.clusters, sim.requests) == ([], [])
    assert (sim.url, sim.credentials, sim.service_name) == before
    assert http.get(f"{sim.url}/auth/time").status_code == 200


@pytest.mark.parametrize(
    "settings",
    [{"lag_pols": 1}, {"progress": "days"}, {"operations": {"explode": {}}}, {"operations": {"reset": {"lag": 1}}}],
)
def test_settings_refuse_what_they_do_not_know(settings: dict[str, t.Any]) -> None:
    with pytest.raises(ValueError, match=r"knob|must be"):
        Settings().update(settings)


def test_readme_lists_every_knob() -> None:
    readme = (PACKAGE_PARENT / "README.md").read_text(encoding="utf-8")
    knobs = readme.partition("## Knobs")[2].partition("## Faults")[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", knobs, re.MULTILINE))
    in_words = {"access_rules": "everything", "versions": "1.32 to 1.35"}
    defaults = {name: f"`{json.dumps(value)}`" for name, value in Settings().as_dict().items()}
    assert listed == {**defaults, **in_words}


def test_settings_refuse_a_misspelt_attribute() -> None:
    with pytest.raises(AttributeError):
        Settings().lag_pols = 1  # type: ignore[attr-defined]


def test_two_simulators_do_not_share_anything(make_sim: t.Any) -> None:
    one, two = make_sim(), make_sim()
    one.add_cluster()
    assert two.clusters == []
    assert one.credentials != two.credentials
    assert one.url != two.url


def test_control_api(sim: Simulator, http: httpx.Client) -> None:
    with httpx.Client(base_url=f"{sim.control}/") as control:
        assert control.get("settings").json() == Settings().as_dict()
        assert control.patch("settings", json={"lag_polls": 0}).json()["lag_polls"] == 0
        assert control.patch("settings", json={"nothing": 0}).status_code == 400
        made = control.post("clusters", json={"name": "one", "kubeProxyMode": "ipvs"})
        assert made.status_code == 201
        kube_id = made.json()["id"]
        assert [cluster["name"] for cluster in control.get("clusters").json()] == ["one"]
        assert control.patch(f"clusters/{kube_id}", json={"status": "ERROR"}).json()["status"] == "ERROR"
        shown = control.get(f"clusters/{kube_id}").json()
        assert (shown["kubeProxyMode"], shown["status"], shown["busy"]) == ("ipvs", "ERROR", False)
        assert shown["kubeconfigSecrets"] == sim.cluster(kube_id).kubeconfig_secrets()
        fault = {"status": 503, "shape": "html", "message": "m", "path": "/auth/time"}
        assert control.post("faults", json={**fault, "times": 2}).status_code == 204
        assert control.post("faults", json={"shape": "round"}).status_code == 400
        assert http.get(f"{sim.url}/auth/time").status_code == 503
        assert control.delete("faults").status_code == 204
        assert http.get(f"{sim.url}/auth/time").status_code == 200
        http.put(f"{sim.url}/cloud/project/{sim.service_name}/kube/{kube_id}", json={"name": "\u00e9"})
        assert [request["method"] for request in control.get("requests").json()] == ["GET", "GET", "PUT"]
        (mutation,) = control.get("requests", params={"mutations": "true"}).json()
        assert (mutation["json"], mutation["status"]) == ({"name": "\u00e9"}, 403)
        assert control.delete("requests").status_code == 204
        assert control.get("requests").json() == []
        assert control.delete(f"clusters/{kube_id}").status_code == 204
        assert control.get(f"clusters/{kube_id}").status_code == 404
        account = control.post("accounts").json()
        assert len(account["service_name"]) == 32
        assert control.delete("tokens").status_code == 204
        assert control.post("reset").status_code == 204
        assert control.get("settings").json()["lag_polls"] == Settings().lag_polls
        assert control.get("nothing").status_code == 404


@pytest.fixture
def start(tmp_path: Path) -> t.Iterator[t.Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "ovh_simulator", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(PACKAGE_PARENT), "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process(start: t.Any, tmp_path: Path, number: signal.Signals, http: httpx.Client) -> None:
    ready = tmp_path / "ready.json"
    process = start(
        *("--settings", '{"lag_polls": 7}'),
        *("--cluster", '{"name": "one"}', "--cluster", '{"name": "two"}'),
        *("--credentials", '{"access_token": "fixed"}', "--service-name", "0" * 32),
        *("--ready-file", str(ready)),
    )
    line = process.stdout.readline()
    facts = json.loads(line)
    assert ready.read_text() == line
    assert ready.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [ready]
    assert (facts["service_name"], facts["credentials"]["access_token"]) == ("0" * 32, "fixed")
    assert facts["token_url"].removesuffix("/auth/oauth2/token") == facts["url"].removesuffix("/1.0")
    url = f"{facts['url']}/cloud/project/{facts['service_name']}/kube"
    assert http.get(url, headers={"Authorization": "Bearer fixed"}).json() == facts["clusters"]
    assert http.get(f"{facts['control']}/settings").json()["lag_polls"] == 7
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def test_process_goes_with_its_parent(tmp_path: Path, http: httpx.Client) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "ovh_simulator", "--exit-with-parent", "--ready-file", str(ready)]
    parent = f"import subprocess; subprocess.Popen({command!r}, stdout=subprocess.PIPE).stdout.readline()"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE_PARENT), "PYTHONDONTWRITEBYTECODE": "1"}
    # Both processes hold the pipe of stderr: this returns when the second is gone too.
    try:
        subprocess.run([sys.executable, "-c", parent], check=True, env=environment, stderr=subprocess.PIPE, timeout=60)
    except subprocess.TimeoutExpired:
        os.kill(json.loads(ready.read_text())["pid"], signal.SIGKILL)
        raise
    with pytest.raises(httpx.ConnectError):
        http.get(json.loads(ready.read_text())["control"])


def test_process_refuses_an_unknown_knob(start: t.Any) -> None:
    process = start("--settings", '{"nothing": 1}')
    _out, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "no such knob: nothing" in err
