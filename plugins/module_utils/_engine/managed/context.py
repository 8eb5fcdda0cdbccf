# SPDX-License-Identifier: GPL-3.0-or-later

"""One run on the OVHcloud API."""

from __future__ import annotations

import typing as t

from ..common.run import Run

if t.TYPE_CHECKING:
    from ..._adapters.ovh.kube_api import KubeApi

    Context = Run[KubeApi]
else:
    # At run time the adapter is not needed, nor are the libraries behind it.
    Context = Run
