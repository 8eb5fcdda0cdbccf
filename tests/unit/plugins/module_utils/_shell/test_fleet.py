# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of an inventory source, as they are written in its file."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.fleet import (
    FLEET,
    Source,
    question,
    read_source,
)

PROJECT = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2
KEYS = {"application_key": "key", "application_secret": "secret", "consumer_key": "consumer", "endpoint": "ovh-eu"}
#: As Ansible has them of the plugin's documentation, in its many words for one type.
DOCUMENTED: dict[str, t.Any] = {
    "plugin": {"type": "str", "required": True, "choices": ["the.plugin"]},
    "strict": {"type": "bool", "default": False},
    "compose": {"type": "dict", "default": {}},
    "keyed_groups": {
        "type": "list",
        "elements": "dict",
        "suboptions": {"key": {"type": "str"}, "separator": {"type": "str"}, "trailing_separator": {"type": "boolean"}},
    },
    "cache": {"type": "boolean"},
    "cache_timeout": {"type": "integer"},
    "cache_connection": {"type": "string"},
    **{name: {"type": "raw"} for name in FLEET.argument_spec},
}


def source(render: t.Callable[[t.Any], t.Any] = lambda value: value, **options: t.Any) -> Source:
    return read_source(DOCUMENTED, {"plugin": "the.plugin", **options}, render)


