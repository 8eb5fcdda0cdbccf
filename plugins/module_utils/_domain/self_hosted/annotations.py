# SPDX-License-Identifier: GPL-3.0-or-later

"""The annotations and labels in which this collection keeps what it has to know the next time it runs."""

from __future__ import annotations

import typing as t

#: Of the pod template: checksum of the ConfigMap's content that the pods were restarted for.
CHECKSUM = "clusterops.kube-proxy/config-checksum"
#: Of the pod template: when ``kubectl rollout restart``, which writes RESTARTED_BY_KUBECTL, had restarted the pods last
#: at the moment when CHECKSUM was written.
RESTARTED = "clusterops.kube-proxy/restarted-at"
RESTARTED_BY_KUBECTL = "kubectl.kubernetes.io/restartedAt"
#: Of the DaemonSet: the part of its spec that a rollout changes for its own duration, as it was before (JSON).
RESTORE = "clusterops.kube-proxy/restore-after-rollout"
#: Of the ConfigMap: the configuration that the pods ran before the one that was written last.
LAST_GOOD = "clusterops.kube-proxy/last-good-config"
#: Of the ConfigMap: the configuration that this collection wrote last, still known when somebody else edits.
WRITTEN = "clusterops.kube-proxy/written-config"
#: One key for every trace of a migration (:mod:`.migration`), so that one search finds all. A label of nodes: which
#: DaemonSet runs kube-proxy there. A label of the second DaemonSet, its pods and its ConfigMap. An annotation of the
#: first DaemonSet: its affinity from before (JSON); and of the second ConfigMap: between which configurations (JSON).
MIGRATION = "clusterops.kube-proxy/migration"


def mark(annotations: t.Mapping[str, str]) -> str | None:
    """The checksum that a pod template or a pod is marked with; None without a mark that counts.

    A template that somebody restarted after it was marked makes pods that run whatever the ConfigMap held then.
    """
    if annotations.get(RESTARTED_BY_KUBECTL) != annotations.get(RESTARTED):
        return None
    return annotations.get(CHECKSUM)


def marked(annotations: t.Mapping[str, str], checksum: str) -> dict[str, str | None]:
    """A merge patch of the annotations of a pod template that marks it with the checksum."""
    restarted = annotations.get(RESTARTED_BY_KUBECTL)
    changes: dict[str, str | None] = {CHECKSUM: checksum}
    if annotations.get(RESTARTED) != restarted:
        changes[RESTARTED] = restarted
    return changes
