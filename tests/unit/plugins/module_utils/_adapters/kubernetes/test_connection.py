# SPDX-License-Identifier: GPL-3.0-or-later

"""What a connection to an API server is made of, and what is refused before anything is sent."""

from __future__ import annotations

import base64
import copy
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.failures import ConfigurationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.connection import connect
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.kubeconfig_option import (
    shown_of_kubeconfig,
)

SERVER = "https://192.0.2.1:6443"
CLEAR = ["192.0.2.2:6450", "http://192.0.2.2:6450", "HTTP://192.0.2.2", "//192.0.2.2", "api.example", "http://0.0.0.0"]
LOCAL = [
    "127.0.0.1:8001",
    "http://127.0.0.1:8001",
    "http://127.3.2.1",
    "localhost:8001",
    "http://[::1]:8001",
    "[::1]:1",
]


@pytest.fixture(autouse=True)
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client library looks for proxies by itself."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def kubeconfig(server: str = SERVER, user: dict[str, t.Any] | None = None, name: str = "main") -> dict[str, t.Any]:
    return {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": name, "user": {"token": f"token-of-{name}"} if user is None else user}],
    }


def connected(environ: dict[str, str] | None = None, **options: t.Any) -> t.Any:
    with connect(options, environ or {}) as client:
        return client.configuration


