# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the roles: their types, and which option of a module each of them becomes.

Ansible's own check of a role's variables refuses what is blank, so that the argument specs of the roles leave types to
this file, from which ``tests/generate/option_texts.py`` writes what they say about them. What is not said here, the
texts and defaults, is in ``tests/generate/roles/*.yml``.

A variable without a default of its own is left out of the module's options when it is blank: its default in
``roles/*/defaults/main.yml`` is the one of the module.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._domain.kube_proxy.addresses import IP_FAMILIES
from .._domain.kube_proxy.modes import MODES
from . import specs
from .module_spec import ONLY_TEXT, Spec
from .survey_answers import ANSWERS

_TEXT: t.Mapping[str, t.Any] = {"type": "str"}
_SWITCH: t.Mapping[str, t.Any] = {"type": "bool"}
_MODE: t.Mapping[str, t.Any] = {"type": "str", "choices": list(MODES)}
_STATE: t.Mapping[str, t.Any] = {"type": "str", "choices": ["present", "absent"]}
_ANSWERS: t.Mapping[str, t.Any] = {"type": "dict"}

#: Ends of the names of variables that are text and may be numbers; the readers of versions say what YAML makes of them.
_NUMBERS = ("_max_unavailable", "_batch", "_version")

_MANAGED_PATHS: t.Mapping[str, str] = {
    "kube_proxy_mode": "kube_proxy_mode",
    "kube_proxy_iptables": "kube_proxy.iptables",
    "kube_proxy_ipvs": "kube_proxy.ipvs",
    "kube_proxy_strategy": "strategy",
    "managed_cluster_admission_plugins": "api_server.admission_plugins",
}
_SELF_HOSTED_PATHS: t.Mapping[str, str] = {
    name: name.removeprefix("kube_proxy_")
    for name in (
        "kube_proxy_mode",
        "kube_proxy_iptables",
        "kube_proxy_ipvs",
        "kube_proxy_nftables",
        "kube_proxy_conntrack",
        "kube_proxy_config",
        "kube_proxy_strategy",
    )
}


@dataclass(frozen=True)
class EntryPoint:
    """What one entry point of a role takes.

    ``spec`` describes the variables as an argument spec does. ``options`` are the paths of the options of modules that
    variables become; the others are the role's own.
    """

    spec: Spec
    options: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _option(module: t.Mapping[str, t.Any], path: tuple[str, ...]) -> dict[str, t.Any]:
    option = dict(module[path[0]])
    for name in path[1:]:
        option = dict(option["options"][name])
    # A default of the module applies when the option is left out.
    option.pop("default", None)
    return option


def _entry_point(
    prefix: str, paths: t.Mapping[str, str], module: Spec, options: t.Iterable[str], own: t.Mapping[str, t.Any]
) -> EntryPoint:
    """With variables for these options, which have the prefix unless ``paths`` calls them otherwise."""
    variables = {path: name for name, path in paths.items()}
    found = {variables.get(option, prefix + option): tuple(option.split(".")) for option in options}
    spec = {name: _option(module, path) for name, path in found.items()}
    return EntryPoint({**spec, **{name: dict(option) for name, option in own.items()}}, found)


_SETTINGS = ("kube_proxy.iptables", "kube_proxy.ipvs", "strategy", "api_server.admission_plugins")
_NETWORK = tuple(specs.network())


def _managed(module: Spec, *options: str, **own: t.Mapping[str, t.Any]) -> EntryPoint:
    everywhere = (*specs.ovh_project(), *specs.waiting(), "name", "region")
    mine = {**own, ANSWERS: _ANSWERS}
    return _entry_point("managed_cluster_", _MANAGED_PATHS, module, (*everywhere, *options), mine)


def _self_hosted() -> EntryPoint:
    module = {**specs.kube_proxy_rollout(), **specs.kube_proxy_config()}
    options = (*specs.kubernetes(), *specs.proxy_target(), *_SELF_HOSTED_PATHS.values(), "kube_proxy_version")
    procedure = ("validate", "max_unavailable", "min_ready_seconds", "wait_timeout", "wait_sleep")
    own = {
        ANSWERS: _ANSWERS,
        "kube_proxy_state": _STATE,
        "self_hosted_cluster_api_host": _TEXT,
        "self_hosted_cluster_api_become": _SWITCH,
        "self_hosted_cluster_node_name": _TEXT,
        "self_hosted_cluster_ignore_nodes": {"type": "raw"},
        "self_hosted_cluster_prepare_nodes": _SWITCH,
        "self_hosted_cluster_become": _SWITCH,
        "self_hosted_cluster_allow_leftovers": _SWITCH,
        "self_hosted_cluster_verify_retries": {"type": "int"},
        "self_hosted_cluster_verify_delay": {"type": "int"},
        "self_hosted_cluster_rollback": _SWITCH,
    }
    return _entry_point("self_hosted_cluster_", _SELF_HOSTED_PATHS, module, (*options, *procedure), own)


def _managed_main() -> EntryPoint:
    options = ("kube_id", "kube_proxy_mode", *_SETTINGS)
    return _managed(specs.kube_proxy_customization(), *options, kube_proxy_state=_STATE)


