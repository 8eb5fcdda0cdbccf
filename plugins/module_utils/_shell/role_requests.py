# SPDX-License-Identifier: GPL-3.0-or-later

"""From the variables of a role to the options of its modules, and everything that is wrong with the variables.

These are functions of the private filters in plugins/filter/_roles.py. All but :func:`role_problems` run for most
tasks, and import no third-party library.
"""

from __future__ import annotations

import contextlib
import os
import re
import typing as t

from .._domain.common.blank import given
from .._domain.common.file_names import content_instead_of_name
from .._domain.common.json_types import Json
from .._domain.common.problems import Problem, ValidationError
from .._domain.node import request, sysctls
from .._domain.node.probe_request import pace
from .._domain.node.rules_request import lifetimes
from .._domain.self_hosted import kubeconfig, migration_batches, play_nodes
from . import specs
from .checked_options import checked_options
from .refused_options import refused_by_module
from .role_variables import ENTRY_POINTS, EntryPoint
from .survey_answers import with_answers

if t.TYPE_CHECKING:
    from .module_spec import ModuleSpec

#: The variables of a role by name, as the user gave them.
Variables = t.Mapping[str, t.Any]
#: The modules of an entry point with their options, and which options the variables became.
Modules = tuple[list[tuple["ModuleSpec", Json]], t.Mapping[str, tuple[str, ...]]]
_ModulesOf = t.Callable[[Json, EntryPoint, str, str], Modules]

_SELF_HOSTED_SECTIONS = tuple(specs.proxy_sections())
_MANAGED_SECTIONS = ("iptables", "ipvs")
_ROLLOUT = ("max_unavailable", "min_ready_seconds", "wait_timeout", "wait_sleep")
_FORWARDING = {"net.ipv4.ip_forward": 1}


def role_variables(role: str) -> list[str]:
    """The names of the variables of all entry points."""
    return sorted({name for entry_point in ENTRY_POINTS[role].values() for name in entry_point.spec})


def managed_request(variables: Variables, entry_point: str, host: str) -> Json:
    """What an entry point of the role managed_cluster requests, for the host of the inventory that is the cluster.

    ``api`` are the options of the connection, ``options`` the others of the entry point's module.
    """
    point = ENTRY_POINTS["managed_cluster"][entry_point]
    return _managed(_read(point, variables)[0], point, entry_point, host)


def _managed(values: Json, point: EntryPoint, entry_point: str, host: str) -> Json:
    options = _nested(values, point)
    if "kube_id" not in options:
        options.setdefault("name", host)
    for name in ("ip_allocation_policy", "private_network_configuration", "api_server", "kube_proxy"):
        options[name] = {member: value for member, value in options.get(name, {}).items() if value not in ({}, None)}
        if not options[name]:
            del options[name]
    if values.get("kube_proxy_state") == "absent":
        options.pop("api_server", None)
        options["strategy"] = "replace"
        options["kube_proxy"] = {section: {} for section in _MANAGED_SECTIONS}
    api = _taken(options, specs.ovh_project())
    if entry_point == "main":
        if values.get("kube_proxy_state") == "absent":
            kept = (*specs.address(), *specs.kube_proxy_mode(), *specs.waiting())
            options = {"state": "absent", **_taken(options, kept)}
        elif "api_server" not in options:
            # Empty, it changes nothing: the role then only checks the mode of the cluster.
            options.setdefault("kube_proxy", {})
    elif entry_point == "destroy":
        options["state"] = "absent"
    return {"api": api, "options": options}


def self_hosted_request(variables: Variables, host: str) -> Json:
    """What the role self_hosted_cluster requests.

    ``api`` are the options of the connection, ``config`` those of kube_proxy_config, ``rollout`` those of
    kube_proxy_rollout, ``info`` those of kube_proxy_info; ``settings`` are the role's own.
    """
    point = ENTRY_POINTS["self_hosted_cluster"]["main"]
    return _self_hosted(_read(point, variables)[0], point, host)


