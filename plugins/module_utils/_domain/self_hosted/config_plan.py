# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""From the ConfigMap's text and a wish to the text to write: what changes, what it comes to, what to be warned of."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass

from ..common.problems import ValidationError
from ..kube_proxy import no_effect
from ..kube_proxy.canonical import canonical, canonical_leaf, is_set
from ..kube_proxy.modes import default_mode, deprecation
from ..kube_proxy.settings import BY_PATH, SECTION_OPTIONS, Path, option_path
from ..kube_proxy.versions import KubeProxyVersion
from .config_request import ConfigRequest
from .config_rules import foreign_gates, problems
from .config_text import Document, Values, parse, render
from .decoding import decoding_problems, type_problem, unknown_keys
from .effective import effective, effective_mode, lookup


@dataclass(frozen=True)
class ConfigPlan:
    """One configuration and what to make of it; computed once, for the result, the diff, check mode and the writing.

    ``text`` is what the ConfigMap shall hold (the present text where nothing changes); ``before`` and ``after`` are the
    configuration alone, in one style.
    """

    changed: bool
    document: Document
    text: str
    before: str
    after: str
    effective: Values
    mode: str
    warnings: tuple[str, ...]


def plan_config(text: str, where: str, request: ConfigRequest, version: KubeProxyVersion) -> ConfigPlan:
    """Plan the edit of one configuration text; ``where`` names its place in messages.

    Raises ValidationError with every problem of the configuration as it would be, also of what was there before: the
    new pods would not start with it, or would not do what it says. What other versions or other components left there
    without effect is refused only where the wish asks for it.
    """
    present = parse(text, where)
    target = apply_request(present.values, request)
    found = [*decoding_problems(request.values, version), *problems(target, version, present.values)]
    if found:
        raise ValidationError(list(dict.fromkeys(found)))
    # Without the unknown keys kube-proxy does the same as before, but they were asked to go, and only so do they.
    changed = canonical(target) != canonical(present.values) or (
        unknown_keys(target, version) != unknown_keys(present.values, version)
    )
    document = Document(target, present.comments) if changed else present
    before = render(present)
    after = render(document) if changed else before
    return ConfigPlan(
        changed=changed,
        document=document,
        text=_ended_like(text, after) if changed else text,
        before=before,
        after=after,
        effective=effective(document.values, version),
        mode=effective_mode(document.values, version),
        warnings=(*_warnings(document, request, version, changed), *_kept_gates(document.values, present.values)),
    )


def _ended_like(present: str, text: str) -> str:
    """With a line break at the end only where there was one: kubeadm ends its text without."""
    return text if present.endswith("\n") else text.rstrip("\n")


def apply_request(present: t.Mapping[str, t.Any], request: ConfigRequest) -> Values:
    """The configuration as wished; what is already so keeps its spelling, and all else stays as it is."""
    target = copy.deepcopy(dict(present))
    if request.strategy == "replace":
        for section in request.sections:
            _empty(target, section, request.values.get(section, {}))
    for path in request.removals:
        _remove(target, path)
    for path, value in request.leaves():
        if path == ("featureGates",):
            for name, switch in value.items():
                _set(target, (*path, name), switch)
        elif not _same(path, lookup(target, path), value):
            _set(target, path, value)
    return target


def _same(path: Path, present: t.Any, requested: t.Any) -> bool:
    field = BY_PATH[path]
    return not type_problem(field, present) and canonical_leaf(field, present) == canonical_leaf(field, requested)


def _empty(target: Values, section: str, kept: t.Mapping[str, t.Any]) -> None:
    members = target.get(section)
    if not isinstance(members, dict):
        target.pop(section, None)
        return
    for key in [key for key in members if key not in kept and not _left_to_default((section, key), members[key])]:
        del members[key]


def _left_to_default(path: Path, value: t.Any) -> bool:
    """Whether taking the key out would change nothing."""
    field = BY_PATH.get(path)
    return field is not None and not type_problem(field, value) and not is_set(field, value)


def _remove(target: Values, path: Path) -> None:
    parent = lookup(target, path[:-1])
    if isinstance(parent, dict):
        parent.pop(path[-1], None)


def _set(target: Values, path: Path, value: t.Any) -> None:
    for key in path[:-1]:
        if not isinstance(target.get(key), dict):
            _insert(target, key, {})
        target = target[key]
    _insert(target, path[-1], copy.deepcopy(value))


def _insert(mapping: Values, key: str, value: t.Any) -> None:
    """Put a new key in its alphabetical place where the keys are in that order (kubeadm's), else at the end."""
    in_order = key not in mapping and list(mapping) == sorted(mapping)
    mapping[key] = value
    if in_order:
        items = sorted(mapping.items(), key=lambda item: item[0])
        mapping.clear()
        mapping.update(items)


def _warnings(document: Document, request: ConfigRequest, version: KubeProxyVersion, changed: bool) -> t.Iterator[str]:
    written = str(document.values.get("mode") or "")
    mode = effective_mode(document.values, version)
    notice = deprecation(written, version)
    if notice:
        yield notice
    elif not written:
        yield (
            f"mode is left empty, which means {default_mode(version)} on Kubernetes {version.release} and is planned "
            f"to mean nftables from 1.40 on: set mode"
        )
    yield from _inactive(request, mode)
    for path, value in request.leaves():
        notice = no_effect.zero(path, value, option_path(path))
        if notice:
            yield notice
        if path == ("portRange",) and value:
            yield f"{option_path(path)} has no effect in mode {mode}"
    if changed and document.comments:
        yield "the comments in the present configuration will be lost when it is written anew"


def _kept_gates(values: Values, present: Values) -> t.Iterator[str]:
    for name in foreign_gates(values.get("featureGates") or {}, present):
        yield (
            f"{option_path(('featureGates', name))} is not a feature gate of kube-proxy that this collection knows; "
            f"kept"
        )


def _inactive(request: ConfigRequest, mode: str) -> t.Iterator[str]:
    given = {
        section: [field.option for field in fields if field.api in request.values.get(section, {})]
        for section, fields in SECTION_OPTIONS.items()
    }
    for section, idle in no_effect.inactive_sections(mode, given).items():
        yield f"{section} ({', '.join(idle)}) has no effect in mode {mode}; it takes effect when mode is {section}"
