# SPDX-License-Identifier: GPL-3.0-or-later

"""Operation: the configuration for a cluster that is yet to be made is in a file, or is returned. Needs no API."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._adapters.local import private_files as files
from ..._domain.common.json_types import Json
from ..._domain.kube_proxy.versions import KubeProxyVersion
from ..._domain.self_hosted.config_plan import ConfigPlan
from ..._domain.self_hosted.rendered import LARGEST_FILE, replacement_problem
from ..common.dest import Dest
from ..common.report import Report
from ..common.run import EngineError, Run


@dataclass(frozen=True)
class RenderedFile(Dest):
    """The file for the document; ``backup`` keeps a copy of its former content."""

    backup: bool = False


def render(ctx: Run[t.Any], plan: ConfigPlan, version: KubeProxyVersion, dest: RenderedFile | None) -> Report:
    """Return the document, and put it in place of the whole file; raises EngineError and leaves other files alone."""
    ctx.warn(*plan.warnings)
    facts: Json = {
        "rendered": plan.text,
        "config": plan.document.values,
        "effective": plan.effective,
        "mode": plan.mode,
        "kube_proxy_version": str(version),
    }
    if dest is None:
        return Report(False, None, facts)
    # The path is no fact: of a result called dest, Ansible adds the mode of that file in the place of kube-proxy's.
    current = dest.current(LARGEST_FILE)
    problem = None if current is None else replacement_problem(current.content)
    if problem is not None:
        raise EngineError(f"{dest}: {problem}")
    dest.require_writable()
    content = plan.text.encode()
    if current is not None and current.content == content:
        return Report(False, None, facts)
    if not ctx.check_mode:
        if dest.backup and current is not None:
            facts["backup_file"] = str(dest.back_up(current.content, ctx.clock.wall(), current.mode))
        dest.write(content, files.write_open)
    return Report(True, _diff(dest, current, plan.text), facts)


def _diff(dest: RenderedFile, current: files.PrivateFile | None, after: str) -> Json:
    before = "" if current is None else current.content.decode("utf-8-sig")
    return {"before": before, "after": after, "before_header": str(dest.path), "after_header": str(dest.path)}
