# SPDX-License-Identifier: GPL-3.0-or-later

"""Private filters of the collection's roles and playbooks. They may change or go away at any time without notice."""

from __future__ import annotations

import functools
import importlib
import typing as t

_SHELL = "ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell"
_FILTERS = {
    "artifacts": (
        "audit_artifacts",
        "cluster_artifacts",
        "self_hosted_artifacts",
    ),
    "audit_results": (
        "audit_failures",
        "audit_lines",
        "audit_managed",
        "audit_report",
        "audit_self_hosted",
        "audit_text",
    ),
    "controller_objects": (
        "controller_collection",
        "controller_objects",
    ),
    "role_requests": (
        "audit_request",
        "role_variables",
        "role_problems",
        "managed_request",
        "self_hosted_request",
        "migration_request",
        "node_prerequisites_request",
    ),
    "imported_ahead": ("imported_ahead",),
    "migration_results": (
        "kubelet_version",
        "migration_batches",
        "migration_decision",
        "migration_outcome",
        "migration_plan",
        "migration_problem",
        "migration_running",
    ),
    "probe_results": (
        "probe_lines",
        "probe_measured",
        "probe_picture",
        "probe_results",
    ),
    "role_results": (
        "boot_failures",
        "change_outcome",
        "cluster_report",
        "cluster_nodes",
        "mode_change_check",
        "node_drift",
        "node_packages",
        "node_request",
        "node_sysctls",
        "shown",
    ),
}


def _call(module: str, function: str, *arguments: t.Any, **options: t.Any) -> t.Any:
    # Each task of each host runs in a process of its own, which imports what it uses anew: import no more than that.
    return getattr(importlib.import_module(f"{_SHELL}.{module}"), function)(*arguments, **options)


class FilterModule:
    """Each has its documentation beside this file, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {
            f"_{function}": functools.partial(_call, module, function)
            for module, functions in _FILTERS.items()
            for function in functions
        }
