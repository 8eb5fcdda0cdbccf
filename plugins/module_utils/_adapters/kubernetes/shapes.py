# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes of the API server's objects, as far as this collection reads them: an answer is compared once, here.

The objects stay the JSON that came, since what is written back must hold what the collection does not know. Nothing
behind this file has to expect a text where a list should be. Source: Kubernetes API reference, v1 and apps/v1.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._domain.common.reading import MalformedError, kind_of


@dataclass(frozen=True)
class Maybe:
    """Absent, null, or of this shape."""

    shape: t.Any


@dataclass(frozen=True)
class Each:
    """An object all of whose members are of this shape, whatever their names."""

    shape: t.Any


#: A type is itself, a list has items of its first one, a dict is an object with at least these members.
Shape = t.Union[type, Maybe, Each, "list[t.Any]", "dict[str, t.Any]"]

_NAMES: t.Mapping[t.Any, str] = {str: "a string", int: "a number", bool: "true or false", object: "anything"}


def check(value: t.Any, shape: t.Any, where: str = "") -> None:
    """Raises MalformedError, with the path, for a value that is not of the shape."""
    if isinstance(shape, Maybe):
        if value is not None:
            check(value, shape.shape, where)
    elif isinstance(shape, dict):
        _expect(isinstance(value, dict), value, "an object", where)
        for name, inner in shape.items():
            check(value.get(name), inner, f"{where}.{name}" if where else name)
    elif isinstance(shape, Each):
        _expect(isinstance(value, dict), value, "an object", where)
        for inner in value.values():
            check(inner, shape.shape, where)
    elif isinstance(shape, list):
        _expect(isinstance(value, list), value, "a list", where)
        for inner in value:
            check(inner, shape[0], f"{where}[]")
    else:
        fits = isinstance(value, shape) and isinstance(value, bool) <= (shape is bool)
        _expect(fits, value, " or ".join(_NAMES[kind] for kind in _kinds(shape)), where)


def _kinds(shape: t.Any) -> tuple[type, ...]:
    return shape if isinstance(shape, tuple) else (shape,)


def _expect(fits: bool, value: t.Any, expected: str, where: str) -> None:
    if not fits:
        raise MalformedError(f"{where or 'it'} is {kind_of(value)} where {expected} is expected")


_MetaData = {
    "name": str,
    "namespace": Maybe(str),
    "annotations": Maybe(Each(str)),
    "labels": Maybe(Each(str)),
    "creationTimestamp": Maybe(str),
}

CONFIG_MAP: t.Final = {
    "metadata": {
        **_MetaData,
        "namespace": str,
        "resourceVersion": str,
        "managedFields": Maybe([{"time": Maybe(str), "fieldsV1": Maybe({})}]),
    },
    "data": Maybe(Each(str)),
}

_CONTAINER = {
    "name": str,
    "image": Maybe(str),
    "command": Maybe([str]),
    "args": Maybe([str]),
    "workingDir": Maybe(str),
    "volumeMounts": Maybe([{"name": str, "mountPath": str, "subPath": Maybe(str)}]),
    "env": Maybe([{"name": str, "value": Maybe(str)}]),
}

_CONFIG_MAP_SOURCE = Maybe({"name": str, "items": Maybe([{"key": str, "path": str}])})

_VOLUME = {
    "name": str,
    "configMap": _CONFIG_MAP_SOURCE,
    "projected": Maybe({"sources": Maybe([{"configMap": _CONFIG_MAP_SOURCE}])}),
}

_COUNT = Maybe(int)

_TERM = {
    "matchExpressions": Maybe([{}]),
    "matchFields": Maybe([{"key": Maybe(str), "values": Maybe([str])}]),
}

_REQUIRED = Maybe({"nodeSelectorTerms": Maybe([_TERM])})

_AFFINITY = Maybe({"nodeAffinity": Maybe({"requiredDuringSchedulingIgnoredDuringExecution": _REQUIRED})})

