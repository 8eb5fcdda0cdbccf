# SPDX-License-Identifier: GPL-3.0-or-later

"""A kubeconfig as data: several merged into one, the entries that a context selects, and which parts are secrets."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ..common.blank import given, is_blank
from ..common.file_names import looks_like_name
from ..common.json_types import Json
from ..common.listed import listed
from ..common.printable import printable, quoted
from ..common.server_url import secrets_of_url

_LISTS: t.Mapping[str, str] = {"clusters": "cluster", "contexts": "context", "users": "user"}

#: What a user's entry may hold without being a secret. What is not listed is one, also what only newer clients know.
_PUBLIC = frozenset(("username", "as", "as-uid", "as-groups", "as-user-extra", "impersonate-user", "extensions"))
#: Those that name files, unless somebody put the content there.
_FILES = frozenset(("client-certificate", "client-key", "tokenFile", "certificate-authority"))
_PUBLIC_OF_EXEC = frozenset(("apiVersion", "command", "installHint", "interactiveMode", "provideClusterInfo"))
_PUBLIC_OF_PROVIDER = frozenset(
    (
        "apiserver-id",
        "client-id",
        "cmd-path",
        "config-mode",
        "environment",
        "expires-in",
        "expires-on",
        "expiry",
        "expiry-key",
        "extra-scopes",
        "idp-issuer-url",
        "scopes",
        "tenant-id",
        "token-key",
    )
)
#: Names of variables and arguments of plugins whose values are secrets.
_SECRET_WORD = re.compile(r"secret|token|passw|passphrase|key|credential|auth", re.IGNORECASE)

#: What to give instead of something that is neither text nor a dictionary.
NO_FORM = "give a path, the content of a kubeconfig, or a dictionary"


class KubeconfigError(Exception):
    """The kubeconfig cannot be used; the message never quotes more of it than names."""

    def __init__(self, message: str, option: str = "kubeconfig") -> None:
        super().__init__(message)
        self.option = option


@dataclass(frozen=True)
class Selection:
    """What a context selects; ``user`` is empty where the context names none."""

    context: str
    cluster_name: str
    cluster: Json
    user_name: str
    user: Json

    def document(self, user: Json) -> Json:
        """A kubeconfig with this context alone, and with ``user`` as what is known of its user."""
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "selected",
            "contexts": [{"name": "selected", "context": {"cluster": "selected", "user": "selected"}}],
            "clusters": [{"name": "selected", "cluster": self.cluster}],
            "users": [{"name": "selected", "user": user}],
        }


def checked(document: t.Any) -> Json:
    """The document if it has the shape of a kubeconfig; raises KubeconfigError."""
    if not isinstance(document, dict):
        raise KubeconfigError("is no kubeconfig: it is not a mapping")
    for kind, member in _LISTS.items():
        entries = [] if document.get(kind) is None else document[kind]
        if not isinstance(entries, list):
            raise KubeconfigError(f"is no kubeconfig: {kind} is not a list")
        for entry in entries:
            named = isinstance(entry, dict) and isinstance(entry.get("name"), str)
            if not named or not isinstance(entry.get(member), (dict, type(None))):
                raise KubeconfigError(f"is no kubeconfig: {kind} has an entry without name and {member}")
    return document


def form_problem(value: t.Any) -> str | None:
    """Why a value can be no kubeconfig, nor the path of one; None where it can."""
    if isinstance(value, dict):
        try:
            checked(value)
        except KubeconfigError as error:
            return f"the dictionary {error}"
        return None
    return None if isinstance(value, str) else NO_FORM


def merged(documents: t.Sequence[Json]) -> Json:
    """Several kubeconfigs as one, as kubectl merges them: what comes first counts, by name."""
    found: Json = {"current-context": None, **{kind: [] for kind in _LISTS}}
    for document in documents:
        if is_blank(found["current-context"]):
            found["current-context"] = document.get("current-context")
        for kind in _LISTS:
            names = {entry["name"] for entry in found[kind]}
            found[kind] += [entry for entry in document.get(kind) or [] if entry["name"] not in names]
    return found


def select(config: Json, context: str | None) -> Selection:
    """What the context, or else the current one, selects; raises KubeconfigError."""
    name = given(context, config.get("current-context"))
    context = printable(str(name), 100)
    if is_blank(name):
        raise KubeconfigError(
            f"has no current context; set context to one of its contexts: {_names(config)}", "context"
        )
    link = _entry(config, "contexts", str(name))
    if link is None:
        raise KubeconfigError(f"has no context {quoted(context)}; it has {_names(config)}", "context")
    cluster_name, user_name = str(given(link.get("cluster"), "")), str(given(link.get("user"), ""))
    cluster = _entry(config, "clusters", cluster_name)
    if cluster is None or is_blank(cluster.get("server")):
        raise KubeconfigError(
            f"has no server for the cluster {printable(cluster_name, 100)!r} of the context {quoted(context)}"
        )
    user = _entry(config, "users", user_name)
    if user is None and user_name:
        raise KubeconfigError(f"has no user {printable(user_name, 100)!r}, which the context {quoted(context)} names")
    return Selection(str(name), cluster_name, cluster, user_name, user or {})


def secrets(config: t.Any) -> set[str]:
    """Every text in a kubeconfig, however broken, that must not be shown."""
    if not isinstance(config, dict):
        return leaves(config)
    found: set[str] = set()
    for entry in _entries(config, "clusters", found):
        cluster = entry.get("cluster")
        found |= _of_cluster(cluster) if isinstance(cluster, dict) else leaves(cluster)
    for entry in _entries(config, "users", found):
        user = entry.get("user")
        found |= _of_user(user) if isinstance(user, dict) else leaves(user)
        # Next to "user" stands its name; anything else is a member that got the wrong indentation.
        found |= _all_but(entry, frozenset(("name", "user")))
    return {text for text in found if text.strip()}


def leaves(value: t.Any) -> set[str]:
    """Every text and number in a structure, as text: what Ansible hides of an option that is secret."""
    if isinstance(value, dict):
        return set().union(*(leaves(member) for member in value.values()))
    if isinstance(value, (list, tuple)):
        return set().union(*(leaves(item) for item in value))
    return set() if value is None or isinstance(value, bool) else {str(value)}


def _entry(config: Json, kind: str, name: str) -> Json | None:
    return next((entry[_LISTS[kind]] or {} for entry in config[kind] if entry["name"] == name), None)


def _names(config: Json) -> str:
    return listed(printable(entry["name"], 100) for entry in config["contexts"]) or "none"


def _entries(config: Json, kind: str, found: set[str]) -> list[Json]:
    """The entries that have the expected shape; every text of the others goes to ``found``."""
    entries = config.get(kind)
    if not isinstance(entries, list):
        found |= leaves(entries)
        return []
    for entry in entries:
        if not isinstance(entry, dict):
            found |= leaves(entry)
    return [entry for entry in entries if isinstance(entry, dict)]


def _of_cluster(cluster: Json) -> set[str]:
    found = leaves(cluster.get("certificate-authority-data")) | _contents(cluster)
    for name in ("server", "proxy-url"):
        found |= secrets_of_url(cluster.get(name))
    return found


def _of_user(user: Json) -> set[str]:
    found = _all_but(user, _PUBLIC | _FILES | {"exec", "auth-provider"}) | _contents(user)
    plugin, provider = user.get("exec"), user.get("auth-provider")
    found |= _of_plugin(plugin) if isinstance(plugin, dict) else leaves(plugin)
    if not isinstance(provider, dict):
        return found | leaves(provider)
    settings = provider.get("config")
    found |= _all_but(settings, _PUBLIC_OF_PROVIDER) if isinstance(settings, dict) else leaves(settings)
    return found | _all_but(provider, frozenset(("name", "config")))


def _of_plugin(plugin: Json) -> set[str]:
    """Variables and arguments whose name says so: the others are names of clusters, profiles and subcommands."""
    found = _all_but(plugin, _PUBLIC_OF_EXEC | {"args", "env"})
    variables, arguments = plugin.get("env") or [], plugin.get("args") or []
    if not isinstance(variables, list) or not isinstance(arguments, list):
        return found | leaves(variables) | leaves(arguments)
    for variable in variables:
        if not isinstance(variable, dict) or _SECRET_WORD.search(str(variable.get("name"))):
            found |= leaves(variable.get("value") if isinstance(variable, dict) else variable)
    before = ""
    for argument in map(str, arguments):
        name, equals, value = argument.partition("=")
        if equals and _SECRET_WORD.search(name):
            found.add(value)
        elif before.startswith("-") and "=" not in before and _SECRET_WORD.search(before):
            found.add(argument)
        before = argument
    return found


def _all_but(members: Json, public: frozenset[str]) -> set[str]:
    return set().union(*(leaves(value) for name, value in members.items() if name not in public))


def _contents(members: Json) -> set[str]:
    """What stands in place of the name of a file."""
    values = [members[name] for name in _FILES if name in members]
    return set().union(*(leaves(value) for value in values if not isinstance(value, str) or not looks_like_name(value)))
