# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user requests for a managed cluster, read from options; None is 'not given' in every request.

What is wrong whatever state the cluster is in is refused here, before anything is sent: ValidationError carries every
problem found.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t
from dataclasses import dataclass

from ..common.blank import section_is_given, without_blanks
from ..common.duration import Duration, DurationError
from ..common.json_types import Json
from ..common.option_reader import OptionReader
from ..common.printable import quoted
from ..common.problems import Problem, ValidationError
from ..kube_proxy.settings import Field
from . import identifiers, overlay
from .customization import DEFAULT_PLUGINS, AdmissionPlugins, Customization, Key, KubeProxySettings
from .ip_restrictions import cidr_blocks
from .network import IpAllocationPolicy, Network, NetworkConfiguration, ip_allocation_range
from .validation import admission_plugin_problems, duration_problem, scheduler_problem

Strategy = t.Literal["merge", "replace"]


@dataclass(frozen=True)
class CustomizationRequest:
    """Settings of kube-proxy and of the API server; a part that is not given is neither changed nor sent.

    ``sections`` are the sections of kube-proxy that the user gave, which the strategy ``replace`` replaces as a whole;
    None stands for all of them, and for whatever else the API holds of kube-proxy.
    """

    kube_proxy: KubeProxySettings | None = None
    api_server: AdmissionPlugins | None = None
    strategy: Strategy = "merge"
    sections: tuple[str, ...] | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts that are given."""
        return tuple(part for part in ("kube_proxy", "api_server") if getattr(self, part) is not None)

    def applied_to(self, current: Customization) -> Customization:
        """The desired customization.

        ``merge`` keeps what is not named. ``replace`` unsets what is not named in the sections of kube-proxy that are
        given, and returns unnamed admission plugins to their default; plugins that the collection does not know stay,
        as their default is not known either.
        """
        merge = self.strategy == "merge"
        kube_proxy, api_server = current.kube_proxy, current.api_server
        if self.kube_proxy is not None:
            kept = kube_proxy if merge else kube_proxy.without(self.sections)
            kube_proxy = kept.overlaid(self.kube_proxy)
        if self.api_server is not None:
            base = api_server if merge else api_server.overlaid(DEFAULT_PLUGINS)
            api_server = base.overlaid(self.api_server)
        return Customization(kube_proxy, api_server, current.other)


NO_CUSTOMIZATION_REQUEST = CustomizationRequest()


@dataclass(frozen=True)
class NetworkRequest:
    """The network, option by option; a blank text for an id removes what the cluster has."""

    private_network_id: str | None = None
    nodes_subnet_id: str | None = None
    load_balancers_subnet_id: str | None = None
    default_vrack_gateway: str | None = None
    private_network_routing_as_default: bool | None = None

    def applied_to(self, current: Network) -> Network:
        """The desired network; raises ValidationError for combinations that the API has no room for."""
        configuration = current.configuration
        requested = {
            option: getattr(self, option)
            for option in ("default_vrack_gateway", "private_network_routing_as_default")
            if getattr(self, option) is not None
        }
        if requested:
            # The API replaces the whole configuration, so that its defaults stand for what is not set.
            configuration = (configuration or NetworkConfiguration()).completed()
            configuration = dataclasses.replace(configuration, **requested)
        if self.private_network_id == "":
            # On the public network there is room for nothing else.
            current, configuration = Network(), configuration if requested else None
        network = Network(
            _kept(self.private_network_id, current.private_network_id),
            _kept(self.nodes_subnet_id, current.nodes_subnet_id),
            _kept(self.load_balancers_subnet_id, current.load_balancers_subnet_id),
            configuration,
        )
        network.check()
        return network


def _kept(requested: str | None, current: str | None) -> str | None:
    return current if requested is None else requested or None


NO_NETWORK_REQUEST = NetworkRequest()


@dataclass(frozen=True)
class ClusterRequest:
    """A cluster: what is not given gets the API's default at creation and stays as it is afterwards."""

    name: str
    region: str
    version: str | None = None
    plan: str | None = None
    mode: str | None = None
    update_policy: str | None = None
    customization: CustomizationRequest = NO_CUSTOMIZATION_REQUEST
    network: NetworkRequest = NO_NETWORK_REQUEST
    ip_allocation_policy: IpAllocationPolicy | None = None


@dataclass(frozen=True)
class ResetRequest:
    """A kube-proxy mode, and what else should change with it; what is not given stays as it is.

    ``force`` resets a cluster that is as desired already.
    """

    mode: str
    customization: CustomizationRequest = NO_CUSTOMIZATION_REQUEST
    network: NetworkRequest = NO_NETWORK_REQUEST
    version: str | None = None
    ip_restrictions: tuple[str, ...] | None = None
    worker_nodes_policy: str = "reinstall"
    force: bool = False


def customization_request(
    kube_proxy: Json | None, api_server: Json | None, strategy: Strategy = "merge"
) -> CustomizationRequest:
    """Read the options ``kube_proxy`` and ``api_server``."""
    problems: list[Problem] = []
    settings = _kube_proxy(kube_proxy, problems) if kube_proxy is not None else None
    plugins = _api_server(api_server, problems) if api_server is not None else None
    if problems:
        raise ValidationError(problems)
    sections = tuple(name for name in overlay.SECTIONS if section_is_given((kube_proxy or {}).get(name)))
    return CustomizationRequest(settings, plugins, strategy, sections)


