# SPDX-License-Identifier: GPL-3.0-or-later

"""Every command and every YAML document that users read is run, or judged as Ansible would.

Commands for managed clusters run against the simulator of OVHcloud's API, in the order of their document and with the
files that it shows. Those for self-hosted clusters are read by ansible-playbook, which lists their hosts: molecule and
the functional tests run these playbooks.
"""

from __future__ import annotations

import os
import re
import shlex
import typing as t
from pathlib import Path

import pytest
import yaml

import judges
from ovh_simulator import Simulator

from .blocks import DOCUMENTS, Block, blocks, commands
from .conftest import Shell

ROOT = Path(__file__).resolve().parents[2]
#: What is no program and no document for one.
TEXT = {"", "text", "{toctree}"}
#: Run for real, against the simulator.
RUN = re.compile(r"ansible-(inventory|playbook) .*(-i fleet|\.(managed\w*|audit)\b)")
#: Read by Ansible alone.
READ = re.compile(r"ansible-playbook .*\.(self_hosted|migrate_mode)\b")
#: Where a document shows no inventory, the ones of these do; kubespray's own has such groups.
INVENTORIES = {"managed": "docs/START_MANAGED.md", "self_hosted": "docs/START_SELF_HOSTED.md"}
KUBESPRAY = {
    "all": {"hosts": {"node1": {"ansible_host": "192.0.2.1"}, "node2": {"ansible_host": "192.0.2.2"}}},
    "k8s_cluster": {
        "children": {"kube_control_plane": {"hosts": {"node1": {}}}, "kube_node": {"hosts": {"node2": {}}}}
    },
}
#: At OVHcloud a change takes minutes; the simulator is ready after a few looks, and has no nodes with anything in them.
QUICK = {"managed_cluster_wait_sleep": 0.05, "managed_cluster_read_contents": False}
SETTINGS = {"kubeProxy": {"ipvs": {"scheduler": "rr", "tcpTimeout": "PT15M"}}}

ALL = blocks()
UNMARKED = [block for block in ALL if block.language not in TEXT and not block.mark]


def lines(document: str, kind: re.Pattern[str]) -> list[str]:
    """The commands of a document that are of this kind, with their comments, in order."""
    texts = (re.sub(r" *\\\n *", " ", block.text) for block in UNMARKED if block.document == document)
    typed = (line for text in texts for line in text.splitlines())
    return [line for line in (line.removeprefix("$ ").strip() for line in typed) if kind.match(line)]


def command(line: str) -> str:
    return re.sub(r"\s#.*", "", line).strip()


def played() -> list[str]:
    """The documents with commands that run, without those whose commands another one has all of."""
    documents = list(dict.fromkeys(block.document for block in UNMARKED))
    by_document = {document: lines(document, RUN) for document in documents}
    return [
        document
        for document, mine in by_document.items()
        if mine and not any(set(mine) < set(others) for others in by_document.values())
    ]


def read() -> list[str]:
    """The commands that Ansible only reads, once for what makes a difference to their hosts."""
    typed = [
        command(line) for document in {block.document: None for block in UNMARKED} for line in lines(document, READ)
    ]
    return sorted({re.sub(r" --(check|diff)\b", "", line) for line in typed})


@pytest.fixture(scope="session")
def documented(tmp_path_factory: pytest.TempPathFactory) -> judges.Documented:
    work = tmp_path_factory.mktemp("documentation")
    folder = work / "ansible_collections" / "clusterops"
    folder.mkdir(parents=True)
    (folder / "kube_proxy").symlink_to(ROOT)
    ours = {f"{judges.COLLECTION}.{path.stem}" for path in (ROOT / "plugins" / "modules").glob("[!_]*.py")}
    builtin = {
        name for block in ALL if block.language == "yaml" for name in re.findall(r"ansible\.builtin\.\w+", block.text)
    }
    names = ours | builtin - {*judges.ROLE_MODULES}
    return judges.documentation(names, {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(work), "HOME": str(work)})


def test_there_are_documents() -> None:
    assert {"README.md", "docs/index.md", "docs/FROM_TERRAFORM.md"} <= {
        str(path.relative_to(ROOT)) for path in DOCUMENTS
    }
    assert len(ALL) > 60
    assert {"docs/START_MANAGED.md", "docs/FLEETS.md", "docs/RESET.md"} <= set(played())
    assert len(read()) > 3


