# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of every message of the collection, from its source: the text, where it comes from, and what to do.

A message is a text that is raised as an error, told as a problem of an option, a warning or a finding, or reads as a
sentence and may become a part of one. What a message says of the case at hand is shown as ``<name>``.
"""

from __future__ import annotations

import ast
import html
import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

UTILS = Path("plugins") / "module_utils"
OUTCOME = UTILS / "_shell" / "outcome.py"
#: Folders and files whose sentences are documents, pictures or documentation, not messages.
NO_MESSAGES = (
    "_domain/audit/page",
    "_domain/audit/junit.py",
    "_domain/kube_proxy/settings.py",
    "_domain/node/probe_picture.py",
)
#: The rooms of the source, by the folder that a file is in: the heading, and whose messages they are.
ROOMS: t.Mapping[str, tuple[str, str]] = {
    "managed": ("Managed clusters", "the modules kube_cluster* and kube_proxy_customization, the role managed_cluster"),
    "self_hosted": (
        "Self-hosted clusters",
        "the modules kube_proxy_config, kube_proxy_info, kube_proxy_migration and kube_proxy_rollout, the roles "
        "self_hosted_cluster and mode_migration",
    ),
    "node": (
        "Nodes",
        "the modules kube_proxy_node_info, kube_proxy_node_probe and kube_proxy_node_rules, the roles "
        "node_prerequisites, self_hosted_cluster and mode_migration",
    ),
    "audit": ("Audit", "the role audit"),
    "": ("Everywhere", "every module and role"),
}
SAME_ROOM = {"ovh": "managed", "kubernetes": "self_hosted"}
#: Whom a message is told by: the names that make one, apart from classes of errors.
TELLERS = ("Problem", "Notice", "Finding", "Rule")
#: What to do, by who tells it; a class of errors that is not named here is like the class that it derives from.
ADVICE: t.Mapping[str, str] = {
    "Problem": "Nothing was sent or changed. Correct the option that stands before the text.",
    "ValueError": "Nothing was sent or changed. Correct the option, variable or file that is named with it.",
    "ValidationError": "Nothing was sent or changed. Correct the options that are named.",
    "RefusedError": "Nothing was changed: the request does not fit this cluster. Do what the message says.",
    "ConfigurationError": "No request was sent. Correct the option, the variable or the file that the message names.",
    "JournalError": "No reset was sent. Let the folder in recovery_path be yours alone, and writable; see the guide to "
    "resets.",
    "RequestError": "Read the answer in the message and in the field error of the result. If the cause is gone, run "
    "the same task again.",
    "AdapterError": "Remove the cause that the message names, and run the same task again.",
    "EngineError": "Do what the message says, and run the same task again: it continues where the last run stopped.",
    "WaitTimeoutError": "The cluster goes on. Run the same task again to wait for the end, or with a longer "
    "wait_timeout.",
    "OSError": "Correct the path, its owner or its rights on the host that runs the task.",
    "Exception": "It is the reason in a longer message. Do what that message says.",
    "AnsibleError": "Correct the source of the inventory or the task that is named.",
    "Notice": "A warning: the task goes on. Do what it says if you do not want it as it is.",
    "Finding": "Do what stands below the finding in the plan.",
    "Rule": "",
    "": "",
}
#: What is no sentence for people: commands, patterns, rules of a kernel, places in the source of Kubernetes.
_NO_SENTENCE = re.compile(
    r"[\\^$|{]|^\W*[a-z_]+=|^[-/:]|::| -[A-Z] |^(add|delete|flush) (chain|rule|table) |pkg/|^KEP-"
)
#: Functions that return what is wrong, which others tell as a problem of an option.
_FINDS_PROBLEMS = re.compile("problem|conflict|wrong")
_WORDS = 3


@dataclass(frozen=True)
class Message:
    """``teller`` is the class that makes it; ``todo`` is what the code itself says to do."""

    text: str
    file: str
    line: int
    teller: str
    todo: str = ""


def collect(root: Path) -> list[Message]:
    """Every message of the plugins, the roles and the playbooks, in the order of the files."""
    trees = {
        path.relative_to(root).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for folder in (UTILS, Path("plugins") / "plugin_utils", Path("plugins") / "inventory")
        for path in sorted((root / folder).rglob("*.py"))
        if not path.relative_to(root / folder).as_posix().startswith(NO_MESSAGES)
    }
    errors = error_classes(trees.values())
    remedies = _remedies(ast.parse((root / OUTCOME).read_text(encoding="utf-8")))
    found = [message for file, tree in trees.items() for message in Walk(file, errors, remedies).of(tree)]
    found += [message for path in _plays(root) for message in _in_yaml(path, root)]
    # One text told at two places of a file is one message.
    return list({(message.text, message.file): message for message in reversed(found)}.values())[::-1]


def _plays(root: Path) -> list[Path]:
    return sorted([*(root / "playbooks").glob("*.yml"), *(root / "roles").glob("*/tasks/*.yml")])


def error_classes(trees: t.Iterable[ast.Module]) -> dict[str, str]:
    """The classes of errors, each with the one that it derives from."""
    bases = {
        node.name: _name(node.bases[0])
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.bases and node.name.endswith("Error")
    }
    return {**dict.fromkeys(("ValueError", "OSError", "AnsibleError", "AnsibleParserError"), ""), **bases}


def _remedies(tree: ast.Module) -> dict[str, str]:
    """The sentences for remedies, from the shell, by how the code names them."""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and _name(node.target) == "REMEDIES" and isinstance(node.value, ast.Dict):
            return {
                ast.unparse(key): str(ast.literal_eval(value))
                for key, value in zip(node.value.keys, node.value.values, strict=True)
                if key is not None
            }
    raise SystemExit(f"{OUTCOME} has no REMEDIES any more")


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


class Walk:
    """Finds the messages of one file."""

    def __init__(self, file: str, errors: t.Mapping[str, str], remedies: t.Mapping[str, str]) -> None:
        self._file, self._errors, self._remedies = file, errors, remedies
        self._found: list[Message] = []

    def of(self, tree: ast.Module) -> list[Message]:
        self._visit(tree, "", "")
        return self._found

    def _visit(self, node: ast.AST, teller: str, todo: str) -> None:
        if isinstance(node, (ast.JoinedStr, ast.Constant)):
            self._text(node, teller, todo)
        if isinstance(node, ast.Call) and (name := _name(node.func)) in {*self._errors, *TELLERS}:
            teller, todo = name, self._todo(node, name)
            if name in {"Finding", "Rule"}:
                what = _argument(node, 2, "what")
                if what is not None:
                    self._visit(what, name, todo)
                return
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            # What a class or a function says is told by whoever calls it.
            teller, todo = "Problem" if _FINDS_PROBLEMS.search(getattr(node, "name", "")) else "", ""
        for child in ast.iter_child_nodes(node):
            if not _is_documentation(child) and not isinstance(node, ast.JoinedStr):
                self._visit(child, teller, todo)

    def _text(self, node: ast.JoinedStr | ast.Constant, teller: str, todo: str) -> None:
        text = _template(node)
        sentence = len(text.split()) >= _WORDS and not _NO_SENTENCE.search(text)
        # Two words of its own at least: nobody finds a message by what is filled in.
        findable = len(re.findall("[A-Za-z]{2,}", re.sub("<.*?>", "", text))) > 1
        if findable and (sentence or (teller and " " in text.strip())):
            self._found.append(Message(" ".join(text.split()), self._file, node.lineno, teller, todo))

    def _todo(self, call: ast.Call, name: str) -> str:
        if name in {"Finding", "Rule"}:
            node = _argument(call, 3, "todo")
            return _template(node) if isinstance(node, (ast.Constant, ast.JoinedStr)) else ""
        remedy = _argument(call, 1, "remedy")
        return self._remedies.get(ast.unparse(remedy), "") if remedy is not None else ""


def _argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    return call.args[place] if len(call.args) > place else named.get(name)


def _is_documentation(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _template(node: ast.JoinedStr | ast.Constant) -> str:
    """The text with ``<name>`` for what is filled in."""
    if isinstance(node, ast.Constant):
        return re.sub(r"\{(\w+)\}", r"<\1>", node.value) if isinstance(node.value, str) else ""
    return "".join(
        part.value if isinstance(part, ast.Constant) else f"<{_filled_in(part)}>"
        for part in node.values
        if isinstance(part, (ast.Constant, ast.FormattedValue))
    )


def _filled_in(part: ast.Constant | ast.FormattedValue) -> str:
    """A word for what is filled in: the first key or name in the expression that is no function's."""
    keys = [
        node.slice.value
        for node in ast.walk(part)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    ]
    if keys:
        return str(keys[0]).replace("_", " ")
    called = {id(node.func) for node in ast.walk(part) if isinstance(node, ast.Call)}
    names = [
        _name(node)
        for node in ast.walk(part)
        if isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in called and isinstance(node.ctx, ast.Load)
    ]
    return names[0].strip("_").replace("_", " ") if names else "..."