def _self_hosted(values: Json, point: EntryPoint, host: str) -> Json:
    options = _nested(values, point)
    api = _taken(options, {**specs.kubernetes(), **specs.proxy_target()})
    rollout = _taken(options, _ROLLOUT)
    # Sections and other fields without members are not given.
    config = {name: value for name, value in options.items() if value != {}}
    if values.get("kube_proxy_state") == "absent":
        config.update({section: {} for section in _SELF_HOSTED_SECTIONS}, strategy="replace")
    retries, delay = _verifying(values)
    return {
        "api": api,
        "config": config,
        "rollout": rollout,
        "info": _taken(dict(config), ("kube_proxy_version",)),
        "settings": {
            "name": values.get("self_hosted_cluster_context") or "self-hosted",
            "node": values.get("self_hosted_cluster_node_name", host),
            "api_host": values.get("self_hosted_cluster_api_host", "localhost"),
            "api_become": values.get("self_hosted_cluster_api_become", False),
            "become": values.get("self_hosted_cluster_become", True),
            "ignore_nodes": values.get("self_hosted_cluster_ignore_nodes", []),
            "prepare_nodes": values.get("self_hosted_cluster_prepare_nodes", True),
            "allow_leftovers": values.get("self_hosted_cluster_allow_leftovers", False),
            "rollback": values.get("self_hosted_cluster_rollback", True),
            "verify_retries": retries,
            "verify_delay": delay,
            # How many seconds to wait for a host whose connection broke.
            "patience": max(30, retries * delay),
        },
    }


def _verifying(values: Json) -> tuple[int, int]:
    """How often a node is checked at most, and the seconds between two checks."""
    return values.get("self_hosted_cluster_verify_retries", 20), values.get("self_hosted_cluster_verify_delay", 3)


def migration_request(variables: Variables, host: str) -> Json:
    """What the role mode_migration requests.

    ``api``, ``info`` and ``settings`` are as in :func:`self_hosted_request`, with the role's own settings added;
    ``config`` are options of kube_proxy_migration, ``moving`` those of its states that wait. ``lifetime`` is that of a
    frozen copy, and ``lifetimes``, by the mode it is of, that of one while connections end. ``probe`` are options of
    kube_proxy_node_probe, which may be others on each host, empty where nothing is to be measured; ``report`` is the
    path of the picture, or blank.
    """
    point = ENTRY_POINTS["mode_migration"]["main"]
    return _migration(_read(point, variables)[0], point, host)


def _migration(values: Json, point: EntryPoint, host: str) -> Json:
    request = _self_hosted(values, point, host)
    node_timeout = values.get("mode_migration_node_timeout", 300)
    lifetime, drain = values.get("mode_migration_lifetime", 600), values.get("mode_migration_drain_timeout", 0.0)
    verifying = request["settings"]["verify_retries"] * request["settings"]["verify_delay"]
    settings = {
        **request["settings"],
        "canaries": values.get("mode_migration_canaries", []),
        "canary_label": values.get("mode_migration_canary_label", ""),
        "batch": values.get("mode_migration_batch", "1"),
        "frozen_copy": values.get("mode_migration_frozen_copy", True),
        "lifetime": lifetime,
        "lifetimes": lifetimes(lifetime, drain),
        "drain_timeout": drain,
        "node_timeout": node_timeout,
        "probe": _probe(values, migration_batches.longest_batch(node_timeout, drain, verifying)),
        "report": _on_controller(values.get("mode_migration_report", "")),
    }
    moving = {**request["rollout"], "wait_timeout": node_timeout}
    # Only the beginning validates.
    begin = {name: value for name, value in request["config"].items() if name != "validate"}
    return {**request, "settings": settings, "moving": moving, "begin": request["config"], "config": begin}


def audit_request(variables: Variables, entry_point: str, host: str) -> Json:
    """What an entry point of the role audit requests.

    ``managed`` has options of the connection (``api``), of kube_proxy_customization (``customization``, empty where the
    variables say nothing but a mode), of kube_cluster_info (``info``), and the desired ``mode``. ``self_hosted`` is as
    in :func:`self_hosted_request`, with the cluster's name among the settings. ``main`` has the settings of the report.
    """
    point = ENTRY_POINTS["audit"][entry_point]
    return _audit(_read(point, variables)[0], point, entry_point, host)


