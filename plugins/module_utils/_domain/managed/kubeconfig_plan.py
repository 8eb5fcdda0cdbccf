# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a kubeconfig file when the access to one cluster is put into it.

As the tools of other clouds do (``aws eks update-kubeconfig``, ``gcloud container clusters get-credentials``,
``az aks get-credentials``), the cluster's entries are merged in by name and everything else stays. Unlike them, an
entry of that name which belongs to another cluster is not replaced: the new ones get the cluster's id in their names.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
import urllib.parse
from dataclasses import dataclass

from ..common.json_types import Json
from ..common.printable import printable
from .kubeconfig_text import LISTS, NotAKubeconfigError, dump, entries, has_comments, parse

#: With these, a cluster's or user's old entry would contradict the new one.
_REPLACED = {
    "clusters": ("certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify"),
    "users": (
        "client-certificate",
        "client-certificate-data",
        "client-key",
        "client-key-data",
        "token",
        "tokenFile",
        "username",
        "password",
        "exec",
        "auth-provider",
    ),
    "contexts": (),
}
#: All that is needed to log in at once; other members name files and programs of the host, or weaken TLS.
_BY_ITSELF: t.Mapping[str, tuple[str, ...]] = {
    "clusters": ("server", "certificate-authority-data"),
    "users": ("client-certificate-data", "client-key-data", "token"),
    "contexts": ("cluster", "user"),
}
#: Characters of a name in a result.
_SHOWN = 200


class Names(t.NamedTuple):
    """The entries of one access, in the order of the lists of a kubeconfig."""

    cluster: str
    context: str
    user: str


@dataclass(frozen=True)
class Access:
    """How to reach one cluster, from a kubeconfig that has nothing else."""

    text: str
    document: Json
    names: Names
    server: str

    @classmethod
    def of(cls, text: str) -> Access:
        """Raises NotAKubeconfigError also for one without current context, or without its server or user."""
        document = parse(text)
        context = document.get("current-context") or ""
        link = entries(document, "contexts").get(context, {})
        names = Names(link.get("cluster") or "", context, link.get("user") or "")
        server = _server(document, names.cluster)
        if not server or names.user not in entries(document, "users"):
            raise NotAKubeconfigError("its current context names no server and user that it has")
        return cls(text, document, names, server)

    def body(self, kind: str) -> Json:
        """The new content of the entry in that list."""
        return entries(self.document, kind)[self.names[list(LISTS).index(kind)]]

    def by_itself(self) -> Json:
        """A kubeconfig for use at once, that reads no file and starts no program whatever the API has answered."""
        lists = {
            kind: [{"name": str(name), member: self._needed(kind)}]
            for (kind, member), name in zip(LISTS.items(), self.names, strict=True)
        }
        return {"apiVersion": "v1", "kind": "Config", "current-context": str(self.names.context), **lists}

    def _needed(self, kind: str) -> dict[str, str]:
        found = self.body(kind)
        return {name: str(found[name]) for name in _BY_ITSELF[kind] if isinstance(found.get(name), str)}


@dataclass(frozen=True)
class KubeconfigPlan:
    """The content of the file; ``before`` and ``after`` say what changes, and nothing to log in with."""

    text: str
    context: str
    before: Json
    after: Json
    lost: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def plan_merge(current: str | None, access: Access, kube_id: str, *, use: bool) -> KubeconfigPlan:
    """Put the access into a file; ``use`` says whether its context becomes the current one whatever was.

    Raises NotAKubeconfigError for a current text that is none.
    """
    document = parse(current or "")
    names = _choose(document, access, kube_id)
    merged = _merged(document, access, names, use)
    notes = []
    if merged == document and current is not None:
        text = current
    elif merged == access.document:
        text = access.text
    else:
        text = dump(merged)
    if text != current and has_comments(current or ""):
        notes.append("its comments are lost, since it is written anew")
    if names.cluster != access.names.cluster:
        notes.append(
            f"it has entries of another cluster under the names of this one, so that this one's context is called "
            f"{printable(names.context, _SHOWN)}"
        )
    plain = _has_only(document, names) and _has_only(merged, names)
    return KubeconfigPlan(
        text,
        str(names.context),
        {} if current is None else _described(document, names, plain),
        _described(merged, names, plain),
        notes=tuple(notes),
    )


def plan_replace(current: str | None, access: Access) -> KubeconfigPlan:
    """Put the access in the place of whatever the file has."""
    readable = True
    try:
        document = parse(current or "")
    except NotAKubeconfigError:
        document, readable = {}, False
    names = access.names
    same = readable and current is not None and document == access.document
    plain = readable and _has_only(document, names)
    before = _described(document, names, plain) if readable else {}
    after = _described(access.document, names, plain)
    if plain and not same and before == after:
        # What differs is beside the entries.
        before["fingerprint"] = _fingerprint(document)
        after["fingerprint"] = _fingerprint(access.document)
    lost = tuple(printable(name, _SHOWN) for name in entries(document, "contexts") if name != names.context)
    text = current if same and current is not None else access.text
    return KubeconfigPlan(text, str(names.context), {} if current is None else before, after, lost)


