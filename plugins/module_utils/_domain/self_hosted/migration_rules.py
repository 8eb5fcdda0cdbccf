# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of the mode meets in a cluster, as one table. Whom each rule is about: :mod:`.migration_questions`."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..kube_proxy import modes
from ..kube_proxy.findings import Finding, Kind
from ..kube_proxy.kernels import minimum_kernel
from . import migration_questions as ask
from .migration_facts import MigrationFacts

_MODES = modes.MODES


@dataclass(frozen=True)
class Rule:
    """``what`` and ``todo`` may name {former}, {mode}, {version}, {kernel} and {deprecation}."""

    kind: Kind
    about: t.Callable[[MigrationFacts], ask.Subjects]
    what: str
    todo: str
    source: str
    #: only for changes to one of these modes, and away from one of those
    into: tuple[str, ...] = _MODES
    out_of: tuple[str, ...] = _MODES
    #: only for changes to or from one of these modes
    around: tuple[str, ...] = _MODES

    def findings(self, facts: MigrationFacts) -> t.Iterator[Finding]:
        change = {facts.former, facts.mode}
        if facts.mode not in self.into or facts.former not in self.out_of or change.isdisjoint(self.around):
            return
        kernel = minimum_kernel(facts.mode, facts.version)
        words = {
            "former": facts.former,
            "mode": facts.mode,
            "version": facts.version.release,
            "kernel": "" if kernel is None else f"{kernel[0]}.{kernel[1]}",
            "deprecation": modes.deprecation(facts.mode, facts.version) or "",
        }
        for subject in self.about(facts):
            yield Finding(self.kind, subject, self.what.format(**words), self.todo.format(**words), self.source)


_NFTABLES, _IPVS, _IPTABLES = ("nftables",), ("ipvs",), ("iptables",)
_NOT_IPVS = ("iptables", "nftables")
_OLD = ("iptables", "ipvs")

