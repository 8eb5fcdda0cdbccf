# SPDX-License-Identifier: GPL-3.0-or-later

"""The tiers of the gate. ``make test`` runs those tagged "tier", each in a nox of its own, and tabulates them."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import typing as t
import zipfile
from pathlib import Path

import nox
from nox.command import CommandFailed

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests" / "gate"))

import home
import machine

import tree

machine.adapt()

nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"  # tests/gate/tiers.py asks for a missing one, once
nox.options.reuse_venv = "yes"
nox.options.tags = ["tier"]

#: A tier that runs beside others has a home and a copy of the collection of its own.
ROOM = ROOT / ".cache" / os.environ.get("KUBE_PROXY_GATE_ROOM", ".")
HOME = ROOM / "home"
TREE = ROOM / "tree"
COLLECTION = Path("ansible_collections") / "clusterops" / "kube_proxy"
BENCH = ROOT / ".cache" / "bench"
REPORTS = ROOT / ".cache" / "reports"
#: What modules and playbooks showed in tests, by session.
KEPT = REPORTS / "kept"
#: How the program below says that the machine lacks something, in place of a failure.
BENCH_CANNOT_RUN = 77
BENCH_PROGRAM = str(ROOT / "tests" / "kubernetes" / "kubernetes_bench")
MIGRATION_BENCH = str(ROOT / "tests" / "kubernetes" / "migration_bench")


class Core(t.NamedTuple):
    """An ansible-core release line and the Python that runs it."""

    name: str
    python: str
    requirement: str


OLDEST = Core("2.19", "3.11", "ansible-core~=2.19.0")
NEWEST = Core("2.21", "3.12", "ansible-core~=2.21.0")
ON_ANY_PYTHON = Core("any", "", "ansible-core>=2.19.0")

KUBERNETES_BENCH = ("--requirement", "tests/kubernetes/pyproject.toml")
#: What runs the gate, for its own tests.
GATE = ("--requirement", "tests/gate/requirements.txt")
PROGRAMS_AND_THEIR_TESTS = (*KUBERNETES_BENCH, "--requirement", "tests/simulator/pyproject.toml", "--extra", "tests")
RUN_TIME = ("--requirement", "meta/ee-requirements.txt")
#: What makes the documentation site, see docs/site.
SITE = ("antsibull-docs>=2.20", "furo>=2025.9.25", "myst-parser>=4", "sphinx>=8.1")
#: A browser is driven, and is none of these: Debian has one.
PAGES = ("--requirement", "tests/pages/requirements.txt")
SIMULATOR = ("--requirement", "tests/simulator/pyproject.toml")
AWX = ("--requirement", "tests/awx/requirements.txt")
#: The newest with awx.awx 24.6.1, like the last release of AWX.
ANSIBLE_BUNDLE = "ansible==12.3.0"
UNITS = ("--requirement", "tests/unit/requirements.txt", "pytest>=8", "pytest-xdist>=3.6")
INTEGRATION = ("--requirement", "tests/integration/requirements.txt")
#: What makes a release, and judges it as Galaxy does.
RELEASE = ("antsibull-changelog>=0.34", "galaxy-importer>=0.4.30", "semantic-version>=2.10")
#: Tests of ansible-test that judge a file by its text: a newer release judges it as well, and more strictly.
SANITY_OF_TEXT = ("pep8", "pylint", "yamllint")
#: What does not import Ansible is tested with one version of it, like what takes minutes to ask a real Kubernetes.
FUNCTIONAL = ("tests/simulator", "tests/kubernetes", "tests/functional")
#: The plays of roles that go with the oldest ansible-core as well: a whole way of each role, a failure, answers to a
#: survey. What the others tell of are decisions and texts, which do not depend on it.
ROLES_FOR_EACH_CORE = (
    "test_audit.py::test_drift_is_a_failure_where_that_is_wanted",
    "test_audit.py::test_a_self_hosted_cluster",
    "test_managed_cluster.py::test_variables_from_a_survey",
    "test_managed_cluster.py::test_extra_variables_in_check_mode",
    "test_mode_migration.py::test_one_node_then_the_others",
    "test_mode_migration.py::test_a_node_that_fails_goes_back_and_no_other_is_touched",
    "test_node_prerequisites.py",
    "test_self_hosted_cluster.py::test_a_change_reads_each_node_twice",
    "test_self_hosted_cluster.py::test_answers_to_a_survey_are_text",
    "test_self_hosted_cluster.py::test_rollout_failed_and_rolled_back",
    "test_self_hosted_cluster.py::test_a_lost_connection_is_no_failure",
)
FUNCTIONAL_WITH_ANSIBLE = (
    "tests/functional/modules",
    *(
        f"tests/functional/node/test_{name}.py"
        for name in ("module", "node_probe", "packed", "rules_module", "this_host")
    ),
    "tests/functional/in_process/test_both_ways.py::test_the_same_results_and_requests",
    *(f"tests/functional/roles/{name}" for name in ROLES_FOR_EACH_CORE),
    "tests/awx/test_setup.py::test_some_objects_with_each_core",
)
WITHOUT_KUBERNETES = (
    "--ignore=tests/kubernetes",
    "--ignore=tests/functional/kubernetes",
    "--ignore=tests/functional/differential",
)
WITHOUT_PLAYBOOKS = ("--ignore=tests/functional/roles", "--ignore=tests/functional/in_process")
#: The unit tests of what Ansible loads: the rest knows no Ansible, and is tested with the newest Python of the gate.
UNITS_WITH_ANSIBLE = ("tests/unit/plugins/filter/", "tests/unit/plugins/module_utils/_shell/")
#: The integration targets that run with the oldest ansible-core as well: connection, results, secrets, the node path.
#: The others repeat the cycle of the first one for what their modules alone can do.
TARGETS_FOR_EACH_CORE = (
    "kube_proxy_customization",
    "kube_cluster_info",
    "kube_cluster_kubeconfig",
    "kube_proxy_node_info",
)

#: Those with modules that also run in Ansible's worker.
TARGETS_OF_APIS = (
    "kube_cluster",
    "kube_cluster_info",
    "kube_cluster_kubeconfig",
    "kube_cluster_reset",
    "kube_proxy_config_rendered",
    "kube_proxy_customization",
    "self_hosted",
)

LINTERS = (
    "ansible-lint>=26.1",
    "check-jsonschema>=0.35",
    "import-linter>=2.17",
    "mypy>=1.18",
    "ruff>=0.14",
    "types-PyYAML",
    "yamllint>=1.38",
)
#: Schemas that check-jsonschema knows, and the files that follow them.
GITHUB_FILES = {
    "vendor.dependabot": "dependabot.yml",
    "vendor.github-actions": "actions/*/action.yml",
    "vendor.github-workflows": "workflows/*.yml",
}
#: The folders of plugins whose types mypy checks.
TYPED = ("action", "filter", "inventory", "module_utils", "plugin_utils")

Tier = t.Callable[[nox.Session], None]


def tier_on_each_core(function: t.Callable[[nox.Session, Core], None]) -> None:
    for core in (OLDEST, NEWEST):
        name = f"{function.__name__}-{core.name}"
        session = functools.wraps(function)(functools.partial(function, core=core))
        nox.session(session, name=name, python=core.python, tags=["tier"])


def tier_on_newest_core(function: Tier) -> None:
    # A module of the gate is named package, hence the underscore a function may end with.
    nox.session(function, name=function.__name__.rstrip("_"), python=NEWEST.python, tags=["tier"])


def install(session: nox.Session, *requirements: str) -> None:
    """Install, trying again: on a loaded machine or a weak line it is what breaks first, and proves nothing."""
    for _repeat in range(2):
        try:
            session.install(*requirements)
        except CommandFailed:
            session.warn("Installing failed, trying again")
        else:
            return
    session.install(*requirements)


def run(session: nox.Session, *command: str, **variables: str) -> None:
    session.run(*command, env={**home.environment(HOME), **variables})


def run_reading(session: nox.Session, *command: str, **variables: str) -> str:
    """Run a command for its output, which is shown as it comes: some take many minutes."""
    lines: list[str] = []

    def show(output: t.TextIO) -> None:
        for line in output:
            lines.append(line)
            print(line, end="", flush=True)

    environment = {**home.environment(HOME), **variables}
    reading, writing = os.pipe()
    with open(reading, encoding="utf-8", errors="replace") as output:
        shower = threading.Thread(target=show, args=(output,), daemon=True)
        shower.start()
        try:
            with open(writing, "w", encoding="utf-8") as theirs:
                session.run(*command, env=environment, stdout=theirs, stderr=subprocess.STDOUT)
        finally:
            # What the command left running may hold the pipe open for ever.
            shower.join(10)
    return "".join(lines)


def ansible_test(
    session: nox.Session, *arguments: str, variables: t.Mapping[str, str] | None = None, configuration: str = ""
) -> None:
    """Run it on a copy of the collection, with these variables for the targets: its environment is hidden from them.

    ``configuration`` is the text of their ansible.cfg.
    """
    path = collection(session)
    if configuration:
        (path / "tests" / "integration" / "integration.cfg").write_text(configuration, encoding="utf-8")
    if variables:
        (path / "tests" / "integration" / "integration_config.yml").write_text(json.dumps(variables), encoding="utf-8")
    # Otherwise it takes the copy for a part of the repository around it, in which the copy is ignored.
    output = run_reading(session, "ansible-test", *arguments, *session.posargs, ANSIBLE_TEST_CONTENT_ROOT=str(path))
    if "All targets skipped" in output:
        session.error("There was nothing to test")


def collection(session: nox.Session) -> Path:
    """Enter an up-to-date copy of the collection below .../ansible_collections/."""
    path = tree.sync(ROOT, TREE)
    session.chdir(path)
    return path


def site_packages(session: nox.Session) -> Path:
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(str(session.run("python", "-c", program, silent=True, log=False)).strip())


@tier_on_newest_core
def lint(session: nox.Session) -> None:
    """ruff, mypy --strict, the import contract, yamllint, ansible-lint, schemas, generated texts, what is packed."""
    install(session, NEWEST.requirement, *RUN_TIME, *LINTERS)
    run(session, "ruff", "check")
    run(session, "ruff", "format", "--check")
    run(session, "yamllint", "--strict", ".")
    for schema, pattern in GITHUB_FILES.items():
        files = sorted(str(path) for path in ROOT.glob(f".github/{pattern}"))
        if not files:
            session.error(f".github/{pattern} is missing")
        run(session, "check-jsonschema", "--builtin-schema", schema, *files)
    run(session, "python", "tests/generate/option_texts.py", "--check")
    path = collection(session)
    run(session, "python", str(ROOT / "tests" / "release" / "collection_release" / "contents.py"), str(path))
    run(session, "lint-imports", "--no-cache", PYTHONPATH=str(TREE))
    names = (folder for folder in TYPED if (path / "plugins" / folder).is_dir())
    packages = (f"--package=ansible_collections.clusterops.kube_proxy.plugins.{name}" for name in names)
    run(session, "mypy", "--config-file", "pyproject.toml", *packages, MYPYPATH=str(TREE))
    # Without the path ansible-lint does not find the modules of the very collection it checks.
    run(session, "ansible-lint", "--nocolor", "--project-dir", str(path), ANSIBLE_COLLECTIONS_PATH=str(TREE))


@tier_on_newest_core
def docs(session: nox.Session) -> None:
    """The documentation: of plugins and roles, changelog fragments, the site, and the commands in its texts."""
    tests = ("pytest>=8", "pytest-xdist>=3.6", "pyyaml")
    install(session, NEWEST.requirement, *SITE, "antsibull-changelog>=0.34", *RUN_TIME, *SIMULATOR, *tests)
    collection(session)
    arguments = ("--plugin-docs", "--validate-collection-refs", "self", ".")
    run(session, "antsibull-docs", "lint-collection-docs", *arguments, ANSIBLE_COLLECTIONS_PATH=str(TREE))
    run(session, "antsibull-changelog", "lint")
    build_site(session, "--fresh")
    session.chdir(ROOT)
    run(session, "pytest", *(session.posargs or ("--numprocesses", "2", "tests/docs")))


def build_site(session: nox.Session, *options: str) -> None:
    """Build the documentation site from the copy of the collection."""
    variables = {"ANSIBLE_COLLECTIONS_PATH": str(TREE)}
    run(session, "python", "docs/site/build.py", str(ROOT / ".cache" / "site"), *options, **variables)


@tier_on_newest_core
def pages(session: nox.Session) -> None:
    """The page of an audit and the site in a real browser: Debian's chromium, which root has installed if need be."""
    provide_chromium(session)
    install(session, NEWEST.requirement, *PAGES, *SITE)
    collection(session)
    build_site(session)
    session.chdir(ROOT)
    run(session, "pytest", *(session.posargs or ("--capture=no", "tests/pages")))


