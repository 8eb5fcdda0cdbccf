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


def cluster(shown: Json) -> Cluster:
    """``cloud.kube.Cluster``; ``status`` UNKNOWN stands for a missing one. Raises KeyError without an id."""
    return Cluster(
        id=str(shown["id"]),
        name=str(shown.get("name") or ""),
        region=str(shown.get("region") or ""),
        status=str(shown.get("status") or "UNKNOWN"),
        version=_text(shown.get("version")),
        plan=shown.get("plan"),
        mode=shown.get("kubeProxyMode") or None,
        update_policy=shown.get("updatePolicy"),
        network=network(shown),
        ip_allocation_policy=_ip_allocation_policy(shown.get("ipAllocationPolicy")),
        customization=customization(shown.get("customization")),
        next_upgrade_versions=shown.get("nextUpgradeVersions"),
        is_up_to_date=shown.get("isUpToDate"),
        control_plane_is_up_to_date=shown.get("controlPlaneIsUpToDate"),
        url=shown.get("url"),
        nodes_url=shown.get("nodesUrl"),
        created_at=shown.get("createdAt"),
        updated_at=shown.get("updatedAt"),
    )


def node_pool(shown: Json) -> NodePool:
    """``cloud.kube.NodePool``."""
    return NodePool(shown.get("name"), shown.get("flavor"), shown.get("currentNodes"), shown.get("desiredNodes"))


def node(shown: Json) -> Node:
    """``cloud.kube.Node``."""
    return Node(shown.get("name"), shown.get("version"), shown.get("status"))


def customization(shown: Json | None) -> Customization:
    """``cloud.kube.Customization``; null and absent are the same."""
    shown = shown or {}
    return Customization(
        kube_proxy_settings(shown.get("kubeProxy")),
        _admission_plugins(shown.get("apiServer")),
        _set_members(shown, without=("kubeProxy", "apiServer")),
    )


def kube_proxy_settings(shown: Json | None) -> KubeProxySettings:
    """``cloud.kube.CustomizationKubeProxy``; a duration that cannot be read stays text, and equals no requested one."""
    values: dict[Key, t.Any] = {}
    for section, content in (shown or {}).items():
        if not isinstance(content, dict):
            values[("", section)] = content
            continue
        for api, value in content.items():
            field = overlay.by_api_name(section, api)
            values[(section, field.option if field else api)] = (
                _duration(value) if field is not None and field.kind == "duration" else value
            )
    return KubeProxySettings({key: value for key, value in values.items() if value is not None})


def network(shown: Json) -> Network:
    """The members of a cluster that are about its network."""
    return Network(
        shown.get("privateNetworkId") or None,
        shown.get("nodesSubnetId") or None,
        shown.get("loadBalancersSubnetId") or None,
        _network_configuration(shown.get("privateNetworkConfiguration")),
    )


def _admission_plugins(shown: Json | None) -> AdmissionPlugins:
    shown = shown or {}
    lists = shown.get("admissionPlugins") or {}
    named = AdmissionPlugins.from_lists(lists.get("enabled") or (), lists.get("disabled") or ())
    return AdmissionPlugins(
        named.enabled or DEFAULT_PLUGINS.enabled, _set_members(shown, without=("admissionPlugins",))
    )


def _network_configuration(shown: Json | None) -> NetworkConfiguration | None:
    if not shown:
        return None
    return NetworkConfiguration(
        shown.get("defaultVrackGateway"),
        shown.get("privateNetworkRoutingAsDefault"),
        _set_members(shown, without=("defaultVrackGateway", "privateNetworkRoutingAsDefault")),
    )


def _ip_allocation_policy(shown: Json | None) -> IpAllocationPolicy | None:
    if not shown:
        return None
    return IpAllocationPolicy(
        shown.get("podsIpv4Cidr"),
        shown.get("servicesIpv4Cidr"),
        _set_members(shown, without=("podsIpv4Cidr", "servicesIpv4Cidr")),
    )


def _duration(value: t.Any) -> t.Any:
    try:
        return None if value is None else Duration.parse(str(value))
    except DurationError:
        return value


def _text(value: t.Any) -> str | None:
    return None if value is None else str(value)


def _set_members(members: t.Mapping[str, t.Any], *, without: t.Collection[str] = ()) -> Json:
    """What is not null; to the API, null and absent are the same."""
    return {key: value for key, value in members.items() if value is not None and key not in without}


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
