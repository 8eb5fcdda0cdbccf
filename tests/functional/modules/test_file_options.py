# SPDX-License-Identifier: GPL-3.0-or-later

"""An option that names a file and is given the file's content: nothing of that is printed, also at ``-vvv``."""

from __future__ import annotations

import http.server
import importlib
import threading
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import module_spec
from module_run import ModuleRun

MANAGED = (
    "kube_cluster",
    "kube_cluster_info",
    "kube_cluster_kubeconfig",
    "kube_cluster_reset",
    "kube_proxy_customization",
)
SELF_HOSTED = ("kube_proxy_config", "kube_proxy_info", "kube_proxy_migration", "kube_proxy_rollout")
#: Each with the library that has its spec.
ON_NODES = {"kube_proxy_node_info": "node_module", "kube_proxy_node_probe": "node_probe_module"}
MODULES = (*MANAGED, *SELF_HOSTED, *ON_NODES)

#: What a module needs beside how it connects and to what.
FURTHER: dict[str, dict[str, str]] = {
    "kube_cluster_reset": {"kube_proxy_mode": "ipvs"},
    "kube_proxy_customization": {"state": "absent"},
    "kube_proxy_migration": {"state": "absent"},
    "kube_proxy_node_probe": {"state": "stopped"},
}

MARKER = "HUNTER2HUNTER2HUNTER2"
PEM = f"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEI{MARKER}oAoGCCqGSM49\n-----END EC PRIVATE KEY-----\n"
CONTENTS = {
    "PEM": PEM,
    "PEM on one line": PEM.replace("\n", "\\n"),
    "ovh.conf": f"[default]\nendpoint=ovh-eu\n[ovh-eu]\napplication_secret={MARKER}\n",
    "one line of it": f"application_secret={MARKER}",
    "YAML": f"apiVersion: v1\nusers:\n- name: admin\n  user:\n    token: {MARKER}\n",
    "JSON": f'{{"users": [{{"name": "admin", "user": {{"token": "{MARKER}"}}}}]}}',
    "token": f"eyJhbGciOiJSUzI1NiJ9{MARKER}",
    "long": MARKER * 400,
}
KUBECONFIG: dict[str, t.Any] = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "admin@prod",
    "contexts": [{"name": "admin@prod", "context": {"cluster": "prod", "user": "admin"}}],
    "clusters": [{"name": "prod", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "admin", "user": {"token": MARKER, "password": f"{MARKER}2"}}],
}