def _audited(point: EntryPoint, *left_out: str, **own: t.Mapping[str, t.Any]) -> EntryPoint:
    """What reads, and says what is desired, of an entry point that changes something."""
    spec = {name: option for name, option in point.spec.items() if not name.endswith(left_out)}
    return EntryPoint(
        {**spec, **{name: dict(option) for name, option in own.items()}},
        {name: path for name, path in point.options.items() if name in spec},
    )


def _mode_migration() -> EntryPoint:
    """The connection, the configuration and the nodes are those of self_hosted_cluster, under the same names."""
    shared = _self_hosted()
    others = ("max_unavailable", "wait_timeout", "rollback", "allow_leftovers")
    names = {name for name in shared.spec if name.removeprefix("self_hosted_cluster_") not in others}
    own = {
        "mode_migration_canaries": {"type": "raw"},
        "mode_migration_canary_label": _TEXT,
        "mode_migration_batch": _TEXT,
        "mode_migration_frozen_copy": _SWITCH,
        "mode_migration_lifetime": {"type": "int"},
        "mode_migration_drain_timeout": {"type": "float"},
        "mode_migration_node_timeout": {"type": "int"},
        "mode_migration_probe_targets": {"type": "list", "elements": "raw"},
        "mode_migration_report": {"type": "path"},
    }
    return EntryPoint(
        {**{name: shared.spec[name] for name in sorted(names)}, **{name: dict(option) for name, option in own.items()}},
        {name: path for name, path in shared.options.items() if name in names},
    )


_NODE_SWITCHES = {"node_prerequisites_persist": _SWITCH, "node_prerequisites_become": _SWITCH}
_NODE = EntryPoint(
    {
        "kube_proxy_mode": dict(_MODE),
        "kube_proxy_ipvs": {"type": "dict"},
        "node_prerequisites_mode": dict(_MODE),
        "node_prerequisites_scheduler": dict(_TEXT),
        "node_prerequisites_kube_proxy_version": dict(_TEXT),
        "node_prerequisites_ip_families": {"type": "list", "elements": "str", "choices": list(IP_FAMILIES)},
        "node_prerequisites_modules": {"type": "list", "elements": "str"},
        "node_prerequisites_sysctls": {"type": "dict"},
        "node_prerequisites_keep_modules": dict(_SWITCH),
        "node_prerequisites_packages": dict(_SWITCH),
        "node_prerequisites_metrics_address": dict(_TEXT),
        "node_prerequisites_healthz_address": dict(_TEXT),
        **{name: dict(option) for name, option in _NODE_SWITCHES.items()},
    }
)

#: Ends of the names of variables that an audit has no use for. It asks nothing, and compares with the inventory.
_WAITING = ("_wait", "_wait_timeout", "_wait_sleep")
_PROCEDURE = (
    "_validate",
    "_max_unavailable",
    "_min_ready_seconds",
    "_ignore_nodes",
    "_prepare_nodes",
    "_allow_leftovers",
    "_verify_retries",
    "_verify_delay",
    "_rollback",
)


def _only_text(point: EntryPoint) -> EntryPoint:
    """With texts that are put in quotes: of 0123, 1.30 or yes, YAML makes something else than what stands there."""
    spec = {
        name: {**option, ONLY_TEXT: True}
        if _is_text(option) and not name.endswith(_NUMBERS) and "choices" not in option
        else option
        for name, option in point.spec.items()
    }
    return EntryPoint(spec, point.options)


def _is_text(option: t.Mapping[str, t.Any]) -> bool:
    return (option["elements"] if option["type"] == "list" else option["type"]) in ("str", "path")


_ENTRY_POINTS: t.Mapping[str, t.Mapping[str, EntryPoint]] = {
    "managed_cluster": {
        "main": _managed_main(),
        "reset": _managed(
            specs.kube_cluster_reset(),
            "kube_id",
            "kube_proxy_mode",
            *_SETTINGS,
            *_NETWORK,
            "version",
            "ip_restrictions",
            "worker_nodes_policy",
            "confirm",
            "force",
            "recovery_path",
            "read_contents",
            "kubeconfig",
            kube_proxy_state=_STATE,
        ),
        "create": _managed(
            # Other than for the module, no id replaces the region.
            {**specs.kube_cluster(), "region": {"type": "str", "required": True}},
            "kube_proxy_mode",
            *_SETTINGS,
            *_NETWORK,
            "version",
            "plan",
            "update_policy",
            "ip_allocation_policy",
            kube_proxy_state=_STATE,
        ),
        "destroy": _managed(specs.kube_cluster(), "kube_id", "confirm"),
    },
    "self_hosted_cluster": {"main": _self_hosted()},
    "mode_migration": {"main": _mode_migration()},
    "audit": {
        "managed": _audited(_managed_main(), *_WAITING, ANSWERS),
        "self_hosted": _audited(_self_hosted(), *_WAITING, *_PROCEDURE, ANSWERS, audit_name=_TEXT),
        "main": EntryPoint(
            {"audit_dest": {"type": "path"}, "audit_made_at": dict(_TEXT), "audit_fail_on_drift": dict(_SWITCH)}
        ),
    },
    "node_prerequisites": {"main": _NODE, "tidy": EntryPoint({k: dict(v) for k, v in _NODE_SWITCHES.items()})},
}

#: By the name of the role and of the entry point.
ENTRY_POINTS: t.Mapping[str, t.Mapping[str, EntryPoint]] = {
    role: {name: _only_text(point) for name, point in points.items()} for role, points in _ENTRY_POINTS.items()
}
