# SPDX-License-Identifier: GPL-3.0-or-later

"""No credential and no token is in anything a module prints, wherever it came from and however the run ends."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ovh_simulator import Fault, Simulator

CUSTOMIZATION = "kube_proxy_customization"
METHODS = {
    "signed": ("application_key", "application_secret", "consumer_key"),
    "service_account": ("client_id", "client_secret"),
    "token": ("access_token",),
}
#: Ansible gathers the secrets among the options only if every mapping in them is one.
NO_MAPPING = {"api_server": {"admission_plugins": ["NodeRestriction"]}}
#: No secrets, but names: an id tells who, not how to prove it.
PUBLIC = ("client_id",)


class Connection(t.NamedTuple):
    """Options, and the secrets among the credentials that are in them or elsewhere."""

    options: dict[str, t.Any]
    secrets: list[str]


@pytest.fixture
def connection(
    request: pytest.FixtureRequest, sim: Simulator, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Connection:
    """Credentials of the method that ``request.param`` names, given where it names."""
    method, source = request.param
    known = sim.credentials.as_dict()
    values = {name: known[name] for name in METHODS[method]}
    options: dict[str, t.Any] = {"endpoint": sim.url, "service_name": sim.service_name, "token_url": sim.token_url}
    if source == "options":
        options.update(values)
    elif source == "environment":
        for name, value in values.items():
            monkeypatch.setenv(f"OVH_{name.upper()}", value)
    else:
        lines = [f"[{sim.url}]", *(f"{name} = {value}" for name, value in values.items())]
        (home / ".ovh.conf").write_text("\n".join(lines))
    return Connection(options, [value for name, value in values.items() if name not in PUBLIC])


everywhere = pytest.mark.parametrize(
    "connection",
    [(method, source) for method in METHODS for source in ("options", "environment", "file")],
    indirect=True,
    ids="-".join,
)


def secrets(sim: Simulator) -> set[str]:
    """All credentials, the tokens and signatures that went over the wire, and whatever is in a kubeconfig."""
    known = {value for name, value in sim.credentials.as_dict().items() if name not in PUBLIC}
    for request in sim.requests:
        known.update(
            value.removeprefix("Bearer ").removeprefix("Basic ")
            for name, value in request.headers.items()
            if name in ("authorization", "x-ovh-signature", "x-ovh-consumer", "x-ovh-application")
        )
    for cluster in sim.clusters:
        known.update(cluster.kubeconfig_secrets())
    return known


def assert_silent(sim: Simulator, outcome: t.Any) -> None:
    assert [secret for secret in secrets(sim) if secret in outcome.text] == []


@everywhere
def test_run_that_changes_something_prints_no_secret(run: t.Any, sim: Simulator, connection: Connection) -> None:
    kube_id = sim.add_cluster(name="prod")
    outcome = run.bare(
        CUSTOMIZATION,
        **connection.options,
        kube_id=kube_id,
        wait_sleep=0.01,
        kube_proxy={"iptables": {"sync_period": "1m"}},
    )
    assert outcome["changed"] is True
    assert "invocation" in outcome.result
    assert any("authorization" in request.headers or "x-ovh-signature" in request.headers for request in sim.requests)
    assert_silent(sim, outcome)


@everywhere
def test_answer_that_repeats_the_credentials_is_masked(
    run: t.Any, sim: Simulator, connection: dict[str, t.Any]
) -> None:
    kube_id = sim.add_cluster(name="prod")
    # Others than its own the client cannot know.
    message = "refused: " + " ".join(connection.secrets)
    sim.inject(Fault(status=403, code="FORBIDDEN", message=message, path="*/kube/*", details={"said": message}))
    outcome = run.bare(CUSTOMIZATION, **connection.options, kube_id=kube_id, state="absent")
    assert outcome.failed
    assert outcome["error"]["status"] == 403
    assert [secret for secret in connection.secrets if secret in outcome.text] == []


@everywhere
def test_lost_connection_prints_no_secret(run: t.Any, sim: Simulator, connection: Connection) -> None:
    # A creation is not repeated, and is looked for only as long as there is time.
    sim.inject(Fault.drop_before(method="POST", path="*/kube"))
    outcome = run.bare("kube_cluster", **connection.options, name="new", region="GRA11", wait_timeout=0)
    assert outcome.failed
    assert_silent(sim, outcome)


@everywhere
def test_refused_credentials_are_not_repeated(run: t.Any, sim: Simulator, connection: Connection) -> None:
    kube_id = sim.add_cluster(name="prod")
    sim.settings.update({"consumer_key_state": "expired", "iam_denied_actions": ["*"]})
    outcome = run.bare(CUSTOMIZATION, **connection.options, kube_id=kube_id, state="absent")
    assert outcome.failed
    assert outcome["error"]["status"] == 403
    assert_silent(sim, outcome)


@everywhere
def test_credential_in_a_result_is_masked(run: t.Any, sim: Simulator, connection: Connection) -> None:
    # Ansible masks what was given as an option by itself; what came from elsewhere it has to be told.
    for secret in connection.secrets:
        sim.add_cluster(name=f"cluster {secret}")
    outcome = run.bare("kube_cluster_info", **connection.options)
    assert [cluster["region"] for cluster in outcome["clusters"]] == ["GRA11"] * len(connection.secrets)
    assert [secret for secret in connection.secrets if secret in outcome.text] == []


def test_token_that_is_obtained_during_the_run_is_masked_in_a_result(run: t.Any, sim: Simulator) -> None:
    known = sim.credentials.as_dict()
    token = known["access_token"]
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": 3599, "scope": "all"}
    sim.inject(Fault(status=200, body=answer, method="POST", path="*/token"))
    sim.add_cluster(name=f"cluster {token}")
    outcome = run.bare(
        "kube_cluster_info",
        endpoint=sim.url,
        token_url=sim.token_url,
        service_name=sim.service_name,
        **{name: known[name] for name in METHODS["service_account"]},
    )
    assert [request.headers["authorization"] for request in sim.requests[1:]] == [f"Bearer {token}"] * 2
    assert [cluster["region"] for cluster in outcome["clusters"]] == ["GRA11"]
    assert token not in outcome.text


@pytest.mark.parametrize("module", ["kube_cluster_info", CUSTOMIZATION, "kube_cluster", "kube_cluster_reset"])
def test_failure_before_any_request_prints_no_secret(run: t.Any, sim: Simulator, module: str) -> None:
    for wrong in ({"service_name": "no project"}, {"endpoint": "ftp://nowhere"}, {"no_such_option": 1}, NO_MAPPING):
        options: dict[str, t.Any] = {"name": "prod", "region": "GRA11", **wrong}
        if module == CUSTOMIZATION:
            options["state"] = "absent"
        if module == "kube_cluster_reset":
            options["kube_proxy_mode"] = "ipvs"
        outcome = run.refused(module, **options)
        assert_silent(sim, outcome)
    assert sim.requests == []
