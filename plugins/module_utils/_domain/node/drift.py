# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""How a node differs from the mode and scheduler that were asked for."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]

#: After a switch all services differ, which is said well enough with a few of them.
_SHOWN = 3


def drift(mode: str | None, scheduler: str | None, kube_proxy: Json, found: Json) -> list[str]:
    """In words, from ``kube_proxy`` and ``found`` of the module; none if no mode was asked for.

    The scheduler counts only if one was asked for, and only for virtual services of kube-proxy, which are those whose
    address is on its interface: others may share the table.
    """
    if mode is None:
        return []
    words: list[str] = []
    if kube_proxy["mode"] is None:
        words.append(f"kube-proxy does not tell its mode ({kube_proxy['error']})")
    elif kube_proxy["mode"] != mode:
        words.append(f"kube-proxy runs in mode {kube_proxy['mode']} instead of {mode}")
    if kube_proxy["healthy"] is False:
        words.append(f"kube-proxy is not healthy (status {kube_proxy['healthz']['status']})")
    if mode == "ipvs":
        words += _of_ipvs(scheduler, found["ipvs"])
    return words


def _of_ipvs(scheduler: str | None, ipvs: Json) -> list[str]:
    words: list[str] = []
    interface = ipvs["interface"]
    if not interface["present"]:
        words.append(f"interface {interface['name']} is missing")
    if ipvs["services"] is None:
        return [*words, f"the IPVS table could not be read ({ipvs['reason']})"]
    on_interface = interface["addresses"]
    services = [
        service
        for service in ipvs["services"]
        if "address" in service and (on_interface is None or service["address"] in on_interface)
    ]
    if not services:
        words.append("the IPVS table has no virtual service of kube-proxy")
    if scheduler:
        others = [service for service in services if service["scheduler"] != scheduler]
        words += [
            f"virtual service {service['protocol']} {service['address']} port {service['port']} has scheduler "
            f"{service['scheduler']} instead of {scheduler}"
            for service in others[:_SHOWN]
        ]
        if len(others) > _SHOWN:
            words.append(f"{len(others) - _SHOWN} more virtual services have another scheduler than {scheduler}")
    return words
