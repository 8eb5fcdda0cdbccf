# SPDX-License-Identifier: GPL-3.0-or-later

"""What to read on a node: the options of kube_proxy_node_info, checked."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ..common.blank import given, is_blank
from ..common.file_names import content_instead_of_name
from ..common.option_reader import OptionReader
from ..common.printable import quoted
from ..common.problems import Problem
from ..kube_proxy.addresses import Endpoint
from ..kube_proxy.defaults import HEALTHZ_PORT, METRICS_PORT
from ..kube_proxy.versions import KubeProxyVersion
from .system_files import module_name

# Defaults of the options.
METRICS_ADDRESS = f"127.0.0.1:{METRICS_PORT}"
HEALTHZ_ADDRESS = f"127.0.0.1:{HEALTHZ_PORT}"
MODULES_LOAD_FILE = "/etc/modules-load.d/kube-proxy.conf"
SYSCTL_FILE = "/etc/sysctl.d/90-kube-proxy.conf"
IP_FAMILIES = ("IPv4",)

_SCHEDULER = re.compile(r"[a-z0-9_]+")
_MODULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_SYSCTL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:@-]*")

Params = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class NodeRequest:
    """``mode`` None stands for the mode in effect; ``modules`` and ``sysctls`` are further ones."""

    mode: str | None
    scheduler: str | None
    version: KubeProxyVersion | None
    ip_families: tuple[str, ...]
    metrics: Endpoint
    healthz: Endpoint
    probe: bool
    modules: tuple[str, ...]
    sysctls: tuple[str, ...]
    modules_load_file: str
    sysctl_file: str


def node_request(params: Params) -> NodeRequest:
    """Read the options; blank ones count as not given. Raises ValidationError with every problem."""
    read = OptionReader()
    request = NodeRequest(
        mode=given(params["mode"]),
        scheduler=read("scheduler", params["scheduler"], _scheduler),
        version=read("kube_proxy_version", params["kube_proxy_version"], KubeProxyVersion.parse),
        ip_families=tuple(name for name in params["ip_families"] or () if not is_blank(name)) or IP_FAMILIES,
        metrics=metrics_endpoint(params, read),
        healthz=read.of(params, "healthz_address", lambda text: Endpoint.parse(text, HEALTHZ_PORT), HEALTHZ_ADDRESS),
        probe=params["probe"],
        modules=tuple(module_name(name) for name in _names(params, "modules", _MODULE, "kernel module", read)),
        sysctls=_names(params, "sysctls", _SYSCTL, "sysctl", read),
        modules_load_file=read.of(params, "modules_load_file", _file_name, MODULES_LOAD_FILE),
        sysctl_file=read.of(params, "sysctl_file", _file_name, SYSCTL_FILE),
    )
    read.check()
    return request


def metrics_endpoint(params: Params, read: OptionReader) -> Endpoint:
    """The option ``metrics_address``: where kube-proxy of this node reports its mode."""
    endpoint: Endpoint = read.of(
        params, "metrics_address", lambda text: Endpoint.parse(text, METRICS_PORT), METRICS_ADDRESS
    )
    return endpoint


def _file_name(text: str) -> str:
    fault = content_instead_of_name(text)
    if fault is not None:
        raise ValueError(fault)
    return text


def _scheduler(text: str) -> str:
    # Any word: the kernel decides which schedulers there are.
    name = text.strip()
    if not _SCHEDULER.fullmatch(name):
        raise ValueError(
            f"{quoted(name)} is not a scheduler; schedulers are words in lowercase letters, such as rr or lc"
        )
    return name


def _names(params: Params, option: str, pattern: re.Pattern[str], kind: str, read: OptionReader) -> tuple[str, ...]:
    """Names that become parts of a path, hence no ``..`` in them."""
    names = [name.strip() for name in params[option] or () if not is_blank(name)]
    wrong = [name for name in names if not pattern.fullmatch(name) or ".." in name]
    read.problems.extend(Problem(option, f"{quoted(name)} is not the name of a {kind}") for name in wrong)
    return tuple(names)
