# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes of OVHcloud's error answers (gateway, product, message only, front-end HTML)."""

from __future__ import annotations

import html
import http
import json
import typing as t

SHAPES = ("gateway", "product", "message", "html", "empty", "array")

#: Reason phrases the standard library does not have.
_PHRASES = {460: "Expired", 461: "Unknown"}


def phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return _PHRASES.get(status, "Unknown")


class ApiError(Exception):
    """An answer with an error status, raised by the code that processes a call."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        shape: str = "product",
        code: str | None = None,
        details: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.shape = shape
        self.code = code
        self.details = details

    def render(self) -> tuple[bytes, str]:
        """The body and its content type."""
        if self.shape == "empty":
            return b"", "text/plain"
        if self.shape == "html":
            title = f"{self.status} {phrase(self.status)}"
            text = html.escape(self.message)
            page = f"<html>\n<head><title>{title}</title></head>\n<body><h1>{title}</h1>\n{text}\n</body>\n</html>\n"
            return page.encode(), "text/html"
        body: t.Any
        if self.shape == "array":
            body = [self.message]
        elif self.shape == "message":
            body = {"message": self.message}
        elif self.shape == "gateway":
            body = {"message": self.message, "httpCode": f"{self.status} {phrase(self.status)}", "errorCode": self.code}
        else:
            body = {"class": self.code, "message": self.message}
            if self.details is not None:
                body["details"] = self.details
        return json.dumps(body).encode(), "application/json; charset=utf-8"


def gateway(status: int, code: str, message: str) -> ApiError:
    return ApiError(status, message, shape="gateway", code=code)


def bad_request(message: str) -> ApiError:
    return ApiError(400, message, code="Client::BadRequest")


def not_found(message: str) -> ApiError:
    return ApiError(404, message, code="Client::NotFound")


def conflict(message: str) -> ApiError:
    return ApiError(409, message, code="Client::Conflict")


def malformed(parameter: str) -> ApiError:
    # The spelling is the API's (terraform-provider-ovh #183).
    return bad_request(f"Body parameter {parameter} isn't formated correctly")


def iam_refusal(action: str, by: str) -> ApiError:
    return ApiError(
        403,
        "User not granted for this request",
        code="Client::Forbidden",
        details={
            "unauthorizedActionsByAuthentication": action if by in ("authentication", "both") else "",
            "unauthorizedActionsByIAM": action if by in ("iam", "both") else "",
        },
    )
