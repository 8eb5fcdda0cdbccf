# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a file that somebody named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.regular_files import (
    FileRefusedError,
    read,
)


def test_regular_file_is_read_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read(tmp_path / "file") == read(str(tmp_path / "link")) == b"content"


def test_what_is_no_regular_file_is_refused_at_once(odd: tuple[Path, str]) -> None:
    path, reason = odd
    with pytest.raises(OSError, match=reason) as caught:
        read(path)
    assert caught.value.strerror == reason


def test_pipe_with_a_writer_is_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    try:
        os.write(writer, b"for somebody else")
        with pytest.raises(FileRefusedError, match="named pipe"):
            read(pipe)
    finally:
        os.close(writer)


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.touch()
    os.truncate(large, 2**40)
    with pytest.raises(FileRefusedError, match="it has more than 16 MiB"):
        read(large)
    os.truncate(large, 2**20)
    assert len(read(large, 2**20)) == 2**20


def test_file_whose_size_the_system_does_not_know_is_read_whole() -> None:
    assert b"Pid:" in read("/proc/self/status")