@pytest.mark.parametrize("block", [block for block in ALL if block.mark], ids=lambda block: block.place)
def test_a_mark_names_a_test_or_a_reason(block: Block) -> None:
    kind, _space, said = block.mark.partition(" ")
    if kind == "not":
        assert len(said.split()) > 4, "say why"
        return
    path, _colons, name = said.removeprefix("by ").partition("::")
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), said


def test_a_mark_that_stands_elsewhere_is_seen() -> None:
    marks = sum(len(re.findall(r"<!-- (?:run by|not run)", path.read_text(encoding="utf-8"))) for path in DOCUMENTS)
    assert marks == len([block for block in ALL if block.mark])


@pytest.mark.parametrize(
    "block", [block for block in UNMARKED if block.language == "yaml"], ids=lambda block: block.place
)
def test_a_yaml_document_is_one_that_works(block: Block, documented: judges.Documented) -> None:
    wrong = judges.document(block.text, documented)
    assert wrong is not None, "nothing knows this kind of document: teach judges.py, or mark it"
    assert wrong == []


def test_plays_are_plays_to_ansible(shell: Shell) -> None:
    plays = [
        block for block in UNMARKED if block.language == "yaml" and re.search(r"^ *hosts: \w", block.text, re.MULTILINE)
    ]
    assert len(plays) > 3
    for number, block in enumerate(plays):
        (shell.work / f"play{number}.yml").write_text(block.text, encoding="utf-8")
    done = shell("ansible-playbook -i localhost, --syntax-check play*.yml")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "block", [block for block in UNMARKED if block.language != "yaml"], ids=lambda block: block.place
)
def test_a_command_is_one_that_works(block: Block, documented: judges.Documented) -> None:
    assert block.language in {"shell", "console"}, f"nothing tests {block.language}: mark the block"
    for line in commands(block):
        if RUN.match(line) or READ.match(line):
            continue
        wrong = judges.command(line, documented)
        assert wrong is not None, f"nothing tests {line!r}: teach judges.py, or mark the block"
        assert wrong == [], line


def files(document: str) -> dict[str, str]:
    """The files that a document shows: their first line names them."""
    shown = (re.match(r"# (\S+\.yml)\n", block.text) for block in ALL if block.document == document)
    texts = (block.text for block in ALL if block.document == document)
    return {match[1]: text for match, text in zip(shown, texts, strict=True) if match}


def prepare(work: Path, document: str, world: str) -> None:
    mine = {path: text for path, text in files(document).items() if path != "inventory.yml" or fits(text, world)}
    others = files(INVENTORIES[world])
    for path, text in {**others, **mine}.items():
        target = work / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (work / "group_vars").mkdir(exist_ok=True)
    (work / "fleet" / "group_vars").mkdir(parents=True, exist_ok=True)
    for folder in (work, work / "fleet"):
        (folder / "group_vars" / "all.yml").write_text(yaml.safe_dump(QUICK), encoding="utf-8")
    (work / "inventory" / "mycluster").mkdir(parents=True, exist_ok=True)
    (work / "inventory" / "mycluster" / "hosts.yml").write_text(yaml.safe_dump(KUBESPRAY), encoding="utf-8")


def fits(text: str, world: str) -> bool:
    return ("managed_clusters" in yaml.safe_load(text)) == (world == "managed")


def given_variables(line: str) -> dict[str, str]:
    words = shlex.split(line)
    pairs = (words[place + 1] for place, word in enumerate(words) if word == "-e")
    return dict(pair.split("=", 1) for pair in pairs)


@pytest.mark.parametrize("document", played())
def test_commands_do_what_the_document_says(document: str, shell: Shell, sim: Simulator) -> None:
    kube_id = sim.add_cluster(name="production", region="GRA11", kubeProxyMode="ipvs", customization=SETTINGS)
    staging = sim.add_cluster(name="staging", region="GRA11", kubeProxyMode="iptables")
    prepare(shell.work, document, "managed")
    for line in lines(document, RUN):
        if "managed_reset" in line:
            # One that runs in the desired mode would not be reset.
            sim.cluster(kube_id).data["kubeProxyMode"] = "iptables"
            sim.cluster(staging).data["kubeProxyMode"] = "ipvs"
        sim.clear_requests()
        done = shell(command(line))
        # One of the clusters drifts.
        assert bool(done.returncode) == ("audit_fail_on_drift=true" in line), f"{line}\n{done.stdout}"
        judge_run(line, done.stdout, sim)


