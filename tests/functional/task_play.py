# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of this collection in ansible-playbook, in Ansible's worker and as modules, against the simulator."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import kept_output
from ovh_simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = re.compile("ANSIBLE_|OVH_|K8S_AUTH_|KUBECONFIG$|.*_PROXY$", re.IGNORECASE)
COLLECTION = "clusterops.kube_proxy"

#: What -vvv says.
HERE, MODULE = "Runs in Ansible's worker", "Runs as a module: "
#: Variables with which tasks run as modules.
AS_MODULE = {"clusterops_in_process": False}

Task = dict[str, t.Any]


def customized(**options: t.Any) -> Task:
    """A task that sets the scheduler lc, or what the options say."""
    given = {"kube_proxy": {"ipvs": {"scheduler": "lc"}}, "wait_sleep": 0.01, **options}
    return {"name": "Customize", f"{COLLECTION}.kube_proxy_customization": given}


@dataclasses.dataclass
class Played:
    """What a play printed, and the results of the tasks of this collection, in order."""

    status: int
    output: str
    errors: str
    lines: list[dict[str, t.Any]]

    @property
    def results(self) -> list[dict[str, t.Any]]:
        return [line["result"] for line in self.lines]


class Play:
    """``play(*tasks, ...)``: ansible-playbook with these tasks; ``variables`` are those of the hosts.

    It is started in the folder of the playbook, or in ``cwd``.
    """

    def __init__(self, sim: Simulator, work: Path) -> None:
        self.sim, self.work = sim, work
        (work / "ansible_collections" / "clusterops").mkdir(parents=True)
        (work / "ansible_collections" / "clusterops" / "kube_proxy").symlink_to(ROOT)

    def __call__(
        self,
        *tasks: Task,
        options: t.Sequence[str] = (),
        variables: t.Mapping[str, t.Any] | None = None,
        environment: t.Mapping[str, str] | None = None,
        hosts: t.Sequence[str] = ("production",),
        cwd: Path | None = None,
        **play: t.Any,
    ) -> Played:
        given = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            **(variables or {}),
        }
        inventory = {"all": {"hosts": dict.fromkeys(hosts), "vars": given}}
        (self.work / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
        whole = [{"hosts": "all", "gather_facts": False, "tasks": list(tasks), **play}]
        (self.work / "play.json").write_text(json.dumps(whole), encoding="utf-8")
        results = self.work / "results.jsonl"
        results.unlink(missing_ok=True)
        folder = cwd or self.work
        inventory_file, playbook = (os.path.relpath(self.work / name, folder) for name in ("hosts.json", "play.json"))
        command = [sys.executable, "-m", "ansible", "playbook", "--inventory", inventory_file, *options, playbook]
        done = subprocess.run(
            command,
            check=False,
            cwd=folder,
            env={**self._environment(), "TASK_RESULTS": str(results), **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        kept_output.keep(done.stdout + done.stderr)
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
        return Played(done.returncode, done.stdout, done.stderr, [json.loads(line) for line in lines])

    def _environment(self) -> dict[str, str]:
        known = self.sim.credentials.as_dict()
        signed = {
            f"OVH_{name.upper()}": known[name] for name in ("application_key", "application_secret", "consumer_key")
        }
        return {
            **{name: value for name, value in os.environ.items() if not FOREIGN.match(name)},
            **signed,
            "OVH_ENDPOINT": self.sim.url,
            "OVH_CLOUD_PROJECT_SERVICE": self.sim.service_name,
            "HOME": str(self.work),
            "ANSIBLE_COLLECTIONS_PATH": str(self.work),
            "ANSIBLE_HOME": str(self.work / "home"),
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "task_results",
            "ANSIBLE_INVENTORY_ENABLED": "yaml",
            "ANSIBLE_NOCOLOR": "1",
        }
