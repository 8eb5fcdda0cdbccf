# SPDX-License-Identifier: GPL-3.0-or-later

"""How a pod template starts kube-proxy, and which key of which ConfigMap that reads.

kubeadm's DaemonSet (1.20 to 1.36) has one container with ``--config=/var/lib/kube-proxy/config.conf`` from a mounted
ConfigMap. Others start it in a shell, with ``args`` alone, or beside a container that has a ``--config`` of its own.
"""

from __future__ import annotations

import itertools
import posixpath
import re
import shlex
import typing as t
from dataclasses import dataclass

from ..common.json_types import Json
from .images import image_name, image_tag

NAME = "kube-proxy"
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "ksh", "zsh"})
#: Words that end a command of a shell.
_ENDS = frozenset({";", "&", "&&", "|", "||", "(", ")", "<", ">", ">>", "\n"})
_VARIABLE = re.compile(r"\$\((\w+)\)|\$\{(\w+)\}|\$(\w+)")


@dataclass(frozen=True)
class Program:
    """kube-proxy as a container starts it: ``path`` as its command names it, ``config`` what ``--config`` names.

    ``config`` is None without that flag. ``source`` is the ConfigMap and key behind it, None when it is no file of a
    ConfigMap.
    """

    container: str
    image: str
    path: str
    config: str | None = None
    source: tuple[str, str] | None = None
    #: Whether a flag names the node, which counts more than ``hostnameOverride`` in the file.
    names_its_node: bool = False

    @property
    def version_text(self) -> str:
        """The image's tag, from which kube-proxy's version is read; empty when it has none (a digest alone)."""
        return image_tag(self.image)


def programs(spec: Json) -> list[Program]:
    """The containers of a pod that run kube-proxy, by their command, or else by their image or name.

    Where no container is kube-proxy by any of these, those with ``--config``: the program has another name.
    """
    containers = spec.get("containers") or []
    by_command = [container for container in containers if posixpath.basename(_words(container)[0]) == NAME]
    chosen = by_command or [container for container in containers if _is_named(container)]
    found = [_program(spec, container) for container in chosen or containers]
    return found if chosen else [program for program in found if program.config is not None]


def _is_named(container: Json) -> bool:
    """Whether a container without a command is kube-proxy: its image has the program as its entry point."""
    repository = image_name(str(container.get("image", "")))
    return not container.get("command") and (container.get("name") == NAME or repository.startswith(NAME))


def _program(spec: Json, container: Json) -> Program:
    path, *flags = _words(container)
    config = _config(flags)
    if config is not None:
        config = posixpath.normpath(posixpath.join(container.get("workingDir") or "/", config))
    source = None if config is None else _source(spec, container, config)
    named = any(flag.partition("=")[0] in ("--hostname-override", "-hostname-override") for flag in flags)
    return Program(str(container["name"]), str(container.get("image", "")), path, config, source, named)


def _words(container: Json) -> list[str]:
    """The program with its arguments: of a shell, the command in it that is kube-proxy, if there is one.

    Without a command, the image's entry point runs, which is taken for kube-proxy.
    """
    command = [str(word) for word in container.get("command") or ()]
    arguments = [str(word) for word in container.get("args") or ()]
    values = {str(entry["name"]): str(entry["value"]) for entry in container.get("env") or () if "value" in entry}
    words = [_expanded(word, values) for word in [*(command or [NAME]), *arguments]]
    script = _script([*command, *arguments])
    return words if script is None else _in_script(_expanded(script, values)) or words


def _expanded(word: str, values: t.Mapping[str, str]) -> str:
    """The word with the variables of the container whose values are written there."""
    return _VARIABLE.sub(lambda found: values.get(found[1] or found[2] or found[3], found[0]), word)


def _script(words: list[str]) -> str | None:
    """What a shell that is started with -c runs; None for other programs."""
    if not words or posixpath.basename(words[0]) not in _SHELLS:
        return None
    for option, following in itertools.pairwise(words[1:]):
        if option.startswith("-") and not option.startswith("--") and option.endswith("c"):
            return following
    return None


def _in_script(script: str) -> list[str]:
    """The words of the first command of a shell's script that runs kube-proxy; empty when none does."""
    lexer = shlex.shlex(script.replace("\\\n", " ").replace("\n", " ; "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        # A quotation that does not end: the shell does not run it either.
        return []
    for index, word in enumerate(words):
        if posixpath.basename(word) == NAME and not word.startswith("-"):
            end = next((place for place in range(index, len(words)) if words[place] in _ENDS), len(words))
            return words[index:end]
    return []


def _config(flags: list[str]) -> str | None:
    """What the flag ``--config`` names; the last one counts, as for kube-proxy."""
    found = None
    for word, following in itertools.pairwise([*flags, ""]):
        flag, equals, value = word.partition("=")
        if flag in ("--config", "-config"):
            found = value if equals else following
    return found


def _source(spec: Json, container: Json, path: str) -> tuple[str, str] | None:
    """ConfigMap and key behind a path in a container; None when it is no file of a ConfigMap."""
    volumes = {volume["name"]: volume for volume in spec.get("volumes") or ()}
    # The innermost mount is the one that a path is in.
    mounts = sorted(container.get("volumeMounts") or (), key=lambda mount: -len(posixpath.normpath(mount["mountPath"])))
    for mount in mounts:
        file = _file_in(mount, path)
        if file is not None:
            return _key(volumes.get(mount["name"]) or {}, file)
    return None


def _file_in(mount: Json, path: str) -> str | None:
    """The file of a volume that a path stands for; None when the path is not in this mount."""
    folder = posixpath.normpath(mount["mountPath"])
    part = str(mount.get("subPath") or "")
    if path == folder:
        return part or None
    if not path.startswith(folder.rstrip("/") + "/"):
        return None
    return posixpath.join(part, posixpath.relpath(path, folder))


def _key(volume: Json, file: str) -> tuple[str, str] | None:
    sources = [volume["configMap"]] if volume.get("configMap") else []
    projected = (volume.get("projected") or {}).get("sources") or ()
    sources += [source["configMap"] for source in projected if source.get("configMap")]
    for source in sources:
        items = source.get("items")
        keys = {posixpath.normpath(item["path"]): item["key"] for item in items} if items else {file: file}
        # A ConfigMap has no folders but those that its items make.
        if file in keys and (items or "/" not in file):
            return str(source["name"]), str(keys[file])
    return None