RULES: t.Final[tuple[Rule, ...]] = (
    # What keeps the change from beginning.
    Rule(
        "blocking", ask.too_old,
        "it has no mode nftables",
        "upgrade Kubernetes to 1.31 or later, or choose another mode",
        "KEP-3866: alpha in 1.29",
        into=_NFTABLES,
    ),
    Rule(
        "blocking", ask.gate_is_off,
        "the feature gate NFTablesProxyMode is off, which mode nftables needs before 1.33",
        "set the feature gate NFTablesProxyMode to true in config.featureGates, or upgrade Kubernetes to 1.31 or later",
        "KEP-3866: alpha in 1.29, on by default from 1.31",
        into=_NFTABLES,
    ),
    Rule(
        "blocking", ask.gate_is_off,
        "mode ipvs is off in Kubernetes {version}",
        "choose nftables, or set the feature gate KubeProxyIPVS to true in config.featureGates until 1.42",
        "KEP-5495: planned for 1.40",
        into=_IPVS,
    ),
    Rule(
        "blocking", ask.old_kernels,
        "mode {mode} of kube-proxy {version} needs Linux {kernel} or later",
        "boot a newer kernel on the node, or choose another mode",
        "kube-proxy: pkg/proxy/nftables, 5.4 in 1.29 and 1.30, 5.13 from 1.31",
    ),
    Rule(
        "blocking", ask.closed_nodes,
        "the DaemonSet of kube-proxy does not tolerate that, so that its pod would end there and no other would start",
        "let the DaemonSet tolerate it, or take it from the node until the change is over",
        "Kubernetes documentation: Taints and Tolerations",
    ),
    Rule(
        "blocking", ask.replaced,
        "it handles Services itself, so that the mode of kube-proxy changes nothing, or both do it",
        "take kube-proxy out of the cluster instead, or turn this off in it first",
        "documentation of Calico, Cilium and kube-router",
    ),
    Rule(
        "blocking", ask.arp_without_strict,
        "in mode ipvs every node has the addresses of load balancers on kube-ipvs0, and answers ARP requests for them",
        "set ipvs.strict_arp to true",
        "documentation of MetalLB and kube-vip; metallb#153",
        into=_IPVS,
    ),
    Rule(
        "blocking", ask.dns_on_cluster_ip,
        "in mode ipvs kube-proxy has this address on kube-ipvs0, and NodeLocal DNSCache cannot listen there",
        "let it listen on 169.254.20.10 alone, and give that to the kubelets in clusterDNS, before the change",
        "Kubernetes documentation: Using NodeLocal DNSCache",
        into=_IPVS,
    ),
    Rule(
        "blocking", ask.ipvs_of_kube_vip,
        "it has virtual servers in the IPVS table, which kube-proxy clears as a whole when it starts in mode nftables",
        "turn lb_enable off in kube-vip, or use a load balancer of another kind, before the change",
        "kube-proxy 1.29 and later: pkg/proxy/ipvs, CleanupLeftovers",
        into=_NFTABLES,
    ),
    Rule(
        "blocking", ask.old_calico,
        "it has no data plane for nftables, and panics when kube-proxy runs in that mode",
        "upgrade Calico to 3.29 or later",
        "projectcalico/calico#8025",
        into=_NFTABLES,
    ),
    # What has to be changed as well.
    Rule(
        "follow", lambda facts: ask.calico(facts, "Disabled"),
        "its rules are for iptables, and it has to run its data plane for nftables where kube-proxy does",
        "set nftablesMode to Auto or Enabled in FelixConfiguration default, or linuxDataplane to Nftables in the "
        "operator's Installation",
        "Calico documentation: nftables data plane",
        into=_NFTABLES,
    ),
    Rule(
        "follow", lambda facts: ask.calico(facts, None),
        "it has to run its data plane for nftables where kube-proxy does, and no FelixConfiguration that was read says "
        "so",
        "set nftablesMode to Auto or Enabled in FelixConfiguration default, or linuxDataplane to Nftables in the "
        "operator's Installation",
        "Calico documentation: nftables data plane",
        into=_NFTABLES,
    ),
    Rule(
        "follow", lambda facts: ask.calico(facts, "Enabled"),
        "its rules are for nftables, which needs kube-proxy in mode nftables",
        "set nftablesMode to Auto or Disabled in FelixConfiguration default, or linuxDataplane to Iptables in the "
        "operator's Installation",
        "Calico documentation: nftables data plane",
        into=_OLD, out_of=_NFTABLES,
    ),
    Rule(
        "follow", lambda facts: ask.calico(facts, "Auto"),
        "it chooses its data plane by the mode of kube-proxy on the node",
        "look on the first node whether it has changed; if not, restart calico-node there after kube-proxy",
        "projectcalico/calico: felix/nftables, mode Auto",
        around=_NFTABLES,
    ),
    Rule(
        "follow", ask.any_calico,
        "it looks for kube-ipvs0 when it starts, and goes by that for NodePorts",
        "restart calico-node on each node after kube-proxy has changed there",
        "Calico documentation: Use IPVS kube-proxy",
        around=_IPVS,
    ),
    Rule(
        "follow", ask.flannel,
        "its own rules are for iptables, which a node in mode nftables needs for nothing else",
        "set EnableNFTables to true in net-conf.json of Flannel, and restart it",
        "Flannel documentation: configuration",
        into=_NFTABLES,
    ),
    Rule(
        "follow", ask.node_ports,
        "in mode nftables kube-proxy does not open NodePorts in the firewall of the node, as mode iptables does",
        "allow the NodePorts in firewalld, ufw or other rules of the nodes",
        "Kubernetes documentation: Virtual IPs, migrating from iptables mode to nftables",
        into=_NFTABLES,
    ),
    Rule(
        "follow", ask.excluded,
        "it keeps virtual servers of others from kube-proxy, which clears the whole IPVS table when it starts in mode "
        "nftables",
        "see that what made these virtual servers makes them again",
        "kube-proxy 1.29 and later: pkg/proxy/ipvs, CleanupLeftovers",
        into=_NFTABLES, out_of=_IPVS,
    ),
    Rule(
        "follow", ask.dead_settings,
        "what is set there has no effect in mode {mode}",
        "set in {mode} what is still wanted, where that section has it",
        "kube-proxy: sections of its configuration",
    ),
    # What is another afterwards.
    Rule(
        "behaviour", ask.deprecated,
        "{deprecation}",
        "choose nftables where the versions and kernels have it",
        "KEP-5495",
        into=_IPVS,
    ),
    Rule(
        "behaviour", ask.node_ports_on_localhost,
        "NodePorts do not answer on 127.0.0.1 any more",
        "let programs on the nodes use the address of the node, or the ClusterIP",
        "Kubernetes documentation: Virtual IPs; kubernetes#67730",
        into=("ipvs", "nftables"), out_of=_IPTABLES,
    ),
    Rule(
        "behaviour", ask.fewer_addresses,
        "NodePorts answer only on the primary addresses of the nodes, those in their status",
        "set config.nodePortAddresses to the networks that are needed; 0.0.0.0/0 and ::/0 for all, as before",
        "kube-proxy 1.31 and later: default of nodePortAddresses in mode nftables",
        into=_NFTABLES,
    ),
    Rule(
        "behaviour", ask.more_addresses,
        "NodePorts answer on all addresses of the nodes",
        "set config.nodePortAddresses, to primary for the same as before",
        "kube-proxy: default of nodePortAddresses",
        into=_OLD, out_of=_NFTABLES,
    ),
    Rule(
        "behaviour", ask.not_liberal,
        "mode nftables does not drop packets that connection tracking takes for invalid, as mode iptables does: "
        "they can end connections with a reset",
        "set conntrack.tcp_be_liberal to true if connections are reset after the change",
        "Kubernetes documentation: Virtual IPs, migrating from iptables mode to nftables",
        into=_NFTABLES, out_of=_IPTABLES,
    ),
    Rule(
        "behaviour", ask.cluster_ips,
        "ports of a ClusterIP that no Service has are refused, and do not pass on to where the address is routed",
        "nothing, unless something relies on it",
        "Kubernetes documentation: Virtual IPs, migrating from iptables mode to nftables",
        into=_NFTABLES,
    ),
    Rule(
        "behaviour", ask.cluster_ips,
        "they do not answer ping any more: they are addresses of each node in mode ipvs only",
        "let checks connect to a port of the Service",
        "kube-proxy: kube-ipvs0 in mode ipvs",
        into=_NOT_IPVS, out_of=_IPVS,
    ),
    Rule(
        "behaviour", ask.other_scheduler,
        "mode {mode} has no schedulers: it chooses an endpoint at random for each connection",
        "nothing, unless the load has to be spread by connections that are open",
        "kube-proxy: pkg/proxy/iptables and pkg/proxy/nftables",
        into=_NOT_IPVS, out_of=_IPVS,
    ),
    Rule(
        "behaviour", ask.scheduler_by_address,
        "mode {mode} has no schedulers: clients do not stay with an endpoint by their address any more",
        "set sessionAffinity to ClientIP in the Services that need it",
        "kube-proxy: pkg/proxy/iptables and pkg/proxy/nftables",
        into=_NOT_IPVS, out_of=_IPVS,
    ),
    Rule(
        "behaviour", ask.session_timeouts,
        "mode {mode} has no timeouts of its own: connections are forgotten after those of connection tracking",
        "set conntrack.tcp_established_timeout, conntrack.tcp_close_wait_timeout and conntrack.udp_timeout",
        "kube-proxy: conntrack in its configuration",
        into=_NOT_IPVS, out_of=_IPVS,
    ),
    Rule(
        "behaviour", ask.idle_timeout,
        "IPVS forgets a TCP connection that is idle for 15 minutes; connection tracking keeps it for 24 hours",
        "set ipvs.tcp_timeout, or keepalives in the programs that keep idle connections",
        "Linux: net/netfilter/ipvs, default timeouts; kubernetes#80298",
        into=_IPVS, out_of=_NOT_IPVS,
    ),
    Rule(
        "behaviour", ask.affinity,
        "no mode knows which endpoint another one has chosen for a client: clients may change it once",
        "nothing, if the endpoints bear that; else change the mode when few clients are there",
        "kube-proxy: sessionAffinity in each mode",
    ),
    Rule(
        "behaviour", ask.addresses_from_outside,
        "every node takes the external addresses of these Services for its own, on kube-ipvs0: other ports of them "
        "lead to the node itself",
        "see that no host outside of the cluster that pods talk to has one of these addresses",
        "kube-proxy: kube-ipvs0 in mode ipvs; kubernetes#72236",
        into=_IPVS,
    ),
    Rule(
        "behaviour", ask.local_traffic,
        "with externalTrafficPolicy Local, programs on a node and pods with hostNetwork reach the external addresses "
        "of these Services only where an endpoint is on that node",
        "let clients in the cluster use the ClusterIP",
        "kubernetes#75262, kubernetes#93456",
        into=_IPVS,
    ),
    Rule(
        "behaviour", ask.dns_on_cluster_ip,
        "for mode nftables nobody documents NodeLocal DNSCache on the address of a Service",
        "look on the first node whether names are resolved, or let it listen on 169.254.20.10 alone",
        "kubernetes/dns#682",
        into=_NFTABLES,
    ),
    Rule(
        "behaviour", ask.arp_stays,
        "the nodes keep arp_ignore and arp_announce as strict ARP has set them",
        "set both back, or reboot the nodes, if something needs the defaults of the kernel",
        "kube-proxy: pkg/proxy/ipvs",
        into=_NOT_IPVS, out_of=_IPVS,
    ),
    Rule(
        "behaviour", ask.route_localnet_stays,
        "the nodes keep it at 1, as mode iptables has set it for NodePorts on localhost: the kernel does not drop "
        "packets of other hosts to loopback addresses",
        "set it to 0 when nothing else on the nodes needs it",
        "kube-proxy: pkg/proxy/iptables, localhostNodePorts; kubernetes#92315",
        into=("ipvs", "nftables"), out_of=_IPTABLES,
    ),
)  # fmt: skip
