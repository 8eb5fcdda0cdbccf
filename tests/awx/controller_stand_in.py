# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for AWX's API, as far as the modules of awx.awx use it to set things up. Everything is in memory.

It answers as AWX does: a body is judged by tests/awx/awx_rules.py, a name that is taken and an id that does not exist
are a 400, and a wrong token is a 401. It can refuse or break off after some requests that change something.
"""

from __future__ import annotations

import itertools
import json
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import awx_rules

Json = dict[str, t.Any]

TOKEN = "token-of-the-controller"
_ANY: Json = {"type": "object", "required": ["name"]}
#: What is created, with the rule for its body. Organizations are there already, like credentials that people made.
_KINDS: t.Mapping[str, Json] = {
    "organizations": _ANY,
    "credentials": _ANY,
    "notification_templates": _ANY,
    "execution_environments": {
        "type": "object",
        "required": ["name", "image"],
        "properties": {
            "image": {"type": "string", "minLength": 1},
            "pull": {"enum": ["", "always", "missing", "never"]},
        },
    },
    "credential_types": awx_rules.CREDENTIAL_TYPE,
    "projects": {"type": "object", "required": ["name"], "properties": {"scm_type": {"enum": ["", "git", "archive"]}}},
    "inventories": {"type": "object", "required": ["name", "organization"]},
    "groups": {"type": "object", "required": ["name", "inventory"]},
    "inventory_sources": awx_rules.INVENTORY_SOURCE,
    "job_templates": awx_rules.JOB_TEMPLATE,
    "workflow_job_templates": awx_rules.WORKFLOW,
    "workflow_job_template_nodes": awx_rules.WORKFLOW_NODE,
}
_SINGULAR = {"inventories": "inventory"}
#: Members that name another object, and where that is.
_REFERENCES: t.Mapping[str, tuple[str, ...]] = {
    "organization": ("organizations",),
    "project": ("projects",),
    "source_project": ("projects",),
    "inventory": ("inventories",),
    "credential": ("credentials",),
    "execution_environment": ("execution_environments",),
    "workflow_job_template": ("workflow_job_templates",),
    "unified_job_template": ("job_templates", "workflow_job_templates", "workflow_approval_templates"),
}
#: What objects are linked to.
_LINKS: t.Mapping[str, str] = {
    "credentials": "credentials",
    "notification_templates_error": "notification_templates",
    "success_nodes": "workflow_job_template_nodes",
    "failure_nodes": "workflow_job_template_nodes",
    "always_nodes": "workflow_job_template_nodes",
}
#: What makes an object the same as another one of its kind.
_IDENTITY: t.Mapping[str, tuple[str, ...]] = {
    "groups": ("name", "inventory"),
    "inventory_sources": ("name", "inventory"),
    "workflow_job_template_nodes": ("identifier", "workflow_job_template"),
    "credential_types": ("name", "kind"),
    "execution_environments": ("name",),
    "organizations": ("name",),
}


class RefusedError(Exception):
    def __init__(self, status: int, body: Json) -> None:
        super().__init__(str(body))
        self.status, self.body = status, body


class Change(t.NamedTuple):
    """A request that changes something, with the status of the answer; None where there was none."""

    method: str
    path: str
    body: Json
    status: int | None


class Controller:
    """``with Controller(playbooks) as controller``; its address is ``url``."""

    def __init__(self, playbooks: t.Collection[str]) -> None:
        self._playbooks = playbooks
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self.objects: dict[str, dict[int, Json]] = {kind: {} for kind in (*_KINDS, "workflow_approval_templates")}
        self.surveys: dict[int, Json] = {}
        self.links: dict[tuple[int, str], list[int]] = {}
        self.changes: list[Change] = []
        self._ends_at: str | None = None
        self._ended = False
        self._then: t.Literal["unavailable", "cut"] = "unavailable"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Controller:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, kind: str, **members: t.Any) -> int:
        """Something that is there already."""
        return int(self._add(kind, members)["id"])

    def named(self, kind: str, name: str) -> Json:
        (found,) = [one for one in self.objects[kind].values() if name in (one.get("name"), one.get("identifier"))]
        return found

    def linked(self, kind: str, name: str, link: str) -> list[str]:
        """The names of what an object is linked to."""
        found = self.links.get((self.named(kind, name)["id"], link), [])
        return [str(one.get("name") or one.get("identifier")) for one in map(self._anything, found)]

    def answer(self, method: str, path: str, query: Json, body: Json) -> tuple[int | None, Json]:
        with self._lock:
            changing = method not in ("GET", "HEAD")
            if changing and self._ends_at is not None and path.rstrip("/").endswith(self._ends_at):
                self._ended = True
            if changing and self._ended:
                status = 503 if self._then == "unavailable" else None
                self.changes.append(Change(method, path, body, status))
                return status, {"detail": "Service unavailable."}
            try:
                status, answer = self._route(method, [part for part in path.split("/") if part], query, body)
            except RefusedError as refused:
                status, answer = refused.status, refused.body
            if changing:
                self.changes.append(Change(method, path, body, status))
            return status, answer

    def end_at(self, path: str | None, then: t.Literal["unavailable", "cut"] = "unavailable") -> None:
        """From the next change of such a path on, all get this answer, or none and no connection; None: no more."""
        self._ends_at, self._ended, self._then = path, False, then

    def _route(self, method: str, parts: list[str], query: Json, body: Json) -> tuple[int, Json]:
        if parts[:2] != ["api", "v2"]:
            raise RefusedError(404, {"detail": "The requested resource could not be found."})
        match (method, *parts[2:]):
            case ("GET", "project_updates", number):
                return 200, {"id": int(number), "status": "successful", "finished": "now", "failed": False}
            case ("GET", kind) if kind == "unified_job_templates" or kind in self.objects:
                return 200, _page(self._found(kind, query))
            case ("POST", kind) if kind in _KINDS:
                return 201, self._create(kind, body)
            case ("GET", kind, number) if kind in self.objects:
                return 200, self._one(kind, number)
            case ("PATCH", kind, number) if kind in self.objects:
                return 200, self._patch(kind, number, body)
            case (_, "job_templates", number, "survey_spec"):
                return self._survey(method, self._one("job_templates", number)["id"], body)
            case ("POST", "workflow_job_template_nodes", number, "create_approval_template"):
                return 201, self._approval(self._one("workflow_job_template_nodes", number), body)
            case (_, kind, number, link) if kind in self.objects and link in _LINKS:
                return self._link(method, int(self._one(kind, number)["id"]), link, body)
        raise RefusedError(404, {"detail": "The requested resource could not be found."})

    def _found(self, kind: str, query: Json) -> list[Json]:
        kinds = ("job_templates", "workflow_job_templates") if kind == "unified_job_templates" else (kind,)
        everything = [one for each in kinds for one in self.objects[each].values()]
        for name in query:
            known = {"name", "identifier", *_REFERENCES}
            if name not in known:
                raise RefusedError(400, {"detail": f"{kind} has no field named '{name}'"})
        return [one for one in everything if all(str(one.get(name)) == value for name, value in query.items())]

    def _one(self, kind: str, number: str) -> Json:
        found = self.objects[kind].get(int(number)) if number.isdigit() else None
        if found is None:
            raise RefusedError(404, {"detail": "Not found."})
        return found

    def _anything(self, number: int) -> Json:
        return next(found[number] for found in self.objects.values() if number in found)

    def _create(self, kind: str, body: Json) -> Json:
        self._judge(kind, body)
        identity = _IDENTITY.get(kind, ("name", "organization"))
        for one in self.objects[kind].values():
            if all(one.get(name) == body.get(name) for name in identity):
                raise RefusedError(400, {"__all__": [f"{kind} with this {' and '.join(identity)} already exists."]})
        return self._add(kind, body)

    def _patch(self, kind: str, number: str, body: Json) -> Json:
        current = self._one(kind, number)
        if kind == "credential_types" and "inputs" in body and body["inputs"] != current.get("inputs"):
            in_use = [
                one for one in self.objects["credentials"].values() if one.get("credential_type") == current["id"]
            ]
            if in_use:
                raise RefusedError(
                    403, {"detail": "Modifications to inputs are not allowed for credential types in use"}
                )
        written = {
            name: value for name, value in current.items() if name not in ("id", "url", "related", "summary_fields")
        }
        written.pop("type", None)
        self._judge(kind, {**written, **body})
        current.update(body)
        return current

    def _judge(self, kind: str, body: Json) -> None:
        """As AWX does: the problems of a member under its name."""
        if kind == "credential_types":
            problems = awx_rules.credential_type(body)
        elif kind == "job_templates":
            problems = awx_rules.job_template(body, self._playbooks)
        else:
            problems = awx_rules.by_schema(_KINDS.get(kind, _ANY), body)
        if problems:
            raise RefusedError(400, {"__all__": problems})
        for name, places in _REFERENCES.items():
            if name in body and not any(body[name] in self.objects[place] for place in places):
                raise RefusedError(400, {name: [f'Invalid pk "{body[name]}" - object does not exist.']})

    def _add(self, kind: str, body: Json) -> Json:
        number = next(self._ids)
        url = f"/api/v2/{kind}/{number}/"
        related = {"survey_spec": f"{url}survey_spec/"} if kind == "job_templates" else {}
        one = {
            **body,
            "id": number,
            "type": _SINGULAR.get(kind, kind.removesuffix("s")),
            "url": url,
            "related": related,
        }
        one["summary_fields"] = (
            {"current_update": {"id": number}} if kind == "projects" and body.get("scm_type") else {}
        )
        if kind == "projects":
            one["scm_revision"] = ""
        self.objects[kind][number] = one
        return one

    def _survey(self, method: str, number: int, body: Json) -> tuple[int, Json]:
        if method == "POST":
            problems = awx_rules.survey(body)
            if problems:
                raise RefusedError(400, {"error": "; ".join(problems)})
            self.surveys[number] = body
            return 200, {}
        return 200, self.surveys.get(number, {})

    def _approval(self, node: Json, body: Json) -> Json:
        if not body.get("name"):
            raise RefusedError(400, {"name": ["This field is required."]})
        approval = self._add("workflow_approval_templates", body)
        node["unified_job_template"] = approval["id"]
        node["related"] = {**node["related"], "unified_job_template": approval["url"]}
        return approval

    def _link(self, method: str, number: int, link: str, body: Json) -> tuple[int, Json]:
        current = self.links.setdefault((number, link), [])
        if method == "GET":
            return 200, _page([self._anything(each) for each in current])
        other = body.get("id")
        if other not in self.objects[_LINKS[link]]:
            raise RefusedError(400, {"detail": f'Invalid pk "{other}" - object does not exist.'})
        if body.get("disassociate"):
            current.remove(other)
        elif other not in current:
            current.append(other)
        return 204, {}


def _page(found: list[Json]) -> Json:
    return {"count": len(found), "next": None, "previous": None, "results": found}


def _handler(controller: Controller) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            pass

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            url = urlsplit(self.path)
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, answer = 401, {"detail": "Authentication credentials were not provided."}
            else:
                given, answer = controller.answer(self.command, url.path, dict(parse_qsl(url.query)), body)
                if given is None:
                    self.close_connection = True
                    return
                status = given
            text = b"" if status == 204 else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names are those of the base class

    return Handler
