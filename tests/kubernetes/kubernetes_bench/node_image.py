# SPDX-License-Identifier: GPL-3.0-or-later

"""The disk all nodes start from: the Debian this runs on, with containerd, kubelet and the images preloaded."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import cache, commands, container_image, host, node_files
from .errors import BenchError
from .kubeadm import Kubeadm
from .programs import Programs

#: Seconds containerd may take to answer.
_PATIENCE = 60.0
_SIZE = "3G"
#: Process 1 ignores signals it does not handle, and a node that shuts down waits a minute and a half for those.
_PAUSE = "trap exit TERM INT; sleep infinity & wait"
_NOT_WANTED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")


@dataclass(frozen=True)
class NodeImage:
    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder / "disk.raw"

    @property
    def kernel(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd"

    @property
    def key(self) -> Path:
        """The private key that root's account on the nodes trusts."""
        return self.folder / "key"


def provide(programs: Programs) -> NodeImage:
    programs.require(("kubeadm", "kubelet", "kube-proxy"))
    digests = [_digest(programs.path(name)) for name in ("kubelet", "kube-proxy")]
    recipe = cache.recipe(container_image, node_files) + Path(__file__).read_text(encoding="utf-8")
    name = f"node-{programs.version.text}-{cache.key(host.release(), recipe, *digests)}"
    if cache.find(name) is None:
        host.require_root("Making a node image")
        host.require(host.NODE_IMAGE)
        host.say(f"Making the node image {name}, which takes a minute or two")
    return NodeImage(cache.provide(name, lambda folder: _make(folder, programs)))


def _make(folder: Path, programs: Programs) -> None:
    image = NodeImage(folder)
    root = folder / "root"
    _debian(root)
    shutil.copy(root / "vmlinuz", image.kernel)
    shutil.copy(root / "initrd.img", image.initrd)
    for initrd in (root / "boot").glob("initrd*"):
        initrd.unlink()
    commands.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", image.key)
    _configure(root, image, programs)
    _preload(root, folder / "images", programs)
    commands.run("truncate", "-s", _SIZE, image.disk)
    commands.run("mke2fs", "-q", "-t", "ext4", "-E", "lazy_itable_init=1", "-O", "^has_journal", "-d", root, image.disk)
    shutil.rmtree(root)


def _debian(root: Path) -> None:
    # Without the name of a mirror mmdebstrap uses the sources of this machine.
    commands.run(
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        f"--include={','.join(node_files.PACKAGES)}",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in _NOT_WANTED),
        '--aptopt=Apt::Install-Recommends "false"',
        host.release(),
        root,
        attempts=3,
    )


def _configure(root: Path, image: NodeImage, programs: Programs) -> None:
    kubelet = root / "usr/local/bin/kubelet"
    shutil.copy(programs.path("kubelet"), kubelet)
    kubelet.chmod(0o755)
    files = node_files.image_files(programs.version_of("kubelet"), _image_names(programs)["pause"])
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        # The tree may have a link there that leads out of it.
        target.unlink(missing_ok=True)
        target.write_text(text, encoding="utf-8")
    trusted = root / "root/.ssh/authorized_keys"
    trusted.parent.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(f"{image.key}.pub", trusted)
    commands.run("chroot", root, "systemctl", "enable", *node_files.ENABLED)
    commands.run("chroot", root, "systemctl", "mask", *node_files.MASKED)
    commands.run("chroot", root, "ssh-keygen", "-A")
    shutil.rmtree(root / "var/lib/apt/lists", ignore_errors=True)


def _preload(root: Path, archives: Path, programs: Programs) -> None:
    """Import the images into the tree's own containerd, at the speed of this machine instead of the node's."""
    archives.mkdir()
    names = _image_names(programs)
    proxy = container_image.Image(root)
    proxy.add_programs(container_image.KUBE_PROXY_TOOLS)
    proxy.add_plugins()
    proxy.add_file("/usr/local/bin/kube-proxy", programs.path("kube-proxy"))
    proxy.add_file(
        "/etc/protocols", b"ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nsctp 132 SCTP\nipv6-icmp 58 IPv6-ICMP\n"
    )
    for path in ("/tmp", "/run", "/var/lib/kube-proxy", "/var/run/secrets"):  # noqa: S108 - in the image
        proxy.add_folder(path)
    proxy.save(archives / "kube-proxy.tar", names["kube-proxy"], ["/usr/local/bin/kube-proxy"])
    pause = container_image.Image(root)
    pause.add_programs(["/bin/sh", "/bin/sleep"])
    pause.save(archives / "pause.tar", names["pause"], ["/bin/sh", "-c", _PAUSE])
    _import(root, archives)
    shutil.rmtree(archives)


def _import(root: Path, archives: Path) -> None:
    # The release is the same, so that the tree's programs run here; nothing need be installed for them.
    containerd, ctr = root / "usr/bin/containerd", root / "usr/bin/ctr"
    configuration = archives / "config.toml"
    configuration.write_text('version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n', encoding="utf-8")
    # Names of sockets have an end after 104 bytes, and the way to the cache can be long.
    with tempfile.TemporaryDirectory() as sockets, (archives / "containerd.log").open("wb") as log:
        address = Path(sockets) / "containerd.sock"
        daemon = subprocess.Popen(
            [
                containerd,
                f"--config={configuration}",
                f"--root={root / 'var/lib/containerd'}",
                f"--state={archives / 'state'}",
                f"--address={address}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + _PATIENCE
            while not address.exists():
                if daemon.poll() is not None or time.monotonic() > deadline:
                    text = Path(log.name).read_text(encoding="utf-8", errors="replace")
                    raise BenchError(f"containerd does not start:\n{text[-2000:]}")
                time.sleep(0.1)
            for archive in sorted(archives.glob("*.tar")):
                commands.run(ctr, "-a", address, "-n", "k8s.io", "images", "import", archive, attempts=2)
        finally:
            daemon.terminate()
            daemon.wait()


def _image_names(programs: Programs) -> dict[str, str]:
    """What the DaemonSet and kubelet call the images in this version: "pause" -> "k8s.gcr.io/pause:3.2"."""
    listed = Kubeadm(programs, Path(), "", "").images()
    names = {name.rpartition("/")[2].partition(":")[0]: name for name in listed}
    if not {"kube-proxy", "pause"} <= names.keys():
        raise BenchError(f"kubeadm names no images kube-proxy and pause: {', '.join(listed)}")
    return names


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
