# SPDX-License-Identifier: GPL-3.0-or-later

"""From the ConfigMap's text and a request to the text to write: what changes, what takes effect, what to warn of."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass

from ..common.problems import Problem, ValidationError
from ..kube_proxy import no_effect
from ..kube_proxy.canonical import canonical, canonical_leaf, is_set
from ..kube_proxy.modes import deprecation, empty_mode
from ..kube_proxy.settings import BY_PATH, SECTION_OPTIONS, Path, option_path
from ..kube_proxy.versions import KubeProxyVersion
from .config_request import ConfigRequest, UnreadableError
from .config_rules import foreign_gates, problems
from .config_text import Document, Values, parse, render
from .decoding import decoding_problems, type_problem, unknown_keys
from .effective import effective, effective_mode, lookup


@dataclass(frozen=True)
class ConfigPlan:
    """The desired configuration; computed once, for the result, the diff, check mode and the write.

    ``text`` is what the ConfigMap is to hold (the current text where nothing changes); ``before`` and ``after`` are the
    diff, the configuration alone, in one style.
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

    Raises ValidationError with every problem of the desired configuration, also of what was there before: the new pods
    would not start with it, or would not do what it says. What other versions or other components left there without
    effect is refused only where it is requested.
    """
    current = parse(text, where)
    desired, found = _desired(current.values, request, version)
    if found:
        raise ValidationError(found)
    # Unknown keys have no effect on kube-proxy, but their removal was requested, and is a change of the text.
    changed = canonical(desired) != canonical(current.values) or (
        unknown_keys(desired, version) != unknown_keys(current.values, version)
    )
    document = Document(desired, current.comments) if changed else current
    before = render(current)
    after = render(document) if changed else before
    return ConfigPlan(
        changed=changed,
        document=document,
        text=_ended_like(text, after) if changed else text,
        before=before,
        after=after,
        effective=effective(document.values, version),
        mode=effective_mode(document.values, version),
        warnings=(*_warnings(document, request, version, changed), *_kept_gates(document.values, current.values)),
    )


def further_problems(values: Values, error: UnreadableError, version: KubeProxyVersion) -> list[Problem]:
    """What else is wrong with a request of which some cannot be read, laid over these values.

    What only the unread could make wrong or right is left out.
    """
    _values, found = _desired(values, error.rest, version, error.unread)
    told = {problem.path for problem in error.problems}
    return [problem for problem in found if problem.path not in told]


def _desired(
    current: Values, request: ConfigRequest, version: KubeProxyVersion, unread: frozenset[Path] = frozenset()
) -> tuple[Values, list[Problem]]:
    desired = apply_request(current, request)
    found = [*decoding_problems(request.values, version), *problems(desired, version, current, unread=unread)]
    return desired, list(dict.fromkeys(found))


def _ended_like(current: str, text: str) -> str:
    """With a line break at the end only where there was one: kubeadm ends its text without."""
    return text if current.endswith("\n") else text.rstrip("\n")


def apply_request(current: t.Mapping[str, t.Any], request: ConfigRequest) -> Values:
    """The desired configuration; a value that is equal already keeps its spelling, and all else stays as it is."""
    desired = copy.deepcopy(dict(current))
    if request.strategy == "replace":
        for section in request.sections:
            _empty(desired, section, request.values.get(section, {}))
    for path in request.removals:
        _remove(desired, path)
    for path, value in request.leaves():
        if path == ("featureGates",):
            for name, switch in value.items():
                _set(desired, (*path, name), switch)
        elif not _equal(path, lookup(desired, path), value):
            _set(desired, path, value)
    return desired


def _equal(path: Path, current: t.Any, requested: t.Any) -> bool:
    field = BY_PATH[path]
    return not type_problem(field, current) and canonical_leaf(field, current) == canonical_leaf(field, requested)


def _empty(values: Values, section: str, kept: t.Mapping[str, t.Any]) -> None:
    """Take out of a section what is not in ``kept``."""
    members = values.get(section)
    if not isinstance(members, dict):
        values.pop(section, None)
        return
    for key in [key for key in members if key not in kept and not _left_to_default((section, key), members[key])]:
        del members[key]


def _left_to_default(path: Path, value: t.Any) -> bool:
    """Whether taking the key out would change nothing."""
    field = BY_PATH.get(path)
    return field is not None and not type_problem(field, value) and not is_set(field, value)


def _remove(values: Values, path: Path) -> None:
    parent = lookup(values, path[:-1])
    if isinstance(parent, dict):
        parent.pop(path[-1], None)


def _set(values: Values, path: Path, value: t.Any) -> None:
    for key in path[:-1]:
        if not isinstance(values.get(key), dict):
            _insert(values, key, {})
        values = values[key]
    _insert(values, path[-1], copy.deepcopy(value))


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
        yield empty_mode(version)
    yield from _inactive_sections(request, mode)
    for path, value in request.leaves():
        notice = no_effect.zero(path, value, option_path(path))
        if notice:
            yield notice
        notice = no_effect.relic(path, value, mode, version)
        if notice:
            yield f"{option_path(path)} {notice}"
    if changed and document.comments:
        yield "the comments in the current configuration are lost when it is written"


def _kept_gates(desired: Values, current: Values) -> t.Iterator[str]:
    for name in foreign_gates(desired.get("featureGates") or {}, current):
        yield (
            f"{option_path(('featureGates', name))} is no feature gate of Kubernetes that this collection knows; kept, "
            f"because a distribution may have it"
        )


def _inactive_sections(request: ConfigRequest, mode: str) -> t.Iterator[str]:
    given = {
        section: [field.option for field in fields if field.api in request.values.get(section, {})]
        for section, fields in SECTION_OPTIONS.items()
    }
    for section, idle in no_effect.inactive_sections(mode, given).items():
        yield f"{section} ({', '.join(idle)}) has no effect in mode {mode}; it takes effect when mode is {section}"
