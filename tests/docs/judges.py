# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges of what documents show, for what is not run: each tells what is wrong, as a list of texts."""

from __future__ import annotations

import functools
import re
import shlex
import subprocess
import sys
import typing as t
from pathlib import Path

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.clusterops.kube_proxy.plugins.module_utils import _deps
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import role_requests
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.role_variables import ENTRY_POINTS

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "clusterops.kube_proxy"
#: Variables that the playbooks read themselves, or all tasks.
OF_PLAYBOOKS = {"managed_hosts", "self_hosted_hosts", "managed_python_interpreter"}
OF_TASKS = {"clusterops_in_process", "clusterops_progress"}
OF_SETUP = re.compile(r"\bkube_proxy_awx_\w+")
#: By the group of the inventory, the role of the playbooks that play on it.
ROLE_OF = {"managed_clusters": "managed_cluster", "kube_nodes": "self_hosted_cluster"}
#: Keywords of a task that are not its module.
KEYWORDS = {
    *("name", "register", "become", "delegate_to", "run_once", "vars", "when", "loop", "check_mode", "diff", "tags"),
    *("notify", "environment", "no_log", "changed_when", "failed_when", "listen", "module_defaults"),
}
ROLE_MODULES = ("ansible.builtin.import_role", "ansible.builtin.include_role")
Documented = t.Mapping[str, t.Any]
Wrong = list[str]


def variables(given: t.Mapping[str, t.Any], role: str = "") -> Wrong:
    """Variables of a role, or of whichever role takes all of them."""
    ours = {name: value for name, value in given.items() if not _of_ansible(name)}
    points = [
        (name, entry_point)
        for name, entry_points in ENTRY_POINTS.items()
        for entry_point, point in entry_points.items()
        if role in {"", name} and ours.keys() <= point.spec.keys()
    ]
    if not points:
        return [f"no entry point of {role or 'any role'} takes all of {', '.join(sorted(ours))}"]
    said = [role_requests.role_problems(ours, *point, "production", modules=False) for point in points]
    return [] if "" in said else [said[0]]


def _of_ansible(name: str) -> bool:
    return name.startswith("ansible_") or name in OF_PLAYBOOKS | OF_TASKS or name in _of_setup()


@functools.cache
def _of_setup() -> set[str]:
    """What sets up AWX has variables where they are used, in templates of its files."""
    files = (ROOT / "extensions" / "awx").glob("*.yml")
    return {name for path in files for name in OF_SETUP.findall(path.read_text(encoding="utf-8"))}


def inventory(document: t.Mapping[str, t.Any]) -> Wrong:
    wrong: Wrong = []
    for group, content in document.items():
        if not content.keys() <= {"hosts", "vars", "children"}:
            wrong.append(f"group {group} has {', '.join(content)}")
        shared = content.get("vars") or {}
        for own in (content.get("hosts") or {"": None}).values():
            wrong += variables({**shared, **(own or {})}, ROLE_OF[group])
    return wrong


def tasks(found: t.Sequence[t.Mapping[str, t.Any]], documented: Documented) -> Wrong:
    wrong: Wrong = []
    for task in found:
        modules = set(task) - KEYWORDS
        if len(modules) != 1:
            wrong.append(f"the task {task.get('name')} has no single module: {', '.join(sorted(modules))}")
            continue
        (module,) = modules
        if module in ROLE_MODULES:
            role = task[module]["name"].removeprefix(f"{COLLECTION}.")
            entry_point = task[module].get("tasks_from", "main")
            if entry_point not in ENTRY_POINTS.get(role, {}):
                wrong.append(f"the role {role} has no entry point {entry_point}")
            given = {name: value for name, value in (task.get("vars") or {}).items() if not _is_template(value)}
            wrong += variables(given, role)
        else:
            wrong += options(module, task[module] or {}, documented)
    return wrong


def options(module: str, given: t.Mapping[str, t.Any], documented: Documented, partly: bool = False) -> Wrong:
    """Options as Ansible checks them; ``partly`` where others come from elsewhere, as with module_defaults."""
    if module not in documented:
        return [f"there is no module {module}"]
    spec = _spec(documented[module]["doc"]["options"], required=not partly)
    plain = {name: value for name, value in given.items() if not _is_template(value)}
    unknown = [name for name in given if name not in spec]
    return [f"{module} has no option {name}" for name in unknown] + [
        f"{module}: {text}"
        for text in ArgumentSpecValidator(spec).validate(plain).error_messages
        if not (set(given) - set(plain) and "missing required" in text)
    ]


def _is_template(value: t.Any) -> bool:
    return isinstance(value, str) and "{{" in value


