# SPDX-License-Identifier: GPL-3.0-or-later

"""Undo: put the last good configuration back into the ConfigMap, and roll it out."""

from __future__ import annotations

import dataclasses

from ..._adapters.kubernetes.server_errors import ConflictError
from ..._domain.common.listed import listed
from ..._domain.common.problems import RefusedError
from ..._domain.self_hosted.config_checksum import checksum
from ..._domain.self_hosted.last_good import last_good, notes
from ..._domain.self_hosted.rollout_plan import RolloutOptions
from ..._domain.self_hosted.taints import would_be_lost
from ..common.report import Report
from ..common.run import EngineError
from .context import KubernetesContext
from .edit_config import ATTEMPTS, with_text, write_config_map
from .read_current import Target, read_settled, text_of
from .rollout import nodes_down, nodes_losing, roll_out, unexpected_content


def undo(ctx: KubernetesContext, target: Target, options: RolloutOptions, config_checksum: str | None = None) -> Report:
    """Put the last good configuration back into the ConfigMap and make every pod run it.

    ``config_checksum`` is the checksum of the only content to replace. Nodes that are not Ready are left out, because
    the configuration that is undone may be the reason; they follow when they are back.

    Raises as :func:`.rollout.rollout` does.
    """
    for _attempt in range(ATTEMPTS):
        current = read_settled(ctx, target)
        good = last_good(current, target.key)
        if good is None:
            raise RefusedError(
                f"undo: {target.where} holds no earlier configuration; one is noted when kube-proxy's configuration is "
                f"changed by this collection, and lost when kubeadm upgrades the cluster. Nothing was changed."
            )
        failed = text_of(current, target)
        restored = checksum({**current.config_map["data"], target.key: good}, target.key)
        # By checksum: what somebody broke by hand cannot be read, and is the more reason to undo it.
        to_write = restored != current.checksum
        if to_write and config_checksum not in (None, current.checksum):
            raise RefusedError(
                f"{unexpected_content(target, current, config_checksum)} It was not replaced, and no pod was touched."
            )
        nodes = ctx.api.nodes()
        down = nodes_down(nodes, current)
        if to_write:
            try:
                noted = notes(current, target.key, good, rollback=True)
                written = write_config_map(ctx, with_text(current, target, good, noted))
            except ConflictError:
                continue
            current = dataclasses.replace(current, config_map=written, checksum=restored)
        skipped = down - options.ignored_nodes
        if skipped:
            ctx.warn(
                f"The nodes {listed(sorted(skipped))} are not Ready and were left out; their kube-proxy pods follow "
                f"when they are back."
            )
        losing = nodes_losing(nodes, current, down)
        if losing:
            # The others must not wait for that.
            ctx.warn(would_be_lost(losing, current.daemon_set))
        options = dataclasses.replace(options, ignored_nodes=options.ignored_nodes | down)
        diff = target.diff(failed, good) if to_write else None
        report = roll_out(ctx, target, options, current, down=down, config_diff=diff)
        return dataclasses.replace(report, facts={**report.facts, "nodes_skipped": sorted(skipped)})
    raise EngineError(f"{target.where} was changed by somebody else {ATTEMPTS} times in a row; run again")
