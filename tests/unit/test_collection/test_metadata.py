# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection says about itself in several places must be the same in all of them."""

from __future__ import annotations

import ast
import re
import sys
import typing as t
from pathlib import Path

import pytest
import tomllib
import yaml

from ansible_collections.clusterops.kube_proxy.plugins.module_utils import _deps, _version
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy import feature_gate_table

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py"))
#: Distributions whose modules have another name.
IMPORTED_AS = {"pyyaml": "yaml"}
ROLES = sorted(path.name for path in (ROOT / "roles").glob("[!_.]*"))


def read_yaml(*path: str) -> t.Any:
    return yaml.safe_load(ROOT.joinpath(*path).read_text(encoding="utf-8"))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def minimum_versions(lines: t.Iterable[str]) -> dict[str, str]:
    found = (re.match(r"([A-Za-z]+)\s*>=\s*([0-9.]+)$", line.strip()) for line in lines)
    return {match[1]: match[2] for match in found if match}


def test_version_is_the_same_for_galaxy_and_for_the_api() -> None:
    assert read_yaml("galaxy.yml")["version"] == _version.VERSION


def test_versions_that_are_supported_and_tested() -> None:
    """The table in the README says what runtime.yml, the gate and the workflows hold to."""
    rows = (line.strip("| ").split(" | ") for line in text("README.md").splitlines() if line.startswith("| "))
    table = {cells[0]: cells[1:] for cells in rows if len(cells) == 3}
    cores = re.findall(r'^(?:OLDEST|NEWEST) = Core\("([\d.]+)", "([\d.]+)"', text("noxfile.py"), re.MULTILINE)
    assert len(cores) == 2
    releases, pythons = ([core[which] for core in cores] for which in (0, 1))
    assert read_yaml("meta", "runtime.yml")["requires_ansible"] == f">={releases[0]}.0"
    assert table["ansible-core"] == [f"{releases[0]} or newer", ", ".join(releases)]
    assert table["Python on the controller"] == [f"{pythons[0]} or newer", ", ".join(pythons)]
    readme, contributing = text("README.md"), text("CONTRIBUTING.md")
    jobs = read_yaml(".github", "workflows", "kubernetes.yml")["jobs"]
    tested = jobs["api-server"]["strategy"]["matrix"]["kubernetes"]
    known = f"1.{feature_gate_table.FIRST} to 1.{feature_gate_table.LAST}"
    assert table["Kubernetes, self-hosted"] == [known, ", ".join(tested)]
    # The same in sentences.
    assert f"- On the controller: ansible-core {releases[0]} or newer, with Python {pythons[0]} or newer." in readme
    assert f"`make test` covers ansible-core {releases[0]} with Python {pythons[0]}, and" in readme
    for session in ("sanity", "units", "functional", "integration"):
        names = ", ".join(f"`{session}-{release}`" for release in releases)
        assert f"| {names} | {', '.join(pythons)} | {', '.join(releases)} |" in contributing


DOCUMENTED = sorted(path for path in (ROOT / "plugins").glob("*/*.*") if "DOCUMENTATION" in path.read_text("utf-8"))


