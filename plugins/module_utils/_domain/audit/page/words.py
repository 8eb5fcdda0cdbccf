# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page calls the values of a record."""

from __future__ import annotations

import typing as t

STATES: t.Mapping[str, str] = {
    "unreadable": "unreadable",
    "drifted": "drifted",
    "unchecked": "not compared",
    "in_order": "in order",
    "no_kube_proxy": "no kube-proxy",
}
WORLDS: t.Mapping[str, str] = {"managed": "managed", "self_hosted": "self-hosted"}
#: Told beside the word, since colour alone tells nothing.
SIGNS: t.Mapping[str, str] = {
    "unreadable": "\u2716",
    "drifted": "\u25b2",
    "unchecked": "\u25cb",
    "in_order": "\u2714",
    "no_kube_proxy": "\u2013",
}