@pytest.mark.parametrize("line", read())
def test_commands_for_nodes_have_hosts(line: str, shell: Shell) -> None:
    prepare(shell.work, "", "self_hosted")
    done = shell(f"{line} --list-hosts")
    assert done.returncode == 0, done.stdout
    assert re.search(r"hosts \([1-9]", done.stdout), done.stdout
    assert judges.variables(given_variables(line)) == []


def judge_run(line: str, output: str, sim: Simulator) -> None:
    """What the line itself promises."""
    changed = [int(count) for count in re.findall(r"changed=(\d+)", output)]
    sent = [request.route for request in sim.mutations]
    if "--check" in line or "audit" in line or "inventory --" in line:
        assert sent == [], line
    elif "confirm" in line:
        assert [route for route in sent if route.endswith("/reset")], line
    if "changed=0" in line:
        assert sum(changed) == 0, output
        assert sent == []
    elif "# apply" in line:
        assert sum(changed) == 1, output
        assert len(sent) == 1
    if "ansible-playbook" in line:
        assert re.search(r"ok=[1-9]", output), output
    elif "--graph" in line:
        assert re.search(r"@region_gra11", output), output


@pytest.mark.parametrize(
    "text",
    [
        "plugin: clusterops.kube_proxy.ovh_kube\nproject: x\n",
        "managed_clusters: {hosts: {production: {kube_proxy_ipvs: {schedular: lc}}}}\n",
        "- clusterops.kube_proxy.kube_proxy_customization: {name: a, kube_proxy: {ipvs: {scheduler: wrr}}}\n",
        "- name: Customize\n  clusterops.kube_proxy.kube_proxy_custom: {name: a}\n",
        "kube_proxy_iptable: {sync_period: 60s}\n",
        "module_defaults: {group/clusterops.kube_proxy.ovh: {end_point: ovh-eu}}\n",
    ],
)
def test_the_judges_see_what_is_wrong(text: str, documented: judges.Documented) -> None:
    assert judges.document(text, documented)


@pytest.mark.parametrize(
    "line",
    [
        "make tests",
        'python -m pip install "httpx>=0.26.0"',
        "ansible-galaxy collection install clusterops.kube-proxy",
        "export OVH_APPLICATION_TOKEN=...",
        "ansible-doc clusterops.kube_proxy.kube_proxy_custom",
        'ansible localhost -m clusterops.kube_proxy.kube_proxy_info -a "kube_config=x"',
    ],
)
def test_the_judges_see_commands_that_are_wrong(line: str, documented: judges.Documented) -> None:
    assert judges.command(line, documented)


def test_unknown_kinds_are_not_passed(documented: judges.Documented) -> None:
    assert judges.command("kubectl get nodes", documented) is None
    assert judges.document("apiVersion: v1\nkind: ConfigMap\n", documented) is None


def test_the_names_of_the_vocabulary_are_those_of_the_code() -> None:
    """Each row of the table of settings, and no setting without one."""
    from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.kube_proxy.settings import (
        SECTION_OPTIONS,
    )
    from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed import overlay

    text = (ROOT / "docs" / "VOCABULARY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `kube_proxy_(\w+)\.(\w+)` \| `([\w.]*)` \| (.*?) ?\| (.*?) ?\|$", text, re.MULTILINE)
    expected: list[tuple[t.Any, ...]] = []
    for section, fields in SECTION_OPTIONS.items():
        for field in fields:
            offered = overlay.by_option(section, field.option) is not None
            api = f"`{section}.{field.api}`" if offered else ""
            attribute = f"`{section}.{field.option}`" if offered else ""
            expected.append((section, field.option, f"{section}.{field.api}", api, attribute))
    assert sorted(rows) == sorted(expected)
