# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be in the tarball, and what Galaxy's importer says of it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from collection_release import contents, importer, tarball
from small_collection import ROOT

FILES = ["CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "changelogs/config.yaml"]


def made(path: Path, files: dict[str, bytes], *, mode: int, seconds: int) -> Path:
    """A tarball as ansible-galaxy builds it, with files in this order."""
    listed = [
        {"name": name, "ftype": "file", "chksum_sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    ]
    listing = json.dumps({"files": [{"name": ".", "ftype": "dir"}, *listed]}).encode()
    manifest = {
        "collection_info": {"namespace": "clusterops", "name": "kube_proxy", "version": "1.0.0", "tags": ["music"]},
        "file_manifest_file": {"name": "FILES.json", "chksum_sha256": hashlib.sha256(listing).hexdigest()},
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, data in {"MANIFEST.json": json.dumps(manifest).encode(), "FILES.json": listing, **files}.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime, entry.uname = len(data), mode, seconds, "somebody"
            archive.addfile(entry, io.BytesIO(data))
    return path


def test_one_order_one_time_nobody(tmp_path: Path) -> None:
    files = {"README.md": b"read\n", "LICENSE": b"free\n"}
    one = made(tmp_path / "one.tar.gz", files, mode=0o644, seconds=1)
    other = made(tmp_path / "other.tar.gz", dict(reversed(files.items())), mode=0o600, seconds=2)
    for source in (one, other):
        tarball.rewrite(source, tmp_path / f"again-{source.name}", 1700000000)
    again = tmp_path / "again-one.tar.gz"
    assert again.read_bytes() == (tmp_path / "again-other.tar.gz").read_bytes()
    with tarfile.open(again) as archive:
        members = archive.getmembers()
        texts = {member.name: archive.extractfile(member).read() for member in members}  # type: ignore[union-attr]
    assert [member.name for member in members] == ["MANIFEST.json", "FILES.json", "LICENSE", "README.md"]
    assert {(member.mtime, member.mode, member.uid, member.uname) for member in members} == {(1700000000, 0o644, 0, "")}
    assert {name: texts[name] for name in files} == files
    checksum = json.loads(texts["MANIFEST.json"])["file_manifest_file"]["chksum_sha256"]
    assert checksum == hashlib.sha256(texts["FILES.json"]).hexdigest()


def test_everything_that_works_at_users_is_there() -> None:
    files = contents.content_of(ROOT)
    assert len(files) > 300
    assert contents.differences([*FILES, *files], ["plugins", "plugins/modules"], ROOT) == []
    without = [name for name in files if name not in ("plugins/modules/kube_cluster.py", "meta/runtime.yml")]
    assert contents.differences([*FILES[1:], *without], [], ROOT) == [
        "The tarball lacks CHANGELOG.md.",
        "The tarball lacks meta/runtime.yml.",
        "The tarball lacks plugins/modules/kube_cluster.py.",
    ]


@pytest.mark.parametrize(
    "name",
    [
        ".gitignore",
        "Makefile",
        "changelogs/fragments/1-first.yml",
        "docs/ARCHITECTURE.md",
        "extensions/molecule/config.yml",
        "meta/runtime.yml.orig",
        "playbooks/inventory.example/host_vars/.secret.yml",
        "plugins/lookup/price.py",
        "plugins/modules/__pycache__/kube_cluster.cpython-312.pyc",
        "roles/audit/.DS_Store",
        "roles/audit/tests/test.yml",
        "tests/unit/conftest.py",
    ],
)
def test_what_is_not_for_users(name: str, tmp_path: Path) -> None:
    assert contents.differences([*FILES, name], [], tmp_path) == [
        f"The tarball holds {name}, which is not for users. See {contents.WHERE}."
    ]


def test_files_of_awx_are_for_users(tmp_path: Path) -> None:
    name = "extensions/awx/credential_types/ovhcloud.yml"
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.touch()
    folders = ["extensions", "extensions/awx", "extensions/awx/credential_types"]
    assert contents.differences([*FILES, name], folders, tmp_path) == []
    empty = ["extensions/awx", "extensions/molecule"]
    assert contents.differences(FILES, ["extensions", *empty], tmp_path) == [
        f"The tarball lacks {name}.",
        *(f"The tarball holds {folder}, which is not for users. See {contents.WHERE}." for folder in empty),
    ]


def test_the_importer_refuses(tmp_path: Path) -> None:
    files = {"README.md": b"read\n"}
    path = made(tmp_path / "clusterops-kube_proxy-1.0.0.tar.gz", files, mode=0o644, seconds=1)
    found = importer.findings(path, tmp_path, tmp_path / "cache")
    assert found[0].startswith("galaxy-importer: ERROR: The import failed for the following reason: ")
    assert found[-1].startswith("galaxy-importer ended with exit status 1, after: Importing with galaxy-importer")


def test_a_warning_of_the_importer_is_a_finding() -> None:
    warning = "WARNING: roles/audit/tasks/main.yml:3: name[missing]: All tasks should be named."
    output = f"Linting collection via ansible-lint 26.10.1...\n{warning}\n{importer.END}\n"
    assert importer.judge(output, 0) == [f"galaxy-importer: {warning}"]
    assert importer.judge(f"Loading role audit\n{importer.END}\n", 0) == []
    assert importer.judge("Loading role audit\n", 0) == [
        "galaxy-importer ended with exit status 0, after: Loading role audit"
    ]
