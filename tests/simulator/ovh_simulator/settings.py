# SPDX-License-Identifier: GPL-3.0-or-later

"""Every knob of the simulator.

Where OVHcloud does not document what its API does, the default here is the reading that is least forgiving to a
client, and the knob offers the others.
"""

from __future__ import annotations

import dataclasses
import typing as t

#: Statuses an operation shows on its way, in order. Each lasts `transient_polls`.
TRANSIENT: dict[str, tuple[str, ...]] = {
    "create": ("INSTALLING",),
    "delete": ("DELETING",),
    "customization": ("UPDATING",),
    "reset": ("RESETTING", "REDEPLOYING"),
    "restart": ("UPDATING",),
    "update": ("UPDATING",),
    "kubeconfig_reset": ("REDEPLOYING",),
    "private_network": ("REDEPLOYING",),
    "load_balancers_subnet": ("REDEPLOYING",),
    "ip_restrictions": ("REDEPLOYING",),
    "open_id_connect": ("UPDATING",),
}


@dataclasses.dataclass(frozen=True)
class Operation:
    """How one asynchronous operation shows in the status of its cluster."""

    lag_polls: int
    transient: tuple[str, ...]
    transient_polls: int
    end_status: str


#: The words a knob takes.
CHOICES: dict[str, tuple[str, ...]] = {
    "application_key_state": ("valid", "expired"),
    "consumer_key_state": ("valid", "expired", "pendingValidation", "refused"),
    "iam_denied_by": ("iam", "authentication", "both"),
    "progress": ("polls", "seconds"),
    "conflict_when_not_ready": ("all", "async", "never"),
    "customization_effect": ("immediate", "started", "ready", "lost"),
    "reset_effect": ("immediate", "started", "ready", "lost"),
    "null_kube_proxy": ("clear", "keep"),
    "zero_sync_period": ("accept", "refuse"),
    "cilium_kube_proxy": ("refuse", "ignore", "accept"),
    "unknown_fields": ("refuse", "ignore"),
    "reset_region": ("refuse", "ignore"),
    "empty_kube_proxy": ("missing", "null", "empty"),
    "unset_members": ("missing", "null"),
    "nullable_fields": ("null", "missing"),
    "void_answer": ("null", "empty", "204"),
}


