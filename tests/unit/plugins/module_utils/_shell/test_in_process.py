# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task in Ansible's worker shows, before its result and in it."""

from __future__ import annotations

import base64
import contextlib

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.progress import Telling
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.report import Report
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.run import Run
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.in_process import result_of
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.module_spec import Host, ModuleSpec

OPTION, LEARNT = "planted-in-an-option", "planted-in-an-answer"
IN_BASE64 = base64.b64encode(OPTION.encode()).decode()


def test_lines_for_those_who_wait_hide_what_the_result_hides() -> None:
    def operation(run: Run[None]) -> Report:
        run.hide(LEARNT)
        said = f"the last read failed ({OPTION} {LEARNT} {IN_BASE64})"
        run.progress.see("Waiting", said)
        return Report(False, facts={"said": said})

    spec = ModuleSpec(
        argument_spec={"api_key": {"type": "str", "no_log": True}},
        prepare=lambda _params: operation,
        connect=lambda _params, _host: contextlib.nullcontext(),
    )
    lines: list[str] = []
    host = Host({}, lambda _secret: None, telling=Telling(lines.append, every=0))
    result = result_of(spec, {"api_key": OPTION}, host, check_mode=False)
    assert len(lines) == 1
    assert lines[0].startswith("Waiting: the last read failed")
    for shown in (lines[0], str(result)):
        assert not any(secret in shown for secret in (OPTION, LEARNT, IN_BASE64))
