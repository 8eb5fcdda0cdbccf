# SPDX-License-Identifier: GPL-3.0-or-later

"""Patching the DaemonSet, by a plan that is made anew when somebody else writes in between."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._adapters.kubernetes.server_errors import ConflictError
from ..._domain.common.json_types import Json
from ..._domain.self_hosted.current import Current
from ..._domain.self_hosted.daemon_set import DaemonSet
from ..common.run import EngineError
from .context import KubernetesContext
from .edit_config import ATTEMPTS
from .read_current import Target


def patched(
    ctx: KubernetesContext, target: Target, current: Current, patch_for: t.Callable[[Current], Json | None]
) -> Current:
    """Send the patch that fits the DaemonSet as it is now, made anew when somebody else changed it meanwhile.

    The controller does so as well: it writes the status of a DaemonSet during a rollout.
    """
    for _attempt in range(ATTEMPTS):
        patch = patch_for(current)
        if patch is None:
            return current
        try:
            raw = ctx.api.patch_daemon_set(target.namespace, target.daemon_set, patch, dry_run=ctx.check_mode)
        except ConflictError:
            latest = DaemonSet(ctx.api.daemon_set(target.namespace, target.daemon_set))
            current = dataclasses.replace(current, daemon_set=latest)
            continue
        if ctx.check_mode:
            return current
        ctx.accepted()
        return dataclasses.replace(current, daemon_set=DaemonSet(raw))
    raise EngineError(f"{current.daemon_set.where} was changed by somebody else {ATTEMPTS} times in a row; run again")
