# SPDX-License-Identifier: GPL-3.0-or-later

"""``make demo``: the playbook ``managed`` against a simulated API, in check mode, for real, and again.

Needs ansible-core, httpx, isodate, starlette and uvicorn beside the Python that runs it. Exits non-zero unless the
first two runs report a change, the last one does not, and the cluster ends up as asked.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import typing as t
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = "clusterops.kube_proxy.managed"

# Somebody chose a scheduler and a timeout by hand. The scheduler is to change, the timeout to stay.
CLUSTER = {
    "name": "production",
    "region": "GRA11",
    "kubeProxyMode": "ipvs",
    "customization": {"kubeProxy": {"ipvs": {"scheduler": "rr", "tcpTimeout": "PT15M"}}},
    "nodepools": [{"name": "workers", "desiredNodes": 3, "flavorName": "b3-8"}],
}
INVENTORY = """\
managed_clusters:
  hosts:
    production:
      kube_proxy_mode: ipvs
      kube_proxy_ipvs:
        scheduler: lc
        sync_period: 60s
"""
WANTED = {"scheduler": "lc", "syncPeriod": "PT1M", "tcpTimeout": "PT15M"}

FOREIGN = re.compile("ANSIBLE_|OVH_|no_proxy$")
READY_SECONDS = 30.0


class DemoError(Exception):
    """The collection did not do what the demo is there to show."""


class Demo:
    def __init__(self, work: Path, api: dict[str, t.Any]) -> None:
        self._work = work
        self._api = api
        self._environment = self._prepare()

    def run(self) -> None:
        heading("The start: a cluster that was customized by hand")
        say(
            f"A simulated OVHcloud API listens on {self._api['url']}. It has a cluster called 'production', whose "
            f"kube-proxy runs in ipvs mode with these settings:"
        )
        show(json.dumps(self._settings()))
        say("The inventory asks for another scheduler, and for a period. Every host in it is one cluster:")
        show(INVENTORY)

        heading("1. Check mode: what would change?")
        self._playbook("--check", "--diff", changes=True)
        if self._mutations():
            raise DemoError("check mode sent a request that changes something")
        say("The API was only read.")

        heading("2. For real")
        self._playbook("--diff", changes=True)
        sent = self._mutations()
        if len(sent) != 1 or self._settings() != WANTED:
            raise DemoError(f"expected one request and the settings {WANTED}, saw {sent} and {self._settings()}")
        say(
            "One request did it. OVHcloud's API replaces everything with what it is sent, so the timeout that the "
            "inventory does not mention was sent along:"
        )
        show(f"{sent[0]['method']} {sent[0]['path'].rsplit('/kube/')[0]}/kube/...\n{sent[0]['body']}")

        heading("3. The same again: nothing is left to do")
        self._playbook("--diff", changes=False)
        if self._mutations() != sent:
            raise DemoError("the last run sent a request that changes something")
        say("The API was only read. The cluster now has these settings:")
        show(json.dumps(self._settings()))

        heading("With clusters of your own")
        say("Install the collection and the two libraries its modules need, say who you are, and begin with --check:")
        show(NEXT_STEPS)

    def _prepare(self) -> dict[str, str]:
        """An environment in which neither settings nor credentials of the user count."""
        collection = self._work / "ansible_collections" / "clusterops" / "kube_proxy"
        collection.parent.mkdir(parents=True)
        collection.symlink_to(ROOT, target_is_directory=True)
        (self._work / "inventory.yml").write_text(INVENTORY, encoding="utf-8")
        # At OVHcloud a change takes minutes; the simulator is ready after a few looks.
        (self._work / "group_vars").mkdir()
        (self._work / "group_vars" / "all.yml").write_text("managed_cluster_wait_sleep: 0.2\n", encoding="utf-8")
        settings = f"home = {self._work}/.ansible\ncollections_path = {self._work}\ndisplay_skipped_hosts = false\n"
        (self._work / "ansible.cfg").write_text(f"[defaults]\nnocows = true\n{settings}", encoding="utf-8")
        credentials = self._api["credentials"]
        inherited = {key: value for key, value in os.environ.items() if not FOREIGN.match(key)}
        return {
            **inherited,
            "HOME": str(self._work),
            # The user's proxy cannot reach this machine's loopback.
            "NO_PROXY": "127.0.0.1",
            "ANSIBLE_CONFIG": str(self._work / "ansible.cfg"),
            **({"ANSIBLE_FORCE_COLOR": "1"} if sys.stdout.isatty() and "NO_COLOR" not in os.environ else {}),
            "OVH_ENDPOINT": self._api["url"],
            "OVH_APPLICATION_KEY": credentials["application_key"],
            "OVH_APPLICATION_SECRET": credentials["application_secret"],
            "OVH_CONSUMER_KEY": credentials["consumer_key"],
            "OVH_CLOUD_PROJECT_SERVICE": self._api["service_name"],
        }

    def _playbook(self, *options: str, changes: bool) -> None:
        arguments = [PLAYBOOK, "-i", "inventory.yml", *options]
        show("$ " + shlex.join(["ansible-playbook", *arguments]))
        # The one beside this Python, whatever is on PATH.
        command = [str(Path(sys.executable).parent / "ansible-playbook"), *arguments]
        process = subprocess.Popen(
            command, cwd=self._work, env=self._environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        output = []
        try:
            for line in process.stdout or ():
                output.append(line)
                print(line, end="", flush=True)
            process.wait()
        finally:
            stop(process)
        found = re.search(r"\bchanged=(\d+)", "".join(output))
        if process.returncode or found is None:
            raise DemoError(f"ansible-playbook ended with exit status {process.returncode}")
        if bool(int(found.group(1))) is not changes:
            raise DemoError(f"expected {'a change' if changes else 'no change'}, saw {found.group()}")

    def _settings(self) -> dict[str, t.Any]:
        (cluster,) = self._control("clusters")
        return dict(cluster["customization"]["kubeProxy"]["ipvs"])

    def _mutations(self) -> list[dict[str, t.Any]]:
        return list(self._control("requests?mutations=true"))

    def _control(self, path: str) -> t.Any:
        return httpx.get(f"{self._api['control']}/{path}", trust_env=False).raise_for_status().json()


NEXT_STEPS = f"""\
ansible-galaxy collection install clusterops.kube_proxy
pip install 'httpx>=0.27.0' 'isodate>=0.6.1'
export OVH_ENDPOINT=ovh-eu OVH_CLOUD_PROJECT_SERVICE=<id of the Public Cloud project>
export OVH_APPLICATION_KEY=... OVH_APPLICATION_SECRET=... OVH_CONSUMER_KEY=...
ansible-playbook {PLAYBOOK} -i inventory.yml --check --diff"""


def heading(text: str) -> None:
    print(f"\n{text}\n{'=' * len(text)}", flush=True)


def say(text: str) -> None:
    print("\n" + textwrap.fill(text, 100), flush=True)


def show(text: str) -> None:
    print("\n" + textwrap.indent(text.rstrip(), "    "), flush=True)


def stop(process: subprocess.Popen[t.Any]) -> None:
    if process.poll() is None:
        process.terminate()
    process.wait()


@contextlib.contextmanager
def simulator(work: Path) -> t.Iterator[dict[str, t.Any]]:
    ready_file, log = work / "simulator.json", work / "simulator.log"
    command = [sys.executable, "-m", "ovh_simulator", "--exit-with-parent"]
    command += ["--ready-file", str(ready_file), "--cluster", json.dumps(CLUSTER)]
    with log.open("w", encoding="utf-8") as output:
        # A session of its own: a Ctrl-C is for this process, which then stops the simulator.
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT / "tests" / "simulator")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not ready_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise DemoError(f"the simulated API did not start:\n{log.read_text(encoding='utf-8')}")
            time.sleep(0.05)
        yield json.loads(ready_file.read_text(encoding="utf-8"))
    finally:
        stop(process)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_unused: sys.exit(143))
    try:
        with tempfile.TemporaryDirectory(prefix="kube-proxy-demo-") as name:
            work = Path(name).resolve()
            with simulator(work) as api:
                Demo(work, api).run()
    except DemoError as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
