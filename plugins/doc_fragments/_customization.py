# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kube_proxy:
    description:
      - Settings of kube-proxy. Both sections can be set; kube-proxy uses the one of its mode.
      - Durations are written as ISO 8601 (V(PT1M30S)) or as Go text (V(1m30s)) in whole seconds, and compared by
        value, so that
        V(PT60S), V(PT1M) and V(60s) are the same.
      - The minimum period must not exceed the period, each taken with kube-proxy's default where it is not set (30 s
        for a
        period; for a minimum 1 s in O(kube_proxy.iptables) and 0 s in O(kube_proxy.ipvs)), since kube-proxy would not
        start.
    type: dict
    suboptions:
      iptables:
        description:
          - Settings for the mode V(iptables).
        type: dict
        suboptions:
          min_sync_period:
            description:
              - Least time between two refreshes of the rules. Zero has no effect, kube-proxy then takes its default of
                1 s.
            type: str
          sync_period:
            description:
              - Period of the regular refresh of the rules. Zero has no effect, kube-proxy then takes its default of 30
                s.
            type: str
      ipvs:
        description:
          - Settings for the mode V(ipvs).
        type: dict
        suboptions:
          min_sync_period:
            description:
              - Least time between two refreshes of the rules.
            type: str
          sync_period:
            description:
              - Period of the regular refresh of the rules. Zero has no effect, kube-proxy then takes its default of 30
                s.
            type: str
          scheduler:
            description:
              - How connections are spread over the backends of a Service.
            type: str
            choices: [dh, lc, nq, rr, sed, sh]
          tcp_timeout:
            description:
              - When an idle TCP session is forgotten. Zero keeps the system's value; between 0 and 5 seconds is
                refused.
            type: str
          tcp_fin_timeout:
            description:
              - When a TCP session is forgotten after a FIN. Zero keeps the system's value.
            type: str
          udp_timeout:
            description:
              - When an idle UDP flow is forgotten. Zero keeps the system's value.
            type: str
  api_server:
    description:
      - Settings of the API server. They are sent only if they are given here and differ.
    type: dict
    suboptions:
      admission_plugins:
        description:
          - Admission plugins. By default all are enabled.
        type: dict
        suboptions:
          enabled:
            description:
              - Plugins that shall be enabled.
            type: list
            elements: str
            choices: [AlwaysPullImages, NodeRestriction]
          disabled:
            description:
              - Plugins that shall be disabled. V(NodeRestriction) has to stay enabled.
            type: list
            elements: str
            choices: [AlwaysPullImages, NodeRestriction]
  strategy:
    description:
      - V(merge) keeps settings that are not named.
      - V(replace) unsets what O(kube_proxy) does not name, and puts admission plugins back to their default that
        O(api_server) does not name. A section that is left out altogether stays as it is.
    type: str
    choices: [merge, replace]
    default: merge
"""
