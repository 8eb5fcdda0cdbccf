# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specs: pieces, each with a documentation fragment of the same name, which validate-modules compares; then
those of modules that roles have variables for (:mod:`.role_variables`).
"""

from __future__ import annotations

import typing as t

from .._domain.kube_proxy.settings import SECTION_OPTIONS
from .._domain.managed.overlay import (
    ADMISSION_PLUGINS,
    MODES,
    PLANS,
    SCHEDULERS,
    SECTIONS,
    UPDATE_POLICIES,
    WORKER_NODES_POLICIES,
)
from .module_spec import ONLY_TEXT

Spec = dict[str, dict[str, t.Any]]


def file_name(**more: t.Any) -> dict[str, t.Any]:
    """An option that names a file. Hidden, since it may hold a file's content; :mod:`.hiding` shows what is a name."""
    return {"type": "path", "no_log": True, **more}


def ovh() -> Spec:
    """Fragment ``_ovh``: how to reach the API, and with which credentials."""
    return {
        "endpoint": {"type": "str"},
        "application_key": {"type": "str", "no_log": True},
        "application_secret": {"type": "str", "no_log": True},
        "consumer_key": {"type": "str", "no_log": True},
        "client_id": {"type": "str"},
        "client_secret": {"type": "str", "no_log": True},
        "access_token": {"type": "str", "no_log": True},
        # An address, not a token: it stays readable.
        "token_url": {"type": "str", "no_log": False},
        "config_file": file_name(),
        "ca_path": file_name(),
        "timeout": {"type": "float", "default": 60.0},
    }


def ovh_project() -> Spec:
    """Fragments ``_ovh`` and ``_project``: how to reach the clusters of one Public Cloud project."""
    return {**ovh(), "service_name": {"type": "str"}}


def address() -> Spec:
    """Fragment ``_address``: which cluster is meant."""
    return {
        "kube_id": {"type": "str"},
        "name": {"type": "str", ONLY_TEXT: True},
        "region": {"type": "str", ONLY_TEXT: True},
    }


def waiting() -> Spec:
    """Fragment ``_waiting``."""
    return {
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "float", "default": 3600.0},
        "wait_sleep": {"type": "float", "default": 5.0},
    }


def customization() -> Spec:
    """Fragment ``_customization``: kube-proxy's settings and the API server's admission plugins."""
    kinds: Spec = {"duration": {"type": "str"}, "string": {"type": "str", "choices": list(SCHEDULERS)}}
    plugins: dict[str, t.Any] = {"type": "list", "elements": "str", "choices": list(ADMISSION_PLUGINS)}
    return {
        "kube_proxy": {
            "type": "dict",
            "options": {
                section: {
                    "type": "dict",
                    "options": {setting.option: dict(kinds[setting.kind]) for setting in settings},
                }
                for section, settings in SECTIONS.items()
            },
        },
        "api_server": {
            "type": "dict",
            "options": {
                "admission_plugins": {
                    "type": "dict",
                    "options": {"enabled": dict(plugins), "disabled": dict(plugins)},
                }
            },
        },
        "strategy": {"type": "str", "choices": ["merge", "replace"], "default": "merge"},
    }


def network() -> Spec:
    """Fragment ``_network``."""
    return {
        "private_network_id": {"type": "str"},
        "nodes_subnet_id": {"type": "str"},
        "load_balancers_subnet_id": {"type": "str"},
        "private_network_configuration": {
            "type": "dict",
            "options": {
                "default_vrack_gateway": {"type": "str"},
                "private_network_routing_as_default": {"type": "bool"},
            },
        },
    }


def kube_proxy_mode(**extra: t.Any) -> Spec:
    return {"kube_proxy_mode": {"type": "str", "choices": list(MODES), **extra}}


def update_policy() -> Spec:
    return {"update_policy": {"type": "str", "choices": list(UPDATE_POLICIES)}}


def _kubeconfig() -> Spec:
    # A path, a text or a dictionary; what is no secret in it is shown again.
    return {"kubeconfig": {"type": "raw", "no_log": True}}


def kubernetes() -> Spec:
    """Fragment ``_kubernetes``: how to reach an API server; the environment is looked up by the adapter."""
    return {
        **_kubeconfig(),
        "context": {"type": "str"},
        "host": {"type": "str"},
        "api_key": {"type": "str", "no_log": True},
        "client_cert": file_name(aliases=["cert_file"]),
        "client_key": file_name(aliases=["key_file"]),
        "ca_cert": file_name(aliases=["ssl_ca_cert"]),
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "validate_certs": {"type": "bool", "aliases": ["verify_ssl"]},
        # Its user name and password, if it has them, are hidden one by one.
        "proxy": {"type": "str", "no_log": True},
        "no_proxy": {"type": "str"},
        "tls_server_name": {"type": "str"},
        "timeout": {"type": "float", "default": 30.0},
    }


