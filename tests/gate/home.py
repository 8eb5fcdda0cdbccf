# SPDX-License-Identifier: GPL-3.0-or-later

"""A home directory of the gate's own, so that nothing of the user's decides a result and nothing is left in it.

``~/.ansible`` collects copies of collections and mocks of modules that make a later run pass, or fail, on one machine
only; ``~/.ovh.conf`` and ``OVH_*`` would let a test reach a real account.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import machine

#: ansible-test fetches this script from a host of its own. This one installs pip from the wheel beside it instead, so
#: that the gate needs a Python package index and no other host.
GET_PIP = """\
import glob, os, sys

here, name = os.path.split(os.path.abspath(__file__))
version = os.path.splitext(name)[0][len("get_pip_"):].replace("_", ".")
sys.path.insert(0, glob.glob(os.path.join(here, "pip-%s-*.whl" % version))[0])

from pip._internal.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["install"] + [a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel")]))
"""


def environment(home: Path) -> dict[str, str | None]:
    """Variables to set, and with None to unset, for a tool that shall live in ``home``."""
    home.mkdir(parents=True, exist_ok=True)
    _keep_package_index(home)
    # Images of CI often forbid bytecode. The thousands of Pythons of the gate would each compile what they import.
    foreign = re.compile(
        r"(ANSIBLE|K8S_AUTH|MOLECULE|OVH|PYTEST|XDG)_|(KUBECONFIG|PYTHONDONTWRITEBYTECODE|PYTHONPATH)$"
    )
    # Programs and images that took long to build are no state of the user's that could decide a result.
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    bench = os.environ.get("KUBE_PROXY_BENCH_CACHE") or str(Path(cache) / "clusterops-kube_proxy")
    return {
        **dict.fromkeys(filter(foreign.match, os.environ)),
        "HOME": str(home),
        "KUBE_PROXY_BENCH_CACHE": bench,
    }


def _keep_package_index(home: Path) -> None:
    """Write the user's pip settings where the pip that ansible-test calls finds them: it passes on HOME alone."""
    settings = machine.pip_settings()
    # Otherwise thirty lines of progress for each of ansible-test's environments drown what it finds.
    settings.set("global", "quiet", "1")
    target = home / ".config" / "pip" / "pip.conf"
    target.parent.mkdir(parents=True, exist_ok=True)
    # An index URL may carry a password.
    target.touch(mode=0o600)
    with target.open("w", encoding="utf-8") as file:
        settings.write(file)


def seed_pip(home: Path, versions: set[str]) -> None:
    """Put the pip releases ansible-test installs into its sanity environments where it looks before downloading.

    Without pip at hand nothing is done: ansible-test then downloads for itself.
    """
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions:
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        if script.exists() or importlib.util.find_spec("pip") is None:
            continue
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache)]
        if subprocess.run([*download, f"pip=={version}"], check=False).returncode == 0:
            script.write_text(GET_PIP, encoding="utf-8")


def pip_versions(site_packages: Path) -> set[str]:
    """The pip releases the ansible-test in ``site_packages`` asks for, differing by the Python it tests."""
    source = site_packages / "ansible_test" / "_internal" / "python_requirements.py"
    return set(re.findall(r"\bpip='([0-9.]+)'", source.read_text(encoding="utf-8")))
