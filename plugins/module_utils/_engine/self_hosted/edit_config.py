# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Editing the configuration of kube-proxy in its ConfigMap; no pod is touched here."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass

from ..._adapters.kubernetes.server_errors import ConflictError
from ..._domain.common.problems import Problem, RefusedError, ValidationError
from ..._domain.kube_proxy.versions import KubeProxyVersion
from ..._domain.self_hosted.config_checksum import checksum
from ..._domain.self_hosted.config_plan import ConfigPlan, plan_config
from ..._domain.self_hosted.config_request import ConfigRequest
from ..._domain.self_hosted.config_text import parse
from ..._domain.self_hosted.decoding import unknown_keys
from ..._domain.self_hosted.last_good import notes
from ..._domain.self_hosted.rollout_plan import Current
from ..common.report import Report
from ..common.run import EngineError
from .context import KubernetesContext
from .read_current import Target, program, read_current, ready_pod, text_of, version_of

Json = dict[str, t.Any]

#: Writers that got in between in a row, after which somebody else is at war over the ConfigMap.
ATTEMPTS = 5


@dataclass(frozen=True)
class ConfigOptions:
    native: bool = False
    kube_proxy_version: str | None = None


def configure(ctx: KubernetesContext, target: Target, request: ConfigRequest, options: ConfigOptions) -> Report:
    """Make the ConfigMap hold the configuration asked for, starting over when somebody else writes in between.

    Raises ValidationError and RefusedError before anything is written.
    """
    for _attempt in range(ATTEMPTS):
        current = read_current(ctx, target)
        version = version_of(ctx, current, target, options.kube_proxy_version)
        plan = plan_config(text_of(current, target), target.where, request, version)
        facts = _facts(plan, current, version, target)
        if options.native:
            facts["effective"] = _ask_kube_proxy(ctx, current, target, plan, version)
        if plan.changed:
            try:
                written = write_config_map(ctx, with_text(current, target, plan.text))
            except ConflictError:
                continue
            facts["resource_version"] = written["metadata"]["resourceVersion"]
        ctx.warn(*plan.warnings)
        return Report(plan.changed, _diff(plan, target), facts)
    raise EngineError(
        f"{target.where} was changed by somebody else {ATTEMPTS} times in a row while this module was about to write "
        f"it; nothing was changed. Find out who writes it (metadata.managedFields tells), then run again."
    )


def with_text(current: Current, target: Target, text: str, *, going_back: bool = False) -> Json:
    """The ConfigMap with other content, and with the notes that going back takes."""
    body = copy.deepcopy(current.config_map)
    body["data"][target.key] = text
    noted = notes(current, target.key, text, going_back=going_back)
    body["metadata"]["annotations"] = {**(body["metadata"].get("annotations") or {}), **noted}
    # The server's own record: sending back an old one is refused when it has grown meanwhile.
    body["metadata"].pop("managedFields", None)
    return body


def write_config_map(ctx: KubernetesContext, body: Json) -> Json:
    """PUT, in check mode as a dry run on the server, which admission controllers and permissions then have seen."""
    written = ctx.api.replace_config_map(body, dry_run=ctx.check_mode)
    if not ctx.check_mode:
        ctx.accepted()
    return written


def _facts(plan: ConfigPlan, current: Current, version: KubeProxyVersion, target: Target) -> Json:
    data = {**current.config_map["data"], target.key: plan.text}
    return {
        "config": plan.document.values,
        "effective": plan.effective,
        "mode": plan.mode,
        "kube_proxy_version": str(version),
        "config_checksum": checksum(data, target.key),
        "resource_version": current.config_map["metadata"]["resourceVersion"],
    }


def _diff(plan: ConfigPlan, target: Target) -> Json:
    return {
        "before": plan.before,
        "after": plan.after,
        "before_header": target.where,
        "after_header": target.where,
    }


def _ask_kube_proxy(
    ctx: KubernetesContext, current: Current, target: Target, plan: ConfigPlan, version: KubeProxyVersion
) -> Json:
    """Have the running kube-proxy judge a configuration and tell what it makes of it; it reads, answers and ends.

    The text travels as an argument, because no version of the exec protocol before Kubernetes 1.30 can close a
    command's standard input. Raises ValidationError with kube-proxy's own words.
    """
    pod = ready_pod(current)
    if pod is None:
        raise RefusedError(
            "validate: no kube-proxy pod is ready, so none can be asked; use validate=rules. Nothing was changed."
        )
    how = program(current, target)
    script = 'printf %s "$1" | "$0" --config /dev/stdin --write-config-to /dev/stdout'
    said = ctx.api.execute(target.namespace, pod.name, how.container, ["/bin/sh", "-c", script, how.path, plan.text])
    if said.status != 0:
        raise ValidationError(
            [Problem("validate", f"kube-proxy in pod {pod.name} refuses it: {_last_words(said.stderr)}")]
        )
    # Keys of another version, which say nothing, are known to be left out and were there before.
    if "lenient" in said.stderr and not unknown_keys(plan.document.values, version):
        raise ValidationError(
            [Problem("validate", f"kube-proxy in pod {pod.name} ignores a part of it: {_last_words(said.stderr)}")]
        )
    return parse(said.stdout, f"the answer of kube-proxy in pod {pod.name}").values


def _last_words(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return " / ".join(lines[-3:]) or "without a word"
