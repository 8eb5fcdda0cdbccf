# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets struck from text that is shown: the one home of that rule.

A secret is sent in more than one spelling, and what receives it may echo any of them: a proxy its ``Authorization:
Basic`` header, an API a body of JSON with its quotation marks escaped, an error page the same for HTML. All spellings
are as secret as the secret.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
import typing as t
import urllib.parse

MASK: t.Final = "********"

#: Shortest secret whose encodings are struck, and shortest encoding: shorter ones are in every second word.
_SHORTEST: t.Final = 4
_SHORTEST_ENCODING: t.Final = 6
#: Bytes of a secret from which on it is recognised inside of a longer base64 text.
_RECOGNISABLE: t.Final = 9


def basic_credentials(user: str, password: str) -> str:
    """What follows ``Basic`` in an ``Authorization`` header (RFC 7617), for a name and a password."""
    return base64.b64encode(f"{user}:{password}".encode("utf-8", "surrogateescape")).decode("ascii")


def spellings(secret: str) -> set[str]:
    """The secret as it is, and in every encoding in which it is sent or may come back."""
    if len(secret) < _SHORTEST:
        return {secret} if secret else set()
    raw = secret.encode("utf-8", "surrogateescape")
    found = {
        *(json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)),
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        # An error page of JSON that quotes a body of JSON.
        json.dumps(json.dumps(secret)[1:-1])[1:-1],
        repr(secret)[1:-1],
        html.escape(secret),
        html.escape(secret).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        *_percent_encodings(raw),
        *_base64_encodings(raw),
    }
    return {secret, *(spelling for spelling in found if len(spelling) >= _SHORTEST_ENCODING)}


def _percent_encodings(raw: bytes) -> t.Iterator[str]:
    for encoded in (urllib.parse.quote(raw, safe=""), urllib.parse.quote(raw), urllib.parse.quote_plus(raw)):
        yield encoded
        # Both cases of the hexadecimal digits are in use.
        yield "%".join(
            part if not position else part[:2].lower() + part[2:] for position, part in enumerate(encoded.split("%"))
        )


def _percent_encoded(secret: str) -> re.Pattern[str]:
    """The secret with any of its letters percent-encoded: programs differ in which they leave as they are."""
    letters = (
        f"(?:{re.escape(letter)}|"
        + "".join(f"%(?i:{byte:02x})" for byte in letter.encode("utf-8", "surrogateescape"))
        + ")"
        for letter in secret
    )
    return re.compile("".join(letters))


def _base64_encodings(raw: bytes) -> t.Iterator[str]:
    """Of the secret alone, and what of it is in the base64 of a text that contains it, whatever stands before it."""
    for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
        whole = encode(raw).decode("ascii")
        yield whole
        yield whole.rstrip("=")
        if len(raw) < _RECOGNISABLE:
            continue
        for before in range(3):
            # Letters of 6 bits each: those that also depend on the neighbours are left out.
            inside = encode(b"\0" * before + raw).decode("ascii")
            yield inside[-(-8 * before // 6) : 8 * (before + len(raw)) // 6]


class Secrets:
    """The secrets of one connection. Safe to share between threads."""

    def __init__(self, secrets: t.Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._struck: tuple[str, ...] = ()
        #: Compiled when a text needs them: that takes milliseconds, and few texts have a percent sign.
        self._patterns: dict[str, re.Pattern[str] | None] = {}
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        with self._lock:
            # Longest first: one spelling may contain another.
            self._struck = tuple(sorted({*self._struck, *spellings(secret)}, key=len, reverse=True))
            if len(secret) >= _SHORTEST:
                self._patterns = {**self._patterns, secret: None}

    def strike(self, text: str) -> str:
        """The text with a mask in place of every spelling of every secret."""
        for spelling in self._struck:
            text = text.replace(spelling, MASK)
        for secret, made in self._patterns.items() if "%" in text else ():
            pattern = made or _percent_encoded(secret)
            self._patterns[secret] = pattern
            text = pattern.sub(MASK, text)
        return text