@pytest.mark.parametrize("path", DOCUMENTED, ids=lambda path: path.stem)
def test_plugins_say_which_release_had_them_first(path: Path) -> None:
    """The changelog lists what a release adds by it. Private plugins are nobody's news."""
    added = re.findall(r"^ *version_added: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    if path.stem.startswith("_"):
        assert added == []
    else:
        assert added
        assert [version for version in added if not re.fullmatch(r"[1-9]\d*\.\d+\.0", version)] == []


def test_changelog_fragments_have_no_markup_that_a_changelog_shows_as_it_is() -> None:
    fragments = sorted((ROOT / "changelogs" / "fragments").glob("*.yml"))
    assert [path.name for path in fragments if re.search(r"\b[A-Z]{1,4}\(\S", path.read_text(encoding="utf-8"))] == []


def test_every_module_that_connects_is_in_one_action_group() -> None:
    assert MODULES
    groups = read_yaml("meta", "runtime.yml")["action_groups"]
    # What runs on a node has no connection to set once.
    on_nodes = [name for name in MODULES if name.startswith("kube_proxy_node_")]
    assert sorted([*groups["ovh"], *groups["k8s"], *on_nodes]) == MODULES


@pytest.mark.parametrize("group", ["ovh", "k8s"])
def test_modules_document_their_action_group(group: str) -> None:
    documented = [
        module
        for module in MODULES
        if f"  - clusterops.kube_proxy._attributes.{group}\n"
        in (ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
    ]
    assert sorted(read_yaml("meta", "runtime.yml")["action_groups"][group]) == documented


def test_execution_environment_installs_the_minimum_versions() -> None:
    lines = (ROOT / "meta" / "ee-requirements.txt").read_text(encoding="utf-8").splitlines()
    assert minimum_versions(lines) == _deps.MINIMUM


@pytest.mark.parametrize("path", sorted((ROOT / "plugins" / "doc_fragments").glob("_*.py")), ids=lambda path: path.stem)
def test_documented_minimum_versions(path: Path) -> None:
    lines = re.findall(r"^  - (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    documented = minimum_versions(lines)
    documented.pop("python", None)
    assert documented == {name: _deps.MINIMUM[name] for name in documented}


def test_minimum_versions_are_documented() -> None:
    fragment = (ROOT / "plugins" / "doc_fragments" / "_ovh.py").read_text(encoding="utf-8")
    assert {"httpx", "isodate"} <= minimum_versions(re.findall(r"^  - (.*)$", fragment, re.MULTILINE)).keys()


def requirements(folder: str) -> set[str]:
    lines = ROOT.joinpath("tests", folder, "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {line.strip() for line in lines if line and not line.startswith("#")}


def project(folder: str) -> dict[str, t.Any]:
    return dict(tomllib.loads(text(f"tests/{folder}/pyproject.toml"))["project"])


def test_tests_install_what_the_collection_and_the_simulator_ask_for() -> None:
    minimum = {f"{name}>={version}" for name, version in _deps.MINIMUM.items()}
    libraries = {f"{name}>={_deps.MINIMUM[name]}" for name in ("httpx", "isodate")}
    assert requirements("unit") >= minimum
    assert requirements("demo") == libraries | set(project("simulator")["dependencies"])
    bench = set(project("kubernetes")["dependencies"])
    assert requirements("integration") == requirements("demo") | minimum | bench


@pytest.mark.parametrize(
    ("folder", "packages"),
    [("simulator", ("ovh_simulator",)), ("kubernetes", ("kubernetes_bench", "migration_bench"))],
)
def test_the_programs_of_the_tests_import_nothing_but_what_they_declare(folder: str, packages: tuple[str, ...]) -> None:
    """They judge the collection, so they share no code with it."""
    declared = project(folder)
    lines = [*declared["dependencies"], *declared["optional-dependencies"]["tests"]]
    libraries = {IMPORTED_AS.get(name, name) for name in (re.split("[<>=~!]", line)[0].lower() for line in lines)}
    allowed = {*sys.stdlib_module_names, *libraries, *packages}
    files = sorted((ROOT / "tests" / folder).rglob("*.py"))
    assert len(files) > 20
    wrong = {f"{file.relative_to(ROOT)}: {name}" for file in files for name in imported(file) if name not in allowed}
    assert wrong == set()


def imported(file: Path) -> set[str]:
    """The first parts of the names of the modules that a file imports, relative imports aside."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("role", ROLES)
def test_role_specifies_its_defaults(role: str) -> None:
    specs = read_yaml("roles", role, "meta", "argument_specs.yml")["argument_specs"]
    defaults = read_yaml("roles", role, "defaults", "main.yml") or {}
    # An option may do without a default, as a required one must, but a default is never without its option.
    assert defaults.keys() <= {name for spec in specs.values() for name in spec["options"]}
    stated = [
        (name, option["default"])
        for spec in specs.values()
        for name, option in spec["options"].items()
        if "default" in option
    ]
    assert stated == [(name, defaults.get(name, "none")) for name, _stated in stated]


@pytest.mark.parametrize("role", ROLES)
def test_role_specifies_every_entry_point(role: str) -> None:
    specs = read_yaml("roles", role, "meta", "argument_specs.yml")["argument_specs"]
    files = sorted((ROOT / "roles" / role / "tasks").glob("[!_]*.yml"))
    # What the role itself includes is no entry point.
    texts = "".join(path.read_text(encoding="utf-8") for path in files)
    included = set(re.findall(r"include_tasks: (\w+)\.yml$", texts, re.MULTILINE))
    assert sorted(specs) == [path.stem for path in files if path.stem not in included]


def test_readme_names_every_module_role_and_playbook() -> None:
    readme = text("README.md")
    playbooks = [path.stem for path in (ROOT / "playbooks").glob("*.yml")]
    missing = [name for name in (*MODULES, *ROLES, *playbooks) if not re.search(rf"[`.]{name}\b", readme)]
    assert missing == []


@pytest.mark.parametrize("path", sorted(ROOT.joinpath("plugins").glob("*/*.py")), ids=lambda path: path.stem)
def test_ansible_doc_takes_no_text_for_a_directive(path: Path) -> None:
    # ansible-doc removes what looks like a directive of reStructuredText, also in samples: "error_class: Client::X" was
    # shown as "error_clasX".
    assert not re.search(r".. \w+?::", path.read_text(encoding="utf-8"))


def test_the_example_inventory_sets_nothing_that_has_no_effect() -> None:
    example = ("playbooks", "inventory.example")
    everywhere = read_yaml(*example, "group_vars", "managed_clusters.yml")
    hosts = sorted(path.name for path in ROOT.joinpath(*example, "host_vars").glob("*.yml"))
    assert hosts
    for host in hosts:
        variables = {**everywhere, **read_yaml(*example, "host_vars", host)}
        sections = {name.removeprefix("kube_proxy_") for name in variables} & {"iptables", "ipvs"}
        assert sections == {variables["kube_proxy_mode"]}, host
