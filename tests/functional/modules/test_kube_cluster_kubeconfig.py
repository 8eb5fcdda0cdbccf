# SPDX-License-Identifier: GPL-3.0-or-later

"""kube_cluster_kubeconfig: the file through all its states, and what is not said about it."""

from __future__ import annotations

import fcntl
import os
import stat
import threading
import typing as t
from pathlib import Path

import pytest
import yaml

from ovh_simulator import Simulator

MODULE = "kube_cluster_kubeconfig"
#: What somebody has in the file already.
STAGING = """\
apiVersion: v1
kind: Config
clusters:
- name: staging
  cluster: {server: https://staging.example}
contexts:
- name: staging
  context: {cluster: staging, user: staging}
current-context: staging
users:
- name: staging
  user: {token: another secret}
"""


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    """A file that is not there yet, in a directory of its own."""
    directory = tmp_path / "kube"
    directory.mkdir()
    return directory / "config"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def identity(path: Path) -> tuple[int, int, int]:
    """Which file it is, of what kind, last written when."""
    status = path.lstat()
    return status.st_ino, status.st_mode, status.st_mtime_ns


def assert_nothing_to_log_in_with(sim: Simulator, kube_id: str, text: str) -> None:
    cluster = sim.cluster(kube_id)
    secrets = cluster.kubeconfig_secrets()
    assert secrets
    assert [secret for secret in secrets if secret in text] == []
    assert "client-key-data" not in text


def test_file_is_written_again_changed_and_repaired_in_check_mode_and_for_real(
    run: t.Any, sim: Simulator, dest: Path
) -> None:
    kube_id = sim.add_cluster(name="prod")
    options = {"kube_id": kube_id, "dest": str(dest)}

    def nothing() -> None: ...

    def renew() -> None:
        sim.cluster(kube_id)["kubeconfigGeneration"] += 1

    def open_to_all() -> None:
        dest.chmod(0o644)

    def truncate() -> None:
        dest.write_text("")

    def remove() -> None:
        dest.unlink()

    for spoil in (nothing, renew, open_to_all, truncate, remove):
        spoil()
        before = (dest.read_bytes(), mode(dest)) if dest.exists() else None
        predicted = run.done(MODULE, check=True, **options)
        assert ((dest.read_bytes(), mode(dest)) if dest.exists() else None) == before
        real = run.done(MODULE, **options)
        assert predicted["changed"] is real["changed"] is True, spoil
        assert predicted["diff"] == real["diff"]
        assert real["diff"]["before"] != real["diff"]["after"]
        assert dest.read_text() == sim.cluster(kube_id).kubeconfig()
        assert mode(dest) == 0o600
        for check in (True, False):
            again = run.done(MODULE, check=check, **options)
            assert again["changed"] is False
            assert again["diff"]["before"] == again["diff"]["after"]
            assert_nothing_to_log_in_with(sim, kube_id, again.text)
        assert_nothing_to_log_in_with(sim, kube_id, predicted.text + real.text)
    assert sim.mutations == []
    # Nothing is left over of writing it atomically.
    assert list(dest.parent.iterdir()) == [dest]


def test_result_names_file_cluster_and_server(run: t.Any, sim: Simulator, dest: Path) -> None:
    kube_id = sim.add_cluster(name="prod")
    outcome = run.done(MODULE, name="prod", dest=str(dest))
    assert (outcome["kube_id"], outcome["dest"]) == (kube_id, str(dest))
    assert outcome["server"].removeprefix("https://").split(":")[0] == sim.cluster(kube_id)["url"]
    assert outcome["diff"]["before"] == {}
    assert set(outcome["diff"]["after"]) == {"server", "fingerprint", "mode"}
    assert outcome["diff"]["after"]["mode"] == "0600"
    assert "kubeconfig" not in outcome.result


