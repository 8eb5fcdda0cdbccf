# SPDX-License-Identifier: GPL-3.0-or-later

"""One run on the API server of a self-hosted cluster."""

from __future__ import annotations

import typing as t

from ..common.run import Run

if t.TYPE_CHECKING:
    from ..._adapters.kubernetes.kubernetes_api import KubernetesApi

    KubernetesContext = Run[KubernetesApi]
else:
    # At run time the adapter is not needed, nor are the libraries behind it.
    KubernetesContext = Run