def _spec(documented: Documented, required: bool) -> dict[str, t.Any]:
    """An argument spec from the documentation, which validate-modules compares with the one of the code."""
    taken = ("type", "elements", "choices", "aliases", *(("required",) if required else ()))
    return {
        name: {
            **{key: about[key] for key in taken if about.get(key) is not None},
            **({"options": _spec(about["suboptions"], required)} if about.get("suboptions") else {}),
        }
        for name, about in documented.items()
    }


def document(text: str, documented: Documented) -> Wrong | None:
    """What is wrong with a YAML block; None for a kind that nothing here knows."""
    found = yaml.safe_load(text.replace("{{ ansible_host }}", "192.0.2.1"))
    if isinstance(found, list) and all("hosts" in play for play in found):
        return [wrong for play in found for wrong in tasks(play["tasks"], documented)]
    if isinstance(found, list):
        return tasks(found, documented)
    if found.keys() <= ROLE_OF.keys():
        return inventory(found)
    if "plugin" in found:
        return options(f"{COLLECTION}.ovh_kube", found, documented)
    if found.keys() == {"collections"}:
        names = {entry.get("name") for entry in found["collections"]}
        return [] if names == {COLLECTION} else [f"requires {names}"]
    if found.keys() == {"module_defaults"}:
        return _module_defaults(found["module_defaults"], documented)
    if all(isinstance(name, str) and "_" in name for name in found):
        return variables(found)
    return None


def _module_defaults(found: t.Mapping[str, t.Any], documented: Documented) -> Wrong:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    wrong: Wrong = []
    for name, given in found.items():
        group = name.removeprefix(f"group/{COLLECTION}.")
        if group not in groups:
            wrong.append(f"there is no action group {name}")
        for module in groups.get(group, ()):
            wrong += options(f"{COLLECTION}.{module}", given, documented, partly=True)
    return wrong


def documentation(names: t.Iterable[str], environment: t.Mapping[str, str]) -> Documented:
    """What ansible-doc knows of modules, and of the inventory plugin."""
    found: dict[str, t.Any] = {}
    for kind, wanted in (("module", sorted(names)), ("inventory", [f"{COLLECTION}.ovh_kube"])):
        command = [sys.executable, "-m", "ansible", "doc", "--json", "--type", kind, *wanted]
        done = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True)
        found.update(yaml.safe_load(done.stdout))
    return found


def command(line: str, documented: Documented) -> Wrong | None:
    """What is wrong with a command that is not run; None for one that nothing here knows."""
    words = shlex.split(line)
    for begins, judge in JUDGES.items():
        if line.startswith(begins):
            return judge(words, documented)
    return None


def _make(words: list[str], _documented: Documented) -> Wrong:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return [f"there is no target {name}" for name in words[1:] if not re.search(rf"^{name}:", text, re.MULTILINE)]


def _pip(words: list[str], _documented: Documented) -> Wrong:
    oldest = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["requires_ansible"]
    minimum = {**_deps.MINIMUM, "ansible-core": oldest.removeprefix(">=")}
    asked = dict(word.split(">=") for word in words[4:])
    return [] if asked == {name: minimum.get(name) for name in asked} else [f"asks for {asked}, not for {minimum}"]


def _galaxy(words: list[str], _documented: Documented) -> Wrong:
    return [] if [word for word in words[3:] if word != "--upgrade"] == [COLLECTION] else [f"installs {words[3:]}"]


def _export(words: list[str], _documented: Documented) -> Wrong:
    known = (ROOT / "plugins" / "doc_fragments" / "_ovh.py").read_text(encoding="utf-8")
    known += (ROOT / "plugins" / "doc_fragments" / "_project.py").read_text(encoding="utf-8")
    names = [word.partition("=")[0] for word in words[1:]]
    return [f"{name} is documented nowhere" for name in names if f"E({name})" not in known]


def _doc(words: list[str], documented: Documented) -> Wrong:
    name = words[-1]
    roles = {f"{COLLECTION}.{role}" for role in ENTRY_POINTS}
    return [] if name in (roles if "role" in words else documented) else [f"there is no {name}"]


def _ad_hoc(words: list[str], documented: Documented) -> Wrong:
    module, given = words[words.index("-m") + 1], words[words.index("-a") + 1]
    return options(module, dict(word.split("=", 1) for word in shlex.split(given)), documented)


def _known(*_arguments: t.Any) -> Wrong:
    return []


JUDGES: t.Mapping[str, t.Callable[[list[str], Documented], Wrong]] = {
    "make ": _make,
    "python -m pip install ": _pip,
    "ansible-galaxy collection install ": _galaxy,
    "export ": _export,
    "ansible-doc ": _doc,
    "ansible localhost -m ": _ad_hoc,
    # What an operating system and Python bring along.
    "python3 -m venv kube-proxy": _known,
    ". kube-proxy/bin/activate": _known,
    "xdg-open kube-proxy-audit/audit.html": _known,
}
