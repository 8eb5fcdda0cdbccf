# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules for self-hosted clusters that talk to an API server, as data."""

from __future__ import annotations

import contextlib
import typing as t

from .._adapters.kubernetes.connection import connect as connect_to_server
from .._adapters.kubernetes.kubernetes_api import KubernetesApi
from .._domain.common.blank import given, is_blank, without_blanks
from .._domain.common.problems import Problem, ValidationError, both
from .._domain.common.server_url import secrets_of_url
from .._domain.kube_proxy.modes import MODES
from .._domain.kube_proxy.versions import KubeProxyVersion
from .._domain.self_hosted.config_plan import ConfigPlan
from .._domain.self_hosted.config_request import ConfigRequest, UnreadableError, config_request
from .._domain.self_hosted.rendered import plan_rendered, problems_beside
from .._domain.self_hosted.rollout_plan import rollout_options
from .._engine.common.report import Report
from .._engine.self_hosted import migrate
from .._engine.self_hosted.edit_config import ConfigOptions, configure
from .._engine.self_hosted.inspect_state import inform
from .._engine.self_hosted.read_current import Target
from .._engine.self_hosted.render_config import RenderedFile, render
from .._engine.self_hosted.rollout import rollout
from .._engine.self_hosted.undo import undo
from . import options, specs
from .kubeconfig_option import shown_of_kubeconfig
from .module_spec import Host, ModuleSpec, Operation, Params

_LIBRARIES = ("kubernetes", "isodate", "PyYAML")
#: For what needs no API server.
_FEW_LIBRARIES = ("isodate", "PyYAML")


@contextlib.contextmanager
def connect(params: Params, host: Host) -> t.Iterator[KubernetesApi]:
    """The API server of one cluster."""
    with connect_to_server(params, host.environ, host.hide) as client:
        yield KubernetesApi(client, params["timeout"], host.deadline)


def shown(params: Params) -> set[str]:
    """What may be shown of the options that Ansible hides: of a kubeconfig all but its secrets, of a proxy the URL."""
    proxy = params["proxy"]
    found = {proxy} - secrets_of_url(proxy) if isinstance(proxy, str) else set()
    return found | shown_of_kubeconfig(params)


def target(params: Params) -> Target:
    """Which objects hold and run kube-proxy's configuration."""
    return Target(**without_blanks({name: params[name] for name in specs.proxy_target()}))


def stated_version(params: Params) -> KubeProxyVersion | None:
    """kube-proxy's version, where the task states it; raises ValidationError."""
    return KubeProxyVersion.of_option("kube_proxy_version", params["kube_proxy_version"])


def _config(params: Params) -> Operation:
    if params["state"] == "rendered":
        (stated, plan), dest = both(lambda: _rendered(params), lambda: _dest(params))
        return lambda ctx: render(ctx, plan, stated, dest)
    (request, version), _none = both(
        lambda: both(lambda: config_request(params), lambda: stated_version(params)), lambda: _dest(params)
    )
    where = target(params)
    choices = ConfigOptions(params["validate"] == "native", version)
    return lambda ctx: configure(ctx, where, request, choices)


def _rendered(params: Params) -> tuple[KubeProxyVersion, ConfigPlan]:
    """The document, which depends on no cluster, so that kube-proxy's rules are told with what cannot be read."""

    def request() -> ConfigRequest:
        try:
            return config_request(params)
        except UnreadableError as error:
            found = list(error.problems)
            with contextlib.suppress(ValidationError):
                version = stated_version(params)
                found += problems_beside(error, version) if version else []
            raise ValidationError(found) from None

    asked, version = both(request, lambda: stated_version(params))
    if version is None:
        raise ValidationError([Problem("kube_proxy_version", "is needed with state rendered")])
    return version, plan_rendered(asked, version)