def proxy_target() -> Spec:
    """Fragment ``_proxy_target``: which objects hold and run kube-proxy's configuration."""
    return {
        "namespace": {"type": "str", "default": "kube-system"},
        "config_map": {"type": "str", "default": "kube-proxy"},
        # The name of a key in a ConfigMap.
        "key": {"type": "str", "default": "config.conf", "no_log": False},
        "daemon_set": {"type": "str", "default": "kube-proxy"},
    }


def proxy_sections() -> Spec:
    """The sections of KubeProxyConfiguration that are options of their own, from the table of its fields."""
    kinds: Spec = {"strings": {"type": "list", "elements": "str"}, "int32": {"type": "int"}, "bool": {"type": "bool"}}
    return {
        section: {
            "type": "dict",
            "options": {field.option: dict(kinds.get(field.kind, {"type": "str"})) for field in fields},
        }
        for section, fields in SECTION_OPTIONS.items()
    }


def kube_proxy_customization() -> Spec:
    return {
        **ovh_project(),
        **address(),
        **waiting(),
        **customization(),
        **kube_proxy_mode(),
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def kube_cluster() -> Spec:
    return {
        **ovh_project(),
        **address(),
        **waiting(),
        **customization(),
        **network(),
        **kube_proxy_mode(),
        **update_policy(),
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "version": {"type": "str"},
        "plan": {"type": "str", "choices": list(PLANS)},
        "ip_allocation_policy": {
            "type": "dict",
            "options": {"pods_ipv4_cidr": {"type": "str"}, "services_ipv4_cidr": {"type": "str"}},
        },
        "confirm": {"type": "str"},
    }


def kube_cluster_reset() -> Spec:
    return {
        **ovh_project(),
        **address(),
        **waiting(),
        **customization(),
        **network(),
        **kube_proxy_mode(required=True),
        "version": {"type": "str"},
        "ip_restrictions": {"type": "list", "elements": "str"},
        "worker_nodes_policy": {"type": "str", "choices": list(WORKER_NODES_POLICIES), "default": "reinstall"},
        "confirm": {"type": "str"},
        "force": {"type": "bool", "default": False},
        "recovery_path": file_name(),
        "read_contents": {"type": "bool", "default": True},
        **_kubeconfig(),
    }


def proxy_configuration() -> Spec:
    """What kube-proxy's configuration should be, and how it is checked."""
    return {
        **proxy_sections(),
        "mode": {"type": "str"},
        "config": {"type": "dict"},
        "strategy": {"type": "str", "choices": ["merge", "replace"], "default": "merge"},
        "kube_proxy_version": {"type": "str"},
        "validate": {"type": "str", "choices": ["rules", "native"], "default": "rules"},
    }


def kube_proxy_config() -> Spec:
    return {
        **kubernetes(),
        **proxy_target(),
        **proxy_configuration(),
        "state": {"type": "str", "choices": ["present", "rendered"], "default": "present"},
        "dest": file_name(),
        "backup": {"type": "bool", "default": False},
    }


def kube_proxy_rollout() -> Spec:
    return {
        **kubernetes(),
        **proxy_target(),
        "undo": {"type": "bool", "default": False},
        "config_checksum": {"type": "str"},
        "max_unavailable": {"type": "str"},
        "min_ready_seconds": {"type": "int", "default": 10},
        "ignore_nodes": {"type": "list", "elements": "str", "default": []},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "float", "default": 600.0},
        "wait_sleep": {"type": "float", "default": 2.0},
    }


#: What ``kube_proxy_migration`` can be asked for; the operations are in ``_shell/self_hosted_modules.py``.
MIGRATION_STATES: t.Final = ("begun", "moved", "returned", "finished", "absent")


def kube_proxy_migration() -> Spec:
    return {
        **kubernetes(),
        **proxy_target(),
        **proxy_configuration(),
        "state": {"type": "str", "choices": list(MIGRATION_STATES), "required": True},
        "nodes": {"type": "list", "elements": "str"},
        "put_back": {"type": "bool", "default": True},
        "max_unavailable": {"type": "str"},
        "min_ready_seconds": {"type": "int", "default": 10},
        "ignore_nodes": {"type": "list", "elements": "str", "default": []},
        "wait_timeout": {"type": "float", "default": 600.0},
        "wait_sleep": {"type": "float", "default": 2.0},
    }
