# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that make a Debian tree a node: systemd units, containerd, kubelet."""

from __future__ import annotations

import json

import yaml

from .programs import Version

#: Name and address of the node, which kubelet's unit reads; comes with the second disk.
ENVIRONMENT = "etc/bench.env"

PACKAGES = (
    "ca-certificates",
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "curl",
    "dbus",
    "ethtool",
    "ipset",
    "iproute2",
    "iptables",
    "ipvsadm",
    "kmod",
    "linux-image-cloud-amd64",
    "mount",
    "nftables",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "runc",
    "socat",
    "systemd",
    "systemd-sysv",
    "udev",
    "util-linux",
)

ENABLED = ("bench-seed", "containerd", "kubelet", "ssh", "systemd-networkd")
#: What takes time at boot and is of no use here, and ipvsadm's own service, which would fill the IPVS table.
MASKED = (
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty@tty1.service",
    "ipvsadm.service",
    "nftables.service",
    "systemd-networkd-wait-online.service",
)

_CONTAINERD = """\
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
"""

_KUBELET = """\
[Unit]
Description=kubelet
After=containerd.service bench-seed.service
Wants=containerd.service

[Service]
EnvironmentFile=/{environment}
ExecStart=/usr/local/bin/kubelet {flags}
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
"""

# The second disk is a tar archive without a file system around it.
_SEED = """\
[Unit]
Description=Files of this node alone
DefaultDependencies=no
After=systemd-remount-fs.service local-fs.target
Before=sysinit.target network-pre.target systemd-networkd.service ssh.service containerd.service kubelet.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/tar -x -f /dev/vdb -C /
ExecStart=/bin/sh -c '. /{environment} && echo "$$BENCH_NAME" >/etc/hostname && hostname "$$BENCH_NAME"'

[Install]
WantedBy=sysinit.target
"""

_SOCKET = "unix:///run/containerd/containerd.sock"


def image_files(version: Version, pause: str) -> dict[str, str]:
    """Path below the root -> text, of what all nodes share. ``version`` is kubelet's."""
    return {
        "etc/containerd/config.toml": _CONTAINERD.format(pause=pause),
        "etc/hosts": "127.0.0.1 localhost\n",
        "etc/modules-load.d/kubernetes.conf": "br_netfilter\noverlay\n",
        "etc/resolv.conf": "nameserver 127.0.0.1\n",
        "etc/sysctl.d/kubernetes.conf": "net.ipv4.ip_forward = 1\n",
        "etc/systemd/system/bench-seed.service": _SEED.format(environment=ENVIRONMENT),
        "etc/systemd/system/kubelet.service": _KUBELET.format(
            environment=ENVIRONMENT, flags=" ".join(_kubelet_flags(version))
        ),
        "var/lib/kubelet/config.yaml": yaml.safe_dump(_kubelet_configuration(version)),
    }


def node_files(name: str, address: str, gateway: str, pods: str, peers: dict[str, str]) -> dict[str, str]:
    """The same of one node. ``pods`` is its pod network; ``peers`` says through which address others are reached."""
    routes = "".join(f"[Route]\nDestination={network}\nGateway={peer}\n" for network, peer in peers.items())
    return {
        ENVIRONMENT: f"BENCH_NAME={name}\nBENCH_IP={address}\n",
        "etc/systemd/network/10-bench.network": (
            f"[Match]\nName=e*\n[Network]\nAddress={address}/24\nGateway={gateway}\n"
            # kubelet asks for the metadata of clouds when it starts: an answer at once saves the wait.
            f"[Route]\nDestination=169.254.0.0/16\nType=unreachable\n{routes}"
        ),
        "etc/cni/net.d/10-bench.conflist": json.dumps(
            {
                "cniVersion": "0.4.0",
                "name": "bench",
                "plugins": [
                    {
                        "type": "bridge",
                        "bridge": "cni0",
                        "isGateway": True,
                        "ipMasq": True,
                        "hairpinMode": True,
                        "ipam": {
                            "type": "host-local",
                            "ranges": [[{"subnet": pods}]],
                            "routes": [{"dst": "0.0.0.0/0"}],
                        },
                    }
                ],
            }
        ),
    }


def _kubelet_flags(version: Version) -> list[str]:
    flags = [
        "--config=/var/lib/kubelet/config.yaml",
        "--kubeconfig=/etc/kubernetes/kubelet.conf",
        "--node-ip=${BENCH_IP}",
        "--hostname-override=${BENCH_NAME}",
    ]
    # A field of the configuration since 1.27; the choice of a runtime went with dockershim in 1.24.
    if not version.since(27):
        flags.append(f"--container-runtime-endpoint={_SOCKET}")
    if not version.since(24):
        flags.append("--container-runtime=remote")
    return flags


def _kubelet_configuration(version: Version) -> dict[str, object]:
    configuration: dict[str, object] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        # No cgroups of pods, which containers could have by systemd only: to look after them every two seconds is half
        # of what an idle node does, and without help of the processor that slows down everything else.
        "cgroupDriver": "cgroupfs",
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        # The disk and the memory are small on purpose; nobody is to be evicted for it.
        "evictionHard": {"memory.available": "16Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "resolvConf": "/etc/resolv.conf",
        "failSwapOn": False,
    }
    if version.since(27):
        configuration["containerRuntimeEndpoint"] = _SOCKET
    return configuration