def test_file_is_replaced_and_never_seen_half_written(run: t.Any, sim: Simulator, dest: Path) -> None:
    kube_id = sim.add_cluster(name="prod")
    dest.write_text(STAGING)
    with dest.open() as reader:
        run.done(MODULE, kube_id=kube_id, dest=str(dest))
        # Whoever has the old file open still reads all of it: it was replaced, not written over.
        assert reader.read() == STAGING
        assert os.fstat(reader.fileno()).st_ino != dest.stat().st_ino


def test_symbolic_link_is_followed_and_stays(run: t.Any, sim: Simulator, dest: Path) -> None:
    kube_id = sim.add_cluster(name="prod")
    link = dest.with_name("link")
    link.symlink_to(dest)
    run.done(MODULE, kube_id=kube_id, dest=str(link))
    assert link.is_symlink()
    assert dest.read_text() == sim.cluster(kube_id).kubeconfig()
    assert run.done(MODULE, kube_id=kube_id, dest=str(link))["changed"] is False


def test_home_directory_is_expanded(run: t.Any, sim: Simulator, home: Path) -> None:
    kube_id = sim.add_cluster(name="prod")
    run.done(MODULE, kube_id=kube_id, dest="~/config")
    assert (home / "config").read_text() == sim.cluster(kube_id).kubeconfig()


@pytest.mark.parametrize("check", [True, False])
def test_missing_directory_is_named(run: t.Any, sim: Simulator, tmp_path: Path, check: bool) -> None:
    kube_id = sim.add_cluster(name="prod")
    outcome = run.refused(MODULE, check=check, kube_id=kube_id, dest=str(tmp_path / "none" / "config"))
    assert outcome["msg"] == f"dest: the directory {tmp_path / 'none'} does not exist; create it first"
    assert_nothing_to_log_in_with(sim, kube_id, outcome.text)


@pytest.mark.parametrize("check", [True, False])
def test_directory_in_the_place_of_the_file_is_named(run: t.Any, sim: Simulator, tmp_path: Path, check: bool) -> None:
    kube_id = sim.add_cluster(name="prod")
    outcome = run.refused(MODULE, check=check, kube_id=kube_id, dest=str(tmp_path))
    assert outcome["msg"] == f"dest: {tmp_path} cannot be read: Is a directory"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (os.mkfifo, "cannot be read: it is a named pipe, not a regular file"),
        (lambda path: path.symlink_to("/dev/full"), "cannot be read: it is a device, not a regular file"),
        (lambda path: path.write_text("tasks: []\n"), "is no kubeconfig, and is left as it is: it has no clusters"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "is no kubeconfig, and is left as it is: it is not UTF-8 text"),
    ],
)
def test_what_is_no_kubeconfig_file_is_left_alone(
    run: t.Any, sim: Simulator, dest: Path, make: t.Callable[[Path], t.Any], reason: str, check: bool
) -> None:
    kube_id = sim.add_cluster(name="prod")
    make(dest)
    before = identity(dest)
    outcome = run.refused(MODULE, check=check, kube_id=kube_id, dest=str(dest))
    assert outcome["msg"].startswith(f"dest: {dest} {reason}")
    assert identity(dest) == before
    assert_nothing_to_log_in_with(sim, kube_id, outcome.text)


def test_other_contexts_in_the_file_stay_and_the_diff_names_what_is_added(
    run: t.Any, sim: Simulator, dest: Path
) -> None:
    kube_id = sim.add_cluster(name="prod")
    dest.write_text(STAGING)
    dest.chmod(0o600)
    options = {"kube_id": kube_id, "dest": str(dest), "backup": True}
    predicted = run.done(MODULE, check=True, **options)
    assert dest.read_text() == STAGING
    real = run.done(MODULE, **options)
    assert real["changed"] is predicted["changed"] is True
    assert real["diff"] == predicted["diff"]
    assert real["diff"]["before"]["contexts"] == ["staging"]
    assert real["diff"]["after"]["contexts"] == ["staging", "kubernetes-admin-prod@prod"]
    config = yaml.safe_load(dest.read_text())
    assert config["contexts"][0] == yaml.safe_load(STAGING)["contexts"][0]
    assert config["current-context"] == real["context"] == "kubernetes-admin-prod@prod"
    backup = Path(real["backup_file"])
    assert (backup.read_text(), mode(backup), mode(dest)) == (STAGING, 0o600, 0o600)
    assert sorted(dest.parent.iterdir()) == [dest, backup]
    for check in (True, False):
        again = run.done(MODULE, check=check, **options)
        assert (again["changed"], "backup_file" in again.result) == (False, False)
    for outcome in (predicted, real, again):
        assert_nothing_to_log_in_with(sim, kube_id, outcome.text)
        assert "another secret" not in outcome.text


