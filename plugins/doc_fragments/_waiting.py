# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Wait until the API has done its work and the cluster, read again, is what was asked for.
      - Without waiting, the module ends when the API has accepted the request.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait at most, for everything that a run waits for. What the API has begun goes on; another run of the
        same task waits on.
    type: float
    default: 3600.0
  wait_sleep:
    description:
      - Seconds between two looks at the cluster.
    type: float
    default: 5.0
"""