def refusal(environ: dict[str, str] | None = None, **options: t.Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        connected(environ, **options)
    return caught.value


def authorization(configuration: t.Any) -> t.Any:
    return configuration.auth_settings().get("BearerToken", {}).get("value")


CREDENTIALS: dict[str, dict[str, str]] = {
    "token": {"api_key": "hunter2"},
    "password": {"username": "me", "password": "hunter2"},
    "nothing": {},
}


@pytest.mark.parametrize("server", CLEAR)
@pytest.mark.parametrize("kind", CREDENTIALS)
def test_a_server_without_tls_is_refused(kind: str, server: str) -> None:
    for environ, options, option in (
        ({}, {"host": server}, "host"),
        ({"K8S_AUTH_HOST": server}, {}, "host"),
        ({}, {"kubeconfig": kubeconfig(server)}, "kubeconfig"),
        ({"K8S_AUTH_KUBECONFIG": yaml.safe_dump(kubeconfig(server, user={}))}, {}, "kubeconfig"),
    ):
        error = refusal(
            environ,
            kubeconfig=options.pop("kubeconfig", kubeconfig() if option == "host" else None),
            **options,
            **CREDENTIALS[kind],
        )
        assert error.option == option
        assert "in clear over the network" in str(error) or "is not an http or https URL" in str(error)
        assert "hunter2" not in str(error)


@pytest.mark.parametrize("server", LOCAL)
def test_a_server_on_this_host_needs_no_tls(server: str) -> None:
    expected = server if "://" in server else f"http://{server}"
    assert connected(host=server, api_key="x").host == expected
    assert connected(kubeconfig=kubeconfig(server)).host == expected


@pytest.mark.parametrize(
    "server",
    ["https://me:hunter2@192.0.2.1", "https://192.0.2.1?token=hunter2", "ftp://192.0.2.1", "https://", "https://a b"],
)
def test_a_server_that_is_none_is_refused_and_not_quoted(server: str) -> None:
    assert "hunter2" not in str(refusal(host=server, api_key="x"))


def test_user_name_and_password_are_sent() -> None:
    expected = "Basic " + base64.b64encode("me:pass wörd".encode()).decode()
    found = connected(host=SERVER, username="me", password="pass wörd")
    assert (found.host, authorization(found)) == (SERVER, expected)
    environ = {"K8S_AUTH_HOST": SERVER, "K8S_AUTH_USERNAME": "me", "K8S_AUTH_PASSWORD": "pass wörd"}
    assert authorization(connected(environ)) == expected
    assert authorization(connected(environ, api_key="x")) == "Bearer x"
    assert authorization(connected(kubeconfig=kubeconfig(), username="me", password="pass wörd")) == expected


def test_a_user_name_without_password_is_refused_and_the_reverse() -> None:
    assert refusal(host=SERVER, username="me").option == "password"
    assert refusal({"K8S_AUTH_PASSWORD": "hunter2"}, host=SERVER).option == "username"


def test_every_name_of_kubernetes_core_for_a_variable(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("ca", "certificate", "key")]
    for path in files:
        path.touch()
    names = {
        "ssl_ca_cert": ("CA_CERT", "SSL_CA_CERT"),
        "cert_file": ("CLIENT_CERT", "CERT_FILE"),
        "key_file": ("CLIENT_KEY", "KEY_FILE"),
    }
    for kind in (0, 1):
        environ = {f"K8S_AUTH_{both[kind]}": str(path) for both, path in zip(names.values(), files, strict=True)}
        found = connected(environ, host=SERVER)
        assert [getattr(found, attribute) for attribute in names] == list(map(str, files))
        assert connected({f"K8S_AUTH_{('VALIDATE_CERTS', 'VERIFY_SSL')[kind]}": "no"}, host=SERVER).verify_ssl is False


def test_blank_variables_are_not_given() -> None:
    names = ("KUBECONFIG", "CONTEXT", "API_KEY", "USERNAME", "PASSWORD", "CERT_FILE", "VERIFY_SSL", "PROXY", "NO_PROXY")
    environ = dict.fromkeys([f"K8S_AUTH_{name}" for name in names], " ")
    assert authorization(connected({**environ, "KUBECONFIG": " "}, host=SERVER, api_key="x\n")) == "Bearer x"


@pytest.mark.parametrize("given", ["option", "K8S_AUTH_KUBECONFIG", "KUBECONFIG"])
def test_several_kubeconfigs_are_merged_as_kubectl_does(tmp_path: Path, given: str) -> None:
    first, second = kubeconfig(name="first"), kubeconfig("https://192.0.2.2", name="second")
    # Of entries with one name, the first counts.
    second["users"].append({"name": "first", "user": {"token": "other"}})
    for name, document in (("a", first), ("b", second)):
        (tmp_path / name).write_text(yaml.safe_dump(document), encoding="utf-8")
    paths = f"{tmp_path}/absent:~/a::{tmp_path}/b"
    environ, options = ({given: paths}, {}) if given != "option" else ({}, {"kubeconfig": paths})
    found = connected(environ, **options)
    assert (found.host, authorization(found)) == (SERVER, "Bearer token-of-first")
    found = connected(environ, **options, context="second")
    assert (found.host, authorization(found)) == ("https://192.0.2.2", "Bearer token-of-second")


def test_kubeconfigs_that_complete_each_other(tmp_path: Path) -> None:
    document = kubeconfig(user={"tokenFile": "token"})
    (tmp_path / "sub").mkdir()
    # Relative to the file that names it.
    (tmp_path / "sub" / "token").write_text("from-a-file\n", encoding="utf-8")
    (tmp_path / "a").write_text(
        "current-context: ''\n" + yaml.safe_dump({"clusters": document["clusters"]}), encoding="utf-8"
    )
    (tmp_path / "sub" / "b").write_text(yaml.safe_dump({**document, "clusters": None}), encoding="utf-8")
    found = connected({"K8S_AUTH_KUBECONFIG": f"{tmp_path}/a:{tmp_path}/sub/b"})
    assert (found.host, authorization(found)) == (SERVER, "Bearer from-a-file")


def test_a_list_of_which_no_file_exists_names_them() -> None:
    error = refusal({"K8S_AUTH_KUBECONFIG": "/no/a:/no/b"})
    assert str(error) == "kubeconfig: none of these files exists: /no/a, /no/b"


@pytest.mark.parametrize(
    "text", ["MARKERbroken: [", "token: MARKER", "/no/a:MARKER{", "/no/MARKER: [", "user:MARKERabcdefghij1234567890"]
)
def test_a_text_of_which_a_part_is_no_path_is_no_list_and_is_not_shown(text: str) -> None:
    error = refusal({"K8S_AUTH_KUBECONFIG": text})
    assert str(error) == (
        f"kubeconfig: this is no path of a kubeconfig but a text of {len(text)} characters, which is not shown; write "
        f"it to a file and give the path"
    )
    assert shown_of_kubeconfig({"kubeconfig": text}) == set()


def test_a_file_with_a_colon_in_its_name_is_one(tmp_path: Path) -> None:
    path = tmp_path / "a:b"
    path.write_text("\ufeff" + yaml.safe_dump(kubeconfig()).replace("\n", "\r\n"), encoding="utf-8")
    assert connected(kubeconfig=str(path)).host == SERVER


@pytest.mark.parametrize("form", ["dict", "text", "json"])
def test_a_kubeconfig_as_content(form: str) -> None:
    document = kubeconfig()
    forms: dict[str, t.Any] = {
        "dict": copy.deepcopy(document),
        "text": yaml.safe_dump(document),
        "json": yaml.safe_dump(document, default_flow_style=True, width=10**6).strip(),
    }
    found = connected(kubeconfig=forms[form])
    assert (found.host, authorization(found)) == (SERVER, "Bearer token-of-main")
    assert forms["dict"] == document


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"current-context": ""}, "has no current context; set context to one of its contexts: main"),
        ({"current-context": "x"}, "has no context 'x'; it has main"),
        ({"clusters": []}, "has no server for the cluster 'main' of the context 'main'"),
        ({"users": []}, "has no user 'main', which the context 'main' names"),
        ({"users": {}}, "users is not a list"),
        ({"contexts": [{"context": {}}]}, "contexts has an entry without name and context"),
        (
            {"users": [{"name": "main", "user": {"client-key": "/no/key"}}]},
            "client-key of user main in the kubeconfig: the file /no/key does not exist",
        ),
        ({"users": [{"name": "main", "user": {"client-key-data": "-"}}]}, "client-key-data of user main is not base64"),
    ],
)
def test_what_is_wrong_with_a_kubeconfig_is_named(change: dict[str, t.Any], said: str) -> None:
    assert said in str(refusal(kubeconfig={**kubeconfig(), **change}))


