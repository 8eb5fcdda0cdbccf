# SPDX-License-Identifier: GPL-3.0-or-later

"""Where each setting of a connection comes from, and what is refused before any request is sent."""

from __future__ import annotations

import base64
import os
import typing as t
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.failures import ConfigurationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import connection as configuration
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import credentials, sources

PROJECT = "0123456789abcdef0123456789abcdef"
KEYS = ("application_key", "application_secret", "consumer_key")
METHODS = (KEYS, ("client_id", "client_secret"), ("access_token",))
CREDENTIALS = [name for method in METHODS for name in method]


def resolve(
    options: dict[str, t.Any] | None = None,
    environ: dict[str, str] | None = None,
    files: dict[str, str] | None = None,
) -> configuration.Connection:
    return configuration.resolve(options or {}, environ or {}, (files or {}).get)


def refusal(*args: t.Any, **kwargs: t.Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        resolve(*args, **kwargs)
    return caught.value


def signed(prefix: str = "") -> dict[str, str]:
    return {name: f"{prefix}{name}-value" for name in KEYS}


def ini(section: str, values: dict[str, str], default: str = "") -> str:
    head = f"[default]\nendpoint={default}\n" if default else ""
    return head + f"[{section}]\n" + "".join(f"{name}={value}\n" for name, value in values.items())


def test_options_alone() -> None:
    connection = resolve({"endpoint": "ovh-ca", **signed(), "service_name": PROJECT, "timeout": 7, "ca_path": "/ca"})
    assert connection.base_url == "https://ca.api.ovh.com/1.0"
    assert connection.token_url == "https://ca.ovh.com/auth/oauth2/token"
    assert connection.credentials == credentials.Signed(*(f"{name}-value" for name in KEYS))
    assert (connection.service_name, connection.timeout, connection.ca_path) == (PROJECT, 7.0, "/ca")
    assert connection.sources["consumer_key"] == "option consumer_key"


def test_environment_alone() -> None:
    environ = {
        "OVH_ENDPOINT": "ovh-us",
        "OVH_CLIENT_ID": "id",
        "OVH_CLIENT_SECRET": "secret",
        "OVH_CLOUD_PROJECT_SERVICE": PROJECT,
    }
    connection = resolve(dict.fromkeys(CREDENTIALS), environ)
    assert connection.base_url == "https://api.us.ovhcloud.com/1.0"
    assert connection.credentials == credentials.ServiceAccount("id", "secret")
    assert connection.service_name == PROJECT
    assert connection.sources["client_id"] == "environment variable OVH_CLIENT_ID"


def test_file_alone() -> None:
    connection = resolve(files={"/etc/ovh.conf": ini("ovh-eu", {"access_token": "100%(plain)"}, default="ovh-eu")})
    assert connection.credentials == credentials.BearerToken("100%(plain)")
    assert connection.sources["access_token"] == "access_token in section [ovh-eu] of /etc/ovh.conf"


def test_file_as_other_tools_take_it() -> None:
    """With a byte order mark, a section whose header is commented out, quotes and comments."""
    text = '\ufeff;[default]\r\nendpoint = "ovh-eu" ; Europe\r\n[ovh-eu]\r\naccess_token = token # mine\r\n'
    connection = resolve(files={"~/.ovh.conf": text})
    assert connection.base_url == configuration.ENDPOINTS["ovh-eu"][0]
    assert connection.credentials == credentials.BearerToken("token")


def test_home_file_overrides_system_file_key_by_key() -> None:
    connection = resolve(
        files={
            "/etc/ovh.conf": ini("ovh-eu", signed("system-"), default="ovh-eu"),
            "~/.ovh.conf": ini("ovh-eu", {"consumer_key": "mine"}),
        }
    )
    assert connection.credentials == credentials.Signed(
        "system-application_key-value", "system-application_secret-value", "mine"
    )


def test_working_directory_is_not_searched() -> None:
    looked_for: list[str] = []

    def read(path: str) -> str | None:
        looked_for.append(path)
        return None

    with pytest.raises(ConfigurationError):
        configuration.resolve({}, {}, read)
    assert looked_for == ["~/.ovh.conf", "/etc/ovh.conf"]


def test_config_file_replaces_the_default_files() -> None:
    files = {
        "/mine.conf": ini("ovh-eu", {"access_token": "mine"}, default="ovh-eu"),
        "/etc/ovh.conf": ini("ovh-eu", signed(), default="ovh-ca"),
    }
    connection = resolve({"config_file": "/mine.conf"}, files=files)
    assert connection.credentials == credentials.BearerToken("mine")
    assert connection.base_url == configuration.ENDPOINTS["ovh-eu"][0]


def test_config_file_must_exist() -> None:
    error = refusal({"config_file": "/absent.conf"})
    assert error.option == "config_file"
    assert "/absent.conf" in str(error)


def test_unreadable_default_file_is_passed_over_and_named() -> None:
    def read(path: str) -> str | None:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(ConfigurationError, match=r"/etc/ovh\.conf \(cannot be read: Permission denied\)"):
        configuration.resolve({"endpoint": "ovh-eu"}, {}, read)
    connection = configuration.resolve({"endpoint": "ovh-eu", "access_token": "token"}, {}, read)
    assert connection.credentials == credentials.BearerToken("token")


def test_real_files_are_read(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".ovh.conf").write_text(ini("ovh-eu", {"access_token": "from-home"}), encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "from-home" in (sources.read_text("~/.ovh.conf") or "")
    assert sources.read_text(str(tmp_path / "absent")) is None


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, reason in (
        (tmp_path / "pipe", "it is a named pipe"),
        ("/dev/zero", "it is a device"),
        (tmp_path, "Is a"),
    ):
        with pytest.raises(ConfigurationError, match=f"cannot be read: {reason}"):
            configuration.resolve({"config_file": str(path)}, {})


@pytest.mark.parametrize(
    "text", ["stray-secret\n", "[ovh-eu]\nsecret-without-value\n", "[a]\nx=secret\nx=secret\n", "[a]\n[a]\n"]
)
def test_malformed_file_is_named_and_not_quoted(text: str) -> None:
    error = refusal({"config_file": "/mine.conf", "endpoint": "ovh-eu"}, files={"/mine.conf": text})
    assert "/mine.conf, line" in str(error)
    assert "secret" not in str(error)


def test_missing_endpoint_names_the_three_and_does_not_default() -> None:
    error = refusal(signed())
    assert error.option == "endpoint"
    for name in configuration.ENDPOINTS:
        assert name in str(error)


@pytest.mark.parametrize("name", ["kimsufi-eu", "kimsufi-ca", "soyoustart-eu", "soyoustart-ca"])
def test_brands_without_managed_kubernetes(name: str) -> None:
    assert "no Managed Kubernetes" in str(refusal({"endpoint": name, **signed()}))


@pytest.mark.parametrize("name", ["OVH-EU", "eu", "eu.api.ovh.com", "secret-by-mistake"])
def test_unknown_endpoint_is_not_quoted(name: str) -> None:
    error = refusal({"endpoint": name, **signed()})
    assert error.option == "endpoint"
    assert f" {name} " not in str(error)


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("https://proxy.example/ovh/1.0/", "https://proxy.example/ovh/1.0"),
        ("http://127.0.0.1:8080/1.0", "http://127.0.0.1:8080/1.0"),
        ("http://[::1]:8080/1.0", "http://[::1]:8080/1.0"),
        ("http://localhost/1.0", "http://localhost/1.0"),
    ],
)
def test_url_as_endpoint(url: str, base_url: str) -> None:
    connection = resolve({"endpoint": url, **signed()})
    assert (connection.base_url, connection.token_url) == (base_url, None)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://eu.api.ovh.com/1.0", "in clear"),
        ("http://127.0.0.1.example/1.0", "in clear"),
        ("http://10.0.0.1/1.0", "in clear"),
        ("ftp://eu.api.ovh.com/1.0", "not an http"),
        ("https://", "not an http"),
        ("https://host:port/1.0", "not an http"),
        ("https://host/a b", "not an http"),
        ("https://hôte/1.0", "not an http"),
        ("https://user:hunter2@host/1.0", "user name"),
        ("https://host/1.0?token=hunter2", "query"),
        ("https://host/1.0#hunter2", "fragment"),
    ],
)
@pytest.mark.parametrize("option", ["endpoint", "token_url"])
def test_unfit_urls(option: str, url: str, reason: str) -> None:
    error = refusal({"endpoint": "ovh-eu", **signed(), option: url})
    assert reason in str(error)
    assert error.option == option
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "https://eu.api.ovh.com",
            "does not end with the version of the API: write https://eu.api.ovh.com/1.0, or ovh-eu",
        ),
        ("https://ca.api.ovh.com/", "write https://ca.api.ovh.com/1.0, or ovh-ca"),
        ("https://api.us.ovhcloud.com/v2", "is that of another API: write https://api.us.ovhcloud.com/1.0, or ovh-us"),
        ("https://eu.api.ovh.com/1.0/cloud", "does not end with the version of the API"),
        ("https://eu.api.ovh.com/1.0/v1", "does not end with the version of the API"),
        ("https://eu.api.ovh.com//1.0", "does not end with the version of the API"),
        ("https://eu.api.ovh.com/1", "does not end with the version of the API"),
        ("https://proxy.example/ovh", "does not end with the version of the API: end it with /1.0"),
        ("http://127.0.0.1:8080", "end it with /1.0"),
    ],
)
def test_endpoint_without_the_version_of_the_api(url: str, reason: str) -> None:
    error = refusal({"endpoint": url, **signed()})
    assert reason in str(error)
    assert "(option endpoint)" in str(error)
    assert error.option == "endpoint"
    assert "environment variable OVH_ENDPOINT" in str(refusal(signed(), environ={"OVH_ENDPOINT": url}))


