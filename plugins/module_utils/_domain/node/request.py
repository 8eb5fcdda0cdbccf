# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user asked of a node, checked: the options of kube_proxy_node_info."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ..common.problems import Problem, ValidationError
from ..kube_proxy.addresses import Endpoint
from ..kube_proxy.defaults import HEALTHZ_PORT, METRICS_PORT
from ..kube_proxy.versions import KubeProxyVersion
from .system_files import module_name

_LOOPBACK = "127.0.0.1"
_MODULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_SYSCTL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:@-]*")


@dataclass(frozen=True)
class NodeRequest:
    """What is asked, checked; ``mode`` None takes the mode in effect."""

    mode: str | None
    scheduler: str | None
    version: KubeProxyVersion | None
    metrics: Endpoint
    healthz: Endpoint
    probe: bool
    modules: tuple[str, ...]
    sysctls: tuple[str, ...]
    modules_load_file: str
    sysctl_file: str


def node_request(params: t.Mapping[str, t.Any]) -> NodeRequest:
    """Read the options; blank ones count as not given. Raises ValidationError with every problem."""
    problems: list[Problem] = []

    def read(option: str, reader: t.Callable[[str], t.Any]) -> t.Any:
        try:
            return reader(params[option])
        except ValueError as error:
            problems.append(Problem(option, str(error)))

    def names(option: str, pattern: re.Pattern[str], what: str) -> tuple[str, ...]:
        given = [name.strip() for name in params[option] or ()]
        wrong = [name for name in given if name and (not pattern.fullmatch(name) or ".." in name)]
        problems.extend(Problem(option, f"{name!r} is no name of a {what}") for name in wrong)
        return tuple(name for name in given if name)

    scheduler = (params["scheduler"] or "").strip()
    if scheduler and not re.fullmatch(r"[a-z0-9_]+", scheduler):
        problems.append(
            Problem(
                "scheduler", f"{scheduler!r} is no scheduler; schedulers are words in small letters, such as rr or lc"
            )
        )
    checked = NodeRequest(
        mode=params["mode"] or None,
        scheduler=scheduler or None,
        version=read("kube_proxy_version", lambda text: KubeProxyVersion.parse(text) if text else None),
        metrics=read("metrics_address", lambda text: Endpoint.parse(text or _LOOPBACK, METRICS_PORT)),
        healthz=read("healthz_address", lambda text: Endpoint.parse(text or _LOOPBACK, HEALTHZ_PORT)),
        probe=params["probe"],
        modules=tuple(module_name(name) for name in names("modules", _MODULE, "kernel module")),
        sysctls=names("sysctls", _SYSCTL, "sysctl"),
        modules_load_file=params["modules_load_file"],
        sysctl_file=params["sysctl_file"],
    )
    if problems:
        raise ValidationError(problems)
    return checked