def problems(render: t.Callable[[t.Any], t.Any] = lambda value: value, **options: t.Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        source(render, **options)
    return {problem.path: problem.message for problem in refused.value.problems}


@pytest.mark.parametrize("option", [name for name, spec in FLEET.argument_spec.items() if name != "service_names"])
@pytest.mark.parametrize(
    ("value", "what"),
    [
        (["MARKER"], "a list is not "),
        ({"a": "MARKER"}, "a dictionary is not "),
        ({"MARKER"}, "the value is not text as YAML reads it; "),
        (b"MARKER", "the value is not text as YAML reads it; "),
        (datetime.date(1999, 7, 8), "the value is not text as YAML reads it; "),
    ],
    ids=["list", "dictionary", "set", "bytes", "date"],
)
def test_what_is_no_text_is_refused_without_being_shown(option: str, value: t.Any, what: str) -> None:
    found = problems(**{option: value})
    assert list(found) == [option]
    if option == "timeout":
        assert "MARKER" not in found[option]
        return
    assert found[option].startswith(what)
    for shown in ("MARKER", "1999"):
        assert shown not in found[option]


def test_what_a_cache_is_reached_by_is_as_secret() -> None:
    for value in ([["redis://MARKER"]], {"MARKER"}, b"MARKER", datetime.date(1999, 7, 8)):
        assert "MARKER" not in str(problems(cache_connection=value))
        assert "1999" not in str(problems(cache_connection=value))


def test_an_option_in_its_type() -> None:
    params = source(access_token=12345, timeout="7.5", service_names=[PROJECT], ca_path="~").params
    assert (params["access_token"], params["timeout"], params["service_names"]) == ("12345", 7.5, [PROJECT])
    assert not params["ca_path"].startswith("~")
    assert source().params == {**dict.fromkeys(FLEET.argument_spec), "timeout": 60.0}


@pytest.mark.parametrize("blank", ["", "  ", "\n", None])
def test_blank_is_not_given(blank: str | None) -> None:
    assert source(**dict.fromkeys(FLEET.argument_spec, blank)) == source()
    of_ansible = {name: blank for name in DOCUMENTED if name not in (*FLEET.argument_spec, "plugin")}
    assert source(**of_ansible) == source()
    assert source(service_names=[blank]).params["service_names"] is None


def test_what_ansible_reads_stays_as_it_is_written() -> None:
    """A blank separator is one, and templates are rendered for each cluster."""
    given = {"compose": {"a": "{{ b }}"}, "keyed_groups": [{"key": "a", "separator": ""}], "strict": "yes"}
    assert source(lambda _value: "rendered", **given).of_ansible == {"plugin": "the.plugin", **given}


@pytest.mark.parametrize(
    ("options", "path", "problem"),
    [
        ({"service_name": [PROJECT]}, "service_name", "no such option; did you mean service_names?"),
        ({"regions": 5}, "regions", "no such option; choose from endpoint, "),
        ({"filters": []}, "filters", "no such option; choose from endpoint, "),
        ({5: 5}, "5", "no such option; choose from endpoint, "),
        ({"strict": "maybe"}, "strict", "'maybe' is not true or false"),
        ({"cache": 7}, "cache", "7 is not true or false"),
        ({"cache_timeout": "1h"}, "cache_timeout", "'1h' is not a whole number"),
        ({"compose": ["a"]}, "compose", "a list is not a dictionary"),
        ({"keyed_groups": {"key": "a"}}, "keyed_groups", "a dictionary is not a list"),
        ({"keyed_groups": [{"keys": "a"}]}, "keyed_groups[0].keys", "no such option; did you mean key?"),
        ({"timeout": "soon"}, "timeout", "'soon' is not a number"),
        ({"timeout": 0}, "timeout", "0 seconds leave no time"),
        ({"service_names": ["production"]}, "service_names[0]", "'production' is not the id of a Public Cloud project"),
        ({"plugin": "another"}, "plugin", "'another' is not possible; choose one of the.plugin"),
        ({"plugin": ""}, "plugin", "missing or blank; give one of the.plugin"),
    ],
)
def test_what_is_wrong_is_told_with_its_option(options: t.Any, path: str, problem: str) -> None:
    given = {"plugin": "the.plugin", **options}
    with pytest.raises(ValidationError) as refused:
        read_source(DOCUMENTED, given, lambda value: value)
    (found,) = refused.value.problems
    assert found.path == path
    assert found.message.startswith(problem)


def test_everything_is_told_at_once() -> None:
    found = problems(access_token=["a"], strict="maybe", service_name="a", service_names=["production"], timeout=-1)
    assert sorted(found) == ["access_token", "service_name", "service_names[0]", "strict", "timeout"]


@pytest.mark.parametrize("given", [None, [], ["a"], "text", 5])
def test_a_source_is_a_dictionary(given: t.Any) -> None:
    with pytest.raises(ValidationError, match="the file: its content is not a dictionary"):
        read_source(DOCUMENTED, given, lambda value: value)


def test_a_template_is_rendered_before_its_commas_count() -> None:
    rendered = {"{{ lookup('env', 'X') }}": f"{PROJECT}, {OTHER}", "{{ seconds }}": "7", "{{ nothing }}": " "}
    given = {"service_names": "{{ lookup('env', 'X') }}", "timeout": "{{ seconds }}", "config_file": "{{ nothing }}"}
    params = source(lambda value: rendered.get(str(value), value), **given).params
    assert (params["service_names"], params["timeout"], params["config_file"]) == ([PROJECT, OTHER], 7.0, None)


def test_what_will_be_refused_is_not_rendered() -> None:
    def render(value: t.Any) -> t.Any:
        raise AssertionError

    given = {"access_token": {"a": {"MARKER"}}, "client_id": b"MARKER", "service_names": [{"MARKER"}, PROJECT]}
    assert sorted(problems(render, **given)) == ["access_token", "client_id", "service_names[0]"]


def test_a_template_that_cannot_be_rendered_is_told_with_its_option() -> None:
    def render(value: t.Any) -> t.Any:
        if value == "{{ nope }}":
            raise ValueError("'nope' is undefined")
        return value

    found = problems(render, client_id="{{ nope }}", client_secret="MARKER", timeout="soon")
    assert found == {
        "client_id": "the template cannot be rendered: 'nope' is undefined",
        "timeout": "'soon' is not a number",
    }


def asked(environ: t.Mapping[str, str] | None = None, **options: t.Any) -> str | None:
    return question(source(**{**KEYS, **options}).params, environ or {})


def test_a_question_says_what_is_asked_where_by_whom() -> None:
    environ = {"OVH_CLOUD_PROJECT_SERVICE": PROJECT}
    assert asked() == asked()
    assert asked(service_names=[PROJECT]) == asked(environ)
    assert asked(environ, service_names=[OTHER]) == asked(service_names=[OTHER])
    assert asked(service_names=[PROJECT, OTHER]) == asked(service_names=[OTHER, PROJECT])
    different = [
        asked(),
        asked(environ),
        asked(service_names=[OTHER]),
        asked(service_names=[OTHER, PROJECT]),
        asked(endpoint="ovh-ca"),
        asked(consumer_key="another"),
        asked(**dict.fromkeys(("application_key", "application_secret", "consumer_key")), access_token="token"),
    ]
    assert len(set(different)) == len(different)


def test_who_asks_is_not_known_without_credentials() -> None:
    assert question(source(endpoint="ovh-eu", config_file="/nonexistent").params, {}) is None