DAEMON_SET: t.Final = {
    "metadata": {**_MetaData, "namespace": str, "uid": str, "resourceVersion": str, "generation": int},
    "spec": {
        "selector": {"matchLabels": Maybe(Each(str))},
        "template": {
            "metadata": Maybe({"annotations": Maybe(Each(str)), "labels": Maybe(Each(str))}),
            "spec": {
                "affinity": _AFFINITY,
                "containers": [_CONTAINER],
                "initContainers": Maybe([_CONTAINER]),
                "volumes": Maybe([_VOLUME]),
            },
        },
        "updateStrategy": Maybe(
            {
                "type": Maybe(str),
                "rollingUpdate": Maybe({"maxUnavailable": Maybe((int, str)), "maxSurge": Maybe((int, str))}),
            }
        ),
        "minReadySeconds": _COUNT,
    },
    "status": Maybe(
        dict.fromkeys(
            (
                "observedGeneration",
                "desiredNumberScheduled",
                "currentNumberScheduled",
                "updatedNumberScheduled",
                "numberReady",
                "numberAvailable",
                "numberMisscheduled",
            ),
            _COUNT,
        )
    ),
}

_CONDITIONS = Maybe([{"type": str, "status": str}])

_STATE = Maybe(
    {
        "running": Maybe({"startedAt": Maybe(str)}),
        "waiting": Maybe({"reason": Maybe(str), "message": Maybe(str)}),
        "terminated": Maybe({"reason": Maybe(str), "message": Maybe(str), "exitCode": _COUNT}),
    }
)

POD: t.Final = {
    "metadata": {
        **_MetaData,
        "creationTimestamp": str,
        "deletionTimestamp": Maybe(str),
        "ownerReferences": Maybe([{"uid": Maybe(str)}]),
    },
    "spec": {
        "nodeName": Maybe(str),
        "affinity": _AFFINITY,
    },
    "status": Maybe(
        {
            "phase": Maybe(str),
            "conditions": _CONDITIONS,
            "containerStatuses": Maybe([{"restartCount": _COUNT, "state": _STATE, "lastState": _STATE}]),
        }
    ),
}

NODE: t.Final = {
    "metadata": _MetaData,
    "status": Maybe(
        {
            "conditions": _CONDITIONS,
            "nodeInfo": Maybe(dict.fromkeys(("kernelVersion", "kubeletVersion"), Maybe(str))),
        }
    ),
}

#: A pod of any owner, as far as it shows what it runs.
ANY_POD: t.Final = {"metadata": _MetaData, "spec": {"containers": [_CONTAINER]}}

SERVICE: t.Final = {
    "metadata": _MetaData,
    "spec": {
        **dict.fromkeys(("type", "clusterIP", "sessionAffinity", "externalTrafficPolicy"), Maybe(str)),
        **dict.fromkeys(("clusterIPs", "externalIPs"), Maybe([str])),
        "sessionAffinityConfig": Maybe({"clientIP": Maybe({"timeoutSeconds": _COUNT})}),
        "ports": Maybe([{"nodePort": _COUNT}]),
    },
    "status": Maybe(
        {"loadBalancer": Maybe({"ingress": Maybe([dict.fromkeys(("ip", "hostname", "ipMode"), Maybe(str))])})}
    ),
}

PERSISTENT_VOLUME: t.Final = {
    "metadata": _MetaData,
    "spec": {
        "capacity": Maybe(Each(str)),
        "claimRef": Maybe({"namespace": Maybe(str), "name": Maybe(str)}),
        **dict.fromkeys(("storageClassName", "persistentVolumeReclaimPolicy"), Maybe(str)),
        **dict.fromkeys(("cinder", "hostPath", "local"), Maybe({})),
        "csi": Maybe({"driver": Maybe(str)}),
    },
    "status": Maybe({"phase": Maybe(str)}),
}

#: An object that is only counted.
NAMED: t.Final = {"metadata": {"name": str}}

#: Calico's FelixConfiguration (crd.projectcalico.org/v1).
FELIX: t.Final = {
    "metadata": _MetaData,
    "spec": Maybe({"nftablesMode": Maybe(str), "bpfEnabled": Maybe(bool)}),
}

#: What was just made, in answer to a dry run without a version.
CREATED: t.Final = {"metadata": {"name": str}}

CONTROLLER_REVISION: t.Final = {
    "metadata": {**_MetaData, "ownerReferences": Maybe([{"uid": Maybe(str)}])},
    "revision": int,
    "data": Maybe({"spec": Maybe({"template": Maybe({"spec": Maybe({"affinity": _AFFINITY})})})}),
}
