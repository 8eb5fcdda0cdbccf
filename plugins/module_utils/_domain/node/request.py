# SPDX-License-Identifier: GPL-3.0-or-later

"""What to read on a node: the options of kube_proxy_node_info, checked."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ..common.blank import given, is_blank
from ..common.file_names import content_instead_of_name
from ..common.problems import Problem, ValidationError
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
    problems: list[Problem] = []

    def read(option: str, reader: t.Callable[[str], t.Any], default: str | None = None) -> t.Any:
        text = given(params[option], default)
        try:
            return None if text is None else reader(text)
        except ValueError as error:
            problems.append(Problem(option, str(error)))

    request = NodeRequest(
        mode=given(params["mode"]),
        scheduler=read("scheduler", _scheduler),
        version=read("kube_proxy_version", KubeProxyVersion.parse),
        ip_families=tuple(name for name in params["ip_families"] or () if not is_blank(name)) or IP_FAMILIES,
        metrics=read("metrics_address", lambda text: Endpoint.parse(text, METRICS_PORT), METRICS_ADDRESS),
        healthz=read("healthz_address", lambda text: Endpoint.parse(text, HEALTHZ_PORT), HEALTHZ_ADDRESS),
        probe=params["probe"],
        modules=tuple(module_name(name) for name in _names(params, "modules", _MODULE, "kernel module", problems)),
        sysctls=_names(params, "sysctls", _SYSCTL, "sysctl", problems),
        modules_load_file=read("modules_load_file", _file_name, MODULES_LOAD_FILE),
        sysctl_file=read("sysctl_file", _file_name, SYSCTL_FILE),
    )
    if problems:
        raise ValidationError(problems)
    return request


def _file_name(text: str) -> str:
    fault = content_instead_of_name(text)
    if fault is not None:
        raise ValueError(fault)
    return text


def _scheduler(text: str) -> str:
    # Any word: the kernel decides which schedulers there are.
    name = text.strip()
    if not _SCHEDULER.fullmatch(name):
        raise ValueError(f"{name!r} is not a scheduler; schedulers are words in lowercase letters, such as rr or lc")
    return name


def _names(
    params: Params, option: str, pattern: re.Pattern[str], kind: str, problems: list[Problem]
) -> tuple[str, ...]:
    """Names that become parts of a path, hence no ``..`` in them."""
    names = [name.strip() for name in params[option] or () if not is_blank(name)]
    wrong = [name for name in names if not pattern.fullmatch(name) or ".." in name]
    problems.extend(Problem(option, f"{name!r} is not the name of a {kind}") for name in wrong)
    return tuple(names)
