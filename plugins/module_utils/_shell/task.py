# SPDX-License-Identifier: GPL-3.0-or-later

"""One task, from its options as they were written to its outcome, for a module as for an action plugin.

Ansible's own check of the options comes in between, and each shell calls that in its own way, after
:meth:`Task.refused`.
"""

from __future__ import annotations

import typing as t

from .._domain.common.masking import spellings
from .._domain.common.printable import printable
from .._domain.common.problems import Problem
from .given_options import given_options
from .hiding import correct, secrets_among
from .module_spec import Host, ModuleSpec, Params
from .outcome import Outcome
from .refused_options import refused_options

#: Characters of one message of Ansible's.
_LONGEST = 500


class Task:
    """The options that count, blank ones not among them, and everything that is hidden, in ``hidden``."""

    def __init__(self, spec: ModuleSpec, params: Params) -> None:
        self.spec = spec
        # Ansible's check gathers what to hide, and gathers nothing when a mapping of the options is none.
        self.hidden = set(secrets_among(spec.argument_spec, params))
        self._given = given_options(spec.argument_spec, params)

    @property
    def params(self) -> Params:
        """What Ansible has to check."""
        return self._given.params

    def hide(self, secret: str) -> None:
        """Keep a secret out of everything that is shown, also in the spellings in which it is sent."""
        self.hidden.update(spellings(secret))

    def refused(self) -> dict[str, t.Any] | None:
        """The result when options are wrong in themselves, whatever Ansible's check would say; None if they are not."""
        wrong = refused_options(self.spec, self._given)
        return None if wrong is None else self._refusal(*wrong)

    def refused_by_ansible(self, messages: t.Sequence[str]) -> dict[str, t.Any]:
        """The result when Ansible's check ends with these messages, which repeat values as they came."""
        return self._refusal("; ".join(printable(message, _LONGEST) for message in messages), [])

    def _refusal(self, message: str, problems: t.Sequence[Problem]) -> dict[str, t.Any]:
        self._hide_spellings()
        return {
            "msg": f"Refused, nothing was changed: {message}",
            "problems": [{"option": problem.path, "problem": problem.message} for problem in problems],
        }

    def accepted(self, checked: Params) -> tuple[str, ...]:
        """Ansible's check has passed the options, so that what is hidden can be exact; the libraries they need."""
        correct(self.hidden, self.spec.argument_spec, checked, self.spec.shown(checked))
        # Ansible hides options by itself, and only as they were written.
        self._hide_spellings()
        return self.spec.libraries_for(checked)

    def execute(self, checked: Params, host: Host, *, check_mode: bool) -> Outcome:
        """Execute the spec with the options after Ansible's check."""
        return self.spec.execute(self.given(checked), host, check_mode=check_mode)

    def given(self, checked: Params) -> Params:
        """The options that count, after Ansible's check."""
        return self._given.without_forms(self.spec.argument_spec, checked)

    def _hide_spellings(self) -> None:
        for secret in set(self.hidden):
            self.hide(secret)
