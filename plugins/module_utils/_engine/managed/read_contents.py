# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads from the API server of a managed cluster what a reset destroys in it.

It informs a decision and is no condition of it: whatever cannot be read is a notice, and the reset can go on.
"""

from __future__ import annotations

import typing as t
import urllib.parse
from dataclasses import dataclass

from ... import _deps
from ..._adapters.deadline import Deadline
from ..._adapters.failures import AdapterError
from ..._adapters.kubernetes.connection import connect
from ..._adapters.kubernetes.kubernetes_api import KubernetesApi
from ..._adapters.kubernetes.server_errors import RefusedByServerError, UnreachableError
from ..._domain.common.json_types import Json
from ..._domain.managed.cluster import Cluster
from ..._domain.managed.contents import Contents, Volume, load_balancers
from ..._domain.managed.kubeconfig_plan import Access
from ..._domain.managed.kubeconfig_text import NotAKubeconfigError
from .context import Context

#: Seconds for one request and for all of them: a server that lets nobody in must not hold up a reset for long.
_REQUEST, _ALL = 15.0, 60.0
#: OVHcloud's own workloads, which it installs again.
_SYSTEM = "kube-system"
_LIBRARIES = ("kubernetes", "PyYAML")


@dataclass(frozen=True)
class Source:
    """How to reach the cluster: with the user's kubeconfig, or, without one, with the administrator's of the API.

    ``environ`` is for credential plugins and proxies. A variable that leads to another cluster does not count.
    """

    kubeconfig: str | Json | None
    environ: t.Mapping[str, str]


def read_contents(ctx: Context, cluster: Cluster, source: Source) -> Contents:
    """What could be read; raises nothing that an API, a kubeconfig or a missing library is to blame for."""
    missing = [requirement for requirement, _reason in _deps.missing(*_LIBRARIES)]
    if missing:
        return _nothing(f"the host that runs the module lacks {' and '.join(missing)}")
    deadline = Deadline(min(ctx.deadline.at, ctx.clock.now() + _ALL), ctx.clock)
    notices: list[str] = []
    try:
        given = source.kubeconfig
        config = Access.of(ctx.api.kubeconfig(cluster.id)).by_itself() if given is None else given
        environ = {name: value for name, value in source.environ.items() if not name.startswith("K8S_AUTH_")}
        with connect({"kubeconfig": config}, environ, ctx.hide) as client:
            api = KubernetesApi(client, _REQUEST, deadline)
            if given is not None:
                notices += _another(cluster, client.configuration.host)
            return _read_all(api, notices)
    except NotAKubeconfigError as error:
        return _nothing(f"the API's kubeconfig cannot be used: {error}")
    except AdapterError as error:
        return _nothing(_why(error))


def _read_all(api: KubernetesApi, notices: list[str]) -> Contents:
    """Every kind of object, until the server gives no answer."""
    found: dict[str, t.Any] = {}
    readings: t.Mapping[str, tuple[str, str, t.Callable[[], t.Any]]] = {
        "volumes": ("persistentvolumes", "volumes", lambda: tuple(map(Volume.of, api.persistent_volumes()))),
        "load_balancers": ("services", "load balancers", lambda: load_balancers(api.all_services())),
        "workloads": ("deployments, statefulsets and daemonsets", "workloads", lambda: _workloads(api)),
    }
    for name, (resources, what, read) in readings.items():
        try:
            found[name] = read()
        except RefusedByServerError as error:
            if error.status != 403:
                return Contents(**found, notices=(*notices, _notice(_why(error))))
            notices.append(
                f"read_contents: the account of the kubeconfig lacks the right list on {resources} of all namespaces, "
                f"so nothing is known of the {what} that a reset destroys"
            )
        except AdapterError as error:
            return Contents(**found, notices=(*notices, _notice(_why(error))))
    return Contents(**found, notices=tuple(notices))


def _workloads(api: KubernetesApi) -> dict[str, int]:
    return {
        kind: max(0, api.number_of(kind) - api.number_of(kind, _SYSTEM))
        for kind in ("Deployment", "StatefulSet", "DaemonSet")
    }


def _another(cluster: Cluster, server: str) -> t.Iterator[str]:
    """A word of caution where the kubeconfig seems to be another cluster's."""
    host = _host(server)
    if cluster.url and host != _host(cluster.url):
        yield (
            f"kubeconfig: it leads to {host}, and the API server of {cluster.label()} is {cluster.url}; what is said "
            f"of the contents may be of another cluster"
        )


def _host(url: str) -> str | None:
    """The API names servers without a scheme."""
    try:
        return urllib.parse.urlsplit(url if "://" in url else f"//{url}").hostname
    except ValueError:
        return None


def _why(error: AdapterError) -> str:
    """Without the advice that names options of other modules."""
    if isinstance(error, UnreachableError):
        return (
            f"{error.request}: the API server {error.server} gave no answer ({error.reason}); check that the host that "
            f"runs the module can reach it, and that its IP restrictions allow that"
        )
    return str(error)


def _nothing(why: str) -> Contents:
    return Contents(notices=(_notice(why),))


def _notice(why: str) -> str:
    return (
        f"read_contents: not everything that a reset destroys in the cluster is known, because {why}. This does not "
        f"keep the reset from being done; to do without, set read_contents to false"
    )
