# SPDX-License-Identifier: GPL-3.0-or-later

"""This collection is released in a repository of its own, and used as somebody does who has nothing but its tarball."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from semantic_version import Version

import tree
from collection_release import tarball
from ovh_simulator import Simulator
from small_collection import FRAGMENT, ROOT

GPG = shutil.which("gpg")
SIGNED = pytest.mark.skipif(GPG is None, reason="needs GnuPG")
#: What ansible-doc knows, and where it is.
DOCUMENTED = {"module": "plugins/modules/*.py", "inventory": "plugins/inventory/*.py", "role": "roles/*"}
FOREIGN = re.compile("ANSIBLE_|OVH_|K8S_AUTH_|XDG_|.*_PROXY$|(KUBECONFIG|PYTHONPATH)$", re.IGNORECASE)


class Keys(t.NamedTuple):
    """A key that signs, and one that has nothing to do with it."""

    home: Path
    releaser: str
    stranger: str

    def gpg(self, *arguments: str) -> str:
        return run("gpg", "--batch", "--homedir", str(self.home), *arguments, cwd=self.home)

    def ring(self, who: str, folder: Path) -> Path:
        """A file with the public key of this person, as users get it."""
        path = folder / f"{who.partition('@')[0]}.gpg"
        self.gpg("--yes", "--output", str(path), "--export", who)
        return path


class Candidate(t.NamedTuple):
    version: str
    repository: Path
    dist: Path
    output: str
    installed: Path
    """The folder for ANSIBLE_COLLECTIONS_PATH."""

    @property
    def tarball(self) -> Path:
        (found,) = self.dist.glob("*.tar.gz")
        return found


def run(*command: str, cwd: Path, fails: bool = False, **variables: str) -> str:
    done = subprocess.run(
        command,
        check=False,
        cwd=cwd,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert (done.returncode != 0) is fails, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Keys]:
    folder = tmp_path_factory.mktemp("keys")
    folder.chmod(0o700)
    found = Keys(folder, "releaser@example.org", "stranger@example.org")
    for name in (found.releaser, found.stranger) if GPG else ():
        found.gpg("--quiet", "--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "never")
    yield found
    if GPG:
        run("gpgconf", "--homedir", str(folder), "--kill", "all", cwd=folder)


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Candidate:
    """Of the next major version; released from what is in the checkout, committed or not, and then installed."""
    work = tmp_path_factory.mktemp("candidate")
    repository = tree.sync(ROOT, work)
    galaxy = yaml.safe_load((repository / "galaxy.yml").read_text(encoding="utf-8"))
    version = f"{Version(galaxy['version']).next_major()}-rc.1"
    # Just after a release there is none.
    fragment = repository / "changelogs" / "fragments" / "candidate.yml"
    fragment.parent.mkdir(exist_ok=True)
    fragment.write_text(FRAGMENT, encoding="utf-8")
    run("git", "init", "--quiet", "--initial-branch", "main", cwd=repository)
    for name, value in {"name": "A. Releaser", "email": keys.releaser, "signingkey": keys.releaser}.items():
        run("git", "config", f"user.{name}", value, cwd=repository)
    run("git", "add", "--all", cwd=repository)
    run("git", "commit", "--quiet", "--message", "Everything", cwd=repository)
    program = str(repository / "tests" / "release" / "collection_release")
    options = () if GPG else ("--unsigned",)
    output = run(sys.executable, program, version, *options, cwd=repository, GNUPGHOME=str(keys.home))
    found = Candidate(version, repository, repository / "dist", output, tmp_path_factory.mktemp("installed"))
    install = ("collection", "install", str(found.tarball), "--offline", "--collections-path", str(found.installed))
    ansible(found, "galaxy", *install)
    return found


def ansible(candidate: Candidate, program: str, *arguments: str, **variables: str) -> str:
    """Standard output of one of Ansible's programs, in an empty folder and with an empty home."""
    empty = candidate.installed.parent / f"empty-{program}-{len(list(candidate.installed.parent.iterdir()))}"
    empty.mkdir()
    environment = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
    environment |= {"HOME": str(empty), "ANSIBLE_COLLECTIONS_PATH": str(candidate.installed), **variables}
    command = [sys.executable, "-m", "ansible", program, *arguments]
    done = subprocess.run(
        command, check=False, cwd=empty, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_a_release_leaves_in_the_repository(candidate: Candidate) -> None:
    def git(*arguments: str) -> str:
        return run("git", *arguments, cwd=candidate.repository).strip()

    assert git("status", "--porcelain") == ""
    assert git("rev-list", "--count", "main") == "2"
    assert git("describe", "main") == candidate.version
    assert f"Released {candidate.version} in this repository." in candidate.output
    changelog = (candidate.repository / "CHANGELOG.md").read_text(encoding="utf-8").replace("\\", "")
    assert changelog.count(f"## v{candidate.version}\n") == 1
    # What begins with an underscore is private, and nothing that users have to know.
    assert re.findall(r"\* clusterops\.kube_proxy\._\w+", changelog) == []


@SIGNED
def test_signatures(candidate: Candidate, keys: Keys, tmp_path: Path) -> None:
    dist = candidate.dist
    names = {path.name for path in dist.iterdir()}
    assert names == {candidate.tarball.name, "SHA256SUMS", "SHA256SUMS.asc", "MANIFEST.json.asc"}
    assert run("sha256sum", "--check", "SHA256SUMS", cwd=dist) == f"{candidate.tarball.name}: OK\n"
    ring, other = keys.ring(keys.releaser, tmp_path), keys.ring(keys.stranger, tmp_path)
    signed = (str(dist / "SHA256SUMS.asc"), str(dist / "SHA256SUMS"))
    assert "Good signature" in run("gpgv", "--keyring", str(ring), *signed, cwd=tmp_path)
    assert "No public key" in run("gpgv", "--keyring", str(other), *signed, cwd=tmp_path, fails=True)
    verify_tag = ("git", "verify-tag", candidate.version)
    assert "Good signature" in run(*verify_tag, cwd=candidate.repository, GNUPGHOME=str(keys.home))
    verify = ("collection", "verify", "clusterops.kube_proxy", "--offline")
    signature = ("--signature", (dist / "MANIFEST.json.asc").as_uri(), "--keyring")
    assert "Successfully verified" in ansible(candidate, "galaxy", *verify, *signature, str(ring))
    with pytest.raises(AssertionError, match="Signature verification failed"):
        ansible(candidate, "galaxy", *verify, *signature, str(other))


def test_the_same_bytes_elsewhere_and_later(
    candidate: Candidate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "a folder" / "ansible_collections" / "clusterops" / "kube_proxy"
    elsewhere.parent.mkdir(parents=True)
    for name, value in {"LC_ALL": "C", "TZ": "Pacific/Auckland"}.items():
        monkeypatch.setenv(name, value)
    umask = os.umask(0o077)
    try:
        clone = ("git", "clone", "--quiet", "--branch", candidate.version, str(candidate.repository), str(elsewhere))
        run(*clone, cwd=tmp_path)
        # Another order in the folders, on most file systems, and another time.
        for path in sorted((path for path in elsewhere.rglob("*.yml") if ".git" not in path.parts), reverse=True):
            path.with_suffix(".moved").write_bytes(path.read_bytes())
            path.with_suffix(".moved").rename(path)
            os.utime(path, (0, 0))
        seconds = int(run("git", "log", "-1", "--format=%ct", cwd=elsewhere))
        built = tarball.build(elsewhere, tmp_path / "built", seconds, tmp_path / "cache")
    finally:
        os.umask(umask)
    assert built.name == candidate.tarball.name
    assert built.read_bytes() == candidate.tarball.read_bytes()


def test_every_document(candidate: Candidate) -> None:
    installed = candidate.installed / "ansible_collections" / "clusterops" / "kube_proxy"
    for kind, folder in DOCUMENTED.items():
        names = [f"clusterops.kube_proxy.{path.stem}" for path in sorted(installed.glob(folder)) if path.name[0] != "_"]
        assert names
        documented = json.loads(ansible(candidate, "doc", "--json", "--type", kind, *names))
        assert sorted(documented) == names
        for name in names:
            found = documented[name]
            assert Path(found["path"] if kind == "role" else found["doc"]["filename"]).is_relative_to(installed)


def test_every_playbook(candidate: Candidate) -> None:
    playbooks = candidate.installed.glob("ansible_collections/clusterops/kube_proxy/playbooks/*.yml")
    names = [f"clusterops.kube_proxy.{path.stem}" for path in sorted(playbooks)]
    assert len(names) > 5
    ansible(candidate, "playbook", "--syntax-check", *names)


def test_inventory_and_modules_at_work(candidate: Candidate, tmp_path: Path) -> None:
    """The plugin lists the clusters of an account, and a playbook changes them, and then has nothing to change."""
    inventory = tmp_path / "clusters.ovh_kube.yml"
    inventory.write_text("plugin: clusterops.kube_proxy.ovh_kube\n", encoding="utf-8")
    with Simulator() as simulator:
        cluster = simulator.add_cluster(name="production", region="GRA11", kubeProxyMode="ipvs")
        known = simulator.credentials.as_dict()
        secrets = ("application_key", "application_secret", "consumer_key")
        variables = {
            "OVH_ENDPOINT": simulator.url,
            "NO_PROXY": "127.0.0.1",
            **{f"OVH_{name.upper()}": known[name] for name in secrets},
        }
        command = ("clusterops.kube_proxy.managed", "--inventory", str(inventory), "--extra-vars")
        settings = json.dumps({"kube_proxy_ipvs": {"scheduler": "lc"}, "managed_cluster_wait_sleep": 0.1})
        first, second = (ansible(candidate, "playbook", *command, settings, **variables) for _run in range(2))
        assert simulator.cluster(cluster)["customization"]["kubeProxy"]["ipvs"] == {"scheduler": "lc"}
    assert re.search(r"production +: ok=\d+ +changed=1 ", first), first
    assert re.search(r"production +: ok=\d+ +changed=0 ", second), second
