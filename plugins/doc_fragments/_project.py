# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  service_name:
    description:
      - ID of the Public Cloud project, 32 characters V(0)-V(9) and V(a)-V(f).
      - Falls back to the environment variable E(OVH_CLOUD_PROJECT_SERVICE).
    type: str
"""