def _audit(values: Json, point: EntryPoint, entry_point: str, host: str) -> Json:
    if entry_point == "managed":
        request = _managed(values, point, "main", host)
        options = request["options"]
        info = {name: options[name] for name in specs.address() if name in options}
        # A cluster of another mode is to be told with what it is, and not refused.
        mode = options.pop("kube_proxy_mode", "")
        desired = options.get("kube_proxy") or "api_server" in options or options.get("state") == "absent"
        return {"api": request["api"], "customization": options if desired else {}, "info": info, "mode": mode}
    if entry_point == "self_hosted":
        request = _self_hosted(values, point, host)
        desired = request["config"].keys() - {"strategy", "kube_proxy_version"}
        name = values.get("audit_name") or request["settings"]["name"]
        settings = {**request["settings"], "name": name}
        return {**request, "config": request["config"] if desired else {}, "settings": settings}
    return {
        "dest": _on_controller(values.get("audit_dest", "kube-proxy-audit")),
        "made_at": values.get("audit_made_at", ""),
        "fail_on_drift": values.get("audit_fail_on_drift", False),
    }


def _probe(values: Json, duration: float) -> Json:
    """A probe of a name of its own: one that a user has started goes on beside it."""
    wanted = values.get("mode_migration_probe_targets", [])
    targets = [dict(each) if isinstance(each, dict) else {"address": each} for each in wanted]
    if not targets:
        return {}
    return {
        "name": "mode-migration",
        "targets": targets,
        "duration": duration,
        "interval": pace(len(targets), duration),
    }


def _on_controller(path: str) -> str:
    """Relative to where ansible-playbook was started, and not to its playbook, which can be one of the collection."""
    usable = path and content_instead_of_name(path) is None
    return os.path.abspath(os.path.expanduser(path)) if usable else ""


def node_prerequisites_request(variables: Variables, entry_point: str = "main") -> Json:
    """What the role node_prerequisites requests: ``info``, the options of kube_proxy_node_info, and its own settings.

    A mode of this role's own comes with a scheduler of its own.
    """
    return _node_prerequisites(_read(ENTRY_POINTS["node_prerequisites"][entry_point], variables)[0])


def _node_prerequisites(values: Json) -> Json:
    own = values.get("node_prerequisites_mode")
    common = "" if own else given(values.get("kube_proxy_ipvs", {}).get("scheduler"))
    desired = sysctls.as_shown(values.get("node_prerequisites_sysctls", _FORWARDING))
    scheduler = values.get("node_prerequisites_scheduler") or common or ""
    addresses = {name: f"node_prerequisites_{name}" for name in ("metrics_address", "healthz_address")}
    info = {
        "mode": own or values.get("kube_proxy_mode", ""),
        "scheduler": scheduler,
        "kube_proxy_version": values.get("node_prerequisites_kube_proxy_version", ""),
        "ip_families": values.get("node_prerequisites_ip_families") or list(request.IP_FAMILIES),
        "modules": values.get("node_prerequisites_modules", []),
        "sysctls": list(desired),
        **{option: values[name] for option, name in addresses.items() if name in values},
    }
    return {
        "info": info,
        "sysctls": desired,
        "scheduler": scheduler,
        "become": values.get("node_prerequisites_become", True),
        "persist": values.get("node_prerequisites_persist", True),
        "keep_modules": values.get("node_prerequisites_keep_modules", False),
        "packages": values.get("node_prerequisites_packages", False),
    }


def role_problems(variables: Variables, role: str, entry_point: str, host: str, modules: bool = True) -> str:
    """Everything that is wrong with the variables whatever the state of a cluster; blank when nothing is.

    The modules would refuse most of it, too, but each knows only its own options, and only after the role has begun.
    Without ``modules``, only types and names are checked, which is quick, and what each host has of its own.
    """
    problems = all_problems(variables, role, entry_point, host, modules)
    return f"Refused, nothing was changed: {ValidationError(problems)}" if problems else ""


def all_problems(variables: Variables, role: str, entry_point: str, host: str, modules: bool = True) -> list[Problem]:
    """The same as data, each with the path that begins with the name of a variable."""
    point = ENTRY_POINTS[role][entry_point]
    values, problems = _read(point, variables)
    seen = {problem.path for problem in problems}
    missing = [name for name, option in point.spec.items() if option.get("required") and name not in values]
    found: list[Problem] = []
    # A request in which something is missing may not be readable, and what that would say is no help.
    with contextlib.suppress(*([Exception] if missing else [])):
        found = _module_problems(role, entry_point, values, host, modules)
    found = [problem for problem in found if not missing or re.split(r"[.\[]", problem.path)[0] in values]
    return [*problems, *(problem for problem in found if problem.path not in seen)]


