# SPDX-License-Identifier: GPL-3.0-or-later

"""Operation: the kubeconfig of a cluster is in a file, or is returned."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._adapters.local import private_files as files
from ..._domain.common.listed import listed
from ..._domain.managed.kubeconfig_plan import Access, KubeconfigPlan, plan_merge, plan_replace
from ..._domain.managed.kubeconfig_text import NotAKubeconfigError
from ..common.dest import Dest
from ..common.report import Report
from ..common.run import EngineError
from .context import Context
from .locate import Address, require

#: Seconds for other tasks, of this host or another, that write the same file at this moment.
_PATIENCE = 60.0
_PAUSE = 0.05


@dataclass(frozen=True)
class Destination(Dest):
    """The file, and what becomes of what is in it.

    ``replace`` puts the new kubeconfig in place of everything; otherwise it is merged in, and ``use`` says whether its
    context becomes the current one. ``backup`` keeps a copy of the former content.
    """

    replace: bool = False
    use: bool = True
    backup: bool = False


def fetch(ctx: Context, address: Address, dest: Destination | None) -> Report:
    """Get the kubeconfig and put it into the file; the API's POST changes nothing, so check mode makes it too."""
    kube_id = address.kube_id
    if kube_id is None or address.name or address.region:
        kube_id = require(ctx, address).id
    ctx.facts["kube_id"] = kube_id
    access = _access(ctx, kube_id)
    facts: dict[str, t.Any] = {"kube_id": kube_id, "server": str(access.server)}
    if dest is None:
        return Report(False, None, {**facts, "context": str(access.names.context), "kubeconfig": access.text})
    facts["dest"] = str(dest.path)
    if ctx.check_mode:
        return _put(ctx, kube_id, access, dest, facts)
    with _locked(ctx, dest):
        return _put(ctx, kube_id, access, dest, facts)


def _access(ctx: Context, kube_id: str) -> Access:
    try:
        return Access.of(ctx.api.kubeconfig(kube_id))
    except NotAKubeconfigError as error:
        raise EngineError(f"The API's answer for cluster {kube_id} is no kubeconfig: {error}") from None


def _put(ctx: Context, kube_id: str, access: Access, dest: Destination, facts: dict[str, t.Any]) -> Report:
    current = dest.current()
    plan = _plan(current, kube_id, access, dest)
    dest.require_writable()
    before = {} if current is None else {**plan.before, "mode": f"{current.mode:04o}"}
    after = {**plan.after, "mode": f"{files.PRIVATE:04o}"}
    content = plan.text.encode()
    changed = current is None or (current.content, current.mode) != (content, files.PRIVATE)
    ctx.warn(*(f"{dest}: {note}" for note in plan.notes))
    if plan.lost:
        ctx.warn(f"{dest}: the file is replaced, and these contexts are lost: {listed(plan.lost)}")
    facts = {**facts, "context": plan.context}
    if changed and not ctx.check_mode:
        if dest.backup and current is not None:
            facts["backup_file"] = str(dest.back_up(current.content, ctx.clock.wall()))
        dest.write(content, files.write_private)
    return Report(changed, {"before": before, "after": after}, facts)


def _plan(current: files.PrivateFile | None, kube_id: str, access: Access, dest: Destination) -> KubeconfigPlan:
    try:
        text = None if current is None else current.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if not dest.replace:
            raise _no_kubeconfig(dest, "it is not UTF-8 text") from None
        text = "(not text)"
    if dest.replace:
        return plan_replace(text, access)
    try:
        return plan_merge(text, access, kube_id, use=dest.use)
    except NotAKubeconfigError as error:
        raise _no_kubeconfig(dest, str(error)) from None


def _no_kubeconfig(dest: Destination, why: str) -> EngineError:
    return EngineError(
        f"{dest} is no kubeconfig, and is left as it is: {why}. Give another path, repair or remove the file, or set "
        f"strategy to replace"
    )


def _locked(ctx: Context, dest: Destination) -> t.ContextManager[None]:
    """Several hosts of a play may merge into one file of the controller at once."""
    end = ctx.clock.now() + _PATIENCE
    while (lock := files.lock_beside(dest.path)) is None:
        if ctx.clock.now() > end:
            raise EngineError(f"{dest} has been locked by another task for {_PATIENCE:.0f} s; run again")
        ctx.clock.sleep(_PAUSE)
    return lock