@dataclasses.dataclass(slots=True)
class Settings:
    # --- clock and authentication -----------------------------------------------------------------------------
    #: seconds the server's clock is ahead of this machine's
    clock_skew: int = 0
    #: greatest accepted difference, in seconds, between X-Ovh-Timestamp and the server's clock
    time_window: int = 60
    #: "valid" or "expired": an expired application key is answered like an unknown one
    application_key_state: str = "valid"
    #: "valid", "expired", "pendingValidation" or "refused"
    consumer_key_state: str = "valid"
    #: access rules of the consumer key: {"method", "path"} with `*` standing for any text, slashes included
    access_rules: list[dict[str, str]] = dataclasses.field(
        default_factory=lambda: [{"method": method, "path": "/*"} for method in ("GET", "POST", "PUT", "DELETE")]
    )
    #: IAM actions refused with 403 and `details`; `*` stands for any text
    iam_denied_actions: list[str] = dataclasses.field(default_factory=list)
    #: which member of `details` names the refused action: "iam", "authentication" or "both"
    iam_denied_by: str = "iam"
    #: `expires_in` announced by the token URL, in seconds
    token_expires_in: int = 3599
    #: seconds after which the API refuses the token; None means as announced
    token_lifetime: float | None = None

    # --- progress of operations -------------------------------------------------------------------------------
    #: "polls": a step lasts so many GETs of the cluster; "seconds": a poll counts for `seconds_per_poll` seconds
    progress: str = "polls"
    #: seconds that stand for one poll when progress is measured in seconds
    seconds_per_poll: float = 1.0
    #: polls during which the former status is still shown after an operation was accepted (not at creation)
    lag_polls: int = 1
    #: polls each transient status lasts; -1 means for ever
    transient_polls: int = 2
    #: status an operation ends in: READY, ERROR, USER_QUOTA_ERROR, SUSPENDED, or any invented word
    end_status: str = "READY"
    #: per operation (a key of TRANSIENT) any of lag_polls, transient, transient_polls, end_status
    operations: dict[str, dict[str, t.Any]] = dataclasses.field(default_factory=dict)
    #: reads answered 404 after a creation
    create_404_reads: int = 0
    #: 409 for changes to a cluster that is not READY or has an operation under way: "all", "async" (leaves the name
    #: and the update policy changeable), "never"
    conflict_when_not_ready: str = "all"
    #: statuses of a running operation in which ipRestrictions may be written nevertheless
    ip_restrictions_accepted_in: list[str] = dataclasses.field(default_factory=list)
    #: 409 for POST kubeconfig unless the cluster is READY
    kubeconfig_requires_ready: bool = False
    #: what POST kubeconfig answers for every cluster, such as the way to a real API server; None means a made-up one
    kubeconfig: str | None = None

    # --- kube-proxy mode --------------------------------------------------------------------------------------
    #: mode of a cluster created without kubeProxyMode; OVHcloud's documents disagree about both defaults
    default_mode_create: str = "iptables"
    #: mode after a reset without kubeProxyMode
    default_mode_reset: str = "ipvs"
    #: mode a created cluster really gets whatever was asked (terraform-provider-ovh #1425); None means as asked
    forced_mode_create: str | None = None
    #: the same at a reset
    forced_mode_reset: str | None = None

    # --- customization ----------------------------------------------------------------------------------------
    #: when a written customization, or a reset, shows in reads: "immediate", "started" (the first transient status),
    #: "ready" (the end of the operation), or "lost" (never, though the call was accepted)
    customization_effect: str = "immediate"
    #: the same for what a reset does
    reset_effect: str = "started"
    #: effect of `kubeProxy: null`: "clear" or "keep"
    null_kube_proxy: str = "clear"
    #: syncPeriod of zero: "accept" or "refuse"; the schema forbids it, the guides use it
    zero_sync_period: str = "accept"
    #: kube-proxy settings on a Standard (Cilium) cluster: "refuse", "ignore" or "accept"
    cilium_kube_proxy: str = "refuse"
    #: status of that refusal: 400 or 409
    cilium_kube_proxy_status: int = 400
    #: answer durations in canonical form (PT60S -> PT1M); a zero always comes back as P0D
    canonical_durations: bool = True

    # --- bodies -----------------------------------------------------------------------------------------------
    #: members the schema does not have: "refuse" or "ignore"
    unknown_fields: str = "refuse"
    #: `region` and `plan` in a reset body: "refuse" or "ignore"
    reset_region: str = "refuse"
    #: how an empty kubeProxy is shown: "missing", "null" or "empty"
    empty_kube_proxy: str = "missing"
    #: how the unset members of a kubeProxy that has others are shown: "missing" or "null"
    unset_members: str = "missing"
    #: how an unset nullable member of the cluster itself is shown: "null" or "missing"
    nullable_fields: str = "null"
    #: show the `plan` of a cluster (older API versions do not)
    show_plan: bool = True
    #: text after the patch version of a cluster
    version_suffix: str = "-0"
    #: members added to every cluster object, unknown to any client
    extra_fields: dict[str, t.Any] = dataclasses.field(default_factory=lambda: {"simulatedExtraField": {"beta": True}})
    #: body of the answers of void calls: "null", "empty" or "204"
    void_answer: str = "null"
    #: minor version -> newest patch
    versions: dict[str, str] = dataclasses.field(
        default_factory=lambda: {"1.32": "1.32.9", "1.33": "1.33.5", "1.34": "1.34.1", "1.35": "1.35.0"}
    )
    #: minor version of a cluster created without one
    default_version: str = "1.34"
    #: a reset leaves the IP restrictions of the API server in place
    reset_keeps_ip_restrictions: bool = False
    #: the same for the OpenID Connect settings
    reset_keeps_open_id_connect: bool = False

    def operation(self, name: str) -> Operation:
        own = self.operations.get(name, {})
        return Operation(
            lag_polls=own.get("lag_polls", 0 if name == "create" else self.lag_polls),
            transient=tuple(own.get("transient", TRANSIENT[name])),
            transient_polls=own.get("transient_polls", self.transient_polls),
            end_status=own.get("end_status", self.end_status),
        )

    def __setattr__(self, name: str, value: t.Any) -> None:
        """Raises for what no knob takes, so that a typing error in a test cannot pass unseen."""
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}")
        if name == "operations":
            for operation, own in value.items():
                if operation not in TRANSIENT or not set(own) <= set(Operation.__dataclass_fields__):
                    raise ValueError(f"operations.{operation} must be an operation with members of Operation")
        object.__setattr__(self, name, value)

    def update(self, values: t.Mapping[str, t.Any]) -> None:
        """Raises before anything is changed when a name is no knob."""
        unknown = sorted(set(values) - set(self.__dataclass_fields__))
        if unknown:
            raise ValueError(f"no such knob: {', '.join(unknown)}")
        for name, value in values.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, t.Any]:
        return dataclasses.asdict(self)
