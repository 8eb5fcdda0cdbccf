# SPDX-License-Identifier: GPL-3.0-or-later

"""pytest's fixtures of the fast cluster: a conftest.py imports them both."""

from __future__ import annotations

import typing as t

import pytest

from .errors import MissingProgramsError
from .fast_cluster import FastCluster

#: At most one: it takes long to start, and a fixture that two folders import is set up once for each.
_running: list[FastCluster] = []


@pytest.fixture(scope="session")
def shared_cluster() -> t.Iterator[FastCluster]:
    if not _running:
        try:
            _running.append(FastCluster().start())
        except MissingProgramsError as error:
            pytest.skip(str(error))
    yield _running[0]
    while _running:
        _running.pop().stop()


@pytest.fixture
def cluster(shared_cluster: FastCluster) -> FastCluster:
    """Three healthy nodes with kube-proxy as kubeadm installs it, nothing recorded."""
    shared_cluster.reset()
    return shared_cluster
