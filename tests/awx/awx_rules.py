# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX 24.6 accepts, in our words: a JSON Schema for each kind of object, and what a schema cannot say.

A function returns what is wrong, in sentences; nothing when AWX would accept the object.
"""

from __future__ import annotations

import json
import re
import typing as t

import jinja2
import jinja2.meta
import jsonschema

Json = dict[str, t.Any]

_TEXT = {"type": "string"}
_SWITCH = {"type": "boolean"}
_NUMBER = {"type": "integer"}
_IDENTIFIER = "^[a-zA-Z_]+[a-zA-Z0-9_]*$"
_LIMIT = {"type": ["integer", "null"]}
#: Variables of a job that no credential may set, beside all that begin with ANSIBLE_.
BLOCKED = {
    "PATH",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "HOME",
    "JOB_ID",
    "INVENTORY_ID",
    "AWX_HOST",
    "REST_API_URL",
    "CALLBACK",
}

CREDENTIAL_TYPE: Json = {
    "type": "object",
    "required": ["name", "kind"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 512},
        "description": _TEXT,
        "managed": {"const": False},
        "kind": {"enum": ["cloud", "net"]},
        "inputs": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "required": {"type": "array", "items": _TEXT},
                "fields": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["id", "label"],
                        "additionalProperties": False,
                        "properties": {
                            "id": {"type": "string", "pattern": _IDENTIFIER},
                            "label": _TEXT,
                            "help_text": _TEXT,
                            "type": {"enum": ["string", "boolean"]},
                            "format": {"enum": ["ssh_private_key", "url"]},
                            "choices": {"type": "array", "minItems": 1, "items": _TEXT, "uniqueItems": True},
                            "multiline": _SWITCH,
                            "secret": _SWITCH,
                            "default": {},
                        },
                    },
                },
            },
        },
        "injectors": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "env": {
                    "type": "object",
                    "additionalProperties": False,
                    "patternProperties": {_IDENTIFIER: {"type": "string"}},
                },
                "file": {
                    "type": "object",
                    "additionalProperties": False,
                    "patternProperties": {r"^template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?$": _TEXT},
                },
                "extra_vars": {"type": "object"},
            },
        },
    },
    "additionalProperties": False,
}

SURVEY: Json = {
    "type": "object",
    "required": ["name", "description", "spec"],
    "properties": {
        "name": _TEXT,
        "description": _TEXT,
        "spec": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["question_name", "type", "variable", "required"],
                "properties": {
                    "question_name": {"type": "string", "minLength": 1},
                    "question_description": _TEXT,
                    "variable": {"type": "string", "pattern": _IDENTIFIER},
                    "type": {
                        "enum": [
                            "text",
                            "textarea",
                            "password",
                            "integer",
                            "float",
                            "multiplechoice",
                            "multiselect",
                        ]
                    },
                    "required": _SWITCH,
                    "min": _LIMIT,
                    "max": _LIMIT,
                    "choices": {"type": ["array", "string"]},
                    "new_question": _SWITCH,
                    "default": {},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}

_ASKABLE = (
    "credential",
    "diff_mode",
    "execution_environment",
    "forks",
    "instance_groups",
    "inventory",
    "job_slice_count",
    "job_type",
    "labels",
    "limit",
    "scm_branch",
    "skip_tags",
    "tags",
    "timeout",
    "variables",
    "verbosity",
)
JOB_TEMPLATE: Json = {
    "type": "object",
    "required": ["name", "project", "playbook"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 512},
        "description": _TEXT,
        "organization": _NUMBER,
        "job_type": {"enum": ["run", "check"]},
        "inventory": _NUMBER,
        "project": _NUMBER,
        "playbook": {"type": "string", "maxLength": 1024},
        "execution_environment": _NUMBER,
        "forks": {"type": "integer", "minimum": 0},
        "limit": _TEXT,
        "verbosity": {"enum": [0, 1, 2, 3, 4, 5]},
        # Text in YAML or JSON.
        "extra_vars": _TEXT,
        "job_tags": _TEXT,
        "skip_tags": _TEXT,
        "timeout": _NUMBER,
        "job_slice_count": {"type": "integer", "minimum": 0},
        **dict.fromkeys(
            ("use_fact_cache", "survey_enabled", "become_enabled", "diff_mode", "allow_simultaneous"), _SWITCH
        ),
        **{f"ask_{name}_on_launch": _SWITCH for name in _ASKABLE},
    },
    "additionalProperties": False,
}

INVENTORY_SOURCE: Json = {
    "type": "object",
    "required": ["name", "inventory", "source"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "description": _TEXT,
        "inventory": _NUMBER,
        "source": {"enum": ["scm"]},
        "source_project": _NUMBER,
        "source_path": _TEXT,
        "credential": _NUMBER,
        "execution_environment": _NUMBER,
        "overwrite": _SWITCH,
        "overwrite_vars": _SWITCH,
        "update_on_launch": _SWITCH,
        "update_cache_timeout": {"type": "integer", "minimum": 0},
        "verbosity": {"enum": [0, 1, 2]},
        "timeout": _NUMBER,
    },
    "additionalProperties": False,
}

WORKFLOW_NODE: Json = {
    "type": "object",
    "required": ["workflow_job_template", "identifier"],
    "properties": {
        "type": _TEXT,
        "identifier": {"type": "string", "minLength": 1},
        "workflow_job_template": _NUMBER,
        "unified_job_template": _NUMBER,
        "all_parents_must_converge": _SWITCH,
        "extra_data": {"type": "object"},
        "limit": _TEXT,
        "job_type": {"enum": ["run", "check"]},
        "inventory": _NUMBER,
        "forks": _NUMBER,
        "job_slice_count": _NUMBER,
        "timeout": _NUMBER,
    },
    "additionalProperties": False,
}

WORKFLOW: Json = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "description": _TEXT,
        "organization": _NUMBER,
        "extra_vars": _TEXT,
        "inventory": _NUMBER,
        "limit": _TEXT,
        "allow_simultaneous": _SWITCH,
        "survey_enabled": _SWITCH,
        **{f"ask_{name}_on_launch": _SWITCH for name in _ASKABLE},
    },
    "additionalProperties": False,
}


def by_schema(schema: Json, body: t.Any) -> list[str]:
    found = jsonschema.Draft202012Validator(schema).iter_errors(body)
    return [f"{'.'.join(map(str, error.absolute_path)) or 'it'}: {error.message}" for error in found]


def credential_type(body: Json) -> list[str]:
    problems = by_schema(CREDENTIAL_TYPE, body)
    return problems or [*_inputs(body.get("inputs", {})), *_injectors(body)]


def _inputs(inputs: Json) -> t.Iterator[str]:
    fields = inputs.get("fields", [])
    ids = [field["id"] for field in fields]
    yield from (f"inputs: {name} is there twice" for name in sorted({name for name in ids if ids.count(name) > 1}))
    yield from (f"inputs: required {name} is no field" for name in inputs.get("required", []) if name not in ids)
    for field in fields:
        kind = field.get("type", "string")
        if field["id"] == "tower":
            yield "inputs: tower is a name of AWX"
        if kind != "string":
            yield from (
                f"inputs: {field['id']}: {name} is for text"
                for name in ("format", "choices", "multiline", "secret")
                if name in field
            )
        if "default" in field and not isinstance(field["default"], {"string": str, "boolean": bool}[kind]):
            yield f"inputs: {field['id']}: the default is no {kind}"
        if "choices" in field and "default" in field and field["default"] not in field["choices"]:
            yield f"inputs: {field['id']}: the default is no choice"


def _injectors(body: Json) -> t.Iterator[str]:
    injectors = body.get("injectors", {})
    names = {field["id"] for field in body.get("inputs", {}).get("fields", [])}
    files = set(injectors.get("file", {}))
    if "template" in files and len(files) > 1:
        yield "injectors: a file without a name and one with a name"
    for name in injectors.get("env", {}):
        if name.startswith("ANSIBLE_") or name in BLOCKED:
            yield f"injectors: {name} may not be set"
    for where, text in _templates(injectors):
        if not text.isascii():
            yield f"injectors: {where} is not ASCII"
        environment = jinja2.Environment(autoescape=False)  # noqa: S701 - nothing is rendered
        try:
            used = jinja2.meta.find_undeclared_variables(environment.parse(text))
        except jinja2.TemplateSyntaxError as error:
            yield f"injectors: {where}: {error}"
            continue
        unknown = used - names - ({"tower"} if files else set())
        yield from (f"injectors: {where} uses {name}, which is no field" for name in sorted(unknown))
        for name in re.findall(r"tower\.filename\.(\w+)", text):
            if f"template.{name}" not in files:
                yield f"injectors: {where} uses the file {name}, which there is not"


def _templates(injectors: Json) -> t.Iterator[tuple[str, str]]:
    for kind in ("env", "file"):
        yield from ((f"{kind}.{name}", text) for name, text in injectors.get(kind, {}).items())
    pending = [("extra_vars", injectors.get("extra_vars", {}))]
    while pending:
        where, value = pending.pop()
        if isinstance(value, str):
            yield where, value
        elif isinstance(value, dict):
            pending += [(f"{where}.{name}", member) for name, member in value.items()]
        elif isinstance(value, list):
            pending += [(where, member) for member in value]


def survey(spec: t.Any) -> list[str]:
    problems = by_schema(SURVEY, spec)
    if problems:
        return problems
    names = [question["variable"] for question in spec["spec"]]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [
        *(f"{name} is there twice" for name in twice),
        *(problem for question in spec["spec"] for problem in _question(question)),
    ]


#: The types of a default; an empty text counts for each of them.
_DEFAULTS: t.Mapping[str, tuple[type, ...]] = {"integer": (int,), "float": (int, float)}


def _question(question: Json) -> t.Iterator[str]:
    name, kind, default = question["variable"], question["type"], question.get("default", "")
    if isinstance(default, bool) or (default != "" and not isinstance(default, _DEFAULTS.get(kind, (str,)))):
        yield f"{name}: the default is no {kind}"
        return
    if "$encrypted$" in (default, question.get("choices")):
        yield f"{name}: $encrypted$ is a word of AWX"
    if kind in ("multiplechoice", "multiselect"):
        choices = question.get("choices") or []
        choices = choices.splitlines() if isinstance(choices, str) else choices
        if not choices:
            yield f"{name}: there is nothing to choose from"
        elif not all(isinstance(choice, str) for choice in choices):
            yield f"{name}: a choice is no text"
        chosen = str(default).splitlines()
        if kind == "multiplechoice" and len(chosen) > 1:
            yield f"{name}: more than one default"
        yield from (f"{name}: the default {each} is no choice" for each in chosen if each not in choices)
    low, high = question.get("min"), question.get("max")
    if low is not None and high is not None and low > high:
        yield f"{name}: min is greater than max"
    if default != "" and kind in _DEFAULTS:
        number = float(t.cast(float, default))
        if (low is not None and number < low) or (high is not None and number > high):
            yield f"{name}: the default is out of its limits"


def job_template(body: Json, playbooks: t.Container[str]) -> list[str]:
    problems = by_schema(JOB_TEMPLATE, body)
    if problems:
        return problems
    found = []
    if body["playbook"] not in playbooks:
        found.append("playbook: Playbook not found for project.")
    if "inventory" not in body and not body.get("ask_inventory_on_launch"):
        found.append("inventory: Job Template must provide 'inventory' or allow prompting for it.")
    if "extra_vars" in body and not isinstance(json.loads(body["extra_vars"] or "{}"), dict):
        found.append("extra_vars: no dictionary")
    return found


def answers(spec: Json, given: t.Mapping[str, t.Any]) -> list[str]:
    """What AWX refuses at a launch: what the survey does not ask, and answers that do not fit."""
    questions = {question["variable"]: question for question in spec["spec"]}
    problems = [f"{name} is not asked" for name in given if name not in questions]
    for name, question in questions.items():
        if name not in given:
            if question["required"] and question.get("default", "") == "":
                problems.append(f"'{name}' value missing")
            continue
        problems += _answer(question, given[name])
    return problems


def _answer(question: Json, answer: t.Any) -> t.Iterator[str]:
    name, kind = question["variable"], question["type"]
    if kind in ("integer", "float"):
        if answer == "" and not question["required"]:
            return
        if isinstance(answer, bool) or not isinstance(answer, _DEFAULTS[kind]):
            yield f"{name}: no {kind}"
            return
        size: float = answer
    elif kind == "multiplechoice":
        if answer not in question["choices"]:
            yield f"{name}: {answer} is no choice"
        return
    elif not isinstance(answer, str):
        yield f"{name}: no text"
        return
    else:
        size = len(answer)
        if not answer and not question["required"]:
            return
    if question.get("min") is not None and size < question["min"]:
        yield f"{name}: too small"
    if question.get("max") is not None and size > question["max"]:
        yield f"{name}: too large"


def workflow_graph(nodes: t.Sequence[Json]) -> list[str]:
    """Of nodes with the links between them: each leads to a node that there is, and none leads back."""
    links = {
        node["identifier"]: [to for kind in ("success", "failure", "always") for to in node.get(f"{kind}_nodes", ())]
        for node in nodes
    }
    problems = [
        f"{node} leads to {to}, which there is not" for node, all_ in links.items() for to in all_ if to not in links
    ]
    if len(links) < len(nodes):
        problems.append("two nodes have the same identifier")
    problems += [
        f"{node['identifier']}: neither a template nor an approval"
        for node in nodes
        if ("unified_job_template" in node) == ("approval_node" in node)
    ]
    for node in nodes:
        twice = set(node.get("success_nodes", ())) & set(node.get("always_nodes", ()))
        problems += [f"{node['identifier']} leads to {to} in two ways" for to in sorted(twice)]
    remaining = {node: [to for to in all_ if to in links] for node, all_ in links.items()}
    while ends := [node for node, all_ in remaining.items() if not all_]:
        for end in ends:
            del remaining[end]
        remaining = {node: [to for to in all_ if to in remaining] for node, all_ in remaining.items()}
    return [*problems, *(["the nodes go round in a circle"] if remaining else [])]
