# SPDX-License-Identifier: GPL-3.0-or-later

"""What is run: a module, how the account looks before, and which credentials it uses."""

from __future__ import annotations

import dataclasses
import typing as t

RESTRICTIONS = ["192.0.2.0/24", "198.51.100.7/32"]
OPEN_ID_CONNECT = {"clientId": "kube", "issuerUrl": "https://issuer.example.net"}
NETWORK = "11111111-1111-1111-1111-111111111111"
SUBNET = "22222222-2222-2222-2222-222222222222"
OTHER_SUBNET = "33333333-3333-3333-3333-333333333333"
NAME = "campaign"
#: With all that an encoding changes: quotes, a backslash, what Base64 and URLs treat differently, and no ASCII in JSON.
SECRETS = {
    "application_key": "AkMarker0123456",
    "application_secret": "AsMarker/+%\"\\<&'9",
    "consumer_key": "CkMarker45678901234567",
    "client_id": "EU.campaign01",
    "client_secret": "CsMarker/+%\"\\<&'7?~",
    "access_token": "eyJMarkerToken.abc/+_-=.xyz",
}
#: A client id is a name.
PUBLIC = ("client_id",)
CREDENTIALS = {
    "signed": ("application_key", "application_secret", "consumer_key"),
    "service account": ("client_id", "client_secret"),
    "token": ("access_token",),
}
#: Modules that never wait, and hence have no options about it.
AT_ONCE = ("kube_cluster_info", "kube_cluster_kubeconfig")


@dataclasses.dataclass(frozen=True)
class Scenario:
    """``cluster``: the one that is there already, None for none; ``{id}`` in an option's value stands for its id."""

    name: str
    module: str
    options: dict[str, t.Any]
    cluster: dict[str, t.Any] | None
    credentials: str = "token"
    check: bool = False
    #: faults of fields as well
    fields: bool = True

    @property
    def writes_file(self) -> bool:
        return "dest" in self.options


def _cluster(**fields: t.Any) -> dict[str, t.Any]:
    return {
        "name": NAME,
        "region": "GRA11",
        "kubeProxyMode": "ipvs",
        "customization": {"kubeProxy": {"ipvs": {"scheduler": "rr", "tcpTimeout": "PT15M"}}},
        "nodepools": [{"name": "workers", "desiredNodes": 2, "flavorName": "b3-8"}],
        **fields,
    }


_WITH_MORE = _cluster(
    ipRestrictions=RESTRICTIONS,
    openIdConnect=OPEN_ID_CONNECT,
    privateNetworkId=NETWORK,
    nodesSubnetId=SUBNET,
    loadBalancersSubnetId=SUBNET,
    privateNetworkConfiguration={"defaultVrackGateway": "", "privateNetworkRoutingAsDefault": False},
)
_SETTINGS = {"ipvs": {"scheduler": "lc", "sync_period": "60s"}}
_CUSTOMIZE = {"kube_id": "{id}", "kube_proxy": _SETTINGS}
_CREATE = {
    "name": NAME,
    "region": "GRA11",
    "version": "1.34",
    "kube_proxy_mode": "ipvs",
    "kube_proxy": _SETTINGS,
    "update_policy": "NEVER_UPDATE",
}
_MODIFY = {
    "name": NAME,
    "region": "GRA11",
    "kube_proxy": _SETTINGS,
    "update_policy": "NEVER_UPDATE",
    "load_balancers_subnet_id": OTHER_SUBNET,
    "private_network_configuration": {"default_vrack_gateway": "10.0.0.1", "private_network_routing_as_default": True},
}
_DELETE = {"name": NAME, "region": "GRA11", "state": "absent", "confirm": NAME}
_RESET = {"kube_id": "{id}", "kube_proxy_mode": "iptables", "confirm": NAME}

SCENARIOS = (
    Scenario("customize", "kube_proxy_customization", _CUSTOMIZE, _cluster()),
    Scenario(
        "customize by name",
        "kube_proxy_customization",
        {"name": NAME, "kube_proxy": _SETTINGS},
        _cluster(),
        credentials="service account",
    ),
    Scenario(
        "uncustomize",
        "kube_proxy_customization",
        {"kube_id": "{id}", "state": "absent"},
        _cluster(),
        credentials="signed",
    ),
    Scenario("create", "kube_cluster", _CREATE, None),
    Scenario("modify", "kube_cluster", _MODIFY, _WITH_MORE),
    Scenario(
        "keep",
        "kube_cluster",
        _CREATE,
        _cluster(
            customization={"kubeProxy": {"ipvs": {"scheduler": "lc", "syncPeriod": "PT1M"}}},
            updatePolicy="NEVER_UPDATE",
        ),
    ),
    Scenario("delete", "kube_cluster", _DELETE, _cluster()),
    Scenario("list", "kube_cluster_info", {}, _cluster(), credentials="signed"),
    Scenario(
        "kubeconfig to a file", "kube_cluster_kubeconfig", {"kube_id": "{id}", "dest": "{folder}/config"}, _cluster()
    ),
    Scenario(
        "kubeconfig returned", "kube_cluster_kubeconfig", {"name": NAME}, _cluster(), credentials="service account"
    ),
    Scenario("reset", "kube_cluster_reset", _RESET, _WITH_MORE),
    Scenario(
        "no reset needed",
        "kube_cluster_reset",
        {**_RESET, "kube_proxy_mode": "ipvs", "ip_restrictions": ["203.0.113.0/24"]},
        _cluster(ipRestrictions=RESTRICTIONS),
    ),
    Scenario("customize, check", "kube_proxy_customization", _CUSTOMIZE, _cluster(), check=True, fields=False),
    Scenario("create, check", "kube_cluster", _CREATE, None, check=True, fields=False),
    Scenario("modify, check", "kube_cluster", _MODIFY, _WITH_MORE, check=True, fields=False),
    Scenario("delete, check", "kube_cluster", _DELETE, _cluster(), check=True, fields=False),
    Scenario("reset, check", "kube_cluster_reset", _RESET, _WITH_MORE, check=True, fields=False),
    Scenario(
        "kubeconfig, check",
        "kube_cluster_kubeconfig",
        {"kube_id": "{id}", "dest": "{folder}/config"},
        _cluster(),
        check=True,
        fields=False,
    ),
)
BY_NAME: t.Mapping[str, Scenario] = {scenario.name: scenario for scenario in SCENARIOS}