def provide_chromium(session: nox.Session) -> None:
    """Where that cannot be done, the session counts as not run."""
    if shutil.which("chromium"):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        hint = "On Debian: apt-get install --no-install-recommends chromium"
        session.skip(f"Missing on this machine: chromium. {hint}")
    # Somebody else may be installing, such as the tier beside this one.
    patient = ("--option=DPkg::Lock::Timeout=300", "--quiet", "--yes", "--no-install-recommends")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        session.run("apt-get", "update", "--quiet", env=quiet, external=True)
        session.run("apt-get", "install", *patient, "chromium", env=quiet, external=True)
    except CommandFailed:
        session.skip("This machine could not install the package chromium")


@tier_on_newest_core
def assets(session: nox.Session) -> None:
    """The programs of Kubernetes that later tiers run: those of KUBEBUILDER_ASSETS, the cached ones, or built now."""
    install(session, *KUBERNETES_BENCH)
    run_bench(session, "assets")


def run_bench(session: nox.Session, *arguments: str) -> None:
    """Run the bench's program; where the machine cannot, the session counts as not run."""
    try:
        run(session, "python", BENCH_PROGRAM, *arguments)
    except CommandFailed as failure:
        if failure.return_code == BENCH_CANNOT_RUN:
            session.skip("This machine lacks what the output names")
        raise


