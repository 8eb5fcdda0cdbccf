# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Reading kube-proxy's objects of a self-hosted cluster: ConfigMap, DaemonSet, pods and version."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._adapters.kubernetes.server_errors import KubernetesError, ObjectNotFoundError
from ..._domain.common.problems import Problem, RefusedError, ValidationError
from ..._domain.kube_proxy.versions import KubeProxyVersion
from ..._domain.self_hosted.config_checksum import checksum
from ..._domain.self_hosted.daemon_set import DaemonSet, Pod, Program, owned
from ..._domain.self_hosted.rollout_plan import Current
from ..common.run import EngineError
from .context import KubernetesContext

Json = dict[str, t.Any]


@dataclass(frozen=True)
class Target:
    """Which objects hold and run kube-proxy's configuration; the defaults of the modules are kubeadm's names."""

    namespace: str = "kube-system"
    config_map: str = "kube-proxy"
    key: str = "config.conf"
    daemon_set: str = "kube-proxy"

    @property
    def where(self) -> str:
        return f"ConfigMap {self.namespace}/{self.config_map}, key {self.key}"


def read_current(ctx: KubernetesContext, target: Target) -> Current:
    """All objects as they are now; raises RefusedError when they are not there or do not belong together."""
    config_map = _found(lambda: ctx.api.config_map(target.namespace, target.config_map), "config_map")
    data = config_map.get("data") or {}
    if target.key not in data:
        there = ", ".join(sorted(data)) or "none"
        raise RefusedError(
            f"key: ConfigMap {target.namespace}/{target.config_map} has no key {target.key} (its keys: {there}); name "
            f"the one that holds the KubeProxyConfiguration in key"
        )
    daemon_set = DaemonSet(_found(lambda: ctx.api.daemon_set(target.namespace, target.daemon_set), "daemon_set"))
    how = daemon_set.program(target.config_map, target.key)
    pods = owned(ctx.api.pods(target.namespace, daemon_set.labels), daemon_set)
    return Current(config_map, daemon_set, pods, checksum(data, target.key), _dates_writes(how))


def _dates_writes(how: Program) -> bool:
    """Whether the API server surely does: by Kubernetes' version skew policy it is never older than kube-proxy."""
    try:
        return KubeProxyVersion.parse(how.version_text).at_least(25)
    except ValueError:
        return False


def program(current: Current, target: Target) -> Program:
    return current.daemon_set.program(target.config_map, target.key)


def text_of(current: Current, target: Target) -> str:
    return str(current.config_map["data"][target.key])


def version_of(ctx: KubernetesContext, current: Current, target: Target, stated: str | None = None) -> KubeProxyVersion:
    """kube-proxy's version: as stated, or from the image's tag, or from a running pod.

    A Node's ``kubeProxyVersion`` is no source: it copies the kubelet's version (deprecated in Kubernetes 1.29).
    """
    if stated:
        try:
            return KubeProxyVersion.parse(stated)
        except ValueError as error:
            raise ValidationError([Problem("kube_proxy_version", str(error))]) from None
    how = program(current, target)
    try:
        return KubeProxyVersion.parse(how.version_text)
    except ValueError:
        return _version_from_pod(ctx, current, target, how)


def ready_pod(current: Current) -> Pod | None:
    return next((pod for pod in current.pods if pod.ready and not pod.terminating), None)


def _version_from_pod(ctx: KubernetesContext, current: Current, target: Target, how: Program) -> KubeProxyVersion:
    pod = ready_pod(current)
    reason = "and no pod is ready that could be asked"
    if pod is not None:
        try:
            said = ctx.api.execute(target.namespace, pod.name, how.container, [how.path, "--version"])
            return KubeProxyVersion.parse(said.stdout)
        except (KubernetesError, ValueError) as error:
            reason = f"and asking pod {pod.name} failed ({error})"
    raise EngineError(
        f"The version of kube-proxy cannot be told from its image {how.image}, {reason}; state it in "
        f"kube_proxy_version, for example 1.33.1. Nothing was changed."
    )


def _found(read: t.Callable[[], Json], option: str) -> Json:
    try:
        return read()
    except ObjectNotFoundError as error:
        raise RefusedError(
            f"{option}: {error}. Nothing was changed. A cluster whose CNI replaces kube-proxy (Cilium, Calico's eBPF "
            f"data plane) has none; otherwise name the right object in {option} and namespace."
        ) from None
