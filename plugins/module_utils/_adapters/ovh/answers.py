# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads answers in every shape that the API and the machines in front of it give them."""

from __future__ import annotations

import html.parser
import json
import typing as t
import urllib.parse

from .api_errors import ApiError

#: Characters kept of an answer that is not JSON: enough to recognise which machine spoke, too few to flood a log.
_EXCERPT = 160


class NotJsonError(ValueError):
    """The body is neither empty nor JSON."""


def decode(body: bytes) -> t.Any:
    """The JSON value of a body; ``None`` for an empty one, since "void" routes answer ``null`` or nothing at all."""
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise NotJsonError from None


def error_of(
    status: int, headers: t.Mapping[str, str], body: bytes, redact: t.Callable[[str], str], **call: t.Any
) -> ApiError:
    """The exception for an answer that is not a success, or for a success that is not JSON."""
    facts: dict[str, t.Any] = {"error_class": None, "api_message": "", "details": {}}
    try:
        facts.update(_json_facts(decode(body), redact))
    except NotJsonError:
        facts["api_message"] = f'the answer is not JSON and starts with "{redact(_page_text(body))[:_EXCERPT]}"'
    if 300 <= status < 400:
        host = urllib.parse.urlsplit(headers.get("location", "")).hostname or "the same host"
        facts["api_message"] = f"the API redirects to {host}, which is not followed: check the endpoint and proxies"
    query_id = headers.get("x-ovh-queryid")
    return ApiError.of_status(status, query_id=_line(query_id) if query_id else None, **facts, **call)


def _json_facts(answer: t.Any, redact: t.Callable[[str], str]) -> dict[str, t.Any]:
    if not isinstance(answer, dict):
        # Nothing documents an error body that is a list, a string or a number; it must not crash the client.
        return {"api_message": "" if answer is None else redact(_line(json.dumps(answer)))[:_EXCERPT]}
    code = answer.get("class") or answer.get("errorCode") or answer.get("error")
    text = answer.get("message") or answer.get("error_description") or ""
    details = answer.get("details")
    return {
        "error_class": redact(_line(code)) if isinstance(code, str) else None,
        "api_message": redact(_line(text if isinstance(text, str) else json.dumps(text))),
        "details": _redact_tree(details, redact) if isinstance(details, dict) else {},
    }


def _redact_tree(value: t.Any, redact: t.Callable[[str], str]) -> t.Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redact_tree(item, redact) for item in value]
    if isinstance(value, dict):
        return {redact(str(key)): _redact_tree(item, redact) for key, item in value.items()}
    return value


class _Text(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def _page_text(body: bytes) -> str:
    """The words of a page without its markup."""
    parser = _Text()
    parser.feed(body[:20_000].decode("utf-8", "replace"))
    parser.close()
    return _line(" ".join(parser.words))


def _line(text: str) -> str:
    """One printable line: what comes from outside must not forge log lines or terminal sequences."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
