# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding clusters: by id in one request, by name through all of a project's clusters (the API has no filter).

The tasks of one run read a project once: see :mod:`..._adapters.ovh.in_common`.
"""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..._adapters.ovh.api_errors import NotFoundError
from ..._adapters.ovh.in_common import Names, Noted
from ..._domain.common.listed import FEW, listed, nearest
from ..._domain.common.printable import printable, quoted
from ..._domain.managed.cluster import Cluster
from ..common.run import EngineError
from .context import Context
from .read_cluster import read_cluster

#: OVHcloud's developers accept about 60 requests a minute; a few at a time stay far from bursts of hundreds.
CONCURRENT_READS = 8

Member = t.TypeVar("Member", Cluster, Noted)

#: Characters of a cluster's name that a list shows.
LONGEST_NAME = 100


@dataclass(frozen=True)
class Address:
    """Which cluster is meant: an id, or a name that is unique (within a region)."""

    kube_id: str | None = None
    name: str | None = None
    region: str | None = None

    def __str__(self) -> str:
        where = f" in {self.region}" if self.region else ""
        return f"cluster {self.kube_id}" if self.kube_id else f"cluster {quoted(self.name)}{where}"


class ClusterNotFoundError(EngineError):
    """No cluster of the project is meant by the address."""


class AmbiguousNameError(EngineError):
    """The name is that of several clusters."""


#: How often a cluster that is listed and not found is read, ``wait_sleep`` apart, before that counts.
HIDDEN_READS = 5


class HiddenClusterError(EngineError):
    """The API lists a cluster and does not show it, so that it may be the one that is meant."""


def read_all(ctx: Context) -> list[Cluster]:
    """Every cluster of the project, read concurrently, in the order of the API's list.

    An id that is listed and not found is left out: it was deleted meanwhile, or the API does not show it yet.
    """
    return [cluster for cluster in read_listed(ctx).values() if cluster is not None]


def read_listed(
    ctx: Context, without: t.Collection[str] = (), refusals: dict[str, NotFoundError] | None = None
) -> dict[str, Cluster | None]:
    """Every id of the project's list but those, with its cluster; None for one that the API does not show.

    ``refusals`` gets what the API said in place of those.
    """
    ids = [kube_id for kube_id in dict.fromkeys(ctx.api.list_ids()) if kube_id not in without]
    with ThreadPoolExecutor(max_workers=CONCURRENT_READS) as pool:
        return dict(zip(ids, pool.map(lambda kube_id: _get(ctx, kube_id, refusals), ids), strict=True))


class Found(t.NamedTuple):
    """The cluster that is meant, None when there certainly is none, and the ids that the project was seen to have."""

    cluster: Cluster | None
    known: frozenset[str]


def find(ctx: Context, address: Address) -> Found:
    """Look for the cluster that is meant.

    Raises AmbiguousNameError when there are several, and HiddenClusterError when the API lists an id and does not show
    its cluster: to create a cluster then might mean to pay for two, and to call it deleted, to pay without knowing. For
    the same reason two lists have to lack it.
    """
    hidden: list[str] = []
    refusals: dict[str, NotFoundError] = {}
    known: frozenset[str] = frozenset()
    for attempt in range(HIDDEN_READS):
        if attempt:
            ctx.pause()
        if address.kube_id:
            found = _get(ctx, address.kube_id, refusals)
            # The list also reveals an unknown project, whose clusters would all seem to be gone.
            known = frozenset([found.id] if found else ctx.api.list_ids())
            hidden = [kube_id for kube_id in known if kube_id == address.kube_id] if not found else []
        else:
            shown = read_listed(ctx, refusals=refusals)
            if None not in shown.values() and not named(shown.values(), address):
                shown.update(read_listed(ctx, shown, refusals))
            known = frozenset(shown)
            found = _only([cluster for cluster in shown.values() if cluster is not None], address)
            hidden = [kube_id for kube_id, cluster in shown.items() if cluster is None]
        if found is not None or not hidden:
            return Found(_known(ctx, found, address), known)
    raise HiddenClusterError(
        f"The project lists {listed(hidden)}, which the API does not show (yet); it may be the {address} asked for. "
        f"Run again in a few minutes. {refusals[hidden[0]]}"
    )


def require(ctx: Context, address: Address, *, anew: bool = False) -> Cluster:
    """Like find, but a missing cluster is an error: the API's own 404 for an id, a list of what there is for a name.

    ``anew`` reads the whole project for a name, whatever other tasks of this run have read.
    """
    found = read_cluster(ctx, address.kube_id) if address.kube_id else _by_name(ctx, address, anew=anew)
    return t.cast(Cluster, _known(ctx, found, address))


def _by_name(ctx: Context, address: Address, *, anew: bool) -> Cluster:
    """The cluster of that name. One task at a time reads the project, and notes what there is for all others.

    What is noted gives an id, and the cluster is read by that: it counts if it still bears the name. That there is none
    of the name, or several, counts if the project still has the same ids and the notes are young.
    """
    looked_at: float | None = None
    while True:
        with ctx.api.names() as names:
            if anew or names.known is None or (looked_at == names.at and not _holds(ctx, names)):
                clusters = read_all(ctx)
                names.note(clusters)
                only = _only(clusters, address)
                if only is None:
                    raise _not_there(clusters, address)
                return only
        noted = named(names.known, address)
        if looked_at == names.at:
            # Raises, too, if there are several.
            _only(names.known, address)
            raise _not_there(names.known, address)
        found = _get(ctx, noted[0].id) if len(noted) == 1 else None
        if found is not None and named([found], address):
            return found
        # What it was noted as is not so any more.
        anew, looked_at = len(noted) == 1, names.at


def _holds(ctx: Context, names: Names) -> bool:
    """Whether what is noted shows that a name does not exist."""
    return names.fresh and {noted.id for noted in names.known or ()} == set(ctx.api.list_ids())


def _not_there(there: t.Sequence[Cluster | Noted], address: Address) -> ClusterNotFoundError:
    return ClusterNotFoundError(
        f"name: the project has no {address}; it has {_there(there, address)}. Check name, region and service_name"
    )


def _there(clusters: t.Sequence[Cluster | Noted], address: Address) -> str:
    """What clusters there are; of many those whose names are nearest."""
    by_name: dict[str, list[str]] = {}
    for cluster in clusters:
        by_name.setdefault(cluster.name, []).append(
            f"{printable(cluster.name, LONGEST_NAME)!r} ({cluster.id}, {cluster.region})"
        )
    few = len(clusters) <= FEW
    names = by_name if few else nearest(address.name or "", by_name)
    there = [cluster for name in names for cluster in by_name[name]]
    return listed(there, total=len(clusters)) or "no cluster"


def named(clusters: t.Iterable[Member | None], address: Address) -> list[Member]:
    """Those that bear the address's name, in its region if it has one."""
    return [
        cluster
        for cluster in clusters
        if cluster is not None
        and cluster.name == address.name
        and (not address.region or cluster.region == address.region)
    ]


