# SPDX-License-Identifier: GPL-3.0-or-later

"""Between the OVHcloud API's objects and the domain's: the only place, beside the adapter, that knows its field names.

Source: OVHcloud API schema, ``/cloud.json``, models ``cloud.kube.*``. Reading tolerates what the schema does not name:
unknown fields of a cluster are ignored, and unknown members of what is sent back (customization, network
configuration, address ranges) are kept under the API's names. Bodies never hold null.
"""

from __future__ import annotations

import typing as t

from ..._domain.common.duration import Duration, DurationError
from ..._domain.common.json_types import Json
from ..._domain.common.reading import MalformedError, Members
from ..._domain.managed import overlay
from ..._domain.managed.changes import (
    Change,
    CustomizationChange,
    IpRestrictionsChange,
    LoadBalancersSubnetChange,
    NetworkConfigurationChange,
    OpenIdConnectChange,
    UpdatePolicyChange,
)
from ..._domain.managed.cluster import Cluster
from ..._domain.managed.customization import DEFAULT_PLUGINS, AdmissionPlugins, Customization, Key, KubeProxySettings
from ..._domain.managed.desired import Desired
from ..._domain.managed.network import IpAllocationPolicy, Network, NetworkConfiguration
from ..._domain.managed.reset_plan import Node, NodePool

# --- what the API shows -----------------------------------------------------------------------------------------------


def cluster(shown: t.Any) -> Cluster:
    """``cloud.kube.Cluster``; ``status`` UNKNOWN stands for a missing one.

    Raises MalformedError for one without id, name or region: nobody could tell which cluster it is.
    """
    read = Members.of(shown)
    return Cluster(
        id=_id(read),
        name=read.any_text("name"),
        region=read.text("region"),
        status=read.maybe_text("status") or "UNKNOWN",
        version=read.maybe_text("version"),
        plan=read.maybe_text("plan"),
        mode=read.maybe_text("kubeProxyMode") or None,
        update_policy=read.maybe_text("updatePolicy"),
        network=network(shown),
        ip_allocation_policy=_ip_allocation_policy(read.maybe_object("ipAllocationPolicy")),
        customization=_customization(read.maybe_object("customization")),
        next_upgrade_versions=read.maybe_texts("nextUpgradeVersions"),
        is_up_to_date=read.maybe_flag("isUpToDate"),
        control_plane_is_up_to_date=read.maybe_flag("controlPlaneIsUpToDate"),
        url=read.maybe_text("url"),
        nodes_url=read.maybe_text("nodesUrl"),
        created_at=read.maybe_text("createdAt"),
        updated_at=read.maybe_text("updatedAt"),
    )


def node_pool(shown: t.Any) -> NodePool:
    """``cloud.kube.NodePool``."""
    read = Members.of(shown)
    return NodePool(
        read.maybe_text("name"),
        read.maybe_text("flavor"),
        read.maybe_count("currentNodes"),
        read.maybe_count("desiredNodes"),
    )


def node(shown: t.Any) -> Node:
    """``cloud.kube.Node``."""
    read = Members.of(shown)
    return Node(read.maybe_text("name"), read.maybe_text("version"), read.maybe_text("status"))


def customization(shown: Json | None) -> Customization:
    """``cloud.kube.Customization``; null and absent are the same."""
    return _customization(None if shown is None else Members.of(shown))


def _customization(read: Members | None) -> Customization:
    if read is None:
        return Customization()
    return Customization(
        _kube_proxy_settings(read.maybe_object("kubeProxy")),
        _admission_plugins(read.maybe_object("apiServer")),
        read.rest("kubeProxy", "apiServer"),
    )


def _kube_proxy_settings(read: Members | None) -> KubeProxySettings:
    """``cloud.kube.CustomizationKubeProxy``; a duration that cannot be read stays text, and equals no requested one."""
    values: dict[Key, t.Any] = {}
    for section, content in ({} if read is None else read.rest()).items():
        if section not in overlay.SECTIONS and not isinstance(content, dict):
            values["", section] = content
            continue
        members = Members.of(content, f"{section} of kubeProxy of the answer")
        for api, value in members.rest().items():
            field = overlay.by_api_name(section, api)
            if field is None:
                values[section, api] = value
            else:
                text = members.maybe_text(api)
                values[section, field.option] = _duration(text) if field.kind == "duration" else text
    return KubeProxySettings({key: value for key, value in values.items() if value is not None})


def _id(read: Members) -> str:
    found = read.text("id")
    if found in (".", ".."):
        raise MalformedError(f"{read.where} has no id")
    return found


def network(shown: Json) -> Network:
    """The members of a cluster that are about its network."""
    read = Members.of(shown)
    return Network(
        read.maybe_text("privateNetworkId") or None,
        read.maybe_text("nodesSubnetId") or None,
        read.maybe_text("loadBalancersSubnetId") or None,
        _network_configuration(read.maybe_object("privateNetworkConfiguration")),
    )


def _admission_plugins(read: Members | None) -> AdmissionPlugins:
    lists = None if read is None else read.maybe_object("admissionPlugins")
    if read is None:
        return AdmissionPlugins(DEFAULT_PLUGINS.enabled)
    enabled, disabled = (None, None) if lists is None else (lists.maybe_texts("enabled"), lists.maybe_texts("disabled"))
    named = AdmissionPlugins.from_lists(enabled or (), disabled or ())
    return AdmissionPlugins(named.enabled or DEFAULT_PLUGINS.enabled, read.rest("admissionPlugins"))