def customization_removal(options: Json) -> CustomizationRequest:
    """The request of ``state=absent``, which clears all settings of kube-proxy and takes none."""
    surplus = [option for option in ("kube_proxy", "api_server") if options[option] is not None]
    if surplus:
        raise ValidationError(
            [Problem(option, "state=absent clears all settings of kube-proxy; leave it out") for option in surplus]
        )
    return CustomizationRequest(kube_proxy=KubeProxySettings(), strategy="replace")


def network_request(options: Json) -> NetworkRequest:
    """Read the options about the network."""
    read = OptionReader()
    configuration = options.get("private_network_configuration") or {}
    request = NetworkRequest(
        read("private_network_id", options.get("private_network_id"), identifiers.removable_id),
        read("nodes_subnet_id", options.get("nodes_subnet_id"), identifiers.removable_id),
        read("load_balancers_subnet_id", options.get("load_balancers_subnet_id"), identifiers.removable_id),
        read(
            "private_network_configuration.default_vrack_gateway",
            configuration.get("default_vrack_gateway"),
            identifiers.gateway,
        ),
        configuration.get("private_network_routing_as_default"),
    )
    if request.nodes_subnet_id == "" != request.private_network_id:
        problem = (
            "the subnet of the nodes cannot be removed alone, since nodes of a private network are in one; set "
            f"private_network_id to {identifiers.NONE!r} to return to the public network"
        )
        read.problems.append(Problem("nodes_subnet_id", problem))
    read.check()
    return request


def cluster_request(options: Json) -> ClusterRequest:
    """Read the options of a cluster that should exist."""
    read = OptionReader()
    allocation = options["ip_allocation_policy"] or {}
    pods, services = (
        read(f"ip_allocation_policy.{option}", allocation.get(option), ip_allocation_range)
        for option in ("pods_ipv4_cidr", "services_ipv4_cidr")
    )
    request = ClusterRequest(
        name=options["name"],
        region=read("region", options["region"], identifiers.region) or "",
        version=read("version", options["version"], identifiers.minor_version),
        plan=options["plan"],
        mode=options["kube_proxy_mode"],
        update_policy=options["update_policy"],
        customization=read.part(lambda: _customization(options), NO_CUSTOMIZATION_REQUEST),
        network=read.part(lambda: network_request(options), NO_NETWORK_REQUEST),
        ip_allocation_policy=IpAllocationPolicy(pods, services) if pods or services else None,
    )
    if pods and services and ipaddress.ip_network(pods).overlaps(ipaddress.ip_network(services)):
        read.problems.append(Problem("ip_allocation_policy", f"{pods} and {services} overlap; give separate networks"))
    if (pods or services) and request.plan == "free":
        problem = "only the plan standard takes networks of pods and services; leave it out, or choose that plan"
        read.problems.append(Problem("ip_allocation_policy", problem))
    read.check()
    return request


def reset_request(options: Json) -> ResetRequest:
    """Read the options of a reset."""
    read = OptionReader()
    restrictions = options["ip_restrictions"]
    open_to_all: tuple[str, ...] = ()
    request = ResetRequest(
        mode=options["kube_proxy_mode"],
        customization=read.part(lambda: _customization(options), NO_CUSTOMIZATION_REQUEST),
        network=read.part(lambda: network_request(options), NO_NETWORK_REQUEST),
        version=read("version", options["version"], identifiers.minor_version),
        ip_restrictions=(
            None
            if restrictions is None
            else read.part(lambda: cidr_blocks("ip_restrictions", restrictions), open_to_all)
        ),
        worker_nodes_policy=options["worker_nodes_policy"],
        force=options["force"],
    )
    read.check()
    return request


def _customization(options: Json) -> CustomizationRequest:
    return customization_request(options["kube_proxy"], options["api_server"], options["strategy"])


def _kube_proxy(options: Json, problems: list[Problem]) -> KubeProxySettings:
    values: dict[Key, t.Any] = {}
    for section, fields in overlay.SECTIONS.items():
        members = without_blanks(options.get(section))
        for field in fields:
            if field.option not in members:
                continue
            text = members[field.option]
            try:
                value = _scheduler(text) if field.option == "scheduler" else _duration(field, str(text))
            except ValueError as error:
                problems.append(Problem(f"kube_proxy.{section}.{field.option}", str(error)))
            else:
                values[(section, field.option)] = value
    return KubeProxySettings(values)


def _scheduler(name: str) -> str:
    problem = scheduler_problem(name)
    if problem:
        raise ValueError(problem)
    return name


def _duration(field: Field, text: str) -> Duration:
    duration = Duration.parse(text)
    problem = duration_problem(field, duration)
    if problem:
        raise DurationError(f"{quoted(text)} {problem}")
    return duration


def _api_server(options: Json, problems: list[Problem]) -> AdmissionPlugins:
    lists = options.get("admission_plugins") or {}
    chosen = {which: list(lists.get(which) or ()) for which in ("enabled", "disabled")}
    problems += admission_plugin_problems("api_server.admission_plugins", chosen)
    return AdmissionPlugins.from_lists(chosen["enabled"], chosen["disabled"])
