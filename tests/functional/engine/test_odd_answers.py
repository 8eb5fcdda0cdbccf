# SPDX-License-Identifier: GPL-3.0-or-later

"""One answer of a run is odd in one place: the run ends with a result or with an error of ours, which can be printed.

A sample of all places, the same in every run; ``ODD_ANSWERS`` is the number of them for each operation, and
``ODD_SEED`` chooses others.
"""

from __future__ import annotations

import copy
import json
import os
import random
import typing as t
from pathlib import Path

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.local.journal import Journal
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh import answers
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.request import (
    ClusterRequest,
    NetworkRequest,
    ResetRequest,
    customization_request,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.common.report import Report
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.customize import customize
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.ensure_cluster import (
    absent,
    present,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.list_clusters import clusters
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.locate import Address
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._engine.managed.reset import reset
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.outcome import EXPECTED, outcome
from ovh_simulator import Simulator

from .resets import NETWORK, OPEN_ID_CONNECT, RESTRICTIONS, SUBNET

CASES = int(os.environ.get("ODD_ANSWERS", "40"))
SEED = int(os.environ.get("ODD_SEED", "10"))

CLUSTER = {
    "ipRestrictions": RESTRICTIONS,
    "openIdConnect": OPEN_ID_CONNECT,
    "privateNetworkId": NETWORK,
    "nodesSubnetId": SUBNET,
    "nodepools": [{"name": "pool", "desiredNodes": 1, "flavorName": "b2-7"}],
    "customization": {"kubeProxy": {"iptables": {"syncPeriod": "PT30S"}, "ipvs": {"scheduler": "rr"}}},
}
REQUEST = customization_request(
    {"iptables": {"sync_period": "1m"}, "ipvs": {"tcp_timeout": "900s"}},
    {"admission_plugins": {"disabled": ["AlwaysPullImages"]}},
)
PRESENT = ClusterRequest(
    "prod",
    "GRA11",
    update_policy="NEVER_UPDATE",
    customization=REQUEST,
    network=NetworkRequest(load_balancers_subnet_id=SUBNET, default_vrack_gateway="10.0.0.1"),
)
NEW = ClusterRequest(
    "new", "GRA11", mode="iptables", customization=customization_request({"iptables": {"sync_period": "1m"}}, None)
)

#: In place of a member that is left out.
GONE = object()
ODD: list[t.Any] = [
    *(None, True, 0, -1, 17, 1.5, "", ".", "..", "READY", "1.34", [], {}, [None], ["a"], {"a": {"b": []}}, GONE),
    *("9" * 5000, "P" + "9" * 5000 + "D", "x\x1b[31m\nFAKE TASK [ok]"),
]

Path_ = tuple[t.Any, ...]


def places(value: t.Any, path: Path_ = ()) -> t.Iterator[Path_]:
    """Every place in a JSON value, the root included."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in inner:
        yield from places(member, (*path, key))


def made_odd(value: t.Any, path: Path_, odd: t.Any) -> t.Any:
    """The answer with something odd in a place; odd as a whole where it has no such place this time."""
    whole = None if odd is GONE else odd
    if not path:
        return whole
    changed = copy.deepcopy(value)
    there = changed
    try:
        for key in path[:-1]:
            there = there[key]
        if odd is GONE:
            del there[path[-1]]
        else:
            there[path[-1]] = odd
    except (LookupError, TypeError):
        return whole
    return changed


class Answers:
    """Reads answers as the adapter does, and makes the n-th of a run odd."""

    def __init__(self) -> None:
        self._decode = answers.decode
        self.seen: list[t.Any] = []
        self.odd: tuple[int, Path_, t.Any] = (-1, (), None)

    def __call__(self, body: bytes) -> t.Any:
        value = self._decode(body)
        number, path, odd = self.odd
        self.seen.append(value)
        return made_odd(value, path, odd) if len(self.seen) - 1 == number else value


Operation = t.Callable[[t.Any, str, Journal], Report]
OPERATIONS: dict[str, Operation] = {
    "info": lambda rig, _id, _j: Report(False, facts={"clusters": clusters(rig.context(timeout=60), Address())}),
    "customize": lambda rig, _id, _j: customize(rig.context(timeout=120), Address(None, "prod"), REQUEST),
    "present": lambda rig, _id, _j: present(rig.context(timeout=120), Address(None, "prod", "GRA11"), PRESENT),
    "create": lambda rig, _id, _j: present(rig.context(timeout=120), Address(None, "new", "GRA11"), NEW),
    "absent": lambda rig, kube_id, _j: absent(rig.context(timeout=120), Address(kube_id), "prod"),
    "reset": lambda rig, kube_id, journal: reset(
        rig.context(timeout=300), Address(kube_id), ResetRequest("ipvs", REQUEST), "prod", journal
    ),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_odd_answer_is_a_result_or_an_error_that_can_be_printed(
    rig: t.Any, sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    reading = Answers()
    monkeypatch.setattr(answers, "decode", reading)
    sim.settings.update({"lag_polls": 0, "transient_polls": 1})

    def run(number: int) -> Report | Exception:
        sim.clusters.clear()
        kube_id = sim.add_cluster(name="prod", kubeProxyMode="iptables", **copy.deepcopy(CLUSTER))
        reading.seen = []
        try:
            return OPERATIONS[operation](rig, kube_id, Journal(tmp_path / f"journal{number}"))
        except EXPECTED as error:
            return error

    assert isinstance(run(0), Report)
    requests = list(reading.seen)
    cases = [(n, path, odd) for n, answer in enumerate(requests) for path in places(answer) for odd in ODD]
    for number, case in enumerate(random.Random(SEED).sample(cases, min(CASES, len(cases))), 1):
        reading.odd = case
        ended = outcome(run(number), rig.last.facts, rig.last.warnings)
        assert json.dumps(ended.result)
        assert all(text.isprintable() for text in (ended.result.get("msg", ""), *ended.warnings)), case