def _network_configuration(read: Members | None) -> NetworkConfiguration | None:
    if read is None or not read.members:
        return None
    return NetworkConfiguration(
        read.maybe_text("defaultVrackGateway"),
        read.maybe_flag("privateNetworkRoutingAsDefault"),
        read.rest("defaultVrackGateway", "privateNetworkRoutingAsDefault"),
    )


def _ip_allocation_policy(read: Members | None) -> IpAllocationPolicy | None:
    if read is None or not read.members:
        return None
    return IpAllocationPolicy(
        read.maybe_text("podsIpv4Cidr"),
        read.maybe_text("servicesIpv4Cidr"),
        read.rest("podsIpv4Cidr", "servicesIpv4Cidr"),
    )


def _duration(text: str | None) -> Duration | str | None:
    try:
        return None if text is None else Duration.parse(text)
    except DurationError:
        return text


def _set_members(members: t.Mapping[str, t.Any]) -> Json:
    """What is not null; to the API, null and absent are the same."""
    return {key: value for key, value in members.items() if value is not None}


# --- what is sent to it -----------------------------------------------------------------------------------------------


def creation_body(desired: Desired) -> Json:
    """``POST /kube``: what the desired state names and nothing else, so that the API's defaults stand for the rest."""
    customized: Json = {}
    if "kube_proxy" in desired.parts and desired.customization.kube_proxy.values:
        customized["kubeProxy"] = kube_proxy_body(desired.customization.kube_proxy)
    if "api_server" in desired.parts:
        customized["apiServer"] = _api_server_body(desired.customization.api_server)
    return _set_members(
        {
            "name": desired.name,
            "region": desired.region,
            "version": desired.minor_version,
            "plan": desired.plan,
            "kubeProxyMode": desired.mode,
            "updatePolicy": desired.update_policy,
            "customization": customized or None,
            "ipAllocationPolicy": _ip_allocation_body(desired.ip_allocation_policy),
            **_network_body(desired.network),
        }
    )


def reset_body(desired: Desired, worker_nodes_policy: str) -> Json:
    """``POST /kube/{kubeId}/reset``, which returns to a default whatever its body does not name."""
    return _set_members(
        {
            "name": desired.name,
            "version": desired.minor_version,
            "updatePolicy": desired.update_policy,
            "kubeProxyMode": desired.mode,
            "customization": customization_body(desired.customization),
            "ipAllocationPolicy": _ip_allocation_body(desired.ip_allocation_policy),
            "workerNodesPolicy": worker_nodes_policy,
            **_network_body(desired.network),
        }
    )


def mode_of_reset(body: Json) -> str | None:
    """The kube-proxy mode that the body of a reset names."""
    return body.get("kubeProxyMode")


def change_body(change: Change) -> Json:
    """The body of a change's own route."""
    if isinstance(change, CustomizationChange):
        body = {
            "kubeProxy": None if change.kube_proxy is None else kube_proxy_body(change.kube_proxy),
            "apiServer": None if change.api_server is None else _api_server_body(change.api_server),
        }
        return _set_members(body)
    if isinstance(change, NetworkConfigurationChange):
        return _network_configuration_body(change.configuration)
    if isinstance(change, LoadBalancersSubnetChange):
        return {"loadBalancersSubnetId": change.subnet_id}
    if isinstance(change, IpRestrictionsChange):
        return {"ips": list(change.blocks)}
    if isinstance(change, OpenIdConnectChange):
        return change.settings
    if isinstance(change, UpdatePolicyChange):
        return {"updatePolicy": change.policy}
    raise TypeError(f"{change!r} has no route")


def customization_body(desired: Customization) -> Json:
    """A customization that is whole, for a reset."""
    body: Json = {**desired.other, "apiServer": _api_server_body(desired.api_server)}
    if desired.kube_proxy.values:
        body["kubeProxy"] = kube_proxy_body(desired.kube_proxy)
    return body


def kube_proxy_body(settings: KubeProxySettings) -> Json:
    """Always with both sections: the API replaces the whole object, and that it clears an absent one is inferred."""
    body: Json = {section: {} for section in overlay.SECTIONS}
    for (section, option), value in sorted(settings.values.items()):
        field = overlay.by_option(section, option)
        members = body.setdefault(section, {}) if section else body
        members[field.api if field else option] = value.iso() if isinstance(value, Duration) else value
    return body


def _api_server_body(plugins: AdmissionPlugins) -> Json:
    return {**plugins.rest, "admissionPlugins": plugins.as_lists()}


def _network_body(desired: Network | None) -> Json:
    if desired is None:
        return {}
    return _set_members(
        {
            "privateNetworkId": desired.private_network_id,
            "nodesSubnetId": desired.nodes_subnet_id,
            "loadBalancersSubnetId": desired.load_balancers_subnet_id,
            "privateNetworkConfiguration": (
                _network_configuration_body(desired.configuration) if desired.configuration else None
            ),
        }
    )


def _network_configuration_body(configuration: NetworkConfiguration) -> Json:
    return _set_members(
        {
            **configuration.other,
            "defaultVrackGateway": configuration.default_vrack_gateway,
            "privateNetworkRoutingAsDefault": configuration.private_network_routing_as_default,
        }
    )


def _ip_allocation_body(policy: IpAllocationPolicy | None) -> Json | None:
    if policy is None:
        return None
    return _set_members(
        {**policy.other, "podsIpv4Cidr": policy.pods_ipv4_cidr, "servicesIpv4Cidr": policy.services_ipv4_cidr}
    )
