# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that are wrong in themselves: refused alike both ways of execution, with paths, and all at once."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import NoLogError
from ansible.module_utils.testing import patch_module_args

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import (
    managed_modules,
    node_probe_module,
    self_hosted_modules,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.in_process import result_of
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.module_spec import ModuleSpec
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.run import run

from .test_module_spec import HOST, SPECS

#: What a module needs beside the option that is tried.
LEAST: dict[str, t.Any] = {
    "name": "prod",
    "region": "GRA11",
    "kube_proxy_mode": "ipvs",
    "kube_proxy": {},
    "targets": [{"address": "127.0.0.1:1"}],
}
NO_DICTIONARIES = (1, True, 1.5, "x", [None], ["", None], [1], [[1]])
ALTERED = (True, False, 1.5, [], {}, ["planted"], {"planted": "planted"})
Path = tuple[str, ...]
KUBE_CLUSTER = managed_modules.KUBE_CLUSTER


def paths(spec: t.Mapping[str, t.Any], before: Path = ()) -> t.Iterator[tuple[Path, dict[str, t.Any]]]:
    """Every option of a module, and every member of a mapping."""
    for name, option in spec.items():
        yield (*before, name), option
        if option.get("type") == "dict" and "options" in option:
            yield from paths(option["options"], (*before, name))


OPTIONS = [(module, path, option) for module in SPECS for path, option in paths(module.argument_spec)]
MAPPINGS = [(module, path) for module, path, option in OPTIONS if option.get("type") == "dict"]
TEXTS = [(module, path) for module, path, option in OPTIONS if option.get("type") == "str" and "choices" not in option]


def options_with(module: ModuleSpec, path: Path, value: t.Any) -> dict[str, t.Any]:
    for name in reversed(path):
        value = {name: value}
    least = {name: one for name, one in LEAST.items() if name in module.argument_spec}
    least |= {
        name: option["choices"][0]
        for name, option in module.argument_spec.items()
        if option.get("required") and name not in least
    }
    options: dict[str, t.Any] = {**least, **value}
    return options


def refused(module: ModuleSpec, capsys: pytest.CaptureFixture[str], **options: t.Any) -> dict[str, t.Any]:
    """The refusal, which is the same both ways."""
    here = result_of(module, options, HOST, check_mode=True)
    with pytest.raises(SystemExit), patch_module_args({**options, "_ansible_check_mode": True}):
        run(module)
    as_module: dict[str, t.Any] = json.loads(capsys.readouterr().out)
    assert here["failed"]
    assert (here["msg"], here["problems"]) == (as_module["msg"], as_module["problems"])
    assert here["msg"].startswith("Refused, nothing was changed: ")
    return here


@pytest.mark.parametrize(("module", "path"), MAPPINGS)
def test_what_is_no_mapping_is_refused_with_its_path(
    module: ModuleSpec, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for value in NO_DICTIONARIES:
        said = refused(module, capsys, **options_with(module, path, value))
        [problem] = [problem for problem in said["problems"] if problem["option"] == ".".join(path)]
        assert problem["problem"].endswith(" is not a dictionary, or its text in JSON")


def test_what_is_no_mapping_in_a_list_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(node_probe_module.KUBE_PROXY_NODE_PROBE, capsys, targets=[{"address": "127.0.0.1:1"}, 5])
    assert "targets[1]: 5 is not a dictionary, or its text in JSON" in said["msg"]


@pytest.mark.parametrize(("module", "path"), TEXTS)
def test_what_ansible_would_make_a_text_of_is_refused_where_a_text_belongs(
    module: ModuleSpec, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for value in ALTERED:
        said = refused(module, capsys, **options_with(module, path, value))
        [problem] = [problem for problem in said["problems"] if problem["option"] == ".".join(path)]
        assert "not text" in problem["problem"]
        assert isinstance(value, (list, dict)) or "; put it in quotes" in problem["problem"]


@pytest.mark.parametrize("name", [83, 1.30])
def test_a_number_is_no_name_since_yaml_may_have_changed_it(name: float, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(KUBE_CLUSTER, capsys, name=name, region="GRA11")
    [problem] = said["problems"]
    assert problem["option"] == "name"
    assert problem["problem"].startswith(f"{name} is not text; put it in quotes")


def test_a_whole_number_is_text_where_it_is_no_name() -> None:
    module = self_hosted_modules.KUBE_PROXY_ROLLOUT
    with_number = result_of(
        module, {"max_unavailable": 1, "host": "not a URL", "username": 1000}, HOST, check_mode=True
    )
    assert not with_number["msg"].startswith("Refused")


HOSTILE = ("x\x1b[31m\nTASK [all good] ok: [production]", "\u202e\u200b", "y" * 3000)


@pytest.mark.parametrize(("module", "path", "option"), OPTIONS)
def test_no_value_and_no_name_forges_or_floods_a_refusal(
    module: ModuleSpec, path: Path, option: dict[str, t.Any]
) -> None:
    for value in HOSTILE:
        wrong = {"wait_timeout": -1, "timeout": -1} if option.get("type") in ("str", "path", "raw") else {}
        wrong = {name: seconds for name, seconds in wrong.items() if name in module.argument_spec} or {"typo": 1}
        for options in (
            {**options_with(module, path, value), **wrong},
            options_with(module, (*path[:-1], value), "x"),
        ):
            said = result_of(module, options, HOST, check_mode=True)
            assert said["msg"].startswith("Refused, nothing was changed: ")
            assert said["msg"].isprintable()
            assert len(said["msg"]) < 1500
            assert all(len(problem["option"]) + len(problem["problem"]) < 800 for problem in said["problems"])


@pytest.mark.parametrize("key", HOSTILE)
@pytest.mark.parametrize(
    "config",
    [lambda key: {key: 1}, lambda key: {"featureGates": {key: True}}, lambda key: {"winkernel": {key: {key: 2}}}],
)
def test_no_key_of_a_configuration_forges_or_floods_a_refusal(
    config: t.Callable[[str], dict[str, t.Any]], key: str
) -> None:
    options = {"state": "rendered", "kube_proxy_version": "1.34", "config": config(key)}
    said = result_of(self_hosted_modules.KUBE_PROXY_CONFIG, options, HOST, check_mode=True)
    assert said["msg"].startswith("Refused, nothing was changed: config.")
    assert said["msg"].isprintable()
    assert len(said["msg"]) < 1000


def test_of_many_options_those_that_look_alike_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(KUBE_CLUSTER, capsys, name="new", region="GRA11", kube_proxi={}, restrictions=[])
    assert "kube_proxi: no such option; did you mean kube_proxy?" in said["msg"]
    assert "restrictions: no such option; choose from " in said["msg"]
    assert " more" in said["msg"]


def answered(capsys: pytest.CaptureFixture[str], *, here: bool) -> dict[str, t.Any]:
    """The result of options that are right, in Ansible's worker or as a module."""
    options = {"name": "new", "region": "GRA11"}
    if here:
        return result_of(KUBE_CLUSTER, options, HOST, check_mode=True)
    with pytest.raises(SystemExit), patch_module_args(options):
        run(KUBE_CLUSTER)
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("here", [True, False])
def test_a_failure_of_ansibles_own_check_is_an_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], here: bool
) -> None:
    def broken(*_arguments: t.Any, **_more: t.Any) -> t.NoReturn:
        raise TypeError("argument of type 'bool' is not iterable")

    monkeypatch.setattr(ArgumentSpecValidator, "validate", broken)
    result = answered(capsys, here=here)
    assert result["failed"]
    assert result["msg"].startswith("This is a fault of the collection")
    assert result["fault"]["error"] == "TypeError"


def test_who_only_looks_whether_the_options_pass_is_let_through(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As ansible-lint does in its rule args, with the tasks of users' playbooks."""

    class PassedError(Exception):
        pass

    init = AnsibleModule.__init__

    def look(module: AnsibleModule, *arguments: t.Any, **more: t.Any) -> None:
        init(module, *arguments, **more)
        raise PassedError

    monkeypatch.setattr(AnsibleModule, "__init__", look)
    for name in ("new", "{{ name_of_the_cluster }}"):
        with pytest.raises(PassedError), patch_module_args({"name": name, "region": "GRA11", "version": "{{ it }}"}):
            run(KUBE_CLUSTER)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("here", [True, False])
def test_what_only_ansible_refuses_is_shown_escaped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], here: bool
) -> None:
    validate = ArgumentSpecValidator.validate

    def refusing(validator: ArgumentSpecValidator, options: dict[str, t.Any]) -> t.Any:
        checked = validate(validator, options)
        checked.errors.append(NoLogError("got: \x1b[31m\nok"))
        return checked

    monkeypatch.setattr(ArgumentSpecValidator, "validate", refusing)
    result = answered(capsys, here=here)
    assert result["msg"] == "Refused, nothing was changed: got: \\x1b[31m\\nok"
