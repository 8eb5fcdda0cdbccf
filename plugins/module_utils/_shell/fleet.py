# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventory plugin reads, as data like the modules of :mod:`.managed_modules`."""

from __future__ import annotations

import contextlib
import typing as t

from .._adapters.ovh.fleet_api import FleetApi
from .._domain.common.option_reader import OptionReader
from .._domain.managed import identifiers
from .._engine.common.report import Report
from .._engine.managed.read_fleet import read_fleet
from . import options, specs
from .managed_modules import LIBRARIES, client_of
from .module_spec import Host, ModuleSpec, Operation, Params


@contextlib.contextmanager
def _connect(params: Params, host: Host) -> t.Iterator[FleetApi]:
    with client_of(params, host) as (client, service_name):
        yield FleetApi(client, service_name, host.deadline)


def _read(params: Params) -> Operation:
    read = OptionReader()
    paths = ((f"service_names[{number}]", text) for number, text in enumerate(params["service_names"] or ()))
    given = [read(path, text, identifiers.project_id) for path, text in paths]
    read.check()
    service_names = [service_name for service_name in given if service_name is not None]
    return lambda ctx: Report(False, facts={"projects": read_fleet(ctx, service_names)})


FLEET = ModuleSpec(
    argument_spec={**specs.ovh(), "service_names": {"type": "list", "elements": "str"}},
    prepare=_read,
    connect=_connect,
    libraries=LIBRARIES,
    waiting=options.waiting,
)
