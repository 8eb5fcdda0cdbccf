# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking a running kube-proxy to judge a configuration (``validate: native``)."""

from __future__ import annotations

from ..._domain.common.json_types import Json
from ..._domain.common.problems import Problem, RefusedError, ValidationError
from ..._domain.kube_proxy.versions import KubeProxyVersion
from ..._domain.self_hosted.config_plan import ConfigPlan
from ..._domain.self_hosted.config_text import parse
from ..._domain.self_hosted.current import Current
from ..._domain.self_hosted.decoding import unknown_keys
from .context import KubernetesContext
from .read_current import Target, program_of, ready_pod

#: kube-proxy reads the configuration, writes what it makes of it, and exits (1.20 to 1.36). The text is an argument,
#: because no version of the exec protocol before Kubernetes 1.30 can close a command's standard input.
_SCRIPT = 'printf %s "$1" | "$0" --config /dev/stdin --write-config-to /dev/stdout'


def effective_by_kube_proxy(
    ctx: KubernetesContext, current: Current, target: Target, plan: ConfigPlan, version: KubeProxyVersion
) -> Json:
    """The effective configuration as a second kube-proxy process in a running pod says; the pod is not disturbed.

    Raises ValidationError with kube-proxy's own words, and RefusedError when no pod can be asked.
    """
    pod = ready_pod(current)
    if pod is None:
        raise RefusedError(
            "validate: no kube-proxy pod is ready to check the configuration; use validate=rules. Nothing was changed."
        )
    program = program_of(current, target)
    command = ["/bin/sh", "-c", _SCRIPT, program.path, plan.text]
    answer = ctx.api.execute(target.namespace, pod.name, program.container, command)
    if answer.status != 0:
        raise _refused(pod.name, "refuses the configuration", answer.stderr)
    # Keys of another version without effect may stay in the configuration; the lenient decoder is expected then.
    if "lenient" in answer.stderr and not unknown_keys(plan.document.values, version):
        raise _refused(pod.name, "ignores part of the configuration", answer.stderr)
    return parse(answer.stdout, f"the answer of kube-proxy in pod {pod.name}").values


def _refused(pod: str, verdict: str, log: str) -> ValidationError:
    return ValidationError([Problem("validate", f"kube-proxy in pod {pod} {verdict}: {_last_lines(log)}")])


def _last_lines(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return " / ".join(lines[-3:]) or "it gave no reason"
