# SPDX-License-Identifier: GPL-3.0-or-later

"""What kube-proxy puts in place of what is not set (kube-proxy 1.20 to 1.37).

Durations are Go text, as in its configuration. :mod:`.settings` has the default of each field, from here where more
than one place needs it.
"""

from __future__ import annotations

#: Of every mode, also where the period is set to zero.
SYNC_PERIOD = "30s"
#: Of the modes iptables and nftables, also in place of zero. Mode ipvs has no minimum: zero stays zero there.
MIN_SYNC_PERIOD = "1s"
#: Scheduler of the mode ipvs.
SCHEDULER = "rr"
BIND_ADDRESS = "0.0.0.0"  # noqa: S104 - kube-proxy's default, not an address of ours
#: Ports of ``healthzBindAddress`` and ``metricsBindAddress``.
HEALTHZ_PORT = 10256
METRICS_PORT = 10249
