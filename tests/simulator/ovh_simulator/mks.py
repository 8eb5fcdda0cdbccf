# SPDX-License-Identifier: GPL-3.0-or-later

"""The MKS routes about the cluster itself."""

from __future__ import annotations

import dataclasses
import typing as t

from . import errors, pools, validation
from .auth import Identity
from .clusters import Cluster, Clusters
from .settings import Settings
from .validation import Body, Reader


@dataclasses.dataclass
class Call:
    """One authorised call."""

    settings: Settings
    clusters: Clusters
    identity: Identity
    #: template of the route, as named in messages
    template: str
    #: decoded path parameters
    path: t.Mapping[str, str]
    body: t.Any

    @property
    def project(self) -> str:
        return self.path["serviceName"]

    @property
    def cluster(self) -> Cluster:
        cluster = self.clusters.find(self.project, self.path["kubeId"])
        cluster.poll()
        # The last poll may just have ended its deletion.
        return self.clusters.find(self.project, self.path["kubeId"])

    def read(self, members: t.Mapping[str, validation.Check], **how: t.Iterable[str]) -> Body:
        return Reader(self.settings, self.template).read(self.body, members, **how)

    def changeable(self, operation: str) -> Cluster:
        # No poll here: an operation whose end nobody has seen is still under way.
        cluster = self.clusters.find(self.project, self.path["kubeId"])
        cluster.require_changeable(operation)
        return cluster


Handler = t.Callable[[Call], t.Any]


def list_clusters(call: Call) -> list[str]:
    return [cluster.id for cluster in call.clusters.of(call.project)]


def _check_plan(call: Call, cilium: bool, body: Body) -> None:
    """Refuse, or drop from the body, what does not fit the network plugin of the plan."""
    customization = body.get("customization") or {}
    if not cilium:
        if customization.get("cilium") is not None:
            raise errors.bad_request("Cilium customization is only available on standard plan")
        return
    names = [name for name in ("kubeProxyMode",) if body.get(name) is not None]
    names += ["customization.kubeProxy"] if customization.get("kubeProxy") is not None else []
    if names and call.settings.cilium_kube_proxy == "refuse":
        status = call.settings.cilium_kube_proxy_status
        code = "Client::Conflict" if status == 409 else "Client::BadRequest"
        raise errors.ApiError(status, f"{', '.join(names)} not available on standard plan", code=code)
    if call.settings.cilium_kube_proxy != "accept":
        customization.pop("kubeProxy", None)
    body.pop("kubeProxyMode", None)


def create(call: Call) -> Body:
    body = call.read(validation.CREATE, required=("region",))
    validation.check_network(body)
    _check_plan(call, body.get("plan") == "standard", body)
    cluster = call.clusters.create(call.project, body)
    cluster.reads_refused = call.settings.create_404_reads
    cluster.begin("create")
    return cluster.shown()


def get(call: Call) -> Body:
    cluster = call.clusters.find(call.project, call.path["kubeId"])
    if cluster.reads_refused > 0:
        cluster.reads_refused -= 1
        raise errors.not_found(f"Kubernetes cluster {cluster.id} not found")
    cluster = call.cluster
    shown = cluster.shown()
    cluster.polled()
    return shown


def edit(call: Call) -> None:
    cluster = call.changeable("edit")
    body = call.read(validation.EDIT)
    cluster.data.update({name: value for name, value in body.items() if value is not None})
    cluster.touch()


def delete(call: Call) -> None:
    call.changeable("delete").begin("delete")


def get_customization(call: Call) -> Body:
    return call.cluster.shown_customization()


def put_customization(call: Call) -> Body:
    cluster = call.changeable("customization")
    body = call.read(validation.CUSTOMIZATION, refused=("kubeProxyMode",))
    _check_plan(call, cluster.on_cilium, {"customization": body})
    cluster.begin("customization", lambda: cluster.customize(body), call.settings.customization_effect)
    return {"message": "Customization update has been accepted, the cluster will be updated"}


def reset(call: Call) -> None:
    cluster = call.changeable("reset")
    not_taken = ("region", "plan")
    if call.settings.reset_region == "ignore":
        body = call.read(validation.RESET, ignored=not_taken)
    else:
        body = call.read(validation.RESET, refused=not_taken)
    validation.check_network(body)
    _check_plan(call, cluster.on_cilium, body)
    cluster.begin("reset", lambda: _wipe(call.settings, cluster, body), call.settings.reset_effect)


def _wipe(settings: Settings, cluster: Cluster, body: Body) -> None:
    """What a reset leaves of a cluster: nothing the body does not name."""
    if body.get("name"):
        cluster["name"] = body["name"]
    cluster.apply_defaults(body, settings.default_mode_reset, settings.forced_mode_reset)
    if not settings.reset_keeps_ip_restrictions:
        cluster["ipRestrictions"] = []
    if not settings.reset_keeps_open_id_connect:
        cluster["openIdConnect"] = None
    cluster["kubeconfigGeneration"] += 1
    if body.get("workerNodesPolicy") == "reinstall":
        for pool in cluster["nodepools"]:
            pools.reinstall(pool, cluster["version"], cluster.now())
    else:
        cluster["nodepools"] = []


def restart(call: Call) -> None:
    cluster = call.changeable("restart")
    call.read({"force": validation.boolean})
    cluster.begin("restart")


