# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a kubeconfig comes from: files, a text, or a dictionary.

It is read here rather than by the client library, which quotes parts of a malformed one, with the credentials in them,
and takes the current context from the last file of a list where kubectl takes it from the first.
"""

from __future__ import annotations

import base64
import binascii
import os
import typing as t

from ... import _deps
from ..._domain.common.blank import is_blank
from ..._domain.common.file_names import are_names, no_path, no_such_file, shown_name
from ..._domain.common.json_types import Json
from ..._domain.common.printable import printable
from ..._domain.self_hosted import kubeconfig
from ..failures import ConfigurationError
from ..local import regular_files
from . import exec_plugin

#: What names a file, below a cluster and below a user.
_FILES_OF_CLUSTER = ("certificate-authority",)
_FILES_OF_USER = ("client-certificate", "client-key", "tokenFile")


def is_text(value: str) -> bool:
    """Whether a value is the content of a kubeconfig rather than a path."""
    text = value.strip()
    return "\n" in text or text.startswith("{")


def read(value: str | Json) -> Json:
    """The kubeconfig that an option or variable gives; raises ConfigurationError."""
    if isinstance(value, dict):
        return _merged("The dictionary", [value])
    if not isinstance(value, str):
        raise ConfigurationError(f"kubeconfig: {kubeconfig.NO_FORM}", "kubeconfig")
    if is_text(value):
        return _merged("The text", [_parsed("The text", value)])
    paths = _paths(value)
    if len(paths) == 1:
        if not os.path.exists(paths[0]):
            raise ConfigurationError(no_such_file("kubeconfig", value, "kubeconfig"), "kubeconfig")
        return _of_files(paths)
    present = [path for path in paths if os.path.exists(path)]
    if not present:
        if not are_names(value):
            raise ConfigurationError(no_path("kubeconfig", value, "kubeconfig"), "kubeconfig")
        names = ", ".join(map(shown_name, paths))
        raise ConfigurationError(f"kubeconfig: none of these files exists: {names}", "kubeconfig")
    return _of_files(present)


def read_default(environ: t.Mapping[str, str]) -> Json | None:
    """What KUBECONFIG names, else ~/.kube/config; None where there is no such file."""
    named = environ.get("KUBECONFIG", "")
    present = [path for path in _paths("~/.kube/config" if is_blank(named) else named) if os.path.exists(path)]
    return _of_files(present) if present else None


def usable(selection: kubeconfig.Selection) -> kubeconfig.Selection:
    """The selection, if the files that it names exist and its certificates can be decoded; else ConfigurationError."""
    owners = (
        (f"cluster {printable(selection.cluster_name, 100)}", selection.cluster, _FILES_OF_CLUSTER),
        (f"user {printable(selection.user_name, 100)}", selection.user, _FILES_OF_USER),
    )
    for owner, members, names in owners:
        for name in names:
            value, data = members.get(name), members.get(f"{name}-data")
            if data is not None:
                _check_base64(f"{name}-data of {owner}", data)
            elif value is not None and not (isinstance(value, str) and os.path.isfile(value)):
                raise ConfigurationError(no_such_file(f"{name} of {owner} in the kubeconfig", str(value)), "kubeconfig")
    return selection


def token_of(user: Json) -> str | None:
    """The token of a user, from the entry itself or from the file that it names; raises ConfigurationError."""
    if not is_blank(user.get("token")):
        return str(user["token"]).strip()
    path = user.get("tokenFile")
    if is_blank(path):
        return None
    text = _text_of(str(path)).strip()
    if not text:
        raise ConfigurationError(f"The token file {shown_name(str(path))} is empty", "kubeconfig")
    return text


def _paths(value: str) -> list[str]:
    """One path, or several with colons between them; a file whose name has a colon is one."""
    text = os.path.expanduser(os.path.expandvars(value.strip()))
    if os.path.exists(text):
        return [text]
    parts = [part.strip() for part in value.split(os.pathsep)]
    return [os.path.expanduser(os.path.expandvars(part)) for part in parts if part] or [text]


def _of_files(paths: t.Sequence[str]) -> Json:
    documents = []
    for path in paths:
        name = f"The kubeconfig {shown_name(path)}"
        directory = os.path.dirname(os.path.abspath(path))
        try:
            document = kubeconfig.checked(_parsed(name, _text_of(path)))
        except kubeconfig.KubeconfigError as error:
            raise ConfigurationError(f"{name} {error}", error.option) from None
        documents.append(_absolute(document, directory))
    return kubeconfig.merged(documents)


def _merged(name: str, documents: t.Sequence[t.Any]) -> Json:
    try:
        return kubeconfig.merged([kubeconfig.checked(document) for document in documents])
    except kubeconfig.KubeconfigError as error:
        raise ConfigurationError(f"kubeconfig: {name} {error}", error.option) from None


def _text_of(path: str) -> str:
    name = shown_name(path)
    try:
        return regular_files.read(path).decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"kubeconfig: {name} cannot be read: {error.strerror}", "kubeconfig") from None
    except ValueError:
        raise ConfigurationError(f"kubeconfig: {name} cannot be read: it is not UTF-8 text", "kubeconfig") from None


def _parsed(name: str, text: str) -> t.Any:
    try:
        return _deps.yaml.safe_load(text.removeprefix("\ufeff"))
    except (_deps.yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        # The parser's own text quotes the lines around the fault.
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}," if mark is not None else ""
        raise ConfigurationError(f"kubeconfig: {name}{where} is not YAML", "kubeconfig") from None


def _absolute(document: Json, directory: str) -> Json:
    """The document with paths that do not depend on where it is."""

    def entries(kind: str, member: str, names: tuple[str, ...]) -> list[Json]:
        found = []
        for entry in document.get(kind) or []:
            members = dict(entry.get(member) or {})
            for name in names:
                value = members.get(name)
                if isinstance(value, str) and not is_blank(value):
                    members[name] = os.path.join(directory, value)
            found.append({**entry, member: exec_plugin.located(members, directory)})
        return found

    return {
        **document,
        "clusters": entries("clusters", "cluster", _FILES_OF_CLUSTER),
        "users": entries("users", "user", _FILES_OF_USER),
    }


def _check_base64(what: str, data: t.Any) -> None:
    try:
        base64.b64decode("".join(str(data).split()), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigurationError(f"kubeconfig: {what} is not base64", "kubeconfig") from None
