# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the running kernel has a module, and where that shows."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

#: States in which a module does its work now.
READY = ("loaded", "builtin", "functional")
#: Where the kernel's configuration is; the first that can be read counts.
CONFIG_FILES = ("/proc/config.gz", "/boot/config-{release}", "/lib/modules/{release}/config")

# Options of the kernel configuration by module, the newest name first: the first one that a configuration mentions
# decides. ip_tables and ip6_tables got options of their own when the kernel made the old tables optional.
_OPTIONS = {
    "br_netfilter": ("BRIDGE_NETFILTER",),
    "dummy": ("DUMMY",),
    "ip6_tables": ("IP6_NF_IPTABLES_LEGACY", "IP6_NF_IPTABLES"),
    "ip6t_MASQUERADE": ("IP6_NF_TARGET_MASQUERADE",),
    "ip6t_REJECT": ("IP6_NF_TARGET_REJECT",),
    "ip6table_filter": ("IP6_NF_FILTER",),
    "ip6table_nat": ("IP6_NF_NAT",),
    "ip_set": ("IP_SET",),
    "ip_set_bitmap_port": ("IP_SET_BITMAP_PORT",),
    "ip_set_hash_ip": ("IP_SET_HASH_IP",),
    "ip_set_hash_ipport": ("IP_SET_HASH_IPPORT",),
    "ip_set_hash_ipportip": ("IP_SET_HASH_IPPORTIP",),
    "ip_set_hash_ipportnet": ("IP_SET_HASH_IPPORTNET",),
    "ip_tables": ("IP_NF_IPTABLES_LEGACY", "IP_NF_IPTABLES"),
    "ip_vs": ("IP_VS",),
    "ipt_MASQUERADE": ("IP_NF_TARGET_MASQUERADE",),
    "ipt_REJECT": ("IP_NF_TARGET_REJECT",),
    "nf_conntrack": ("NF_CONNTRACK",),
    "nf_conntrack_ipv4": ("NF_CONNTRACK_IPV4",),
    "nf_conntrack_ipv6": ("NF_CONNTRACK_IPV6",),
    "nf_tables": ("NF_TABLES",),
    "nfnetlink": ("NETFILTER_NETLINK",),
    "nft_chain_nat": ("NFT_NAT",),
    "nft_ct": ("NFT_CT",),
    "nft_fib": ("NFT_FIB",),
    "nft_fib_ipv4": ("NFT_FIB_IPV4",),
    "nft_fib_ipv6": ("NFT_FIB_IPV6",),
    "nft_hash": ("NFT_HASH",),
    "nft_masq": ("NFT_MASQ",),
    "nft_nat": ("NFT_NAT",),
    "nft_numgen": ("NFT_NUMGEN",),
    "nft_reject": ("NFT_REJECT",),
    "nft_reject_ipv4": ("NFT_REJECT_IPV4",),
    "nft_reject_ipv6": ("NFT_REJECT_IPV6",),
    "xt_MASQUERADE": ("NETFILTER_XT_TARGET_MASQUERADE",),
    "xt_addrtype": ("NETFILTER_XT_MATCH_ADDRTYPE",),
    "xt_comment": ("NETFILTER_XT_MATCH_COMMENT",),
    "xt_conntrack": ("NETFILTER_XT_MATCH_CONNTRACK",),
    "xt_mark": ("NETFILTER_XT_MARK",),
    "xt_nat": ("NETFILTER_XT_NAT",),
    "xt_set": ("NETFILTER_XT_SET",),
    "xt_statistic": ("NETFILTER_XT_MATCH_STATISTIC",),
}


def kernel_options(module: str) -> tuple[str, ...]:
    """Options of the kernel's configuration that build a module; empty for a module that is not in the table."""
    if module.startswith("ip_vs_"):
        return (module.upper(),)
    return _OPTIONS.get(module, ())


@dataclass(frozen=True)
class Verdict:
    """``state`` is loaded, builtin, functional, loadable, absent or unknown; ``evidence`` is where that was seen.

    ``cause`` of an absence: no_module_support, modules_disabled, blocked, reboot_pending, file_missing, not_built or
    not_found; empty otherwise.
    """

    state: str
    evidence: str
    cause: str = ""

    @property
    def ready(self) -> bool:
        return self.state in READY