def _in_yaml(path: Path, root: Path) -> t.Iterator[Message]:
    """What tasks of roles and playbooks say themselves, not what a filter makes."""
    text = path.read_text(encoding="utf-8")
    file = path.relative_to(root).as_posix()
    for value in _said(yaml.safe_load(text)):
        said = " ".join(re.sub(r"\{\{(.*?)\}\}", lambda found: f"<{_last_word(found[1])}>", value, flags=re.S).split())
        if len(re.sub("<.*?>", "", said).split()) >= _WORDS:
            line = text[: text.find(value[:20])].count("\n") + 1
            yield Message(said, file, line, "EngineError")


def _last_word(expression: str) -> str:
    words = re.findall(r"[A-Za-z_]\w*", expression.partition("|")[0])
    return words[-1].strip("_").replace("_", " ") if words else "..."


def _said(node: t.Any) -> t.Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"fail_msg", "msg"} and isinstance(value, str):
                yield value
            else:
                yield from _said(value)
    elif isinstance(node, list):
        for item in node:
            yield from _said(item)


def advice(message: Message, errors: t.Mapping[str, str]) -> str:
    """What to do: what the code says, else what helps against errors of this class."""
    if message.todo:
        return message.todo[0].upper() + message.todo[1:] + "."
    teller = message.teller
    while teller not in ADVICE:
        teller = errors.get(teller) or "Exception"
    return ADVICE[teller]


