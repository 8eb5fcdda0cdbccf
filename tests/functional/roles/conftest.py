# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles as they are, run by ansible-playbook, with modules that answer what a test wants them to."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from import_record import ImportRecord

import kept_output

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = Path(__file__).resolve().parent / "plugins"
MODULES = (
    # The playbook audit names the modules for managed clusters as well.
    "kube_cluster_info",
    "kube_proxy_config",
    "kube_proxy_customization",
    "kube_proxy_info",
    "kube_proxy_migration",
    "kube_proxy_node_info",
    "kube_proxy_node_probe",
    "kube_proxy_node_rules",
    "kube_proxy_rollout",
)
FOREIGN = re.compile("ANSIBLE_|K8S_AUTH_|KUBECONFIG$")
SUDO = """\
#!/bin/sh
while [ "$1" != -u ]; do shift; done
shift 2
STUB_BECAME=yes exec "$@"
"""


@dataclasses.dataclass
class Call:
    """One module execution."""

    at: float
    module: str
    host: str
    check: bool
    became: str | None
    options: dict[str, t.Any]


@dataclasses.dataclass
class Outcome:
    """How a run ended."""

    status: int
    output: str
    calls: list[Call]
    #: What each process imported of the collection, beginning with the one that forks the others.
    imported: list[list[str]]

    def of(self, module: str, host: str | None = None) -> list[Call]:
        return [call for call in self.calls if call.module == module and host in {None, call.host}]

    @property
    def reason(self) -> str:
        """The message of the task that every failed change ends with."""
        last = self.output.rpartition("TASK [")[2]
        assert last.startswith("clusterops.kube_proxy.self_hosted_cluster : Fail with the reason]"), self.output
        found = re.search(r'"msg": "(.*?)"\}', last)
        assert found, last
        return found[1]


def run_playbook(
    arguments: t.Sequence[str], folder: Path, environment: t.Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """ansible-playbook with these arguments; what it printed is kept for the tier that looks for secrets."""
    process = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", *arguments],
        check=False,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    kept_output.keep(process.stdout)
    return process


class Playbooks:
    """``run(playbook, nodes=..., variables=..., answers=...)``: variables go to the command line, like those of AWX.

    ``answers`` has a list for a module, or for a module and a host: what its first, second, ... execution returns
    beside what it returns in a healthy cluster. The last one counts for all further executions.
    """

    def __init__(self, work: Path) -> None:
        self._work = work
        collection = work / "ansible_collections" / "clusterops" / "kube_proxy"
        (collection / "plugins" / "modules").mkdir(parents=True)
        for name in ("meta", "playbooks", "roles", "galaxy.yml"):
            (collection / name).symlink_to(ROOT / name)
        for name in ("action", "filter", "module_utils", "plugin_utils"):
            (collection / "plugins" / name).symlink_to(ROOT / "plugins" / name)
        # Ansible puts the interpreter of the host in the place of this one.
        module = "#!/usr/bin/python\n" + (PLUGINS / "modules" / "stub.py").read_text(encoding="utf-8")
        for name in MODULES:
            (collection / "plugins" / "modules" / f"{name}.py").write_text(module, encoding="utf-8")
        (work / "sudo").write_text(SUDO, encoding="utf-8")
        (work / "sudo").chmod(0o755)

    def run(
        self,
        playbook: str = "clusterops.kube_proxy.self_hosted",
        *options: str,
        nodes: tuple[str, ...] = ("node1", "node2"),
        inventory: dict[str, t.Any] | None = None,
        variables: dict[str, t.Any] | None = None,
        answers: dict[str, list[dict[str, t.Any]]] | None = None,
    ) -> Outcome:
        state = self._work / "state"
        state.mkdir()
        (state / "answers.json").write_text(json.dumps({"nodes": nodes, **(answers or {})}), encoding="utf-8")
        connection = {
            "ansible_connection": "stub",
            "ansible_python_interpreter": sys.executable,
            "ansible_become_exe": str(self._work / "sudo"),
        }
        hosts = {name: {"ansible_host": name} for name in ("localhost", *nodes)}
        group = {"hosts": dict.fromkeys(nodes), "vars": inventory or {}}
        everything = {"all": {"hosts": hosts, "vars": connection, "children": {"kube_nodes": group}}}
        (self._work / "inventory.json").write_text(json.dumps(everything), encoding="utf-8")
        record = ImportRecord(self._work)
        environment = {key: value for key, value in os.environ.items() if not FOREIGN.match(key)}
        environment.update(
            ANSIBLE_COLLECTIONS_PATH=str(self._work),
            ANSIBLE_CONNECTION_PLUGINS=str(PLUGINS / "connection"),
            ANSIBLE_HOME=str(self._work / "home"),
            ANSIBLE_LOCAL_TEMP=str(self._work / "tmp"),
            ANSIBLE_REMOTE_TEMP=str(self._work / "tmp"),
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_BECOME_ALLOW_SAME_USER="1",
            ANSIBLE_INVENTORY_ENABLED="yaml",
            STUB_STATE=str(state),
            **record.variables,
        )
        command = ["--inventory", str(self._work / "inventory.json")]
        # The healthy cluster is one whose mode is changed by restarting its pods.
        at_once = {"self_hosted_cluster_verify_delay": 0, "self_hosted_cluster_verify_retries": 0}
        given = {**at_once, "self_hosted_cluster_allow_leftovers": True, **(variables or {})}
        command += ["--extra-vars", json.dumps(given), *options, playbook]
        process = run_playbook(command, self._work, environment)
        records = [json.loads(path.read_text(encoding="utf-8")) for path in state.glob("kube_proxy_*.json")]
        calls = sorted((Call(**record) for record in records), key=lambda call: call.at)
        return Outcome(process.returncode, process.stdout, calls, list(record.by_process().values()))


@pytest.fixture
def playbooks(tmp_path: Path) -> Playbooks:
    return Playbooks(tmp_path)
