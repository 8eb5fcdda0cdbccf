# SPDX-License-Identifier: GPL-3.0-or-later

"""Editing the configuration of kube-proxy in its ConfigMap; no pod is touched here."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass

from ..._adapters.kubernetes.server_errors import ConflictError
from ..._domain.common.json_types import Json
from ..._domain.kube_proxy.versions import KubeProxyVersion
from ..._domain.self_hosted.cluster_fit import fit_warnings
from ..._domain.self_hosted.config_checksum import checksum
from ..._domain.self_hosted.config_plan import ConfigPlan, plan_config
from ..._domain.self_hosted.config_request import ConfigRequest
from ..._domain.self_hosted.current import Current
from ..._domain.self_hosted.last_good import notes
from ..common.report import Report
from ..common.run import EngineError
from .context import KubernetesContext
from .native_validation import effective_by_kube_proxy
from .read_current import Target, program_of, read_settled, text_of, version_of

#: Conflicting writes in a row before giving up.
ATTEMPTS = 5


@dataclass(frozen=True)
class ConfigOptions:
    """How to check a configuration; ``native`` asks a running kube-proxy too."""

    native: bool = False
    kube_proxy_version: KubeProxyVersion | None = None


def configure(ctx: KubernetesContext, target: Target, request: ConfigRequest, options: ConfigOptions) -> Report:
    """Make the ConfigMap hold the requested configuration, starting over when somebody else writes in between.

    Raises ValidationError and RefusedError before anything is written, EngineError after ATTEMPTS conflicts.
    """
    for _attempt in range(ATTEMPTS):
        current = read_settled(ctx, target)
        version = version_of(ctx, current, target, options.kube_proxy_version)
        plan = plan_config(text_of(current, target), target.where, request, version)
        facts = config_facts(plan, current, version, target)
        facts["resource_version"] = current.config_map["metadata"]["resourceVersion"]
        if options.native:
            facts["effective"] = effective_by_kube_proxy(ctx, current, target, plan, version)
        if plan.changed:
            try:
                noted = notes(current, target.key, plan.text, rollback=False)
                written = write_config_map(ctx, with_text(current, target, plan.text, noted))
            except ConflictError:
                continue
            facts["resource_version"] = written["metadata"]["resourceVersion"]
        program = program_of(current, target)
        ctx.warn(*plan.warnings, *fit_warnings(plan.document.values, program, current.daemon_set.counts.desired))
        return Report(plan.changed, target.diff(plan.before, plan.after), facts)
    raise EngineError(
        f"{target.where} was changed by somebody else {ATTEMPTS} times in a row while this module was about to write "
        f"it; nothing was changed. metadata.managedFields names the writers; stop the conflicting writes, then run "
        f"again."
    )


def with_text(current: Current, target: Target, text: str, noted: t.Mapping[str, str]) -> Json:
    """The ConfigMap with other content, and with the notes (:mod:`last_good`) that a later ``undo`` needs."""
    body = copy.deepcopy(current.config_map)
    body["data"][target.key] = text
    body["metadata"]["annotations"] = {**(body["metadata"].get("annotations") or {}), **noted}
    # The server's own record: sending back an old one is refused when it has grown meanwhile.
    body["metadata"].pop("managedFields", None)
    return body


def write_config_map(ctx: KubernetesContext, body: Json) -> Json:
    """PUT; in check mode a dry run on the server, so that permissions and admission controllers are checked too."""
    written = ctx.api.replace_config_map(body, dry_run=ctx.check_mode)
    if not ctx.check_mode:
        ctx.accepted()
    return written


def config_facts(plan: ConfigPlan, current: Current, version: KubeProxyVersion, target: Target) -> Json:
    """What a result says about the desired configuration."""
    data = {**current.config_map["data"], target.key: plan.text}
    return {
        "config": plan.document.values,
        "effective": plan.effective,
        "mode": plan.mode,
        "kube_proxy_version": str(version),
        "config_checksum": checksum(data, target.key),
    }
