# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers to a survey, laid over the other variables of a role.

Answers are extra variables, which win over the inventory also where they are blank. Under the names of the variables
themselves, a question without an answer would hide what the inventory desires.
"""

from __future__ import annotations

import typing as t

from .._domain.common.blank import is_blank
from .._domain.common.json_types import Json
from .._domain.common.printable import printable
from .._domain.common.problems import Problem
from .checked_options import LONGEST_VALUE, checked_options
from .given_options import structured

if t.TYPE_CHECKING:
    from .module_spec import Params, Spec

ANSWERS = "kube_proxy_answers"


def with_answers(spec: Spec, variables: Params) -> tuple[Params, list[Problem]]:
    """The variables without ``kube_proxy_answers``, which is laid over them, and what is wrong with it.

    A blank answer, and one with nothing but blank members, changes nothing. The members of a dictionary count one by
    one, so that those without an answer stay as they are.
    """
    others = {name: value for name, value in variables.items() if name != ANSWERS}
    if ANSWERS not in spec or is_blank(variables.get(ANSWERS)):
        return others, []
    read, problems = checked_options({ANSWERS: spec[ANSWERS]}, {ANSWERS: variables[ANSWERS]})
    for name, answer in read.get(ANSWERS, {}).items():
        if name not in spec or name == ANSWERS:
            problems.append(
                Problem(f"{ANSWERS}.{printable(str(name), LONGEST_VALUE)}", "is no variable of this entry point")
            )
            continue
        answered = _answered(spec[name]["type"], others.get(name), answer)
        if not is_blank(answered):
            others[name] = answered
    return others, problems


def _answered(kind: str, value: t.Any, answer: t.Any) -> t.Any:
    answer = structured(kind, answer)
    if kind != "dict" or not isinstance(answer, dict):
        return value if is_blank(answer) else answer
    given: Json = {name: member for name, member in answer.items() if not is_blank(member)}
    current = structured(kind, value)
    return {**(current if isinstance(current, dict) else {}), **given} if given else value
