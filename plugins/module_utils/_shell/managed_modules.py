# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules for clusters that OVHcloud manages, as data."""

from __future__ import annotations

import contextlib
import os
import typing as t
import urllib.request

from .._adapters.local.journal import Journal, default_directory
from .._adapters.local.run_folder import RunFolder
from .._adapters.ovh.client import OvhClient
from .._adapters.ovh.connection import resolve
from .._adapters.ovh.http_client import prepare
from .._adapters.ovh.in_common import InCommon
from .._adapters.ovh.kube_api import KubeApi
from .._domain.common.blank import given
from .._domain.common.option_reader import OptionReader
from .._domain.common.problems import both
from .._domain.common.server_url import secrets_of_url
from .._domain.managed import identifiers
from .._domain.managed.request import (
    CustomizationRequest,
    cluster_request,
    customization_removal,
    customization_request,
    reset_request,
)
from .._engine.common.report import Report
from .._engine.managed.customize import customize
from .._engine.managed.ensure_cluster import absent, present
from .._engine.managed.fetch_kubeconfig import Destination, fetch
from .._engine.managed.list_clusters import clusters
from .._engine.managed.locate import Address
from .._engine.managed.read_contents import Source
from .._engine.managed.reset import reset
from . import options, specs
from .kubeconfig_option import shown_of_kubeconfig
from .module_spec import Host, ModuleSpec, Operation, Params

LIBRARIES = ("httpx", "isodate")
_ID_OR_NAME = (("kube_id", "name"),)


@contextlib.contextmanager
def client_of(params: Params, host: Host) -> t.Iterator[tuple[OvhClient, str | None]]:
    """A client of the API, and the id of the project that options or environment name."""
    # Such a URL is refused, but -vvv shows the options; the proxies' passwords are for nobody to see either.
    for url in (params["endpoint"], params["token_url"], *urllib.request.getproxies().values()):
        for secret in secrets_of_url(url):
            host.hide(secret)
    connection = resolve(params, host.environ)
    for secret in connection.secrets():
        host.hide(secret)
    folder = None if host.in_common is None else RunFolder(host.in_common)
    in_common = InCommon(folder, connection.base_url, *sorted(connection.secrets()))
    with OvhClient(connection, on_secret=host.hide, in_common=in_common) as client:
        yield client, connection.service_name


@contextlib.contextmanager
def connect(params: Params, host: Host) -> t.Iterator[KubeApi]:
    """The clusters of one Public Cloud project."""
    with client_of(params, host) as (client, service_name):
        yield KubeApi(client, service_name, host.deadline)


def address(params: Params) -> Address:
    """Which cluster is meant; raises ValidationError for what names none."""
    read = OptionReader()
    where = Address(
        read("kube_id", params["kube_id"], identifiers.kube_id),
        given(params["name"]),
        read("region", params["region"], identifiers.region),
    )
    read.check()
    return where


def _customize(params: Params) -> Operation:
    def request() -> CustomizationRequest:
        if params["state"] == "absent":
            return customization_removal(params)
        return customization_request(params["kube_proxy"], params["api_server"], params["strategy"])

    where, customization = both(lambda: address(params), request)
    mode = given(params["kube_proxy_mode"])
    return lambda ctx: customize(ctx, where, customization, mode)


KUBE_PROXY_CUSTOMIZATION = ModuleSpec(
    argument_spec=specs.kube_proxy_customization(),
    prepare=_customize,
    connect=connect,
    libraries=LIBRARIES,
    ahead=prepare,
    required_one_of=_ID_OR_NAME,
    required_if=(("state", "present", ("kube_proxy", "api_server", "kube_proxy_mode"), True),),
    waiting=options.waiting,
)


def _ensure(params: Params) -> Operation:
    if params["state"] == "absent":
        unwanted = address(params)
        return lambda ctx: absent(ctx, unwanted, params["confirm"])
    where, request = both(lambda: address(params), lambda: cluster_request(params))
    return lambda ctx: present(ctx, where, request)


KUBE_CLUSTER = ModuleSpec(
    argument_spec=specs.kube_cluster(),
    prepare=_ensure,
    connect=connect,
    libraries=LIBRARIES,
    ahead=prepare,
    required_one_of=_ID_OR_NAME,
    required_if=(("state", "present", ("name", "region")),),
    waiting=options.waiting,
)


def _list(params: Params) -> Operation:
    where = address(params)
    return lambda ctx: Report(False, facts={"clusters": clusters(ctx, where)})


KUBE_CLUSTER_INFO = ModuleSpec(
    argument_spec={**specs.ovh_project(), **specs.address()},
    prepare=_list,
    connect=connect,
    libraries=LIBRARIES,
    ahead=prepare,
    waiting=options.waiting,
)


def _fetch(params: Params) -> Operation:
    where = address(params)
    path = options.path(params, "dest")
    replace, use = params["strategy"] == "replace", params["set_current_context"]
    dest = None if path is None else Destination(path, replace=replace, use=use, backup=params["backup"])
    return lambda ctx: fetch(ctx, where, dest)


KUBE_CLUSTER_KUBECONFIG = ModuleSpec(
    argument_spec={
        **specs.ovh_project(),
        **specs.address(),
        "dest": specs.file_name(),
        "strategy": {"type": "str", "choices": ["merge", "replace"], "default": "merge"},
        "set_current_context": {"type": "bool", "default": True},
        "backup": {"type": "bool", "default": False},
    },
    prepare=_fetch,
    connect=connect,
    libraries=(*LIBRARIES, "PyYAML"),
    ahead=prepare,
    required_one_of=_ID_OR_NAME,
    waiting=options.waiting,
)


def _reset(params: Params) -> Operation:
    where, request = both(lambda: address(params), lambda: reset_request(params))
    directory = options.path(params, "recovery_path") or default_directory(os.environ)
    source = Source(given(params["kubeconfig"]), os.environ) if params["read_contents"] else None
    return lambda ctx: reset(ctx, where, request, params["confirm"], Journal(directory), source=source)


KUBE_CLUSTER_RESET = ModuleSpec(
    argument_spec=specs.kube_cluster_reset(),
    prepare=_reset,
    connect=connect,
    libraries=LIBRARIES,
    ahead=prepare,
    required_one_of=_ID_OR_NAME,
    waiting=options.waiting,
    shown=shown_of_kubeconfig,
)
