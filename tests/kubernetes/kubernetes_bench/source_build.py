# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the programs from Debian's source package ``kubernetes``, with Debian's Go.

Made for bookworm: Kubernetes 1.20.2 and Go 1.19. It takes about six minutes of two processors.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import typing as t
from pathlib import Path

from . import cache, commands, debian, host
from .errors import BenchError

_PROGRAMS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubeadm",
    "kubectl",
    "kubelet",
)
#: Compilers crash now and then on a loaded machine; what was compiled before is kept.
_ATTEMPTS = 5

_MODULE = "k8s.io/kubernetes"
_REFLECT2 = "modern-go/reflect2"
_OPENAPI = "pkg/generated/openapi"


def entry() -> str:
    """The name in the cache, which changes with what is done here."""
    return f"programs-{cache.key(cache.recipe(sys.modules[__name__], debian))}"


def build(folder: Path) -> None:
    """Fill the folder with the programs and etcd."""
    if host.release() != "bookworm":
        raise BenchError(
            "Programs are built from the source package of Debian bookworm, which this is not: "
            "set KUBEBUILDER_ASSETS to a folder with programs of Kubernetes"
        )
    host.require(host.SOURCE_BUILD)
    work = folder / "work"
    host.say("Fetching Debian's source of Kubernetes")
    apt = debian.Apt(work / "apt")
    tree = apt.source("kubernetes")
    shutil.copy(apt.unpack("etcd-server") / "usr/bin/etcd", folder / "etcd")
    _replace_reflect2(tree, apt.unpack("golang-github-modern-go-reflect2-dev"))
    go = _Go(tree, work)
    host.say("Generating the OpenAPI definitions")
    _generate_openapi(go, work)
    host.say("Building Kubernetes, which takes some minutes")
    _compile(go, folder)
    shutil.rmtree(work)


class _Go:
    """The go command for a tree that is made for GOPATH."""

    def __init__(self, tree: Path, work: Path) -> None:
        path = work / "go"
        self.module = path / "src" / _MODULE
        self.module.parent.mkdir(parents=True)
        self.module.symlink_to(tree)
        (work / "tmp").mkdir()
        self._environment = {
            **os.environ,
            "CGO_ENABLED": "0",
            "GO111MODULE": "off",
            "GOCACHE": str(work / "go-build"),
            "GOFLAGS": "",
            "GOPATH": str(path),
            "GOTMPDIR": str(work / "tmp"),
            # go finds out where it is by this name, which the link's target would not tell.
            "PWD": str(self.module),
        }

    def run(self, *words: str | Path, attempts: int = _ATTEMPTS) -> None:
        commands.run(*words, env=self._environment, cwd=self.module, attempts=attempts)

    def build(self, output: Path, packages: t.Iterable[str], *flags: str) -> None:
        self.run("go", "build", "-o", f"{output}/", *flags, *packages)


def _replace_reflect2(tree: Path, package: Path) -> None:
    """The vendored version reads Go's maps as they were before Go 1.18: every encoding of a map would panic."""
    theirs = tree / "vendor/github.com" / _REFLECT2
    fixed = package / "usr/share/gocode/src/github.com" / _REFLECT2
    for suffix in ("*.go", "*.s"):
        for path in theirs.glob(suffix):
            path.unlink()
        for path in fixed.glob(suffix):
            if not path.name.endswith("_test.go"):
                shutil.copy(path, theirs)


def _generate_openapi(go: _Go, work: Path) -> None:
    """The one generated file the source package lacks; ``make generated_files`` would write hundreds it has."""
    tools = work / "tools"
    go.build(tools, ["./vendor/k8s.io/kube-openapi/cmd/openapi-gen"])
    marked = commands.run(
        # Below vendor/k8s.io there are links.
        *("grep", "--dereference-recursive", "--files-with-matches", "--include=*.go", "--exclude-dir=testdata"),
        *("+k8s:openapi-gen=", "pkg", "vendor/k8s.io"),
        cwd=go.module,
    )
    folders = sorted(
        {
            str(Path(path).parent)
            for path in marked.splitlines()
            if not re.match("vendor/k8s.io/(code-generator|kube-openapi|sample-)", path) and "generated" not in path
        }
    )
    go.run(
        tools / "openapi-gen",
        *("--input-dirs", ",".join(f"{_MODULE}/{folder}" for folder in folders)),
        *("--output-package", f"{_MODULE}/{_OPENAPI}"),
        *("--output-file-base", "zz_generated.openapi"),
        *("--go-header-file", "vendor/k8s.io/code-generator/hack/boilerplate.go.txt"),
        *("--report-filename", str(work / "violations")),
    )
    if not (go.module / _OPENAPI / "zz_generated.openapi.go").exists():
        raise BenchError("openapi-gen wrote no file")


def _compile(go: _Go, folder: Path) -> None:
    flags = ("-ldflags", _linker_flags(go.module.resolve().name))
    missing: list[str] = list(_PROGRAMS)
    for _attempt in range(_ATTEMPTS):
        go.build(folder, [f"{_MODULE}/cmd/{name}" for name in missing], *flags)
        missing = [name for name in _PROGRAMS if not _runs(folder / name)]
        if not missing:
            return
        for name in missing:
            (folder / name).unlink(missing_ok=True)
    raise BenchError(f"Built, but not to be run: {', '.join(missing)}")


def _linker_flags(tree: str) -> str:
    """Without them the programs say v0.0.0. The tree is named kubernetes-1.20.5+really1.20.2."""
    found = re.search(r"(\d+)\.(\d+)\.\d+$", tree)
    if found is None:
        raise BenchError(f"No version in the name of the source tree {tree}")
    flags = ["-s", "-w"]
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
        for path in (package, f"{_MODULE}/vendor/{package}"):
            flags += [
                f"-X {path}.gitVersion=v{found[0]}",
                f"-X {path}.gitMajor={found[1]}",
                f"-X {path}.gitMinor={found[2]}",
                f"-X {path}.gitTreeState=archive",
            ]
    return " ".join(flags)


def _runs(program: Path) -> bool:
    arguments = ("version", "--client") if program.name == "kubectl" else ("--version",)
    try:
        commands.run(program, *(("version",) if program.name == "kubeadm" else arguments), timeout=60, attempts=2)
    except BenchError:
        return False
    return True