def _module_problems(role: str, entry_point: str, values: Json, host: str, everything: bool) -> list[Problem]:
    """What the modules say of their options, which Ansible has not checked yet, under the names of the variables.

    Unless ``everything``, only of those that may be others on each host.
    """
    point = ENTRY_POINTS[role][entry_point]
    asked: list[tuple[_ModulesOf, t.Callable[[ModuleSpec, Json], list[Problem]]]] = []
    if everything:
        asked.append((_MODULES[role], refused_by_module))
    if role in _HOST_MODULES:
        asked.append((_HOST_MODULES[role], _refused))
    found = []
    for modules_of, refused in asked:
        modules, paths = modules_of(values, point, entry_point, host)
        found += [
            Problem(_variable_path(paths, problem.path), problem.message)
            for module, options in modules
            for problem in refused(module, options)
        ]
    own = [*_own_problems(values), *_replacing_nothing(role, entry_point, values)] if everything else []
    told = {problem.path for problem in own}
    return [*(problem for problem in dict.fromkeys(found) if problem.path not in told), *own]


def _refused(module: ModuleSpec, options: Json) -> list[Problem]:
    """Types as well: the role knows none for members of what it only hands on."""
    values, problems = checked_options(module.argument_spec, options)
    return problems or refused_by_module(module, values)


# The modules are imported where they are used: their libraries take time to import.


def _managed_modules(values: Json, point: EntryPoint, entry_point: str, host: str) -> Modules:
    from . import managed_modules

    module = {
        "main": managed_modules.KUBE_PROXY_CUSTOMIZATION,
        "reset": managed_modules.KUBE_CLUSTER_RESET,
    }.get(entry_point, managed_modules.KUBE_CLUSTER)
    request = _managed(values, point, entry_point, host)
    return [(module, {**request["api"], **request["options"]})], point.options


def _self_hosted_modules(values: Json, point: EntryPoint, _entry_point: str, host: str) -> Modules:
    from . import self_hosted_modules

    request = _self_hosted(values, point, host)
    return [
        (self_hosted_modules.KUBE_PROXY_CONFIG, {**request["api"], **request["config"]}),
        (self_hosted_modules.KUBE_PROXY_ROLLOUT, {**request["api"], **request["rollout"]}),
    ], point.options


def _migration_modules(values: Json, point: EntryPoint, _entry_point: str, host: str) -> Modules:
    from . import node_rules_module, self_hosted_modules

    request = _migration(values, point, host)
    settings = request["settings"]
    options = {**request["api"], **request["begin"], **request["moving"], "state": "begun"}
    # The former mode may be ipvs, of which the copy lives longest.
    copied = "ipvs" if settings["frozen_copy"] and values.get("kube_proxy_mode") == "nftables" else "iptables"
    rules = {
        "state": "frozen",
        "former_mode": copied,
        "lifetime": settings["lifetimes"][copied],
        "drain_timeout": settings["drain_timeout"],
    }
    paths = {f"mode_migration_{name}": (name,) for name in ("lifetime", "drain_timeout")}
    paths["mode_migration_node_timeout"] = ("wait_timeout",)
    return [
        (self_hosted_modules.KUBE_PROXY_MIGRATION, options),
        (node_rules_module.KUBE_PROXY_NODE_RULES, rules),
    ], {**point.options, **paths}


def _probe_modules(values: Json, point: EntryPoint, _entry_point: str, host: str) -> Modules:
    from . import node_probe_module

    probe = _migration(values, point, host)["settings"]["probe"]
    paths = {"mode_migration_probe_targets": ("targets",), "mode_migration_node_timeout": ("duration",)}
    return ([(node_probe_module.KUBE_PROXY_NODE_PROBE, {**probe, "state": "started"})] if probe else []), paths


def _audit_modules(values: Json, point: EntryPoint, entry_point: str, host: str) -> Modules:
    if entry_point == "managed":
        return _managed_modules(values, point, "main", host)
    if entry_point == "self_hosted":
        modules, paths = _self_hosted_modules(values, point, entry_point, host)
        return modules[:1], paths
    return [], {}