@pytest.mark.parametrize(
    "url", ["https://eu.api.ovh.com/1.0/", "https://proxy.example/ovh/v1", "http://[::1]:8080/1.0"]
)
def test_endpoint_with_the_version_of_the_api(url: str) -> None:
    assert resolve({"endpoint": url, **signed()}).base_url == url.rstrip("/")


@pytest.mark.parametrize("section", ["https://eu.api.ovh.com/v1", "ovh-eu"])
def test_section_for_an_endpoint_given_as_url(section: str) -> None:
    connection = resolve(
        {"endpoint": "https://eu.api.ovh.com/v1"},
        files={"/etc/ovh.conf": ini(section, {"client_id": "id", "client_secret": "secret"})},
    )
    assert connection.credentials == credentials.ServiceAccount("id", "secret")
    assert connection.token_url == configuration.ENDPOINTS["ovh-eu"][1]


def test_named_credentials_do_not_follow_to_another_host() -> None:
    files = {"/etc/ovh.conf": ini("ovh-eu", signed())}
    assert "No credentials" in str(refusal({"endpoint": "https://evil.example/1.0"}, files=files))


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_empty_values_count_as_unset(empty: str | None) -> None:
    connection = resolve(
        {"endpoint": empty, "access_token": empty, "service_name": empty, "config_file": empty},
        {"OVH_ENDPOINT": empty or "", "OVH_APPLICATION_KEY": empty or "", "OVH_CLOUD_PROJECT_SERVICE": ""},
        {"~/.ovh.conf": ini("ovh-eu", {"access_token": "token", "client_id": ""}, default="ovh-eu")},
    )
    assert connection.credentials == credentials.BearerToken("token")
    assert connection.service_name is None


