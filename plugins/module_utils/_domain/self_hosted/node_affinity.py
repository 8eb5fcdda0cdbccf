# SPDX-License-Identifier: GPL-3.0-or-later

"""Restricting a pod template to some nodes, beside what its affinity asks for already.

``nodeSelectorTerms`` are alternatives, and the expressions in one term all have to hold (Kubernetes API reference,
NodeSelector). So a further requirement goes into every term.
"""

from __future__ import annotations

import copy
import typing as t

from ..common.json_types import Json

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def restricted(affinity: t.Mapping[str, t.Any] | None, requirement: t.Mapping[str, t.Any]) -> Json:
    """The affinity of a pod with a further requirement (a NodeSelectorRequirement) of the node."""
    found: Json = copy.deepcopy(dict(affinity or {}))
    node = found["nodeAffinity"] = dict(found.get("nodeAffinity") or {})
    required = node[_REQUIRED] = dict(node.get(_REQUIRED) or {})
    terms = required.get("nodeSelectorTerms")
    alone = [{"matchExpressions": [dict(requirement)]}]
    required["nodeSelectorTerms"] = [_with(term, requirement) for term in terms] if terms else alone
    return found


def unrestricted(affinity: t.Mapping[str, t.Any] | None, requirement: t.Mapping[str, t.Any]) -> Json | None:
    """The affinity without that requirement, for one that somebody else has edited since it was restricted.

    What is empty without it goes too, as it came. The same as given where it has no such requirement.
    """
    found = copy.deepcopy(dict(affinity or {}))
    node = found.get("nodeAffinity") or {}
    terms = (node.get(_REQUIRED) or {}).get("nodeSelectorTerms") or []
    kept = [term for term in (_without(term, requirement) for term in terms) if term is not None]
    if kept == terms:
        return None if affinity is None else found
    if kept:
        node[_REQUIRED]["nodeSelectorTerms"] = kept
        return found
    del node[_REQUIRED]
    if not node:
        del found["nodeAffinity"]
    return found or None


def _with(term: t.Mapping[str, t.Any], requirement: t.Mapping[str, t.Any]) -> Json:
    # A term without anything matches no node; with ours alone it would match many.
    if not (term.get("matchExpressions") or term.get("matchFields")):
        return dict(term)
    return {**term, "matchExpressions": [*(term.get("matchExpressions") or ()), dict(requirement)]}


def _without(term: Json, requirement: t.Mapping[str, t.Any]) -> Json | None:
    """A term without the requirement; None for one that held nothing else."""
    expressions = term.get("matchExpressions") or []
    kept = [expression for expression in expressions if expression != requirement]
    if len(kept) == len(expressions):
        return term
    others = {name: value for name, value in term.items() if name != "matchExpressions"}
    if kept:
        others["matchExpressions"] = kept
    return others or None
