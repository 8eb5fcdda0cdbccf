# SPDX-License-Identifier: GPL-3.0-or-later

"""All the Public Cloud projects that one connection reaches."""

from __future__ import annotations

from ..._domain.common.reading import a_list_of
from ..deadline import NEVER, Deadline
from .client import OvhClient, path
from .kube_api import KubeApi


class FleetApi:
    """The projects of the credentials, and the clusters of each. Nothing is asked again past the deadline."""

    def __init__(self, client: OvhClient, service_name: str | None = None, deadline: Deadline = NEVER) -> None:
        self._client = client
        self._service_name = service_name
        self._deadline = deadline

    def projects(self) -> list[str]:
        """Ids of the projects: the one that the connection names, or else all that the credentials reach."""
        if self._service_name:
            return [self._service_name]
        ids: list[str] = self._client.call(
            "GET", path("cloud", "project"), read=a_list_of(str, "a list of strings"), deadline=self._deadline
        )
        return ids

    def clusters_of(self, service_name: str) -> KubeApi:
        """The clusters of one project."""
        return KubeApi(self._client, service_name, self._deadline)