@tier_on_each_core
def sanity(session: nox.Session, core: Core) -> None:
    """ansible-test sanity, all of its tests; on the oldest core without those of text and style."""
    install(session, core.requirement)
    home.seed_pip(HOME, home.pip_versions(site_packages(session)))
    skipped = (f"--skip-test={name}" for name in SANITY_OF_TEXT) if core is OLDEST else ()
    ansible_test(session, "sanity", "--color", "no", *skipped)


@tier_on_each_core
def units(session: nox.Session, core: Core) -> None:
    """ansible-test units; on the oldest core those of what imports Ansible."""
    install(session, core.requirement, *UNITS, "mock", "pytest-mock", "pyyaml")
    targets = UNITS_WITH_ANSIBLE if core is OLDEST else ()
    ansible_test(session, "units", "--color", "no", "--python", core.python, "--num-workers", "2", *targets)


@tier_on_each_core
def functional(session: nox.Session, core: Core) -> None:
    """Everything against simulated and real APIs in process, with plain pytest from the checkout."""
    if core is not OLDEST:
        pytest(session, core, *FUNCTIONAL)
        return
    install(session, core.requirement, *AWX)
    pytest(session, core, *FUNCTIONAL_WITH_ANSIBLE, KUBE_PROXY_AWX_COLLECTION=str(awx_collection(session)))