def _dest(params: Params) -> RenderedFile | None:
    """The file to write; raises ValidationError for options that do not go with the state."""
    path = options.path(params, "dest")
    if params["state"] == "rendered" and params["validate"] == "native":
        reason = "native asks a running kube-proxy, and with state rendered there is none; leave validate out"
        raise ValidationError([Problem("validate", reason)])
    if params["state"] != "rendered" and path is not None:
        reason = "a file is written only with state rendered; with state present, a cluster is changed"
        raise ValidationError([Problem("dest", reason)])
    return None if path is None else RenderedFile(path, params["backup"])


KUBE_PROXY_CONFIG = ModuleSpec(
    argument_spec=specs.kube_proxy_config(),
    prepare=_config,
    connect=connect,
    libraries=_LIBRARIES,
    required_if=(("state", "rendered", ("kube_proxy_version",)),),
    waiting=options.waiting,
    unconnected=lambda params: _FEW_LIBRARIES if params["state"] == "rendered" else None,
    shown=shown,
)


def _rollout(params: Params) -> Operation:
    choices = rollout_options(params["max_unavailable"], params["min_ready_seconds"], params["ignore_nodes"])
    where = target(params)
    operation = undo if params["undo"] else rollout
    return lambda ctx: operation(ctx, where, choices, given(params["config_checksum"]))


KUBE_PROXY_ROLLOUT = ModuleSpec(
    argument_spec=specs.kube_proxy_rollout(),
    prepare=_rollout,
    connect=connect,
    libraries=_LIBRARIES,
    waiting=options.waiting,
    shown=shown,
)


_STEPS: t.Mapping[str, t.Callable[[t.Any, Target, migrate.MigrationRequest], Report]] = {
    "begun": migrate.begin,
    "moved": migrate.move,
    "returned": migrate.return_nodes,
    "finished": migrate.finish,
    "absent": migrate.abort,
}


def _migration(params: Params) -> Operation:
    (request, version), (pace, nodes) = both(
        lambda: both(lambda: config_request(params), lambda: stated_version(params)),
        lambda: both(
            lambda: rollout_options(params["max_unavailable"], params["min_ready_seconds"], params["ignore_nodes"]),
            lambda: _nodes(params),
        ),
    )
    where, step = target(params), _STEPS[params["state"]]
    asked = migrate.MigrationRequest(
        request, ConfigOptions(params["validate"] == "native", version), pace, nodes, params["put_back"]
    )
    return lambda ctx: step(ctx, where, asked)


def _nodes(params: Params) -> tuple[str, ...]:
    """The nodes to move or to return, each once; raises ValidationError where some are needed and none is given."""
    names = tuple(dict.fromkeys(name for name in given(params["nodes"], ()) if not is_blank(name)))
    wanted = params["state"] in ("moved", "returned")
    if wanted and not names:
        raise ValidationError([Problem("nodes", f"missing or blank; state={params['state']} needs names of nodes")])
    if names and not wanted:
        problem = f"state={params['state']} concerns every node; leave nodes out"
        raise ValidationError([Problem("nodes", problem)])
    return names


KUBE_PROXY_MIGRATION = ModuleSpec(
    argument_spec=specs.kube_proxy_migration(),
    prepare=_migration,
    connect=connect,
    libraries=_LIBRARIES,
    waiting=options.waiting,
    shown=shown,
)


def _info(params: Params) -> Operation:
    where, version = target(params), stated_version(params)
    asked = {name: given(params[name]) for name in ("migrate_to", "desired_config", "node_selector")}
    return lambda ctx: inform(ctx, where, version, probe=params["probe"], metrics=params["metrics"], **asked)


KUBE_PROXY_INFO = ModuleSpec(
    argument_spec={
        **specs.kubernetes(),
        **specs.proxy_target(),
        "kube_proxy_version": {"type": "str"},
        "probe": {"type": "bool", "default": False},
        "metrics": {"type": "bool", "default": False},
        "migrate_to": {"type": "str", "choices": list(MODES)},
        "desired_config": {"type": "dict"},
        "node_selector": {"type": "str"},
    },
    prepare=_info,
    connect=connect,
    libraries=_LIBRARIES,
    waiting=options.waiting,
    shown=shown,
)