def test_several_clusters_share_a_file(run: t.Any, sim: Simulator, dest: Path) -> None:
    ids = [
        sim.add_cluster(name=name, region=region) for name, region in (("a", "GRA11"), ("b", "GRA11"), ("a", "SBG5"))
    ]
    for expected in (True, False):
        outcomes = [run.done(MODULE, kube_id=kube_id, dest=str(dest), set_current_context=False) for kube_id in ids]
        assert [outcome["changed"] for outcome in outcomes] == [expected] * 3
    contexts = [outcome["context"] for outcome in outcomes]
    config = yaml.safe_load(dest.read_text())
    assert [context["name"] for context in config["contexts"]] == contexts
    assert contexts[2] == f"{contexts[0]}-{ids[2]}"
    assert config["current-context"] == contexts[0]
    secrets = [secret for kube_id in ids for secret in sim.cluster(kube_id).kubeconfig_secrets()]
    assert [secret for secret in secrets if secret not in dest.read_text()] == []


def test_file_is_replaced_only_if_told_so_and_what_is_lost_is_named(run: t.Any, sim: Simulator, dest: Path) -> None:
    kube_id = sim.add_cluster(name="prod")
    dest.write_text(STAGING)
    options = {"kube_id": kube_id, "dest": str(dest), "strategy": "replace"}
    for check in (True, False):
        outcome = run.done(MODULE, check=check, **options)
        assert outcome["diff"]["before"]["contexts"] == ["staging"]
        assert "staging" not in outcome["diff"]["after"]["contexts"]
        assert outcome.warnings == [f"dest: {dest}: the file is replaced, and these contexts are lost: staging"]
    assert dest.read_text() == sim.cluster(kube_id).kubeconfig()
    assert run.done(MODULE, **options)["changed"] is False


def test_file_that_another_task_writes_is_waited_for(run: t.Any, sim: Simulator, dest: Path) -> None:
    kube_id = sim.add_cluster(name="prod")
    dest.write_text(STAGING)
    directory = os.open(dest.parent, os.O_RDONLY)
    fcntl.flock(directory, fcntl.LOCK_EX)

    def merge_another() -> None:
        dest.write_text(STAGING.replace("staging", "another"))
        os.close(directory)

    timer = threading.Timer(0.3, merge_another)
    timer.start()
    run.done(MODULE, kube_id=kube_id, dest=str(dest))
    timer.join()
    assert "another.example" in dest.read_text()


@pytest.mark.parametrize("check", [True, False])
def test_without_a_file_the_kubeconfig_is_returned(run: t.Any, sim: Simulator, wire: t.Any, check: bool) -> None:
    kube_id = sim.add_cluster(name="prod")
    outcome = run.done(MODULE, check=check, kube_id=kube_id)
    assert outcome["kubeconfig"] == sim.cluster(kube_id).kubeconfig()
    assert (outcome["changed"], "diff" in outcome.result) == (False, False)
    assert wire() == [("POST", f"/{kube_id}/kubeconfig")]


def test_kubeconfig_of_a_cluster_that_is_not_ready_fails_with_the_answer_of_the_api(
    run: t.Any, sim: Simulator, dest: Path
) -> None:
    kube_id = sim.add_cluster(name="prod", status="INSTALLING")
    sim.settings.kubeconfig_requires_ready = True
    outcome = run.refused(MODULE, kube_id=kube_id, dest=str(dest))
    assert outcome["error"]["status"] == 409
    assert outcome["kube_id"] == kube_id
    assert not dest.exists()
