# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of messages has what people get to see, with what to do."""

from __future__ import annotations

import ast
import html
import re
import typing as t
from pathlib import Path

import pytest

import messages
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell import role_requests

ROOT = Path(__file__).resolve().parents[2]
#: Errors that tell of a fault of the collection itself, or never leave the file that raises them.
NOT_FOR_PEOPLE = {"AssertionError", "AttributeError", "ModuleNotFoundError", "NotImplementedError", "TypeError"}


@pytest.fixture(scope="module")
def found() -> list[messages.Message]:
    return messages.collect(ROOT)


@pytest.fixture(scope="module")
def page() -> str:
    return messages.listed(ROOT)


def plain(markdown: str) -> str:
    """What the page shows."""
    return html.unescape(re.sub(r"\\(.)", r"\1", markdown))


def unknown_part(said: str, found: t.Iterable[messages.Message]) -> float:
    """How much of what was said is in no text of the page; names and values are not in any."""
    pieces = {piece.strip() for message in found for piece in re.split(r"<[^<>]*>", message.text)}
    rest = said
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) > 8:
            rest = rest.replace(piece, "")
    return len(rest) / len(said)


def raised() -> t.Iterator[tuple[Path, ast.Raise]]:
    for path in sorted((ROOT / "plugins" / "module_utils").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                yield path, node


def test_every_text_that_is_raised_is_on_the_page(page: str) -> None:
    """Found by another walk than that of the page: every literal piece of what is raised."""
    shown = plain(page)
    missing, seen = [], 0
    for path, node in raised():
        call = t.cast("ast.Call", node.exc)
        if isinstance(call.func, ast.Name) and call.func.id in NOT_FOR_PEOPLE:
            continue
        for argument in call.args:
            if not isinstance(argument, (ast.Constant, ast.JoinedStr)):
                continue
            pieces = [argument] if isinstance(argument, ast.Constant) else argument.values
            words = [str(piece.value) for piece in pieces if isinstance(piece, ast.Constant)]
            longest = " ".join(max(words, key=len, default="").split())
            if " " not in longest:
                continue
            seen += 1
            if longest not in shown:
                missing.append(f"{path.relative_to(ROOT)}:{node.lineno}: {longest}")
    assert seen > 100
    assert missing == []


@pytest.mark.parametrize(
    ("role", "entry_point", "variables"),
    [
        ("managed_cluster", "main", {"kube_proxy_ipvs": {"scheduler": "wrr", "tcp_timeout": "3s", "sync_period": "5"}}),
        ("managed_cluster", "reset", {"kube_proxy_mode": "nftables", "managed_cluster_ip_restrictions": "10.0.0.300"}),
        ("self_hosted_cluster", "main", {"kube_proxy_config": {"bindAddres": "::"}, "kube_proxy_mode": "ipsv"}),
        ("mode_migration", "main", {"mode_migration_batch": "-1", "kube_proxy_nftables": "5"}),
        ("node_prerequisites", "main", {"node_prerequisites_mode": "ipsv"}),
    ],
)
def test_what_roles_say_of_bad_variables_is_on_the_page(
    found: list[messages.Message], role: str, entry_point: str, variables: dict[str, t.Any]
) -> None:
    said = role_requests.role_problems(variables, role, entry_point, "production")
    assert said.startswith("Refused, nothing was changed: ")
    for problem in re.split(r"[;:] (?=[a-z_]+(?:\.\w+)*: )", said)[1:]:
        _option, _colon, why = problem.partition(": ")
        assert unknown_part(why, found) < 0.7, why


def test_every_error_has_advice(found: list[messages.Message]) -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "plugins").rglob("*.py"))]
    errors = messages.error_classes(trees)
    tellers = {message.teller for message in found if message.teller}
    assert {"Problem", "RefusedError", "WaitTimeoutError", "Rule", "Notice"} <= tellers
    without = [message for message in found if message.teller and not messages.advice(message, errors)]
    assert without == []


def test_the_advice_of_the_code_itself_is_used(found: list[messages.Message]) -> None:
    by_text = {message.text: message for message in found}
    rule = by_text["mode <mode> of kube-proxy <version> needs Linux <kernel> or later"]
    assert messages.advice(rule, {}) == "Boot a newer kernel on the node, or choose another mode."
    remedies = {message.todo for message in found if message.teller == "Notice" and message.todo}
    assert (
        "use clusterops.kube_proxy.kube_cluster_reset or the playbook clusterops.kube_proxy.managed_reset" in remedies
    )


def test_a_message_that_is_all_filled_in_is_not_there(page: str) -> None:
    lines = [line for line in page.splitlines() if line.startswith("- ")]
    assert len(lines) > 500
    # ApiError.__str__ puts "GET /cloud/..." together.
    assert [line for line in lines if not re.search("[A-Za-z]{2,}", re.sub("&lt;.*?&gt;|<.*?>", "", line))] == []


def test_a_message_is_told_with_names_for_what_is_filled_in() -> None:
    source = '''
"""A file."""
class OurError(Exception):
    """Raised."""
def f(path, error, found):
    "No message: a docstring of a function."
    raise OurError(f"{path.name}: the file {found['file_name']} {shown(error)}" + " ends")
'''
    tree = ast.parse(source)
    walk = messages.Walk("a.py", messages.error_classes([tree]), {})
    assert [message.text for message in walk.of(tree)] == ["<name>: the file <file name> <error>"]
