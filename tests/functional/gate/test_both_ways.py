# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison of results in Ansible's worker with those of modules finds what differs, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
from pathlib import Path

import both_ways
import pytest

PROGRAM = Path(both_ways.__file__)
ONE = {
    "changed": True,
    "kube_id": "11111111-2222-4333-8444-555555555555",
    "msg": "GET /1.0/cloud failed (query id EU.ext-4.5f1c2a3b.1234.0123456789abcdef)",
    "diff": {"before": {"at": "2026-11-26T18:29:13.663940Z"}, "after": ["127.0.0.1:41234", 3]},
    "nodes": [{"node": "node1", "ready": False}, {"node": "node2", "ready": True}],
    "failed_pod": {"node": "node1"},
}
#: The same, of another run.
OTHER = {
    "changed": True,
    "kube_id": "99999999-2222-4333-8444-555555555555",
    "msg": "GET /1.0/cloud failed (query id EU.ext-4.00000000.99.ffffffffffffffff)",
    "diff": {"before": {"at": "2026-11-27T01:00:00Z"}, "after": ["127.0.0.1:5", 3]},
    "nodes": [{"node": "node1", "ready": True}, {"node": "node2", "ready": False}],
    "failed_pod": {"node": "node2"},
}


def compared(folder: Path, here: t.Sequence[dict[str, t.Any]], module: t.Sequence[dict[str, t.Any]]) -> tuple[int, str]:
    files = []
    for name, results in (("here", here), ("module", module)):
        lines = [
            {"task": "Look", "action": "clusterops.kube_proxy.kube_cluster_info", "host": "one", "result": result}
            for result in results
        ]
        files.append(folder / name)
        files[-1].write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = subprocess.run([sys.executable, str(PROGRAM), *map(str, files)], check=False, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_two_runs_are_equal_but_for_what_no_two_runs_have_in_common(tmp_path: Path) -> None:
    status, said = compared(tmp_path, [ONE] * both_ways.FEW, [OTHER] * both_ways.FEW)
    assert (status, said) == (
        0,
        f"{both_ways.FEW} results in Ansible's worker, {both_ways.FEW} as modules, 0 differences\n",
    )


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({**OTHER, "changed": False}, ".changed: in the worker true, as a module false"),
        ({**OTHER, "uid": 0}, ".uid: only as a module"),
        ({**OTHER, "nodes": OTHER["nodes"][:1] * 2}, ".nodes[0].ready: in the worker false, as a module true"),
        ({**OTHER, "diff": {"before": OTHER["diff"]["before"]}}, ".diff.after: only in the worker"),
        (
            {**OTHER, "diff": {**OTHER["diff"], "after": ["127.0.0.1:5", 4]}},
            ".diff.after[1]: in the worker 3, as a module 4",
        ),
        ({**OTHER, "msg": "GET /1.0/cloud failed"}, ".msg: in the worker"),
    ],
)
def test_anything_else_is_a_difference(tmp_path: Path, other: dict[str, t.Any], said: str) -> None:
    status, shown = compared(tmp_path, [ONE] * both_ways.FEW, [OTHER] * (both_ways.FEW - 1) + [other])
    assert status == 1
    assert said in shown
    assert "1 differences" in shown


def test_a_suite_that_did_not_run_is_no_success(tmp_path: Path) -> None:
    assert compared(tmp_path, [ONE], [OTHER])[0] == 1
    assert compared(tmp_path, [ONE] * both_ways.FEW, [OTHER] * (both_ways.FEW + 1))[0] == 1
