# SPDX-License-Identifier: GPL-3.0-or-later

"""From variables of infra.aap_configuration to the tasks that bring them about, in the order in which they can be.

These are functions of the private filters in plugins/filter/_roles.py, for the playbook awx_setup.
"""

from __future__ import annotations

import importlib.util
import typing as t

from .._domain.common.blank import is_blank
from .._domain.common.json_types import Json

#: Each kind of object with its variable and its module. One needs only what stands before it.
KINDS: t.Mapping[str, str] = {
    "controller_execution_environments": "execution_environment",
    "controller_credential_types": "credential_type",
    "controller_projects": "project",
    "controller_inventories": "inventory",
    "controller_groups": "group",
    "controller_inventory_sources": "inventory_source",
    "controller_templates": "job_template",
    "controller_workflows": "workflow_job_template",
}
_NODES, _NODE = "simplified_workflow_nodes", "workflow_job_template_node"
_LINKS = ("success_nodes", "failure_nodes", "always_nodes")


def controller_objects(variables: t.Mapping[str, t.Any], collection: str) -> list[Json]:
    """One task for each object: its ``action``, its ``options`` and its ``title``. What is blank is not given.

    The nodes of a workflow come twice: first all of them, then the links between them.
    """
    return [
        task
        for variable in KINDS
        for one in variables.get(variable) or ()
        for task in _tasks(variable, one, collection)
    ]


def _tasks(variable: str, one: t.Mapping[str, t.Any], collection: str) -> t.Iterator[Json]:
    options = {name: value for name, value in one.items() if name != _NODES}
    yield _task(collection, KINDS[variable], str(one["name"]), options)
    nodes = one.get(_NODES) or ()
    of_workflow = {"workflow_job_template": one["name"], "organization": one.get("organization")}
    for node in nodes:
        itself = {name: value for name, value in node.items() if name not in _LINKS}
        lookup = {"lookup_organization": one.get("organization")} if "unified_job_template" in node else {}
        yield _task(collection, _NODE, f"{one['name']}: {node['identifier']}", {**of_workflow, **lookup, **itself})
    for node in nodes:
        links = {name: node[name] for name in _LINKS if node.get(name)}
        if links:
            title = f"{one['name']}: after {node['identifier']}"
            yield _task(collection, _NODE, title, {**of_workflow, "identifier": node["identifier"], **links})


def _task(collection: str, module: str, title: str, options: t.Mapping[str, t.Any]) -> Json:
    listed = {name: _without_blanks(value) for name, value in options.items()}
    given = {name: value for name, value in listed.items() if not is_blank(value) and value != []}
    return {"action": f"{collection}.{module}", "title": f"{module} {title}", "options": given}


def _without_blanks(value: t.Any) -> t.Any:
    """A list of names without those that were not given."""
    return [name for name in value if not is_blank(name)] if isinstance(value, list) else value


def controller_collection(names: t.Iterable[str]) -> str:
    """The first of these collections that is installed; blank if none is."""
    return next((name for name in names if _is_installed(name)), "")


def _is_installed(collection: str) -> bool:
    try:
        return importlib.util.find_spec(f"ansible_collections.{collection}") is not None
    except ModuleNotFoundError:
        return False