def room(file: str) -> str:
    parts = [SAME_ROOM.get(part, part) for part in Path(file).parts]
    if file.startswith("roles/"):
        return {"managed_cluster": "managed", "audit": "audit", "node_prerequisites": "node"}.get(
            parts[1], "self_hosted"
        )
    return next((name for name in ROOMS if name in parts), "")


def listed(root: Path) -> str:
    """The list, in Markdown, as the end of a page."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted((root / "plugins").rglob("*.py"))]
    errors = error_classes(trees)
    found = collect(root)
    lines = []
    for name, (heading, whose) in ROOMS.items():
        ours = [message for message in found if room(message.file) == name]
        lines += [f"## {heading}", "", f"Told by {_shown(whose)}.", ""]
        for file in dict.fromkeys(message.file for message in ours):
            lines += [f"### {_title(root / file)}", "", f"Source: `{file}`", ""]
            told: dict[str, list[str]] = {}
            for message in ours:
                if message.file == file:
                    told.setdefault(advice(message, errors), []).append(message.text)
            for todo, texts in told.items():
                lines += [f"- {_shown(text)}" for text in texts]
                lines += ["", *([f"**What to do:** {_shown(todo)}", ""] if todo else [])]
    return "\n".join(lines).rstrip() + "\n"


def _shown(text: str) -> str:
    """Markdown that shows the text as it is, so that it can be found by its words."""
    return re.sub(r"([\\`*_\[\]#{}~])", r"\\\1", html.escape(text, quote=False))


def _title(path: Path) -> str:
    """What the file is about, in its own words."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return f"{path.parts[-3]} {path.stem}" if path.parent.name == "tasks" else f"playbook {path.stem}"
    first = (ast.get_docstring(ast.parse(text)) or path.stem).partition("\n\n")[0]
    return _shown(" ".join(re.sub(r":\w+:`~?\.?([^`]*)`|``", lambda found: found[1] or "", first).split()).rstrip("."))