@nox.session(name="pytest")
def pytest_on_any_python(session: nox.Session) -> None:
    """Unit and functional tests without what takes minutes, on nox's own Python; arguments after -- go to pytest."""
    pytest(session, ON_ANY_PYTHON, "tests/unit", *FUNCTIONAL, *WITHOUT_KUBERNETES, *WITHOUT_PLAYBOOKS)


def pytest(session: nox.Session, core: Core, *arguments: str, **variables: str) -> None:
    install(session, core.requirement, *RUN_TIME, *UNITS, *PROGRAMS_AND_THEIR_TESTS, *GATE)
    # One worker more than the processors of a small machine: tests of clusters and roles wait a lot.
    kept = {"KUBE_PROXY_KEPT_OUTPUT": str(kept_output(session))}
    run(session, "pytest", *(session.posargs or ("--numprocesses", "3", *arguments)), **kept, **variables)


def kept_output(session: nox.Session) -> Path:
    """An empty folder for what modules and playbooks show in the session's tests; ``secrets`` reads it."""
    folder = KEPT / session.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@tier_on_newest_core
def awx(session: nox.Session) -> None:
    """The repository as a project of AWX: what extensions/awx says, awx_setup, jobs in AWX's layout, and its image."""
    install(session, NEWEST.requirement, *RUN_TIME, *SIMULATOR, *AWX)
    kept = {
        "KUBE_PROXY_KEPT_OUTPUT": str(kept_output(session)),
        "KUBE_PROXY_AWX_COLLECTION": str(awx_collection(session)),
    }
    run(session, "pytest", *(session.posargs or ("--numprocesses", "2", "tests/awx")), **kept)


