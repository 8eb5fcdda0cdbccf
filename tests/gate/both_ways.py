# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares the results of the integration suite in Ansible's worker with those as modules, field by field.

``python both_ways.py IN_WORKER AS_MODULES``: files that the callback plugin task_results has written. What two runs
never have in common is left out: ids, times, ports, names of temporary folders, and what Kubernetes counts or draws.
Exits with 1 when something else differs, or when there is little to compare.
"""

from __future__ import annotations

import collections
import json
import re
import sys
import typing as t
from pathlib import Path

#: Results without which the suite was not run.
FEW = 60
#: What two runs never have in common, in the order in which it is replaced.
CHANGING = {
    r"\bEU\.[0-9a-f]{16}\b": "CLIENT",
    r"sha256:[0-9a-f]{16}\b": "FINGERPRINT",
    r"[A-Z]{2}\.ext-[0-9A-Fa-f.]+": "QUERY",
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}": "UUID",
    r"\d{4}-\d\d-\d\d[T_ @]\d\d:?\d\d:?\d\d(?:[.,]\d+)?(?:Z|[+~-][\d:]*)?": "TIME",
    r"/[^\s\"':,]*(?:tmp|output|cache)[^\s\"':,]*": "PATH",
    r"127\.0\.0\.1:\d+": "SERVER",
    r"\b[0-9a-f]{6}(?=\.[a-z0-9.]*k8s\.ovh)": "NODE",
    # Which node a controller of DaemonSets takes first, it draws.
    r"\bnode[1-9]\b": "NODE",
    # Names that a controller draws: kube-proxy-x7k2p.
    r"\bkube-proxy(?:-migration)?-[bcdfghjklmnpqrstvwxz2456789]{5}\b": "POD",
    r"\b[0-9a-f]{32,}\b": "DIGEST",
    r"\b[A-Za-z0-9+/_-]{40,}={0,2}": "TOKEN",
}
#: The modules that run both ways.
ACTIONS = {path.stem for path in (Path(__file__).resolve().parents[2] / "plugins" / "action").glob("*.py")}
#: Fields that tell of moments.
MOMENTS = {
    *("age", "api_server_open_seconds", "attempts", "generation", "log", "observed_generation", "resource_version"),
    *("restarts", "seconds", "started"),
}


def results(path: Path) -> dict[tuple[str, str, int], t.Any]:
    """By task, host and how often the two have met before."""
    found: dict[tuple[str, str, int], t.Any] = {}
    count: collections.Counter[tuple[str, str]] = collections.Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["action"].rpartition(".")[2] not in ACTIONS:
            continue
        key = record["task"], record["host"]
        found[(*key, count[key])] = steady(record["result"])
        count[key] += 1
    return found


def steady(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {steady(name): steady(member) for name, member in value.items() if name not in MOMENTS}
    if isinstance(value, list):
        members = [steady(member) for member in value]
        if all(isinstance(member, dict) and "node" in member for member in members):
            members.sort(key=lambda member: json.dumps(member, sort_keys=True))
        return members
    if isinstance(value, str):
        for pattern, name in CHANGING.items():
            value = re.sub(pattern, name, value)
    return value


def differences(one: t.Any, other: t.Any, path: str = "") -> t.Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}, key=str):
            if name not in one or name not in other:
                yield f"{path}.{name}: only {'as a module' if name in other else 'in the worker'}"
            else:
                yield from differences(one[name], other[name], f"{path}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (here, there) in enumerate(zip(one, other, strict=True)):
            yield from differences(here, there, f"{path}[{number}]")
    elif one != other:
        yield f"{path}: in the worker {json.dumps(one)[:300]}, as a module {json.dumps(other)[:300]}"


def main() -> None:
    here, module = (results(Path(name)) for name in sys.argv[1:])
    found = [f"{key}: only one way" for key in sorted({*here} ^ {*module})]
    for key in sorted({*here} & {*module}):
        found += [f"{key} {difference}" for difference in differences(here[key], module[key])]
    for line in found:
        print(line)
    print(f"{len(here)} results in Ansible's worker, {len(module)} as modules, {len(found)} differences")
    if found or len(here) < FEW:
        sys.exit(1)


if __name__ == "__main__":
    main()