def _choose(document: Json, access: Access, kube_id: str) -> Names:
    """The names of the entries in the file: those that it has for this cluster, or else free ones."""
    with_id = Names(*(f"{name}-{kube_id}" for name in access.names))
    for names in (access.names, with_id):
        known = _contexts_of(document, names, access.server)
        if known:
            # A user may have called the context something else, and may have several.
            preferred = (names.context, document.get("current-context"), known[0])
            return names._replace(context=next(name for name in preferred if name in known))
    return access.names if _is_free(document, access) else with_id


def _contexts_of(document: Json, names: Names, server: str) -> list[str]:
    if not _is_same(_server(document, names.cluster), server):
        return []
    links = entries(document, "contexts").items()
    return [name for name, link in links if (link.get("cluster"), link.get("user")) == (names.cluster, names.user)]


def _is_free(document: Json, access: Access) -> bool:
    """Whether nothing under the names of the access belongs to another cluster, or may do so."""
    names, links = access.names, entries(document, "contexts")
    clusters, users = entries(document, "clusters"), entries(document, "users")
    if names.cluster in clusters and not _is_same(_server(document, names.cluster), access.server):
        return False
    if names.context in links and not _is_same(_server(document, links[names.context].get("cluster")), access.server):
        return False
    if names.user not in users or users[names.user] == access.body("users"):
        return True
    servers = [_server(document, link.get("cluster")) for link in links.values() if link.get("user") == names.user]
    return bool(servers) and all(_is_same(server, access.server) for server in servers)


def _merged(document: Json, access: Access, names: Names, use: bool) -> Json:
    if not document:
        return access.document
    merged = dict(document)
    for kind, name in zip(LISTS, names, strict=True):
        body = access.body(kind)
        if kind == "contexts":
            body = {**body, "cluster": names.cluster, "user": names.user}
        merged[kind] = _with_entry(merged.get(kind) or [], kind, name, body)
    current = document.get("current-context")
    if use or not current or current not in entries(merged, "contexts"):
        merged["current-context"] = names.context
    return merged


def _with_entry(found: list[Json], kind: str, name: str, body: Json) -> list[Json]:
    """The list with the entry in its place, or at its end; what else somebody set in it stays, such as a namespace."""
    member = LISTS[kind]
    if all(entry["name"] != name for entry in found):
        return [*found, {"name": name, member: body}]

    def renewed(entry: Json) -> Json:
        kept = {key: value for key, value in (entry.get(member) or {}).items() if key not in _REPLACED[kind]}
        # In the order that it had.
        order = [*(entry.get(member) or {}), *body]
        content = {**kept, **body}
        return {**entry, member: {key: content[key] for key in dict.fromkeys(order) if key in content}}

    return [renewed(entry) if entry["name"] == name else entry for entry in found]


def _server(document: Json, cluster: t.Any) -> str:
    return str(entries(document, "clusters").get(cluster, {}).get("server") or "")


def _is_same(server: str, other: str) -> bool:
    """Whether two URLs are those of one API server."""
    return _normal(server) == _normal(other)


def _normal(url: str) -> tuple[str, str]:
    """The address in one spelling, and the path."""
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
        return f"{parts.scheme}://{parts.hostname}:{port}", parts.path.rstrip("/")
    except ValueError:
        return url, ""


def _has_only(document: Json, names: Names) -> bool:
    """Whether a kubeconfig is empty, or has this access and no more."""
    if not document:
        return True
    alone = all(list(entries(document, kind)) in ([], [name]) for kind, name in zip(LISTS, names, strict=True))
    return alone and document.get("current-context") == names.context


def _described(document: Json, names: Names, plain: bool) -> Json:
    """What the file has: of this cluster, and unless it is ``plain``, the names of everything."""
    found: Json = {}
    if names.context in entries(document, "contexts"):
        link = entries(document, "contexts")[names.context]
        cluster = entries(document, "clusters").get(link.get("cluster") or "", {})
        user = entries(document, "users").get(link.get("user") or "", {})
        server = printable(_server(document, link.get("cluster")), _SHOWN)
        found = {"server": server, "fingerprint": _fingerprint([link, cluster, user])}
    if not plain:
        found.update({kind: [printable(name, _SHOWN) for name in entries(document, kind)] for kind in LISTS})
        found["current_context"] = printable(document.get("current-context") or "", _SHOWN)
    return found


def _fingerprint(values: t.Any) -> str:
    """Enough to see that something changed, and nothing to log in with."""
    content = json.dumps(values, sort_keys=True).encode()
    return "sha256:" + hashlib.sha256(content).hexdigest()[:16]
