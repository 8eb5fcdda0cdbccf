# SPDX-License-Identifier: GPL-3.0-or-later

"""kube-proxy's version, as image tags and programs write it."""

from __future__ import annotations

import re
import typing as t

from ..common.blank import is_blank
from ..common.printable import quoted
from ..common.problems import Problem, ValidationError

# Tags of an image's maker (v3.4.2, 2024.10.1) look like versions too; every Kubernetes since 2015 is 1.x.
_VERSION = re.compile(
    r"(?:Kubernetes )?v?(?P<major>1)\.(?P<minor>[0-9]{1,4})"
    r"(?:\.(?P<patch>[0-9]{1,6})(?:[-+._][0-9A-Za-z.+_-]*)?)?"
)
# 1.0 to 1.9 are older than every rule here, and what is left of 1.10 to 1.90 when YAML read a number.
_NUMBER = re.compile(r"1\.[0-9]")


class KubeProxyVersion(t.NamedTuple):
    """A release of kube-proxy; build and distribution suffixes do not count."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def of_option(cls, option: str, text: str | None) -> KubeProxyVersion | None:
        """Read an option; None where it is blank. Raises ValidationError."""
        try:
            return None if is_blank(text) else cls.parse(str(text))
        except ValueError as error:
            raise ValidationError([Problem(option, str(error))]) from None

    @classmethod
    def parse(cls, text: str) -> KubeProxyVersion:
        """Read an image tag, ``kube-proxy --version`` or a plain release; ValueError for anything else.

        A digest or a tag such as ``latest`` tells no version, and guessing one would check against the wrong rules.
        """
        if _NUMBER.fullmatch(text.strip()):
            raise ValueError(
                f"{text} is no version of kube-proxy that this collection knows; YAML reads {text}0 without quotes as "
                f"the number {text}: write it in quotes, '{text}0'"
            )
        match = _VERSION.fullmatch(text.strip())
        if not match:
            raise ValueError(
                f"{quoted(text)} is not a version of kube-proxy; write a version of Kubernetes 1, such as "
                "'v1.31.4' or '1.31'"
            )
        return cls(int(match["major"]), int(match["minor"]), int(match["patch"] or 0))

    def at_least(self, minor: int) -> bool:
        """Whether this is 1.<minor> or later."""
        return (self.major, self.minor) >= (1, minor)

    @property
    def release(self) -> str:
        """The part that behaviour hangs on: ``1.20``."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"
