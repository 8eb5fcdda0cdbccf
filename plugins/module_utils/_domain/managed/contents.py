# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster contains that a reset destroys, and how sure it is: volumes, load balancers and workloads.

Source: OVHcloud's guide "Resetting an OVHcloud Managed Kubernetes cluster" (2023-03-23): all data in etcd, the load
balancers, and all claims with their Cinder volumes are deleted. It names no reclaim policy. The guide "Known limits"
ties the address of a load balancer to its Service, unless that asks to keep it. For the rest there is no document.
"""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass

from ..common.json_types import Json
from ..common.listed import listed
from ..common.printable import printable

#: Objects of one kind that a result shows.
SHOWN: t.Final = 100
#: Characters of a name, an address or another word.
_WORD = 300
#: What Kubernetes calls OVHcloud's block storage, as a CSI driver.
_CINDER = "cinder.csi.openstack.org"
#: Of OpenStack's cloud controller manager, which OVHcloud runs.
_KEEP_ADDRESS = "loadbalancer.openstack.org/keep-floatingip"

Fate = t.Literal["deleted", "unclear", "node", "elsewhere"]

#: How a message says what becomes of volumes, the worst first.
_FATES: t.Mapping[Fate, str] = {
    "deleted": "a reset deletes them with their data, according to OVHcloud's guide",
    "node": "their data is on the disks of nodes, which are deleted or installed anew",
    "unclear": "no document says what a reset does to a Cinder volume that is to be retained or has no claim",
    "elsewhere": "their data is not in OVHcloud's block storage, and no document says that a reset deletes it",
}


@dataclass(frozen=True)
class Volume:
    """A PersistentVolume; ``claim`` is the PersistentVolumeClaim that it is or was bound to."""

    name: str
    claim: str | None
    capacity: str | None
    storage_class: str | None
    reclaim_policy: str | None
    fate: Fate

    @classmethod
    def of(cls, found: Json) -> Volume:
        spec = found["spec"]
        reference = spec.get("claimRef") or {}
        claim = f"{reference.get('namespace')}/{reference.get('name')}" if reference else None
        policy = spec.get("persistentVolumeReclaimPolicy")
        bound = (found.get("status") or {}).get("phase") == "Bound"
        return cls(
            _word(found["metadata"]["name"]),
            _optional(claim),
            _optional((spec.get("capacity") or {}).get("storage")),
            _optional(spec.get("storageClassName")),
            _optional(policy),
            _fate(spec, bound and policy == "Delete"),
        )

    def __str__(self) -> str:
        return f"{self.claim or self.name} ({self.capacity or 'size unknown'})"


def _fate(spec: Json, deleted_with_claim: bool) -> Fate:
    if spec.get("hostPath") is not None or spec.get("local") is not None:
        return "node"
    if spec.get("cinder") is None and (spec.get("csi") or {}).get("driver") != _CINDER:
        return "elsewhere"
    return "deleted" if deleted_with_claim else "unclear"


@dataclass(frozen=True)
class LoadBalancer:
    """The load balancer of a Service; ``keep_address`` is whether the Service asks for its address to outlast it."""

    service: str
    addresses: tuple[str, ...]
    keep_address: bool

    @classmethod
    def of(cls, found: Json) -> LoadBalancer:
        metadata = found["metadata"]
        status = (found.get("status") or {}).get("loadBalancer") or {}
        ingress = (entry.get("ip") or entry.get("hostname") for entry in status.get("ingress") or ())
        keep = (metadata.get("annotations") or {}).get(_KEEP_ADDRESS) or ""
        return cls(
            _word(f"{metadata.get('namespace') or 'default'}/{metadata['name']}"),
            tuple(_word(address) for address in ingress if address),
            keep.strip().lower() == "true",
        )

    def __str__(self) -> str:
        return f"{self.service} ({', '.join(self.addresses) or 'no address'})"


def load_balancers(services: t.Iterable[Json]) -> tuple[LoadBalancer, ...]:
    """Those of the Services that have one."""
    return tuple(LoadBalancer.of(found) for found in services if found["spec"].get("type") == "LoadBalancer")


@dataclass(frozen=True)
class Contents:
    """What was read of a cluster, None for what was not; ``notices`` say why not.

    ``workloads`` are numbers by the kind of the object, such as Deployment.
    """

    volumes: tuple[Volume, ...] | None = None
    load_balancers: tuple[LoadBalancer, ...] | None = None
    workloads: t.Mapping[str, int] | None = None
    notices: tuple[str, ...] = ()

    def summary(self) -> str:
        """The numbers, on a line."""
        known = [
            *([] if self.volumes is None else [_number(len(self.volumes), "volume")]),
            *([] if self.load_balancers is None else [_number(len(self.load_balancers), "load balancer")]),
            *(_number(number, kind) for kind, number in (self.workloads or {}).items()),
        ]
        unknown = self._unknown()
        return " and ".join(
            [*([", ".join(known)] if known else []), *([f"an unknown number of {unknown}"] if unknown else [])]
        )

    def described(self) -> str:
        """What is lost, with names and with how sure that is, in sentences."""
        unknown = self._unknown()
        return " ".join(
            [
                *self._described_volumes(),
                *self._described_load_balancers(),
                *self._described_workloads(),
                *([f"Not known are its {unknown}."] if unknown else []),
            ]
        )

    def as_result(self) -> Json:
        return {
            "summary": self.summary(),
            "volumes": None if self.volumes is None else _volumes_result(self.volumes),
            "load_balancers": None
            if self.load_balancers is None
            else {
                "total": len(self.load_balancers),
                "first": [
                    {
                        "service": balancer.service,
                        "addresses": list(balancer.addresses),
                        "keep_address": balancer.keep_address,
                    }
                    for balancer in sorted(self.load_balancers, key=str)[:SHOWN]
                ],
            },
            "workloads": None if self.workloads is None else dict(self.workloads),
        }

    def _unknown(self) -> str:
        parts = {"volumes": self.volumes, "load balancers": self.load_balancers, "workloads": self.workloads}
        return ", ".join(name for name, found in parts.items() if found is None)

    def _described_volumes(self) -> t.Iterator[str]:
        if self.volumes is None:
            return
        if not self.volumes:
            yield "It has no volumes."
        for fate, what in _FATES.items():
            found = sorted(str(volume) for volume in self.volumes if volume.fate == fate)
            if found:
                yield f"Volumes: {listed(found)}; {what}."

    def _described_load_balancers(self) -> t.Iterator[str]:
        if self.load_balancers is None:
            return
        if not self.load_balancers:
            yield "It has no load balancers."
        kept = sorted(str(balancer) for balancer in self.load_balancers if balancer.keep_address)
        others = sorted(str(balancer) for balancer in self.load_balancers if not balancer.keep_address)
        if others:
            yield f"Load balancers: {listed(others)}; they are deleted, and new ones get other addresses."
        if kept:
            yield (
                f"Load balancers that ask to keep their address: {listed(kept)}; they are deleted, and no document "
                f"says whether a reset keeps the address."
            )

    def _described_workloads(self) -> t.Iterator[str]:
        if self.workloads is not None:
            numbers = [_number(number, kind) for kind, number in self.workloads.items()]
            yield f"Outside kube-system it has {', '.join(numbers)}."


def _volumes_result(volumes: t.Sequence[Volume]) -> Json:
    numbers = Counter(volume.fate for volume in volumes)
    return {
        "total": len(volumes),
        "fates": {fate: numbers[fate] for fate in _FATES if numbers[fate]},
        "first": [
            {
                "name": volume.name,
                "claim": volume.claim,
                "capacity": volume.capacity,
                "storage_class": volume.storage_class,
                "reclaim_policy": volume.reclaim_policy,
                "fate": volume.fate,
            }
            for volume in sorted(volumes, key=lambda volume: (volume.claim or "", volume.name))[:SHOWN]
        ],
    }


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _word(text: str) -> str:
    return printable(text, _WORD)


def _optional(text: str | None) -> str | None:
    return None if text is None else _word(text)
