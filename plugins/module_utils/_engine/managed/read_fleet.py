# SPDX-License-Identifier: GPL-3.0-or-later

"""Operation: read the clusters of several projects at once."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from ..._adapters.failures import AdapterError
from ..._adapters.ovh.api_errors import NotFoundError
from ..._domain.common.json_types import Json
from ..common.run import Run
from .locate import CONCURRENT_READS

if t.TYPE_CHECKING:
    from ..._adapters.ovh.fleet_api import FleetApi
    from ..._adapters.ovh.kube_api import KubeApi
    from ..._domain.managed.cluster import Cluster

_Value = t.TypeVar("_Value")


def read_fleet(ctx: Run[FleetApi], service_names: t.Sequence[str]) -> list[Json]:
    """The clusters of these projects, or of all that can be reached, as ``service_name`` and ``clusters``.

    A project that cannot be read as a whole is left out with a warning, so that one without rights does not hide the
    others. When none can be read, that is an error: the first one.
    """
    projects = list(dict.fromkeys(service_names or ctx.api.projects()))
    if not projects:
        ctx.warn("these credentials reach no Public Cloud project; check endpoint and the rights of the credentials")
    apis = {project: ctx.api.clusters_of(project) for project in projects}
    failures: dict[str, AdapterError] = {}

    def attempt(project: str, read: t.Callable[[], _Value]) -> _Value | None:
        """None where the project cannot be read; of a project, one error is enough."""
        if project in failures:
            return None
        try:
            return read()
        except AdapterError as error:
            failures.setdefault(project, error)
            return None

    with ThreadPoolExecutor(max_workers=CONCURRENT_READS) as pool:
        listed = list(pool.map(lambda project: attempt(project, apis[project].list_ids), projects))
        places = [
            (project, kube_id)
            for project, ids in zip(projects, listed, strict=True)
            for kube_id in dict.fromkeys(ids or ())
        ]
        clusters = list(pool.map(lambda place: attempt(place[0], lambda: _shown(apis[place[0]], place[1])), places))
    if failures and len(failures) == len(projects):
        raise next(iter(failures.values()))
    for project, error in failures.items():
        ctx.warn(f"the clusters of project {project} are left out: {error}")
    found: dict[str, list[Cluster]] = {project: [] for project in projects if project not in failures}
    for (project, _kube_id), cluster in zip(places, clusters, strict=True):
        if project in found and cluster is not None:
            found[project].append(cluster)
    return [
        {"service_name": project, "clusters": [cluster.as_result() for cluster in sorted(those, key=_in_order)]}
        for project, those in found.items()
    ]


def _in_order(cluster: Cluster) -> tuple[str, str]:
    return cluster.name, cluster.id


def _shown(api: KubeApi, kube_id: str) -> Cluster | None:
    """None for one that is listed and not found: it was deleted meanwhile, or is not shown yet."""
    try:
        return api.get(kube_id)
    except NotFoundError:
        return None
