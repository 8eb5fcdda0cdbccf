# SPDX-License-Identifier: GPL-3.0-or-later

"""From the end of an operation, a report or an exception, to the result of a task. Knows no AnsibleModule."""

from __future__ import annotations

import typing as t

from .._adapters.failures import AdapterError, ConfigurationError, RequestError
from .._domain.common.problems import Notice, RefusedError, Remedy, ValidationError
from .._engine.common.report import Report
from .._engine.common.run import EngineError

#: Everything that an operation raises on purpose; anything else is a fault of the collection.
EXPECTED = (ValidationError, RefusedError, EngineError, AdapterError)

#: How a user applies a remedy, as the end of a sentence.
REMEDIES: t.Mapping[Remedy, str] = {
    Remedy.RESET: "use clusterops.kube_proxy.kube_cluster_reset",
    Remedy.ROLLOUT: "use clusterops.kube_proxy.kube_proxy_rollout",
}


class Outcome(t.NamedTuple):
    """What a task returns: the result without ``warnings``, which Ansible wants to be given one by one."""

    result: dict[str, t.Any]
    warnings: list[str]

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))


def outcome(
    ended: Report | Exception, facts: t.Mapping[str, t.Any] | None = None, warnings: t.Iterable[Notice] = ()
) -> Outcome:
    """The result of a task that ended so.

    ``facts`` are what was known when the exception came; a report has its own. Raises exceptions that are not in
    EXPECTED.
    """
    texts = [sentence(warning) for warning in warnings]
    if isinstance(ended, Report):
        diff = {} if ended.diff is None else {"diff": ended.diff}
        return Outcome({"changed": ended.changed, **diff, **_plain(ended.facts)}, texts)
    if not isinstance(ended, EXPECTED):
        raise ended
    message, details = _failure(ended)
    return Outcome({"failed": True, "msg": message, **_plain(facts or {}), **details}, texts)


def sentence(notice: Notice) -> str:
    """The text of a notice, with what to use as its remedy."""
    return notice.text if notice.remedy is None else f"{notice.text}: {REMEDIES[notice.remedy]}"


def _failure(error: Exception) -> tuple[str, dict[str, t.Any]]:
    if isinstance(error, ValidationError):
        problems = [{"option": problem.path, "problem": problem.message} for problem in error.problems]
        return f"Refused, nothing was changed: {error}", {"problems": problems}
    if isinstance(error, RefusedError):
        return sentence(Notice(str(error), error.remedy)), {}
    if isinstance(error, ConfigurationError):
        return str(error), {"option": error.option}
    if isinstance(error, RequestError):
        return str(error), {"error": error.as_result()}
    return str(error), {}


def _plain(value: t.Any) -> t.Any:
    """Facts as JSON has them: notices become their sentences."""
    if isinstance(value, Notice):
        return sentence(value)
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
