# SPDX-License-Identifier: GPL-3.0-or-later

"""Validation of request bodies against the API's schema."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from . import durations, errors
from .settings import Settings

Body = dict[str, t.Any]
#: Checks a member and gives back the value to store. Arguments: value, dotted name, reader of the whole body.
Check = t.Callable[[t.Any, str, "Reader"], t.Any]

SCHEDULERS = ("dh", "lc", "nq", "rr", "sed", "sh")
MODES = ("iptables", "ipvs")
PLUGINS = ("AlwaysPullImages", "NodeRestriction")
UPDATE_POLICIES = ("ALWAYS_UPDATE", "MINIMAL_DOWNTIME", "NEVER_UPDATE")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class Reader:
    """Reads one body; knows the knobs and the call it belongs to."""

    def __init__(self, settings: Settings, call: str) -> None:
        self.settings = settings
        self._call = call

    def read(
        self,
        body: t.Any,
        members: t.Mapping[str, Check],
        *,
        required: t.Iterable[str] = (),
        refused: t.Iterable[str] = (),
        ignored: t.Iterable[str] = (),
    ) -> Body:
        """`refused` names are unknown whatever the knob says; `ignored` ones are dropped."""
        body = {} if body is None else body
        if not isinstance(body, dict):
            raise errors.bad_request("Invalid JSON received")
        for name in refused:
            if name in body:
                raise self._unknown([name])
        for name in required:
            if body.get(name) is None:
                raise errors.bad_request(f"Missing body parameter: {name}")
        return self.members({k: v for k, v in body.items() if k not in set(ignored)}, members, "")

    def members(self, value: Body, members: t.Mapping[str, Check], prefix: str) -> Body:
        unknown = [prefix + name for name in value if name not in members]
        if unknown and self.settings.unknown_fields == "refuse":
            raise self._unknown(unknown)
        return {
            name: None if member is None else members[name](member, prefix + name, self)
            for name, member in value.items()
            if name in members
        }

    def _unknown(self, names: list[str]) -> errors.ApiError:
        text = f"Received not described parameters: ({', '.join(names)}) while calling {self._call}"
        return errors.bad_request(text)


def string(value: t.Any, name: str, reader: Reader) -> str:
    if not isinstance(value, str):
        raise errors.malformed(name)
    return value


def boolean(value: t.Any, name: str, reader: Reader) -> bool:
    if not isinstance(value, bool):
        raise errors.malformed(name)
    return value


def integer(value: t.Any, name: str, reader: Reader) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise errors.malformed(name)
    return value


def uuid(value: t.Any, name: str, reader: Reader) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise errors.malformed(name)
    return value


def one_of(*choices: str) -> Check:
    def check(value: t.Any, name: str, reader: Reader) -> str:
        if value not in choices or not isinstance(value, str):
            raise errors.malformed(name)
        return value

    return check


def version(value: t.Any, name: str, reader: Reader) -> str:
    if not isinstance(value, str) or value not in reader.settings.versions:
        raise errors.malformed(name)
    return value


def list_of(item: Check) -> Check:
    def check(value: t.Any, name: str, reader: Reader) -> list[t.Any]:
        if not isinstance(value, list):
            raise errors.malformed(name)
        return [item(member, name, reader) for member in value]

    return check


def section(members: t.Mapping[str, Check]) -> Check:
    def check(value: t.Any, name: str, reader: Reader) -> Body:
        if not isinstance(value, dict):
            raise errors.malformed(name)
        return reader.members(value, members, name + ".")

    return check


def any_object(value: t.Any, name: str, reader: Reader) -> Body:
    if not isinstance(value, dict):
        raise errors.malformed(name)
    return value


def duration(value: t.Any, name: str, reader: Reader) -> str:
    try:
        return durations.rewritten(value, reader.settings.canonical_durations)
    except (ValueError, TypeError) as exc:
        raise errors.malformed(name) from exc


def sync_period(value: t.Any, name: str, reader: Reader) -> str:
    text = duration(value, name, reader)
    if reader.settings.zero_sync_period == "refuse" and durations.to_seconds(text) == 0:
        raise errors.malformed(name)
    return text


def tcp_timeout(value: t.Any, name: str, reader: Reader) -> str:
    text = duration(value, name, reader)
    if 0 < durations.to_seconds(text) < 5:
        raise errors.malformed(name)
    return text


def admission_plugins(value: t.Any, name: str, reader: Reader) -> Body:
    lists = section({"enabled": list_of(one_of(*PLUGINS)), "disabled": list_of(one_of(*PLUGINS))})(value, name, reader)
    disabled = lists.get("disabled") or []
    if "NodeRestriction" in disabled:
        raise errors.bad_request("Admission plugin NodeRestriction cannot be disabled")
    return {"enabled": [plugin for plugin in PLUGINS if plugin not in disabled], "disabled": disabled}


def cidr(value: t.Any, name: str, reader: Reader) -> str:
    try:
        return str(ipaddress.ip_network(string(value, name, reader)))
    except ValueError as exc:
        raise errors.malformed(name) from exc


KUBE_PROXY = {
    "iptables": section({"minSyncPeriod": duration, "syncPeriod": sync_period}),
    "ipvs": section(
        {
            "minSyncPeriod": duration,
            "syncPeriod": sync_period,
            "scheduler": one_of(*SCHEDULERS),
            "tcpTimeout": tcp_timeout,
            "tcpFinTimeout": duration,
            "udpTimeout": duration,
        }
    ),
}
CUSTOMIZATION: dict[str, Check] = {
    "apiServer": section({"admissionPlugins": admission_plugins}),
    "kubeProxy": section(KUBE_PROXY),
    "cilium": any_object,
}
PRIVATE_NETWORK_CONFIGURATION: dict[str, Check] = {
    "defaultVrackGateway": string,
    "privateNetworkRoutingAsDefault": boolean,
}
NODE_POOL: dict[str, Check] = {
    "name": string,
    "flavorName": string,
    "desiredNodes": integer,
    "minNodes": integer,
    "maxNodes": integer,
    "autoscale": boolean,
    "autoscaling": any_object,
    "antiAffinity": boolean,
    "attachFloatingIps": any_object,
    "availabilityZones": list_of(string),
    "monthlyBilled": boolean,
    "template": any_object,
}
_COMMON: dict[str, Check] = {
    "name": string,
    "version": version,
    "updatePolicy": one_of(*UPDATE_POLICIES),
    "kubeProxyMode": one_of(*MODES),
    "customization": section(CUSTOMIZATION),
    "privateNetworkId": string,
    "privateNetworkConfiguration": section(PRIVATE_NETWORK_CONFIGURATION),
    "nodesSubnetId": uuid,
    "loadBalancersSubnetId": uuid,
    "ipAllocationPolicy": section({"podsIpv4Cidr": cidr, "servicesIpv4Cidr": cidr}),
}
CREATE: dict[str, Check] = {
    **_COMMON,
    "region": string,
    "plan": one_of("free", "standard"),
    "nodepool": section(NODE_POOL),
    "nodepools": list_of(section(NODE_POOL)),
}
RESET: dict[str, Check] = {**_COMMON, "workerNodesPolicy": one_of("delete", "reinstall")}
EDIT: dict[str, Check] = {"name": string, "updatePolicy": one_of(*UPDATE_POLICIES)}
OPEN_ID_CONNECT: dict[str, Check] = {
    "clientId": string,
    "issuerUrl": string,
    "usernameClaim": string,
    "usernamePrefix": string,
    "groupsClaim": list_of(string),
    "groupsPrefix": string,
    "requiredClaim": list_of(string),
    "signingAlgorithms": list_of(string),
    "caContent": string,
}


def check_network(body: Body) -> None:
    """The subnets only make sense inside a private network."""
    if body.get("nodesSubnetId") and not body.get("privateNetworkId"):
        raise errors.bad_request("nodesSubnetId requires privateNetworkId")
    if body.get("loadBalancersSubnetId") and not (body.get("privateNetworkId") and body.get("nodesSubnetId")):
        raise errors.bad_request("loadBalancersSubnetId requires privateNetworkId and nodesSubnetId")
    if body.get("privateNetworkConfiguration") and not body.get("privateNetworkId"):
        raise errors.bad_request("privateNetworkConfiguration requires privateNetworkId")