def update(call: Call) -> None:
    cluster = call.changeable("update")
    strategies = validation.one_of("LATEST_PATCH", "NEXT_MINOR")
    body = call.read({"strategy": strategies, "force": validation.boolean}, required=("strategy",))
    if cluster["updatePolicy"] == "NEVER_UPDATE":
        raise errors.conflict("Cluster update policy is NEVER_UPDATE, update is not allowed")
    target = cluster["minor"]
    if body["strategy"] == "NEXT_MINOR":
        if not cluster["nextUpgradeVersions"]:
            raise errors.conflict(f"Cluster {cluster.id} has no version to be upgraded to")
        target = cluster["nextUpgradeVersions"][0]
    cluster.begin("update", lambda: cluster.set_version(target), "ready")


def set_update_policy(call: Call) -> None:
    cluster = call.changeable("update_policy")
    body = call.read({"updatePolicy": validation.one_of(*validation.UPDATE_POLICIES)}, required=("updatePolicy",))
    cluster["updatePolicy"] = body["updatePolicy"]
    cluster.touch()


def set_load_balancers_subnet(call: Call) -> None:
    cluster = call.changeable("load_balancers_subnet")
    body = call.read({"loadBalancersSubnetId": validation.uuid})
    subnet = body.get("loadBalancersSubnetId")
    network = {name: cluster[name] for name in ("privateNetworkId", "nodesSubnetId")}
    validation.check_network({**network, "loadBalancersSubnetId": subnet})
    cluster.begin("load_balancers_subnet", lambda: cluster.data.update(loadBalancersSubnetId=subnet))


def create_kubeconfig(call: Call) -> Body:
    cluster = call.cluster
    call.read({})
    if call.settings.kubeconfig_requires_ready and cluster.status != "READY":
        raise errors.conflict(f"Cluster {cluster.id} is not ready (status {cluster.status})")
    return {"content": call.settings.kubeconfig or cluster.kubeconfig()}


def reset_kubeconfig(call: Call) -> None:
    cluster = call.changeable("kubeconfig_reset")
    call.read({})

    def renew() -> None:
        cluster["kubeconfigGeneration"] += 1
        for pool in cluster["nodepools"]:
            pools.reinstall(pool, cluster["version"], cluster.now())

    cluster.begin("kubeconfig_reset", renew)


def get_private_network(call: Call) -> Body:
    configuration = call.cluster["privateNetworkConfiguration"]
    if configuration is None:
        raise errors.not_found("Cluster has no private network configuration")
    return dict(configuration)


def put_private_network(call: Call) -> Body:
    cluster = call.changeable("private_network")
    members = validation.PRIVATE_NETWORK_CONFIGURATION
    body = call.read(members, required=tuple(members))
    validation.check_network({"privateNetworkId": cluster["privateNetworkId"], "privateNetworkConfiguration": body})
    cluster.begin("private_network", lambda: cluster.data.update(privateNetworkConfiguration=body))
    return {"message": "Private network configuration update has been accepted"}


def get_ip_restrictions(call: Call) -> list[str]:
    return list(call.cluster["ipRestrictions"])


def _write_ip_restrictions(call: Call, keep: bool) -> list[str]:
    cluster = call.changeable("ip_restrictions")
    given = call.read({"ips": validation.list_of(validation.cidr)}, required=("ips",))["ips"]
    blocks = list(dict.fromkeys([*(cluster["ipRestrictions"] if keep else []), *given]))
    cluster.begin("ip_restrictions", lambda: cluster.data.update(ipRestrictions=blocks))
    return blocks


def add_ip_restrictions(call: Call) -> list[str]:
    return _write_ip_restrictions(call, keep=True)


def replace_ip_restrictions(call: Call) -> list[str]:
    return _write_ip_restrictions(call, keep=False)


def delete_ip_restriction(call: Call) -> None:
    cluster = call.changeable("ip_restrictions")
    block = call.path["ip"]
    if block not in cluster["ipRestrictions"]:
        raise errors.not_found(f"IP restriction {block} not found")
    left = [other for other in cluster["ipRestrictions"] if other != block]
    cluster.begin("ip_restrictions", lambda: cluster.data.update(ipRestrictions=left))


def _open_id_connect(cluster: Cluster) -> Body:
    settings = cluster["openIdConnect"]
    if settings is None:
        raise errors.not_found("OpenID Connect is not configured on this cluster")
    return dict(settings)


def get_open_id_connect(call: Call) -> Body:
    return _open_id_connect(call.cluster)


def create_open_id_connect(call: Call) -> Body:
    cluster = call.changeable("open_id_connect")
    body = call.read(validation.OPEN_ID_CONNECT, required=("clientId", "issuerUrl"))
    if cluster["openIdConnect"] is not None:
        raise errors.conflict("OpenID Connect is already configured on this cluster")
    cluster.begin("open_id_connect", lambda: cluster.data.update(openIdConnect=body))
    return body


def replace_open_id_connect(call: Call) -> None:
    cluster = call.changeable("open_id_connect")
    _open_id_connect(cluster)
    body = call.read(validation.OPEN_ID_CONNECT, required=("clientId", "issuerUrl"))
    cluster.begin("open_id_connect", lambda: cluster.data.update(openIdConnect=body))


def delete_open_id_connect(call: Call) -> None:
    cluster = call.changeable("open_id_connect")
    _open_id_connect(cluster)
    cluster.begin("open_id_connect", lambda: cluster.data.update(openIdConnect=None))
