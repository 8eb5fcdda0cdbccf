# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret is struck in every spelling in which it is sent or may come back."""

from __future__ import annotations

import base64
import html
import json
import random
import urllib.parse

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.masking import (
    MASK,
    Secrets,
    basic_credentials,
    spellings,
)

#: Secrets as they are: letters, and what JSON, HTML and URLs escape.
SECRETS = ["kIB9Nt7Jb1S0abcdef", 'pass"word\\with/every+thing=', "a&b<c>d'e%20f;g", "ab~!#$%^*()_-.,{}[]|`?@:", "abcd"]


def every_spelling(secret: str) -> dict[str, str]:
    raw = secret.encode()
    some_letters = random.Random(1)
    return {
        "plain": secret,
        "JSON": json.dumps({"x": secret}),
        "JSON in JSON": json.dumps({"x": json.dumps({"x": secret})}),
        "JSON of PHP": json.dumps(secret).replace("/", "\\/"),
        "URL": urllib.parse.quote(secret, safe=""),
        "path": urllib.parse.quote(secret),
        "form": urllib.parse.urlencode({"client_secret": secret}),
        "small hexadecimal digits": urllib.parse.quote(secret, safe="").lower() if secret.islower() else "",
        "some letters encoded": "".join(c if some_letters.random() < 0.5 else f"%{ord(c):02X}" for c in secret),
        "HTML": html.escape(secret),
        "HTML by number": html.escape(secret).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
        "repr": repr(secret),
        "bytes": repr(raw),
        "base64": base64.b64encode(raw).decode(),
        "base64 for URLs": base64.urlsafe_b64encode(raw).decode(),
        "base64 without padding": base64.b64encode(raw).decode().rstrip("="),
        "Basic": "Authorization: Basic " + basic_credentials("user", secret),
        "Basic of another name": basic_credentials("somebody", secret),
    }


@pytest.mark.parametrize("secret", SECRETS)
def test_every_spelling_is_struck(secret: str) -> None:
    struck = Secrets([secret, basic_credentials("user", secret)])
    for name, text in every_spelling(secret).items():
        # A short secret is not recognised inside of a longer base64 text.
        if not text or (name == "Basic of another name" and len(secret) < 9):
            continue
        shown = struck.strike(f"echo: {text}.")
        assert MASK in shown, name
        core = secret.encode()
        inside = base64.b64encode(b"somebody:" + core).decode()[12:-4] if name.startswith("Basic") else secret
        assert inside[:8] not in shown, name


def test_what_is_sent_is_struck_for_ansible_as_well() -> None:
    """Ansible itself replaces each of these texts in what a module returns."""
    found = spellings('a"b/c+d=e')
    assert {'a"b/c+d=e', 'a\\"b/c+d=e', "a%22b%2Fc%2Bd%3De", "a%22b%2fc%2bd%3de", "YSJiL2MrZD1l"} <= found
    assert spellings("") == set()
    # Encodings of these are in every second word.
    assert spellings("abc") == {"abc"}


@pytest.mark.parametrize("text", ["nothing to hide", "", "kIB9", "%20 and & and ="])
def test_other_text_stays(text: str) -> None:
    assert Secrets(SECRETS).strike(text) == text


@seed(10)
@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=9, max_size=40), st.binary(max_size=9))
def test_any_credential_in_any_spelling(secret: str, before: bytes) -> None:
    struck = Secrets([secret])
    raw = secret.encode()
    for text in (secret, json.dumps(secret), urllib.parse.quote_plus(secret), html.escape(secret), repr(secret)):
        assert MASK in struck.strike(text)
    longer = base64.b64encode(before + raw + b"after").decode()
    assert MASK in struck.strike(longer)