def _only(clusters: t.Iterable[Member], address: Address) -> Member | None:
    candidates = named(clusters, address)
    if len(candidates) > 1:
        those = listed(f"{cluster.id} ({cluster.region}, {cluster.status})" for cluster in candidates)
        raise AmbiguousNameError(
            f"name: {len(candidates)} clusters are called {quoted(address.name)}: {those}. Give kube_id instead"
            + ("" if address.region else ", or region as well")
        )
    return candidates[0] if candidates else None


def _known(ctx: Context, cluster: Cluster | None, address: Address) -> Cluster | None:
    if cluster is not None:
        _check_same(cluster, address)
        ctx.facts.update(kube_id=cluster.id, status=cluster.status)
    return cluster


def _check_same(cluster: Cluster, address: Address) -> None:
    """An id given with a name or a region is a double check, which must not be ignored."""
    for option, actual in (("name", cluster.name), ("region", cluster.region)):
        requested = getattr(address, option)
        if requested and requested != actual:
            raise EngineError(
                f"{option}: {cluster.label()} was addressed by kube_id, but its {option} is not {requested!r}. "
                f"Correct one of the two"
            )


def _get(ctx: Context, kube_id: str, refusals: dict[str, NotFoundError] | None = None) -> Cluster | None:
    try:
        return read_cluster(ctx, kube_id)
    except NotFoundError as error:
        if refusals is not None:
            refusals[kube_id] = error
        return None
