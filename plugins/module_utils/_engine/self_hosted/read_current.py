# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading kube-proxy's objects of a self-hosted cluster: ConfigMap, DaemonSet, pods and version."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..._adapters.kubernetes.server_errors import KubernetesError, ObjectNotFoundError
from ..._domain.common.json_types import Json
from ..._domain.common.listed import listed
from ..._domain.common.problems import RefusedError, Remedy
from ..._domain.kube_proxy.versions import KubeProxyVersion
from ..._domain.self_hosted.config_checksum import checksum
from ..._domain.self_hosted.current import Current
from ..._domain.self_hosted.daemon_set import DaemonSet
from ..._domain.self_hosted.pods import Pod, moved, owned
from ..._domain.self_hosted.program import Program
from ..common.run import EngineError
from .context import KubernetesContext


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

    def diff(self, before: str, after: str) -> Json:
        """The diff of the configuration: two texts and where they belong."""
        return {"before": before, "after": after, "before_header": self.where, "after_header": self.where}


def read_current(ctx: KubernetesContext, target: Target) -> Current:
    """All objects as they are now; raises RefusedError when they are not there or do not belong together."""
    config_map = _existing(lambda: ctx.api.config_map(target.namespace, target.config_map), "config_map")
    data = config_map.get("data") or {}
    if target.key not in data:
        keys = listed(sorted(data)) or "none"
        raise RefusedError(
            f"key: ConfigMap {target.namespace}/{target.config_map} has no key {target.key} (its keys: {keys}); name "
            f"the one that holds the KubeProxyConfiguration in key"
        )
    daemon_set = DaemonSet(_existing(lambda: ctx.api.daemon_set(target.namespace, target.daemon_set), "daemon_set"))
    program = daemon_set.program(target.config_map, target.key)
    pods = ctx.api.pods(target.namespace, daemon_set.labels)
    content = checksum(data, target.key)
    return Current(config_map, daemon_set, owned(pods, daemon_set), content, _dates_writes(program), moved(pods))


def read_settled(ctx: KubernetesContext, target: Target) -> Current:
    """The same for an operation on all nodes at once; refused while nodes move from one configuration to another."""
    current = read_current(ctx, target)
    if current.migrating:
        raise RefusedError(
            f"The nodes of {current.daemon_set.where} are on their way to another configuration, one after the other. "
            f"Nothing was changed. Finish that migration with state=finished, or abort it with state=absent",
            Remedy.MIGRATION_STEP,
        )
    return current


def read_again(ctx: KubernetesContext, target: Target, current: Current) -> Current:
    """DaemonSet and pods as they are now, with the ConfigMap as it was read before."""
    daemon_set = DaemonSet(ctx.api.daemon_set(target.namespace, target.daemon_set))
    pods = owned(ctx.api.pods(target.namespace, daemon_set.labels), daemon_set)
    return dataclasses.replace(current, daemon_set=daemon_set, pods=pods)


def _dates_writes(program: Program) -> bool:
    """Whether the API server certainly records when the ConfigMap was written (see Current.dated).

    By Kubernetes' version skew policy the API server is never older than kube-proxy.
    """
    try:
        return KubeProxyVersion.parse(program.version_text).at_least(25)
    except ValueError:
        return False


def program_of(current: Current, target: Target) -> Program:
    """How the DaemonSet starts kube-proxy; raises RefusedError when it does not read the target's key."""
    return current.daemon_set.program(target.config_map, target.key)


def text_of(current: Current, target: Target) -> str:
    """The configuration in the ConfigMap, as text."""
    return str(current.config_map["data"][target.key])


def version_of(
    ctx: KubernetesContext, current: Current, target: Target, stated: KubeProxyVersion | None = None
) -> KubeProxyVersion:
    """kube-proxy's version: as stated, or from the image's tag, or from a running pod.

    A Node's ``kubeProxyVersion`` is no source: it copies the kubelet's version (deprecated in Kubernetes 1.29).
    """
    if stated is not None:
        return stated
    program = program_of(current, target)
    try:
        return KubeProxyVersion.parse(program.version_text)
    except ValueError:
        return _version_from_pod(ctx, current, target, program)


def ready_pod(current: Current) -> Pod | None:
    """A pod in which a command can run; None when there is none."""
    return next((pod for pod in (*current.pods, *current.moved) if pod.ready and not pod.terminating), None)


def _version_from_pod(ctx: KubernetesContext, current: Current, target: Target, program: Program) -> KubeProxyVersion:
    pod = ready_pod(current)
    reason = "and no pod is ready to ask"
    if pod is not None:
        try:
            command = [program.path, "--version"]
            return KubeProxyVersion.parse(
                ctx.api.execute(target.namespace, pod.name, program.container, command).stdout
            )
        except (KubernetesError, ValueError) as error:
            reason = f"and asking pod {pod.name} failed ({error})"
    raise EngineError(
        f"The version of kube-proxy cannot be read from its image {program.image}, {reason}; set kube_proxy_version, "
        f"for example to 1.33.1. Nothing was changed."
    )


def _existing(read: t.Callable[[], Json], option: str) -> Json:
    try:
        return read()
    except ObjectNotFoundError as error:
        raise RefusedError(
            f"{option}: {error}. Nothing was changed. A cluster whose CNI replaces kube-proxy (Cilium, Calico's eBPF "
            f"data plane) has none; otherwise name the right object in {option} and namespace."
        ) from None
