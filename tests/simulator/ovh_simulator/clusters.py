# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster: its state, and how its status moves while an operation is under way."""

from __future__ import annotations

import collections
import copy
import dataclasses
import datetime
import secrets
import typing as t
import uuid

from . import errors, kubeconfig, pools
from .settings import Settings

Effect = t.Callable[[], None]

#: Members of `Cluster.data` a GET of the cluster shows.
PUBLIC = (
    "id",
    "name",
    "region",
    "plan",
    "status",
    "version",
    "nextUpgradeVersions",
    "kubeProxyMode",
    "customization",
    "updatePolicy",
    "isUpToDate",
    "controlPlaneIsUpToDate",
    "auditLogsSubscribed",
    "url",
    "nodesUrl",
    "privateNetworkId",
    "nodesSubnetId",
    "loadBalancersSubnetId",
    "privateNetworkConfiguration",
    "ipAllocationPolicy",
    "createdAt",
    "updatedAt",
)
#: Those of them that may be unset.
_NULLABLE = (
    "nextUpgradeVersions",
    "kubeProxyMode",
    "privateNetworkId",
    "nodesSubnetId",
    "loadBalancersSubnetId",
    "privateNetworkConfiguration",
    "ipAllocationPolicy",
)
DEFAULT_API_SERVER = {"admissionPlugins": {"enabled": ["AlwaysPullImages", "NodeRestriction"], "disabled": []}}
KUBE_PROXY_MEMBERS = {
    "iptables": ("minSyncPeriod", "syncPeriod"),
    "ipvs": ("minSyncPeriod", "scheduler", "syncPeriod", "tcpFinTimeout", "tcpTimeout", "udpTimeout"),
}
DEFAULT_CILIUM = {
    "clusterId": 0,
    "clusterMesh": {"enabled": False, "apiServer": None},
    "hubble": {"enabled": False, "relay": {"enabled": False}, "ui": {"enabled": False}},
}


@dataclasses.dataclass
class Step:
    """A status that lasts `remaining` polls (or seconds), -1 for ever."""

    status: str
    remaining: float
    effects: list[Effect] = dataclasses.field(default_factory=list)
    last: bool = False
    entered: bool = False