def test_every_secret_is_hidden_before_anything_can_fail() -> None:
    hidden: list[str] = []
    document = kubeconfig(user={"token": "hunter2", "password": "hunter3", "client-key-data": "%"})
    with pytest.raises(ConfigurationError):
        connect({"kubeconfig": document, "proxy": "http://me:hunter%34@192.0.2.9"}, {}, hidden.append)
    assert {"hunter2", "hunter3", "%", "hunter%34", "hunter4"} <= set(hidden)
    assert not {"main", SERVER} & set(hidden)


PROXY = "http://192.0.2.9:3128"


def test_no_proxy() -> None:
    assert connected(host=SERVER, api_key="x", proxy=PROXY).proxy == PROXY
    for names in ("192.0.2.0/24", "example, 192.0.2.1", "*"):
        assert connected({"K8S_AUTH_NO_PROXY": names}, host=SERVER, api_key="x", proxy=PROXY).proxy is None
    assert connected({"K8S_AUTH_PROXY": PROXY}, host=SERVER, api_key="x", no_proxy="192.0.2.2").proxy == PROXY


def test_what_needs_no_tls_on_this_host_goes_through_no_other_host() -> None:
    assert connected(host="127.0.0.1:8001", api_key="x", proxy=PROXY).proxy is None
    assert connected(host="127.0.0.1:8001", api_key="x", proxy="http://localhost:1").proxy == "http://localhost:1"


@pytest.mark.parametrize(
    "proxy", ["http://me:hunter2@192.0.2.9", "me:hunter2@192.0.2.9", "gopher://hunter2", "http://"]
)
def test_a_proxy_that_cannot_be_used_is_not_quoted(proxy: str) -> None:
    document = kubeconfig()
    document["clusters"][0]["cluster"]["proxy-url"] = proxy
    for error in (refusal(host=SERVER, api_key="x", proxy=proxy), refusal(kubeconfig=document)):
        assert error.option == "proxy"
        assert "hunter2" not in str(error)


def test_a_password_for_a_proxy_is_sent_over_tls() -> None:
    found = connected(host=SERVER, api_key="x", proxy="https://me:p%40ss@192.0.2.9")
    assert found.proxy_headers == {"proxy-authorization": "Basic " + base64.b64encode(b"me:p@ss").decode()}