def test_higher_source_decides_the_method_over_a_complete_lower_one() -> None:
    connection = resolve(
        {"endpoint": "ovh-eu"},
        {"OVH_CLIENT_ID": "id", "OVH_CLIENT_SECRET": "secret"},
        {"/etc/ovh.conf": ini("ovh-eu", signed())},
    )
    assert connection.credentials == credentials.ServiceAccount("id", "secret")


def test_two_methods_in_one_source() -> None:
    error = refusal({"endpoint": "ovh-eu", "application_key": "hunter2", "access_token": "hunter3"})
    assert "option application_key, option access_token" in str(error)
    assert "hunter" not in str(error)
    environ = {"OVH_CLIENT_ID": "hunter2", "OVH_ACCESS_TOKEN": "hunter3"}
    assert "OVH_CLIENT_ID, environment variable OVH_ACCESS_TOKEN" in str(refusal({"endpoint": "ovh-eu"}, environ))


def test_incomplete_method_names_what_is_missing_and_where_it_was_looked_for() -> None:
    error = refusal({"endpoint": "ovh-eu", "application_key": "key"}, {"OVH_CONSUMER_KEY": "consumer"})
    assert error.option == "application_secret"
    assert "application_secret was found neither" in str(error)
    assert "OVH_APPLICATION_SECRET" in str(error)
    assert "/etc/ovh.conf" in str(error)


