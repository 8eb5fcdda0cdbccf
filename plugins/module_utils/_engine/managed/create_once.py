# SPDX-License-Identifier: GPL-3.0-or-later

"""Creating a cluster so that nobody pays for one without knowing: a lost answer, and another run at the same time.

The API has no name that is unique and no token that makes a POST safe to repeat. What is left is the project's list:
the ids in it before and after the POST.
"""

from __future__ import annotations

from ..._adapters.ovh.api_errors import ApiError, OvhError, TransportError
from ..._domain.common.json_types import Json
from ..._domain.common.listed import listed
from ..._domain.managed.cluster import Cluster
from ..._domain.managed.cluster_plan import deletion_under_way, twins_problem
from ..common.run import EngineError
from .context import Context
from .locate import Address, named, read_listed
from .wait import GRACE, answered

_WHERE = (
    "Look for it in the OVHcloud control panel, under Public Cloud, Managed Kubernetes Service, or list the project's "
    "clusters. Run again in a few minutes: a cluster that appears meanwhile is adopted, not created twice"
)


class TwinsError(EngineError):
    """The project has several clusters of the name, of which one was created by this run."""


def post_once(ctx: Context, address: Address, body: Json, known: frozenset[str]) -> Cluster:
    """The POST, exactly once: after an answer that was lost, or that names no new cluster, the cluster is looked for.

    ``known`` are the ids that the project has before.
    """
    try:
        return ctx.api.create(body, known)
    except (ApiError, TransportError) as error:
        if answered(error):
            ctx.accepted()
        elif not error.maybe_processed:
            raise
        return _look_for(ctx, address, known, error)


def _look_for(ctx: Context, address: Address, known: frozenset[str], lost: OvhError) -> Cluster:
    """The cluster that was not there before, which the list may show a little later."""
    until = ctx.clock.now() + GRACE
    while True:
        hidden: list[str] = []
        try:
            shown = read_listed(ctx, known)
        except (ApiError, TransportError):
            shown = {}
        found = named(shown.values(), address)
        if found:
            return found[0]
        hidden = [kube_id for kube_id, cluster in shown.items() if cluster is None]
        if ctx.out_of_time() or ctx.clock.now() + ctx.waiting.sleep > until:
            break
        ctx.clock.sleep(ctx.waiting.sleep)
    outcome = (
        "was accepted with an answer that names no new cluster" if answered(lost) else "was sent and got no answer"
    )
    seen = f"shows {listed(hidden)} only by its id" if hidden else "shows no such cluster so far"
    raise EngineError(
        f"The creation of {address} {outcome}, and the project {seen}. A cluster that costs money may exist all the "
        f"same. {_WHERE}. {lost}"
    ) from lost


def refuse_twins(ctx: Context, address: Address, ours: Cluster, known: frozenset[str], *, last_look: bool) -> None:
    """Raises TwinsError when another run created a cluster of that name at the same time.

    ``last_look`` says that there is no later one: what could not be seen is then a warning.
    """
    try:
        shown = read_listed(ctx, {*known, ours.id})
    except (ApiError, TransportError) as error:
        if last_look:
            ctx.warn(f"Whether another run created {address} at the same time could not be read: {error}")
        return
    twins = [cluster for cluster in named(shown.values(), address) if not deletion_under_way(cluster)]
    if twins:
        raise TwinsError(twins_problem(ours, twins))
    hidden = [kube_id for kube_id, cluster in shown.items() if cluster is None]
    if hidden and last_look:
        ctx.warn(
            f"While {ours.label()} was created, the project got {listed(hidden)} as well, which the API does not "
            f"show (yet). If that is a second {address}, it is paid for, too: delete one of them"
        )
