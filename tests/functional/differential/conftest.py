# SPDX-License-Identifier: GPL-3.0-or-later

"""The kube-proxy to compare with: the one in KUBEBUILDER_ASSETS or in the bench's cache."""

from __future__ import annotations

import pytest

from kubernetes_bench import MissingProgramsError, programs

from .real_kube_proxy import KubeProxy


@pytest.fixture(scope="package")
def kube_proxy(tmp_path_factory: pytest.TempPathFactory) -> KubeProxy:
    try:
        program = programs.find(["kube-proxy"]).path("kube-proxy")
    except MissingProgramsError as error:
        pytest.skip(str(error))
    return KubeProxy(program, tmp_path_factory.mktemp("kube-proxy"))
