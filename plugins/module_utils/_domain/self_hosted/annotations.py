# SPDX-License-Identifier: GPL-3.0-or-later

"""The annotations in which this collection keeps what it has to know the next time it runs."""

from __future__ import annotations

#: Of the pod template: checksum of the ConfigMap's content that the pods were restarted for.
CHECKSUM = "clusterops.kube-proxy/config-checksum"
#: Of the DaemonSet: the part of its spec that a rollout changes for its own duration, as it was before (JSON).
RESTORE = "clusterops.kube-proxy/restore-after-rollout"
#: Of the ConfigMap: the configuration that the pods ran before the one that was written last.
LAST_GOOD = "clusterops.kube-proxy/last-good-config"
#: Of the ConfigMap: the configuration that this collection wrote last, still known when somebody else edits.
WRITTEN = "clusterops.kube-proxy/written-config"
