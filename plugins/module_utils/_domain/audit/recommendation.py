# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about one cluster, the most urgent first, each with its reason."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

from ..common.listed import listed
from ..kube_proxy.versions import KubeProxyVersion
from .record import Record

#: Below this many Services, no mode is measurably better than another (Tigera 2019, Huawei CCE; see SLOW).
MANY_SERVICES: t.Final = 1000
#: Seconds in which 99 of 100 writes should end: kube-proxy writes at most once a second by default.
SLOW: t.Final = 1.0


class Kind(enum.Enum):
    """What is to be done; how, depends on the cluster's world."""

    MAKE_READABLE = "make_readable"
    CONTINUE = "continue"
    CHANGE_MODE = "change_mode"
    APPLY = "apply"
    CLEAN = "clean"
    LEAVE_IPVS = "leave_ipvs"
    SET_MODE = "set_mode"
    SPEED_UP = "speed_up"
    UPDATE = "update"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Recommendation:
    """``reason`` is the beginning of a sentence, in lower case. ``mode`` is the one to change to."""

    kind: Kind
    reason: str
    mode: str | None = None


def recommendations(record: Record) -> list[Recommendation]:
    """At least one; the last resort is that there is nothing to do."""
    if record.error is not None:
        return [Recommendation(Kind.MAKE_READABLE, f"it was not read: {record.error}")]
    if record.without is not None:
        return [Recommendation(Kind.NOTHING, record.without)]
    about = (_about_drift, _about_leftovers, _about_mode, _about_version, _about_nodes)
    found = [each for advise in about for each in advise(record)]
    if found:
        return found
    reason = "it runs what is desired" if record.desired else "no variable says what is desired of it"
    return [Recommendation(Kind.NOTHING, reason)]


def _about_drift(record: Record) -> t.Iterator[Recommendation]:
    if record.migration is not None:
        yield Recommendation(Kind.CONTINUE, f"a change of the mode is under way: {record.migration}")
        return
    if record.other_mode:
        reason = f"it runs {record.mode}, and {record.desired_mode} is desired"
        yield Recommendation(Kind.CHANGE_MODE, reason, record.desired_mode)
    settings = [each.option for each in record.differences if each.option != "mode"]
    if settings:
        differ = "setting differs" if len(settings) == 1 else "settings differ"
        yield Recommendation(Kind.APPLY, f"{len(settings)} {differ} from what is desired ({listed(settings)})")
    elif record.drift and not record.other_mode:
        yield Recommendation(Kind.APPLY, record.drift[0])


def _about_leftovers(record: Record) -> t.Iterator[Recommendation]:
    number = record.nodes_with_leftovers
    if number and record.migration is None:
        nodes = "1 node has" if number == 1 else f"{number} nodes have"
        yield Recommendation(Kind.CLEAN, f"{nodes} rules that another mode has left, and these can answer wrongly")


def _about_mode(record: Record) -> t.Iterator[Recommendation]:
    version = _version(record)
    planned = record.desired_mode or record.mode
    if record.mode == "ipvs" and planned == "ipvs" and version and version.at_least(35):
        reason = "mode ipvs is deprecated since Kubernetes 1.35, and planned to be off by default from 1.40 on"
        if record.world == "managed":
            # KEP-5495 has nftables in its place, which OVHcloud's API does not offer.
            yield Recommendation(Kind.LEAVE_IPVS, f"{reason}; OVHcloud offers iptables in its place", "iptables")
        else:
            yield Recommendation(Kind.LEAVE_IPVS, reason, "nftables")
    elif record.deprecation and record.mode != "ipvs":
        yield Recommendation(Kind.SET_MODE, record.deprecation)
    sync, services = record.sync, record.services
    many, slow = (services or 0) >= MANY_SERVICES, sync is not None and sync.p99 >= SLOW
    if planned == record.mode == "iptables" and many and sync and slow:
        better = "nftables" if version and version.at_least(33) else None
        reason = f"with {services} Services, 1 of 100 writes of the iptables rules takes {sync.p99:g} s or more"
        yield Recommendation(Kind.SPEED_UP, reason, better)


def _about_version(record: Record) -> t.Iterator[Recommendation]:
    if record.up_to_date is False:
        yield Recommendation(Kind.UPDATE, f"{record.version or 'its version'} is not the newest patch version")


def _about_nodes(record: Record) -> t.Iterator[Recommendation]:
    unread = [f"{node.name} ({node.error})" for node in record.nodes if node.error is not None]
    if unread:
        yield Recommendation(Kind.MAKE_READABLE, f"what is in the kernel of these nodes was not read: {listed(unread)}")


def _version(record: Record) -> KubeProxyVersion | None:
    try:
        return KubeProxyVersion.parse(record.version or "")
    except ValueError:
        return None