class Cluster:
    """Its `data` may be changed at will by a test; indexing the cluster reads and writes it.

    Besides the members of the API's object there are `ipRestrictions`, `openIdConnect`, `nodepools` (each with its
    `nodes`) and `kubeconfigGeneration`.
    """

    def __init__(
        self,
        settings: Settings,
        clock: t.Callable[[], float],
        project: str,
        body: t.Mapping[str, t.Any],
        remove: t.Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._remove = remove
        self._steps: collections.deque[Step] = collections.deque()
        self._since = clock()
        self._last_change = 0.0
        self.project = project
        self.reads_refused = 0
        created = self.now()
        host = f"{secrets.token_hex(3)}.c1.{str(body.get('region') or 'GRA11').lower()}.k8s.ovh.net"
        plan = body.get("plan") or "free"
        self.data: dict[str, t.Any] = {
            "id": str(uuid.uuid4()),
            "name": body.get("name") or f"cluster-{secrets.token_hex(4)}",
            "region": body.get("region") or "GRA11",
            "plan": plan,
            "status": "READY",
            "isUpToDate": True,
            "controlPlaneIsUpToDate": True,
            "auditLogsSubscribed": False,
            "url": host,
            "nodesUrl": host.replace(".", ".nodes.", 1),
            "createdAt": created,
            "updatedAt": created,
            "kubeconfigGeneration": 1,
            "nodepools": [],
        }
        self.apply_defaults(body, settings.default_mode_create, settings.forced_mode_create)
        for fields in [*(body.get("nodepools") or []), *([body["nodepool"]] if body.get("nodepool") else [])]:
            self.data["nodepools"].append(pools.new_pool(project, self.data["version"], created, fields))

    def __getitem__(self, name: str) -> t.Any:
        return self.data[name]

    def __setitem__(self, name: str, value: t.Any) -> None:
        self.data[name] = value

    def get(self, name: str, default: t.Any = None) -> t.Any:
        return self.data.get(name, default)

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def status(self) -> str:
        return str(self.data["status"])

    @property
    def busy(self) -> bool:
        """Whether an operation is under way, visible in the status or not yet."""
        self._elapse()
        return bool(self._steps)

    @property
    def on_cilium(self) -> bool:
        return bool(self.data["plan"] == "standard")

    def now(self) -> str:
        """A date later than every other one given for this cluster."""
        self._last_change = max(self._clock(), self._last_change + 0.000001)
        moment = datetime.datetime.fromtimestamp(self._last_change, datetime.timezone.utc)
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

    def touch(self) -> None:
        self.data["updatedAt"] = self.now()

    # --- contents -----------------------------------------------------------------------------------------------

    def apply_defaults(self, body: t.Mapping[str, t.Any], default_mode: str, forced_mode: str | None) -> None:
        """Everything a creation and a reset set, whether the body names it or not."""
        version = body.get("version") or self.data.get("minor") or self._settings.default_version
        self.set_version(version)
        mode = None if self.on_cilium else forced_mode or body.get("kubeProxyMode") or default_mode
        pods = "10.240.0.0/13" if self.on_cilium else "10.2.0.0/16"
        network = body.get("privateNetworkId")
        self.data.update(
            kubeProxyMode=mode,
            customization={},
            updatePolicy=body.get("updatePolicy") or "ALWAYS_UPDATE",
            privateNetworkId=network,
            privateNetworkConfiguration=body.get("privateNetworkConfiguration"),
            nodesSubnetId=body.get("nodesSubnetId"),
            loadBalancersSubnetId=body.get("loadBalancersSubnetId"),
            ipAllocationPolicy=body.get("ipAllocationPolicy")
            or ({"podsIpv4Cidr": pods, "servicesIpv4Cidr": "10.3.0.0/16"} if self.on_cilium else None),
        )
        self.data.setdefault("ipRestrictions", [])
        self.data.setdefault("openIdConnect", None)
        self.customize(body.get("customization") or {})

    def set_version(self, minor: str) -> None:
        known = sorted(self._settings.versions, key=lambda text: [int(part) for part in text.split(".")])
        patch = self._settings.versions.get(minor, f"{minor}.0")
        later = known[known.index(minor) + 1 :][:1] if minor in known else []
        self.data.update(minor=minor, version=patch + self._settings.version_suffix, nextUpgradeVersions=later)

    def customize(self, body: t.Mapping[str, t.Any]) -> None:
        """Replace the sections the body has, keep the others."""
        kept = dict(self.data.get("customization") or {})
        for section, value in body.items():
            if section == "kubeProxy" and value is None and self._settings.null_kube_proxy == "keep":
                continue
            kept[section] = copy.deepcopy(value)
        self.data["customization"] = kept

    def kubeconfig(self) -> str:
        return kubeconfig.render(self.id, self["name"], self["url"], self["kubeconfigGeneration"])

    def kubeconfig_secrets(self) -> list[str]:
        return kubeconfig.private_data(self.id, self["kubeconfigGeneration"])

    # --- what the API shows -------------------------------------------------------------------------------------

    def shown_customization(self) -> dict[str, t.Any]:
        stored = self.data.get("customization") or {}
        api_server = (stored.get("apiServer") or {}).get("admissionPlugins") or DEFAULT_API_SERVER["admissionPlugins"]
        out: dict[str, t.Any] = {"apiServer": {"admissionPlugins": copy.deepcopy(api_server)}}
        if self.on_cilium:
            out["cilium"] = {**copy.deepcopy(DEFAULT_CILIUM), **(stored.get("cilium") or {})}
        sections = self._shown_sections(stored.get("kubeProxy") or {})
        shape = self._settings.empty_kube_proxy
        if sections:
            out["kubeProxy"] = sections
        elif shape != "missing":
            out["kubeProxy"] = None if shape == "null" else {"iptables": {}, "ipvs": {}}
        return out

    def shown(self) -> dict[str, t.Any]:
        out = {name: copy.deepcopy(self.data.get(name)) for name in PUBLIC}
        out["customization"] = self.shown_customization()
        if not self._settings.show_plan:
            del out["plan"]
        if self._settings.nullable_fields == "missing":
            out = {name: value for name, value in out.items() if value is not None or name not in _NULLABLE}
        return {**out, **copy.deepcopy(self._settings.extra_fields)}

    def _shown_sections(self, kube_proxy: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """The sections with something set; nothing at all when none has."""
        given = {
            section: {name: value for name, value in (members or {}).items() if value is not None}
            for section, members in kube_proxy.items()
        }
        sections: dict[str, t.Any] = {section: members for section, members in given.items() if members}
        if sections and self._settings.unset_members == "null":
            for section, names in KUBE_PROXY_MEMBERS.items():
                members = sections.get(section)
                sections[section] = members and {name: members.get(name) for name in names}
        return sections

    # --- progress -----------------------------------------------------------------------------------------------

    def require_changeable(self, operation: str) -> None:
        """Raises the 409 of a change that cannot be made now."""
        policy = self._settings.conflict_when_not_ready
        synchronous = operation in ("edit", "update_policy")
        if policy == "never" or (policy == "async" and synchronous):
            return
        if operation == "ip_restrictions" and self.busy and self.status in self._settings.ip_restrictions_accepted_in:
            return
        if self.busy:
            raise errors.conflict(f"Cluster {self.id} is not ready (status {self.status}), an operation is in progress")
        # A cluster in an error state can still be reset or deleted.
        if self.status != "READY" and operation not in ("reset", "delete"):
            raise errors.conflict(f"Cluster {self.id} is not ready (status {self.status})")

    def begin(self, operation: str, effect: Effect | None = None, when: str = "immediate") -> None:
        """Start an operation after whatever is under way. `when`: immediate, started, ready or lost."""
        how = self._settings.operation(operation)
        self._elapse()
        if not self._steps:
            self._since = self._clock()
        while self._steps and self._steps[-1].last:
            # Its effects (the end of the former operation) still have to come.
            former = self._steps.pop()
            if former.effects:
                self._steps.append(Step(self._steps[-1].status if self._steps else self.status, 0, former.effects))
        following = bool(self._steps)
        unit = self._settings.seconds_per_poll if self._settings.progress == "seconds" else 1
        steps = [] if following or not how.lag_polls else [Step(self.status, how.lag_polls * unit)]
        polls = how.transient_polls
        moving = [Step(status, polls if polls < 0 else polls * unit) for status in how.transient]
        final = "DELETED" if operation == "delete" else how.end_status
        steps += [*moving, Step(final, 0, last=True)]
        if operation == "delete":
            steps[-1].effects.append(lambda: self._remove(self.id))
        if effect is not None and when == "immediate":
            effect()
        elif effect is not None and when == "started":
            (moving or steps)[0].effects.insert(0, effect)
        elif effect is not None and when == "ready":
            steps[-1].effects.insert(0, effect)
        self._steps.extend(steps)
        self.touch()
        self._enter()

    def set_status(self, status: str) -> None:
        """Put the cluster into a status at once, whatever was under way."""
        self._steps.clear()
        self.data["status"] = status
        self.touch()

    def poll(self) -> None:
        """Called by a GET of the cluster before its status is shown; `polled` after."""
        self._elapse()
        self._enter()

    def polled(self) -> None:
        if self._steps and self._settings.progress == "polls" and self._steps[0].remaining > 0:
            self._steps[0].remaining -= 1

    def _elapse(self) -> None:
        """Let the time since the last look pass, when progress is measured in seconds."""
        if self._settings.progress != "seconds":
            return
        now = self._clock()
        elapsed, self._since = now - self._since, now
        while self._steps and self._steps[0].remaining >= 0:
            step = self._steps[0]
            used = min(step.remaining, elapsed)
            step.remaining -= used
            elapsed -= used
            if step.remaining > 0:
                break
            self._enter()

    def _enter(self) -> None:
        """Show the status of the first step that still lasts; a finished operation leaves none."""
        while self._steps:
            step = self._steps[0]
            if not step.entered:
                step.entered = True
                if step.status != self.status:
                    self.data["status"] = step.status
                    self.touch()
                for effect in step.effects:
                    effect()
            if step.remaining != 0:
                return
            self._steps.popleft()


class Clusters:
    """The clusters of all projects, in order of creation."""

    def __init__(self, settings: Settings, clock: t.Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self.by_id: dict[str, Cluster] = {}

    def create(self, project: str, body: t.Mapping[str, t.Any]) -> Cluster:
        cluster = Cluster(self._settings, self._clock, project, body, self._remove)
        self.by_id[cluster.id] = cluster
        return cluster

    def _remove(self, kube_id: str) -> None:
        self.by_id.pop(kube_id, None)

    def of(self, project: str) -> list[Cluster]:
        return [cluster for cluster in self.by_id.values() if cluster.project == project]

    def find(self, project: str, kube_id: str) -> Cluster:
        cluster = self.by_id.get(kube_id)
        if cluster is None or cluster.project != project:
            raise errors.not_found(f"Kubernetes cluster {kube_id} not found")
        return cluster

    def add(self, project: str, fields: t.Mapping[str, t.Any]) -> Cluster:
        """A cluster that is there already. `fields`: a creation body, or any member of `Cluster.data`."""
        cluster = self.create(project, fields)
        del self.by_id[cluster.id]
        kept = {name: value for name, value in fields.items() if name not in ("nodepools", "nodepool")}
        if "version" in kept and kept["version"] in self._settings.versions:
            del kept["version"]
        cluster.data.update(copy.deepcopy(kept))
        self.by_id[cluster.id] = cluster
        return cluster