def test_service_account_at_a_url_needs_a_token_url() -> None:
    options = {"endpoint": "https://proxy.example/1.0", "client_id": "id", "client_secret": "secret"}
    assert refusal(options).option == "token_url"
    connection = resolve(options, {"OVH_TOKEN_URL": "https://proxy.example/token"})
    assert connection.token_url == "https://proxy.example/token"
    connection = resolve({**options, "token_url": "https://a.example"}, {"OVH_TOKEN_URL": "https://b.example"})
    assert connection.token_url == "https://a.example"


@pytest.mark.parametrize("value", ["my-project", PROJECT.upper(), PROJECT[1:], PROJECT + "0", PROJECT + "/x"])
def test_project_id_that_cannot_be_one(value: str) -> None:
    error = refusal({"endpoint": "ovh-eu", **signed(), "service_name": value})
    assert error.option == "service_name"
    assert "control panel" in str(error)


@pytest.mark.parametrize("value", [0, -1, "soon", float("nan"), float("inf")])
def test_timeout_must_be_positive(value: t.Any) -> None:
    assert refusal({"endpoint": "ovh-eu", **signed(), "timeout": value}).option == "timeout"


@pytest.mark.parametrize("value", ["two words", "line\nbreak", "accentué", "nul\0"])
def test_credentials_that_cannot_be_sent(value: str) -> None:
    error = refusal({"endpoint": "ovh-eu", "access_token": value})
    assert error.option == "access_token"
    assert value not in str(error)


def test_surrounding_blanks_are_not_part_of_a_value() -> None:
    connection = resolve({"endpoint": " ovh-eu\n", "access_token": "token\n"})
    assert connection.credentials == credentials.BearerToken("token")


LAYERS = st.fixed_dictionaries({}, optional={name: st.sampled_from(["", "-set"]) for name in CREDENTIALS})


@given(option=LAYERS, environ=LAYERS, home=LAYERS, system=LAYERS)
def test_every_value_comes_from_the_first_source_that_has_it(
    option: dict[str, str], environ: dict[str, str], home: dict[str, str], system: dict[str, str]
) -> None:
    def fill(tag: str, layer: dict[str, str]) -> dict[str, str]:
        return {name: value and f"{tag}{value}-{name}" for name, value in layer.items()}

    layers = [fill("option", option), fill("environ", environ), fill("home", home), fill("system", system)]
    set_names = [{name for name, value in layer.items() if value} for layer in layers]
    deciding = next((names for names in set_names if names), set())
    methods = [method for method in METHODS if deciding & set(method)]
    solvable = len(methods) == 1 and all(any(name in names for names in set_names) for name in methods[0])
    arguments: tuple[t.Any, ...] = (
        {"endpoint": "ovh-eu", **layers[0]},
        {sources.ENVIRONMENT[name]: value for name, value in layers[1].items()},
        {"~/.ovh.conf": ini("ovh-eu", layers[2]), "/etc/ovh.conf": ini("ovh-eu", layers[3])},
    )
    if not solvable:
        text = str(refusal(*arguments))
        assert not any(value and value in text for layer in layers for value in layer.values())
        return
    connection = resolve(*arguments)
    for name in methods[0]:
        expected = next(layer[name] for layer in layers if layer.get(name))
        assert getattr(connection.credentials, name) == expected


@pytest.mark.parametrize("method", METHODS)
def test_secrets_are_neither_in_repr_nor_in_sources(method: tuple[str, ...]) -> None:
    values = {name: f"hunter2-{name}" for name in method}
    connection = resolve({"endpoint": "ovh-eu", **values})
    secrets = {value for name, value in values.items() if name != "client_id"}
    if "client_id" in values:
        secrets.add(base64.b64encode(b"hunter2-client_id:hunter2-client_secret").decode())
    assert connection.secrets() == secrets
    for secret in connection.secrets():
        assert secret not in repr(connection)
        assert secret not in str(connection.credentials)
        assert secret not in str(connection.sources)