def _node_modules(values: Json, point: EntryPoint, _entry_point: str, _host: str) -> Modules:
    from . import node_module

    mode = "node_prerequisites_mode" if values.get("node_prerequisites_mode") else "kube_proxy_mode"
    own = mode == "node_prerequisites_mode" or values.get("node_prerequisites_scheduler")
    scheduler = "node_prerequisites_scheduler" if own else "kube_proxy_ipvs.scheduler"
    paths = {mode: ("mode",), scheduler: ("scheduler",)}
    paths.update({name: (name.removeprefix("node_prerequisites_"),) for name in point.spec if name not in paths})
    return [(node_module.KUBE_PROXY_NODE_INFO, _node_prerequisites(values)["info"])], paths


_MODULES: t.Mapping[str, _ModulesOf] = {
    "managed_cluster": _managed_modules,
    "self_hosted_cluster": _self_hosted_modules,
    "mode_migration": _migration_modules,
    "node_prerequisites": _node_modules,
    "audit": _audit_modules,
}

#: What is wrong with a variable that no module, or only a late one, judges.
_FAULTS: t.Mapping[str, t.Callable[[t.Any], str | None]] = {
    "mode_migration_report": content_instead_of_name,
    "audit_dest": content_instead_of_name,
    "mode_migration_batch": migration_batches.batch_problem,
    "mode_migration_node_timeout": migration_batches.node_timeout_problem,
    "self_hosted_cluster_kubeconfig": kubeconfig.form_problem,
    "managed_cluster_kubeconfig": kubeconfig.form_problem,
}

#: Of modules whose options come from variables that each host may have of its own.
_HOST_MODULES: t.Mapping[str, _ModulesOf] = {"mode_migration": _probe_modules}


def _replacing_nothing(role: str, entry_point: str, values: Json) -> t.Iterator[Problem]:
    """Who replaces all settings with none means something else."""
    names = {"kube_proxy_config", "managed_cluster_admission_plugins"}
    names |= {f"kube_proxy_{section}" for section in _SELF_HOSTED_SECTIONS}
    if (
        entry_point == "main"
        and values.get("kube_proxy_strategy") == "replace"
        and values.get("kube_proxy_state") != "absent"
        and not any(values.get(name) for name in names)
    ):
        yield Problem(
            "kube_proxy_strategy",
            f"replace changes only the sections that are given, and none is: {role} would change nothing; to return to "
            f"kube-proxy's defaults, set kube_proxy_state to absent",
        )


def _own_problems(values: Json) -> list[Problem]:
    """What is wrong with the variables that are no options of a module, or of one that looks at them late."""
    faults = {name: fault(values[name]) for name, fault in _FAULTS.items() if name in values}
    problems = [Problem(name, fault) for name, fault in faults.items() if fault is not None]
    for name in ("self_hosted_cluster_ignore_nodes", "mode_migration_canaries"):
        problems += _below(name, play_nodes.node_names_problems(values.get(name)))
    name = "node_prerequisites_sysctls"
    problems += _below(f"{name}.", sysctls.sysctl_problems(values.get(name)))
    return [*problems, *_below("self_hosted_cluster_", play_nodes.verify_problems(*_verifying(values)))]


def _below(prefix: str, problems: t.Iterable[Problem]) -> list[Problem]:
    return [Problem(prefix + problem.path, problem.message) for problem in problems]


def _variable_path(paths: t.Mapping[str, tuple[str, ...]], path: str) -> str:
    """The path of an option under the name of the variable that became it."""
    for name, option in paths.items():
        prefix = ".".join(option)
        if path == prefix or path.startswith((f"{prefix}.", f"{prefix}[")):
            return name + path[len(prefix) :]
    return path


def _read(point: EntryPoint, variables: Variables) -> tuple[Json, list[Problem]]:
    """The variables of one entry point with the answers to a survey; others are of another one, or of the play."""
    own = {name: value for name, value in variables.items() if name in point.spec}
    laid, wrong = with_answers(point.spec, own)
    values, problems = checked_options(point.spec, laid)
    return values, [*wrong, *problems]


def _nested(values: Json, point: EntryPoint) -> Json:
    """The options that the variables become."""
    options: Json = {}
    for name, path in point.options.items():
        if name in values:
            members = options
            for part in path[:-1]:
                members = members.setdefault(part, {})
            members[path[-1]] = values[name]
    return options


def _taken(options: Json, names: t.Iterable[str]) -> Json:
    return {name: options.pop(name) for name in list(names) if name in options}
