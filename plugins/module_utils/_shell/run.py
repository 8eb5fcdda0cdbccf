# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""The one place where the engine meets AnsibleModule: parameters in, result or failure out."""

from __future__ import annotations

import contextlib
import math
import os
import typing as t

from ansible.module_utils.basic import missing_required_lib

from .._adapters.kubernetes.connection import connect, secrets
from .._adapters.kubernetes.kubernetes_api import KubernetesApi
from .._adapters.kubernetes.server_errors import (
    ConnectionConfigurationError,
    KubernetesError,
    RefusedByServerError,
    UnreachableError,
)
from .._adapters.local.journal import JournalError
from .._adapters.ovh.api_errors import ApiError, ConfigurationError, OvhError, TransportError
from .._adapters.ovh.client import OvhClient
from .._adapters.ovh.connection import resolve
from .._adapters.ovh.kube_api import KubeApi
from .._deps import missing
from .._domain.common.problems import Problem, RefusedError, ValidationError
from .._engine.common.report import Report
from .._engine.common.run import Context, EngineError, KubernetesContext, Run, Waiting
from .._engine.managed.locate import Address
from .._engine.self_hosted.read_current import Target

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Operation = t.Callable[[Context], Report]
KubernetesOperation = t.Callable[[KubernetesContext], Report]
Api = t.TypeVar("Api")

#: Seconds; less between two looks at a cluster would be a hail of requests.
SHORTEST_SLEEP = 0.01


def run(module: AnsibleModule, prepare: t.Callable[[dict[str, t.Any]], Operation]) -> t.NoReturn:
    """Check libraries, read the options with ``prepare``, connect to the OVHcloud API, do it, and exit.

    ``prepare`` runs before anything else, so that what is wrong in itself is refused before any request.
    """
    _run(module, prepare, _ovh, ("httpx", "isodate"))


def run_on_kubernetes(
    module: AnsibleModule, prepare: t.Callable[[dict[str, t.Any]], KubernetesOperation]
) -> t.NoReturn:
    """As ``run``, connected to a cluster's own API server."""
    _run(module, prepare, _kubernetes, ("kubernetes", "isodate", "PyYAML"))


def _run(
    module: AnsibleModule,
    prepare: t.Callable[[dict[str, t.Any]], t.Callable[[Run[Api]], Report]],
    connected: t.Callable[[AnsibleModule], t.ContextManager[Api]],
    libraries: tuple[str, ...],
) -> t.NoReturn:
    for requirement, reason in missing(*libraries):
        module.fail_json(msg=missing_required_lib(requirement), exception=reason)
    facts: dict[str, t.Any] = {}
    warnings: list[str] = []
    try:
        operation = prepare(module.params)
        patience = waiting(module.params)
        with connected(module) as api:
            report = operation(Run(api, module.check_mode, patience, facts=facts, warnings=warnings))
    except ValidationError as error:
        problems = [{"option": problem.path, "problem": problem.message} for problem in error.problems]
        _fail(module, f"Refused, nothing was changed: {error}", warnings, facts, {"problems": problems})
    except (ConfigurationError, ConnectionConfigurationError) as error:
        _fail(module, str(error), warnings, facts, {"option": error.option})
    except (ApiError, TransportError, RefusedByServerError, UnreachableError) as error:
        _fail(module, str(error), warnings, facts, {"error": error.as_result()})
    except (RefusedError, EngineError, JournalError, OvhError, KubernetesError) as error:
        _fail(module, str(error), warnings, facts, {})
    for warning in warnings:
        module.warn(warning)
    diff = {} if report.diff is None else {"diff": report.diff}
    module.exit_json(changed=report.changed, **diff, **report.facts)


@contextlib.contextmanager
def _ovh(module: AnsibleModule) -> t.Iterator[KubeApi]:
    connection = resolve(module.params, os.environ)
    # Values from the environment and from files are as secret as options, which AnsibleModule masks by itself.
    module.no_log_values.update(connection.secrets())
    with OvhClient(connection, on_secret=module.no_log_values.add) as client:
        yield KubeApi(client, connection.service_name)


@contextlib.contextmanager
def _kubernetes(module: AnsibleModule) -> t.Iterator[KubernetesApi]:
    with connect(module.params, os.environ) as client:
        module.no_log_values.update(secrets(client.configuration))
        yield KubernetesApi(client, module.params["timeout"])


def _fail(
    module: AnsibleModule, message: str, warnings: list[str], facts: dict[str, t.Any], details: dict[str, t.Any]
) -> t.NoReturn:
    for warning in warnings:
        module.warn(warning)
    module.fail_json(msg=message, **facts, **details)


def address(params: dict[str, t.Any]) -> Address:
    """An empty string, as AWX passes for an unanswered question, is no address."""
    return Address(params["kube_id"] or None, params["name"] or None, params["region"] or None)


def target(params: dict[str, t.Any]) -> Target:
    """Which objects are meant; an empty string counts as not given."""
    given = {name: params[name] for name in ("namespace", "config_map", "key", "daemon_set") if params[name]}
    return Target(**given)


def waiting(params: dict[str, t.Any]) -> Waiting:
    """The options for waiting; raises ValidationError for what cannot be waited, also for a single answer."""
    problems = [
        Problem(option, f"{params[option]} is no number of seconds that can be waited; give zero or more")
        for option in ("wait_timeout", "wait_sleep")
        if option in params and not 0 <= params[option] < math.inf
    ]
    if not 0 < params["timeout"] < math.inf:
        problems.append(Problem("timeout", f"{params['timeout']} seconds are no time for an answer; give more"))
    if problems:
        raise ValidationError(problems)
    if "wait" not in params:
        return Waiting()
    return Waiting(params["wait"], params["wait_timeout"], max(params["wait_sleep"], SHORTEST_SLEEP))