def awx_collection(session: nox.Session) -> Path:
    """A folder with the collection awx.awx: of the bundle that PyPI has, without the other hundred in it."""
    folder = ROOT / ".cache" / "awx_collection"
    if not (folder / "ansible_collections" / "awx" / "awx" / "MANIFEST.json").is_file():
        with tempfile.TemporaryDirectory() as download:
            run(session, "python", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", download, ANSIBLE_BUNDLE)
            (bundle,) = Path(download).glob("*.whl")
            with zipfile.ZipFile(bundle) as archive:
                names = [name for name in archive.namelist() if name.startswith("ansible_collections/awx/awx/")]
                # Its manifest comes last, and says that it is whole.
                for name in sorted(names, key=lambda name: name.endswith("/MANIFEST.json")):
                    archive.extract(name, folder)
    return folder


@tier_on_newest_core
def campaign(session: nox.Session) -> None:
    """Faults of the wire, kills and pairs of runs, a sample of them; with arguments after -- what those say."""
    install(session, NEWEST.requirement, *RUN_TIME, *SIMULATOR, "pytest>=8")
    run(session, "pytest", "tests/campaign/tests")
    run(session, "python", "tests/campaign/fault_campaign", *(session.posargs or ("--sample",)))


@tier_on_each_core
def integration(session: nox.Session, core: Core) -> None:
    """ansible-test integration: every target, with the oldest ansible-core some of them.

    With the newest, tasks run in Ansible's worker and then those of an API again as modules, with equal results.
    """
    install(session, core.requirement, *INTEGRATION)
    variables = {**kubernetes_programs(session), "kept_output": str(kept_output(session))}
    command = ("integration", "--color", "no")
    if session.posargs or core is not NEWEST:
        ansible_test(session, *command, *(() if session.posargs else TARGETS_FOR_EACH_CORE), variables=variables)
        return
    ways = ROOT / ".cache" / "both_ways"
    ways.mkdir(parents=True, exist_ok=True)
    files = [ways / "in_worker.jsonl", ways / "as_modules.jsonl"]
    for file, switch, targets in zip(files, ("true", "false"), ((), TARGETS_OF_APIS), strict=True):
        file.unlink(missing_ok=True)
        given = {**variables, "clusterops_in_process": switch}
        ansible_test(session, *command, *targets, variables=given, configuration=recording(file))
    run(session, "python", str(ROOT / "tests" / "gate" / "both_ways.py"), *map(str, files))


def recording(file: Path) -> str:
    """The ansible.cfg with which results of tasks are written into a file."""
    plugins = ROOT / "tests" / "functional" / "callback_plugins"
    return (
        f"[defaults]\ncallback_plugins = {plugins}\ncallbacks_enabled = task_results\n"
        f"[callback_task_results]\nfile = {file}\n"
    )


def kubernetes_programs(session: nox.Session) -> dict[str, str]:
    """For the targets, where the programs of Kubernetes are; without any they say that they are skipped."""
    command = ("python", BENCH_PROGRAM, "assets", "--fast", "--find")
    codes = (0, BENCH_CANNOT_RUN)
    folder = session.run(*command, env=home.environment(HOME), silent=True, stderr=None, success_codes=codes)
    return {"kubernetes_programs": str(folder).strip()} if folder else {}


@tier_on_newest_core
def molecule(session: nox.Session) -> None:
    """Every molecule scenario against simulated APIs, check mode first."""
    scenarios = ("managed", "managed_audit", "managed_inventory", "managed_lifecycle")
    run_molecule(session, (), *(word for name in scenarios for word in ("--scenario-name", name)))


@tier_on_newest_core
def nodes(session: nox.Session) -> None:
    """The molecule scenario of self-hosted clusters: real Kubernetes on virtual machines with a real kernel.

    With the argument failures also what the scenario leaves out for the time it takes; with down just the end of a
    bench that a run left behind.
    """
    install(session, *KUBERNETES_BENCH)
    on_the_bench = ("--state", str(BENCH))
    # A run that was killed leaves machines in the middle of something.
    run_bench(session, "down", *on_the_bench)
    if session.posargs == ["down"]:
        return
    try:
        run_bench(session, "up", *on_the_bench)
        inside = ("python", BENCH_PROGRAM, "run", *on_the_bench, "--")
        run_molecule(session, inside, "--scenario-name", "self_hosted", KUBERNETES_BENCH_STATE=str(BENCH))
        if session.posargs == ["failures"]:
            playbook = "extensions/molecule/self_hosted/failures.yml"
            inventory = ("--inventory=extensions/molecule/inventory.yml", f"--inventory={BENCH / 'inventory.yml'}")
            variables = {"ANSIBLE_COLLECTIONS_PATH": str(TREE), "KUBERNETES_BENCH_STATE": str(BENCH)}
            with tempfile.TemporaryDirectory() as remembered:
                variables["MOLECULE_EPHEMERAL_DIRECTORY"] = remembered
                run(session, *inside, "ansible-playbook", *inventory, playbook, **variables)
    finally:
        run_bench(session, "down", *on_the_bench)


def run_molecule(session: nox.Session, prefix: tuple[str, ...], *arguments: str, **more: str) -> None:
    install(session, NEWEST.requirement, "molecule>=26.1", *RUN_TIME, *INTEGRATION)
    collection(session)
    variables = {"COLLECTIONS_TREE": str(TREE), "ANSIBLE_COLLECTIONS_PATH": str(TREE), "NO_COLOR": "1", **more}
    # The state of a run that was broken off lets the next one skip the creation. `molecule reset --all` fails with
    # shared state: it removes the one directory of all scenarios once for each.
    for state in (HOME / ".ansible" / "tmp").glob("molecule.*"):
        shutil.rmtree(state)
    output = run_reading(session, *prefix, "molecule", "test", "--report", *arguments, **variables)
    # A mistyped file name is a mere warning to molecule, and the scenario then tests nothing.
    if re.search(r"missing=[1-9]|Missing playbook", output):
        session.error("A playbook named in a test sequence is missing")


@tier_on_newest_core
def package_(session: nox.Session) -> None:
    """A release is tried, and its tarball works from an empty folder; refusals and interruptions of a release."""
    install(session, NEWEST.requirement, *RELEASE, *INTEGRATION, "pytest>=8")
    collection(session)
    run(session, "pytest", *(session.posargs or ("tests/release/tests",)))


@nox.session(python=NEWEST.python)
def release(session: nox.Session) -> None:
    """Commit, tag and files of a release. Git and GnuPG are the user's, with their settings and keys."""
    install(session, NEWEST.requirement, *RELEASE)
    session.run("python", str(ROOT / "tests" / "release" / "collection_release"), *session.posargs)


@nox.session(venv_backend="none", tags=["tier"])
def demo(session: nox.Session) -> None:
    """What ``make demo`` runs; the last of its playbook runs must change nothing."""
    make = os.environ.get("MAKE", "make")
    output = str(session.run(make, "demo", env=home.environment(HOME), external=True, silent=True))
    print(output, flush=True)
    changes = [int(count) for count in re.findall(r"\bchanged=(\d+)", output)]
    if len(changes) < 2 or not any(changes[:-1]) or changes[-1]:
        session.error(f"Expected changes first and none in the last run, saw {changes}")


@nox.session(venv_backend="none", tags=["tier"])
def secrets(session: nox.Session) -> None:
    """No secret is in the output of any tier before it, nor in what modules and playbooks showed in tests."""
    outputs = [path for path in (REPORTS, TREE / COLLECTION / "tests" / "output") if path.is_dir()]
    if not list(REPORTS.glob("*.log")):
        session.skip("No other tier has left its output: make test keeps it")
    session.run(sys.executable, str(ROOT / "tests" / "gate" / "leaks.py"), *map(str, outputs), external=True)


@nox.session
def differential(session: nox.Session) -> None:
    """How configurations are read and judged, against the kube-proxy of each folder given; else the one at hand."""
    install(session, ON_ANY_PYTHON.requirement, *RUN_TIME, *UNITS, *PROGRAMS_AND_THEIR_TESTS)
    folders = [Path(folder).absolute() for folder in session.posargs]
    missing = [str(folder) for folder in folders if not (folder / "kube-proxy").is_file()]
    if missing:
        session.error(f"There is no kube-proxy in {', '.join(missing)}")
    failed = []
    for folder in folders or [None]:
        variables = {"KUBE_PROXY_DOCUMENTS": "200", **({} if folder is None else {"KUBEBUILDER_ASSETS": str(folder)})}
        try:
            run(session, "pytest", "--numprocesses", "2", "tests/functional/differential", **variables)
        except CommandFailed:
            failed.append(str(folder or "what is at hand"))
    if failed:
        session.error(f"Not the same as the kube-proxy of {', '.join(failed)}")


@nox.session(python=NEWEST.python)
def bench(session: nox.Session) -> None:
    """Measure plays over fleets against the simulated API; all of it takes most of an hour on an idle machine."""
    install(session, NEWEST.requirement, *RUN_TIME, *SIMULATOR, "matplotlib>=3.9", "pytest>=8")
    run(session, "python", "tests/benchmark", *session.posargs)


@nox.session(name="bench-migration", python=NEWEST.python)
def bench_migration(session: nox.Session) -> None:
    """Measure changes of the mode on virtual machines: of the bench that --state names, else of one for this alone."""
    install(session, NEWEST.requirement, *RUN_TIME, *KUBERNETES_BENCH)
    tree.sync(ROOT, TREE)
    results = ROOT / ".cache" / "bench-migration"
    measure = ("python", MIGRATION_BENCH, "--results", str(results))
    variables = {"ANSIBLE_COLLECTIONS_PATH": str(TREE), "NO_COLOR": "1"}
    if any(word.partition("=")[0] == "--state" for word in session.posargs):
        run(session, *measure, *session.posargs, **variables)
        return
    on_the_bench = ("--state", str(BENCH))
    run_bench(session, "down", *on_the_bench)
    try:
        run_bench(session, "up", *on_the_bench)
        run(session, *measure, *on_the_bench, *session.posargs, **variables)
    finally:
        run_bench(session, "down", *on_the_bench)
