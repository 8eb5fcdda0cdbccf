# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads answers in every shape that the API and the machines in front of it give them."""

from __future__ import annotations

import html
import json
import re
import typing as t
import urllib.parse

from ..._domain.common import reading
from ..._domain.common.printable import printable
from ..._domain.common.reading import MalformedError, NotJsonError
from .api_errors import ApiError
from .http_client import LOCATION

__all__ = ["NotJsonError", "decode", "error_of", "malformed", "query_id_of"]

#: Characters kept of an answer that is not JSON: enough to recognise which machine spoke, too few to flood a log.
_EXCERPT = 160
#: Characters kept of the API's own sentence, of a class, and of each detail; items kept of the details.
_SENTENCE, _WORD, _ITEMS = 1000, 120, 50
#: Characters of a page that are looked at.
_PAGE = 8_000

_HIDDEN = re.compile(r"<(script|style)\b[^>]*>[\s\S]{0,4000}?</\1\s*>", re.IGNORECASE)
_TAG = re.compile(r"<[!/?a-z][^>]{0,2000}>?", re.IGNORECASE)

Redact = t.Callable[[str], str]


def decode(body: bytes) -> t.Any:
    """The JSON value of a body; ``None`` for an empty one, since "void" routes answer ``null`` or nothing at all.

    Raises NotJsonError, and MalformedError for JSON that is not read here (see reading.decode).
    """
    return reading.decode(body) if body.strip() else None


def malformed(status: int, headers: t.Mapping[str, str], reason: str, redact: Redact, **call: t.Any) -> ApiError:
    """The exception for a success whose answer is not what the route promises."""
    return ApiError.of_status(
        status, api_message=_line(redact(reason), _SENTENCE), query_id=query_id_of(headers, redact), **call
    )


def error_of(status: int, headers: t.Mapping[str, str], body: bytes, redact: Redact, **call: t.Any) -> ApiError:
    """The exception for an answer that is not a success, or for a success that is not JSON."""
    facts: dict[str, t.Any] = {"error_class": None, "api_message": "", "details": {}}
    try:
        facts.update(_json_facts(decode(body), redact))
    except MalformedError:
        facts["api_message"] = f'the answer is not JSON and starts with "{_page_text(body, redact)[:_EXCERPT]}"'
    if 300 <= status < 400:
        host = _host(headers.get(LOCATION, headers.get("location", "")))
        facts["api_message"] = f"the API redirects to {host}, which is not followed: check the endpoint and proxies"
    return ApiError.of_status(status, query_id=query_id_of(headers, redact), **facts, **call)


def query_id_of(headers: t.Mapping[str, str], redact: Redact) -> str | None:
    """What OVHcloud's support asks for."""
    query_id = headers.get("x-ovh-queryid")
    return _line(redact(query_id), _WORD) or None if query_id else None


def _host(location: str) -> str:
    try:
        host = urllib.parse.urlsplit(location).hostname
    except ValueError:
        return "an address that is no URL"
    return _line(host, _WORD) if host else "the same host"


def _json_facts(answer: t.Any, redact: Redact) -> dict[str, t.Any]:
    if not isinstance(answer, dict):
        # Nothing documents an error body that is a list, a string or a number; it must not crash the client.
        return {"api_message": "" if answer is None else _line(redact(json.dumps(answer)), _EXCERPT)}
    code = answer.get("class") or answer.get("errorCode") or answer.get("error")
    text = answer.get("message") or answer.get("error_description") or ""
    details = answer.get("details")
    return {
        "error_class": _line(redact(code), _WORD) if isinstance(code, str) else None,
        "api_message": _line(redact(text if isinstance(text, str) else json.dumps(text)), _SENTENCE),
        "details": _shown(details, redact) if isinstance(details, dict) else {},
    }


def _shown(value: t.Any, redact: Redact) -> t.Any:
    """Details, whose depth reading.decode has limited, with no secret and of a size that may be printed."""
    if isinstance(value, str):
        return _line(redact(value), _SENTENCE)
    if isinstance(value, list):
        return [_shown(item, redact) for item in value[:_ITEMS]]
    if isinstance(value, dict):
        return {_line(redact(key), _WORD): _shown(value[key], redact) for key in list(value)[:_ITEMS]}
    return value


def _page_text(body: bytes, redact: Redact) -> str:
    """The words of a page without its markup, which a parser of HTML would not survive in every shape."""
    page = redact(body.decode("utf-8", "replace"))[:_PAGE]
    # Struck once more: markup may have stood inside of a secret.
    return _line(redact(html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", page)))), _PAGE)


def _line(text: str, limit: int) -> str:
    """One printable line: what comes from outside must not forge log lines or terminal sequences."""
    return printable(" ".join("".join(char if char.isprintable() else " " for char in text).split()), limit)
