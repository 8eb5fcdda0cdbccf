# SPDX-License-Identifier: GPL-3.0-or-later

"""Private filters of the collection's roles. They may change or go away at any time without notice."""

from __future__ import annotations

import typing as t

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import role_requests, role_results


class FilterModule:
    """Each has its documentation beside this file, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {
            "_role_variables": role_requests.role_variables,
            "_role_problems": role_requests.role_problems,
            "_managed_request": role_requests.managed_request,
            "_self_hosted_request": role_requests.self_hosted_request,
            "_node_prerequisites_request": role_requests.node_prerequisites_request,
            "_boot_failures": role_results.boot_failures,
            "_change_outcome": role_results.change_outcome,
            "_cluster_report": role_results.cluster_report,
            "_cluster_nodes": role_results.cluster_nodes,
            "_node_drift": role_results.node_drift,
            "_node_packages": role_results.node_packages,
            "_node_request": role_results.node_request,
            "_node_sysctls": role_results.node_sysctls,
            "_shown": role_results.shown,
        }
