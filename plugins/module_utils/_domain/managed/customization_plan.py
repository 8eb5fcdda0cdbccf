# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""The plan for one cluster's customization: computed once, it drives changed, diff, check mode and the request."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..common.problems import RefusedError, ValidationError
from .cluster import Cluster
from .customization import Customization, CustomizationRequest, Json
from .desired import Desired
from .validation import ineffective_settings, period_conflicts


@dataclass(frozen=True)
class CustomizationPlan:
    """What is customized now and afterwards, and the body of the PUT between the two (None: nothing to do)."""

    before: Customization
    after: Customization
    request: CustomizationRequest
    body: Json | None
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return self.body is not None

    @property
    def desired(self) -> Desired:
        return Desired(self.after, self.request)

    def diff(self) -> dict[str, Json]:
        """Before and after in option names and canonical durations: spelling alone is never shown as a change."""
        return {"before": self._shown(self.before), "after": self._shown(self.after)}

    def _shown(self, customization: Customization) -> Json:
        shown: Json = {}
        if self.request.kube_proxy is not None:
            shown["kube_proxy"] = customization.kube_proxy.as_result()
        if self.request.api_server is not None:
            shown["api_server"] = customization.api_server.as_result()
        return shown


def plan_customization(cluster: Cluster, request: CustomizationRequest) -> CustomizationPlan:
    """Compare the wish with the cluster.

    Raises RefusedError when kube-proxy settings are wished for a cluster without kube-proxy, ValidationError when the
    result would keep kube-proxy from starting.
    """
    if request.kube_proxy is not None:
        reason = cluster.without_kube_proxy()
        if reason:
            raise RefusedError(
                f"{cluster.label()} has no kube-proxy to customize: {reason}. Leave kube_proxy out for this cluster"
            )
    before = cluster.customization
    after = request.applied_to(before)
    warnings: list[str] = []
    if request.kube_proxy is not None:
        problems = period_conflicts(after.kube_proxy, request.kube_proxy)
        if problems:
            raise ValidationError(problems)
        warnings = ineffective_settings(request.kube_proxy, cluster.mode)
    return CustomizationPlan(before, after, request, _body(before, after, request), tuple(warnings))


def _body(before: Customization, after: Customization, request: CustomizationRequest) -> Json | None:
    """Only the sections that change: the API keeps a section that is left out, and a PUT restarts kube-proxy."""
    body: dict[str, t.Any] = {}
    if after.kube_proxy != before.kube_proxy:
        body["kubeProxy"] = after.kube_proxy.to_api()
    if after.api_server != before.api_server:
        body["apiServer"] = after.api_server.to_api()
    return body or None