@dataclass(frozen=True)
class Evidence:
    """What a node shows about its modules.

    Absences differ: ``loaded`` is None on a kernel without loadable modules, ``builtin`` and ``files`` are None when
    the directory of the running kernel or its index is not there, ``config`` when no configuration can be read.
    """

    release: str
    loaded: frozenset[str] | None = None
    builtin: frozenset[str] | None = None
    #: module -> path of its file below /lib/modules/RELEASE, of those that modules.dep lists
    files: t.Mapping[str, str] | None = None
    #: modules that modules.dep lists though their file is gone
    lost: frozenset[str] = frozenset()
    sysfs: frozenset[str] = frozenset()
    config: t.Mapping[str, str] | None = None
    config_path: str = ""
    #: module -> what works only with it and is there
    functional: t.Mapping[str, str] = field(default_factory=dict)
    #: module -> the line that keeps modprobe from loading it
    blocked: t.Mapping[str, str] = field(default_factory=dict)
    modules_disabled: bool = False
    has_directory: bool = False
    #: other kernels that have a directory in /lib/modules
    other_releases: tuple[str, ...] = ()

    @property
    def directory(self) -> str:
        return f"/lib/modules/{self.release}"

    @property
    def modules_supported(self) -> bool:
        return self.loaded is not None

    @property
    def reboot_pending(self) -> bool:
        """A newer kernel was installed and took the running one's modules with it."""
        return self.modules_supported and not self.has_directory and bool(self.other_releases)

    def setting(self, module: str) -> tuple[str, str] | None:
        """The kernel option of a module and its value (y, m or n); None when the configuration does not show it."""
        known = kernel_options(module)
        if self.config is None or not known:
            return None
        # An option is not even mentioned when something it depends on is off.
        return next(((name, self.config[name]) for name in known if name in self.config), (known[-1], "n"))

    def at_work(self, module: str) -> bool:
        """Whether a tool can query what the module does without loading it; if not, there is nothing to query.

        An unknown module counts: the tool answers with an error if it is not there.
        """
        return self.verdict(module).state not in ("loadable", "absent")

    def verdict(self, module: str) -> Verdict:
        """What the kernel itself shows counts more than files, and files more than the lack of them."""
        if self.loaded is not None and module in self.loaded:
            return Verdict("loaded", "/proc/modules")
        if self.builtin is not None and module in self.builtin:
            return Verdict("builtin", f"{self.directory}/modules.builtin")
        # Built-in modules are here only if they have parameters or a version, so their absence says nothing.
        if module in self.sysfs:
            return Verdict("builtin", f"/sys/module/{module}")
        setting = self.setting(module)
        if setting and setting[1] == "y":
            return Verdict("builtin", self._configured(setting))
        if module in self.functional:
            return Verdict("functional", self.functional[module])
        if self.loaded is None:
            return self._without_modules(setting)
        if self.files is not None and module in self.files:
            return self._with_file(module, self.files[module])
        return self._without_file(module, setting)

    def _configured(self, setting: tuple[str, str]) -> str:
        name, value = setting
        return f"{self.config_path}: CONFIG_{name}" + (" is not set" if value == "n" else f"={value}")

    def _without_modules(self, setting: tuple[str, str] | None) -> Verdict:
        if setting is None:
            return Verdict("unknown", "the kernel has no loadable modules, and its configuration cannot be read")
        return Verdict("absent", self._configured(setting), "no_module_support")

    def _with_file(self, module: str, path: str) -> Verdict:
        if self.modules_disabled:
            return Verdict("absent", "/proc/sys/kernel/modules_disabled", "modules_disabled")
        if module in self.blocked:
            return Verdict("absent", self.blocked[module], "blocked")
        return Verdict("loadable", f"{self.directory}/{path}")

    def _without_file(self, module: str, setting: tuple[str, str] | None) -> Verdict:
        if self.reboot_pending:
            return Verdict("absent", f"{self.directory} is not there", "reboot_pending")
        if module in self.lost:
            return Verdict("absent", f"{self.directory}/modules.dep lists it, its file is not there", "file_missing")
        if setting:
            cause = "file_missing" if setting[1] == "m" else "not_built"
            return Verdict("absent", self._configured(setting), cause)
        if self.files is None:
            return Verdict("unknown", f"{self.directory}/modules.dep is not there, and neither is a configuration")
        return Verdict("absent", f"{self.directory}/modules.dep", "not_found")