@pytest.fixture
def bare(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> t.Callable[..., t.Any]:
    """Runs modules with nothing but the given options."""
    for name in ("K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    return ModuleRun(monkeypatch, capsys).bare


@pytest.fixture
def forbidding() -> t.Iterator[t.Callable[[], list[dict[str, str]]]]:
    """An API server without TLS that allows nothing; KUBECONFIG leads there. Returns the headers that it was sent."""
    seen: list[dict[str, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_error(403)

        def log_message(self, *_arguments: t.Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        KUBECONFIG["clusters"][0]["cluster"]["server"] = f"http://127.0.0.1:{server.server_port}"
        yield lambda: seen
        server.shutdown()


def spec_of(module: str) -> module_spec.ModuleSpec:
    shell = ON_NODES.get(module)
    for name in [shell] if shell else ["managed_modules", "self_hosted_modules"]:
        library = importlib.import_module(module_spec.__name__.rpartition(".")[0] + f".{name}")
        if hasattr(library, module.upper()):
            return t.cast(module_spec.ModuleSpec, getattr(library, module.upper()))
    raise LookupError(module)


def file_options() -> list[tuple[str, str]]:
    return [
        (module, name)
        for module in MODULES
        for name, option in spec_of(module).argument_spec.items()
        if option["type"] == "path"
    ]


def needed(module: str) -> dict[str, t.Any]:
    """Enough options to come as far as the one in question."""
    options: dict[str, t.Any] = {}
    if module in MANAGED:
        options = {
            "endpoint": "ovh-eu",
            "access_token": "a-token",
            "service_name": "0" * 32,
            "name": "prod",
            "region": "GRA11",
        }
    if module in SELF_HOSTED:
        options = {"host": "https://127.0.0.1:1", "api_key": "a-token"}
    return {**options, **FURTHER.get(module, {})}


def test_every_file_option_is_hidden_until_it_looks_like_a_name() -> None:
    found = file_options()
    assert len(found) == 28
    for module, name in found:
        assert spec_of(module).argument_spec[name]["no_log"] is True


@pytest.mark.parametrize("kind", CONTENTS)
@pytest.mark.parametrize(
    ("module", "option"), [("kube_cluster_info", "config_file"), ("kube_proxy_info", "client_key")]
)
def test_content_in_place_of_a_file_that_is_read_is_not_printed(
    bare: t.Any, module: str, option: str, kind: str
) -> None:
    outcome = bare(module, **needed(module), **{option: CONTENTS[kind]})
    assert outcome["msg"].startswith(f"{option}: this is no path of a file but ")
    assert "not shown; write it to a file and give the path" in outcome["msg"]
    assert outcome["option"] == option
    assert MARKER not in outcome.text


@pytest.mark.parametrize(("module", "option"), file_options())
def test_a_key_in_place_of_a_path_is_not_printed(bare: t.Any, module: str, option: str) -> None:
    outcome = bare(module, **needed(module), **{option: PEM})
    assert f"{option}: this is no path" in outcome["msg"]
    assert "the content of a PEM file (3 lines), which is not shown" in outcome["msg"]
    assert MARKER not in outcome.text


@pytest.mark.parametrize(("module", "option"), file_options())
def test_content_is_not_printed_when_ansible_refuses_the_options(bare: t.Any, module: str, option: str) -> None:
    outcome = bare(module, **needed(module), **{option: PEM}, no_such_option=1)
    assert outcome.failed
    assert MARKER not in outcome.text


def test_a_name_is_shown(bare: t.Any) -> None:
    outcome = bare("kube_proxy_info", **needed("kube_proxy_info"), client_key="~/no such.pem")
    assert outcome["msg"].startswith("client_key: the file /")
    assert outcome["msg"].endswith("/no such.pem does not exist")
    assert outcome["option"] == "client_key"
    assert outcome["invocation"]["module_args"]["client_key"].endswith("/no such.pem")


@pytest.mark.parametrize("given", ["text", "JSON", "dict"])
@pytest.mark.parametrize("module", SELF_HOSTED)
def test_a_kubeconfig_given_as_content_is_used_and_not_printed(
    bare: t.Any, forbidding: t.Any, module: str, given: str
) -> None:
    value: t.Any = KUBECONFIG
    if given == "text":
        value = yaml.safe_dump(KUBECONFIG)
    if given == "JSON":
        value = f" {yaml.safe_dump(KUBECONFIG, default_flow_style=True, width=9999)}".strip()
    outcome = bare(module, kubeconfig=value, **FURTHER.get(module, {}))
    assert outcome["error"]["status"] == 403
    assert {headers["authorization"] for headers in forbidding()} == {f"Bearer {MARKER}"}
    assert MARKER not in outcome.text
    assert outcome["invocation"]["module_args"]["namespace"] == "kube-system"
    if given == "dict":
        shown = outcome["invocation"]["module_args"]["kubeconfig"]
        assert shown["apiVersion"] == "v1"
        assert shown["clusters"] == KUBECONFIG["clusters"]
        assert MARKER not in str(shown["users"])


@pytest.mark.parametrize("given", ["text", "dict"])
def test_a_kubeconfig_is_not_printed_when_ansible_refuses_the_options(bare: t.Any, given: str) -> None:
    value = KUBECONFIG if given == "dict" else yaml.safe_dump(KUBECONFIG)
    outcome = bare("kube_proxy_info", kubeconfig=value, no_such_option=1)
    assert "no_such_option" in outcome["msg"]
    assert MARKER not in outcome.text


BROKEN: dict[str, t.Any] = {
    "no YAML": f"users: [\n  token: {MARKER}",
    "a list": f"- token: {MARKER}\n- b",
    "no name": yaml.safe_dump({**KUBECONFIG, "users": [{"user": {"token": MARKER}}]}),
    "user is a text": yaml.safe_dump({**KUBECONFIG, "users": [{"name": "admin", "user": MARKER}]}),
    "wrong indentation": {**KUBECONFIG, "users": [{"name": "admin", "user": None, "token": MARKER}], "clusters": []},
    "no cluster": {**KUBECONFIG, "clusters": []},
    "no user": {**KUBECONFIG, "users": [{"name": "other", "user": {"token": MARKER}}]},
    "a provider that lacks something": {
        **KUBECONFIG,
        "users": [{"name": "admin", "user": {"auth-provider": {"name": "oidc", "config": {"refresh-token": MARKER}}}}],
    },
    "a key in place of its file": {**KUBECONFIG, "users": [{"name": "admin", "user": {"client-key": PEM}}]},
    "a key that is no base64": {**KUBECONFIG, "users": [{"name": "admin", "user": {"client-key-data": PEM}}]},
    "a token of two lines": {**KUBECONFIG, "users": [{"name": "admin", "user": {"token": f"a\n{MARKER}"}}]},
    "a number": 4711,
    "a list of them": [KUBECONFIG],
}


@pytest.mark.parametrize("source", ["option", "file", "environment"])
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_kubeconfig_is_not_printed(
    bare: t.Any, kind: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = BROKEN[kind]
    text = value if isinstance(value, str) else yaml.safe_dump(value)
    if source == "option":
        outcome = bare("kube_proxy_info", kubeconfig=value)
    elif source == "file":
        path = tmp_path / "broken.conf"
        path.write_text(text, encoding="utf-8")
        outcome = bare("kube_proxy_info", kubeconfig=str(path))
    else:
        monkeypatch.setenv("K8S_AUTH_KUBECONFIG", text)
        outcome = bare("kube_proxy_info")
    assert outcome.failed
    assert outcome["option"] in ("kubeconfig", "api_key")
    assert MARKER not in outcome.text
    assert "Traceback" not in outcome.text


@pytest.mark.parametrize("variable", ["K8S_AUTH_CERT_FILE", "K8S_AUTH_KEY_FILE", "K8S_AUTH_SSL_CA_CERT", "KUBECONFIG"])
def test_content_in_a_variable_that_names_a_file_is_not_printed(
    bare: t.Any, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, PEM)
    options = {} if variable == "KUBECONFIG" else needed("kube_proxy_info")
    outcome = bare("kube_proxy_info", **options)
    assert outcome.failed
    assert outcome["option"] in ("client_cert", "client_key", "ca_cert", "kubeconfig")
    assert MARKER not in outcome.text


@pytest.mark.parametrize("key", ["abc\ndef", "abc def", "zwölf", "a\0b"])
def test_a_token_that_cannot_be_sent_is_refused_and_not_printed(bare: t.Any, key: str) -> None:
    outcome = bare("kube_proxy_info", host="https://127.0.0.1:1", api_key=key)
    assert outcome["msg"] == "The token for the API server has characters that a token cannot have"
    assert key not in outcome.text


def test_the_password_of_a_proxy_is_not_printed(bare: t.Any, forbidding: t.Any) -> None:
    server = KUBECONFIG["clusters"][0]["cluster"]["server"]
    for proxy in (f"http://me:{MARKER}@192.0.2.1:3128", f"me:{MARKER}@192.0.2.1"):
        outcome = bare("kube_proxy_info", host=server, api_key="a-token", proxy=proxy)
        assert outcome["option"] == "proxy"
        assert MARKER not in outcome.text
    assert forbidding() == []
    proxy = server.replace("//", f"//me:{MARKER}@")
    outcome = bare("kube_proxy_info", host=server, api_key="a-token", proxy=proxy)
    assert outcome["error"]["status"] == 403
    assert forbidding()[0]["proxy-authorization"].startswith("Basic ")
    assert MARKER not in outcome.text
    outcome = bare("kube_proxy_info", host=server, api_key="a-token", proxy=server)
    assert outcome["invocation"]["module_args"]["proxy"] == server


@pytest.mark.parametrize("option", ["endpoint", "token_url"])
@pytest.mark.parametrize("url", [f"https://me:{MARKER}@host/1.0", f"https://host/1.0?token={MARKER}"])
def test_the_password_in_a_url_is_not_printed(bare: t.Any, option: str, url: str) -> None:
    outcome = bare("kube_cluster_info", **{**needed("kube_cluster_info"), option: url})
    assert outcome["option"] == option
    assert MARKER not in outcome.text


def test_the_password_in_the_url_of_a_server_is_not_printed(bare: t.Any) -> None:
    outcome = bare("kube_proxy_info", host=f"https://me:{MARKER}@192.0.2.1", api_key="a-token")
    assert outcome["option"] == "host"
    assert MARKER not in outcome.text
