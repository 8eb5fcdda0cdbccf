# SPDX-License-Identifier: GPL-3.0-or-later

"""Who calls, and may they: signature, bearer token, access rules, IAM."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import hmac
import json
import typing as t
import urllib.parse

from . import errors
from .accounts import Account, ConsumerKey, Directory
from .faults import glob_match
from .settings import Settings

IAM_PREFIX = "publicCloudProject:apiovh:"


@dataclasses.dataclass(frozen=True)
class WireRequest:
    """A request as it came in, nothing decoded."""

    method: str
    scheme: str
    host: str
    #: raw path and query string, as in the request line
    target: str
    #: raw path without /1.0 or /v1
    route: str
    headers: t.Mapping[str, str]
    body: bytes


@dataclasses.dataclass(frozen=True)
class Identity:
    account: Account
    #: "signature" or "bearer"
    method: str
    consumer_key: ConsumerKey | None = None


def signature(secret: str, consumer_key: str, *, method: str, url: str, body: bytes, timestamp: str) -> str:
    """The value of X-Ovh-Signature."""
    head = "+".join((secret, consumer_key, method, url)).encode()
    # SHA-1 is OVHcloud's choice.
    return "$1$" + hashlib.sha1(b"+".join((head, body, timestamp.encode())), usedforsecurity=False).hexdigest()


class Authenticator:
    def __init__(self, settings: Settings, directory: Directory, clock: t.Callable[[], float]) -> None:
        self.settings = settings
        self.directory = directory
        self._clock = clock

    def server_time(self) -> int:
        return int(self._clock()) + self.settings.clock_skew

    def identify(self, request: WireRequest) -> Identity:
        """Raises ApiError when the request proves no identity."""
        if "authorization" in request.headers:
            return self._bearer(request.headers["authorization"])
        return self._signed(request)

    def application(self, request: WireRequest) -> str:
        """The application key of a call that needs nothing more."""
        key = request.headers.get("x-ovh-application", "")
        if not key:
            raise errors.gateway(403, "NOT_CREDENTIAL", "You must login first")
        known = self.directory.by_application_key(key)
        if known is None or self.settings.application_key_state != "valid":
            raise errors.gateway(403, "INVALID_KEY", "This application key is invalid")
        return key

    def authorise(self, identity: Identity, request: WireRequest, action: str | None) -> None:
        """Raises ApiError when the access rules of the consumer key, or IAM, do not allow the call."""
        if identity.consumer_key is not None:
            rules = identity.consumer_key.rules
            for rule in self.settings.access_rules if rules is None else rules:
                if rule["method"] == request.method and glob_match(rule["path"], request.route):
                    break
            else:
                raise errors.gateway(403, "NOT_GRANTED_CALL", "This call has not been granted")
        if action is None:
            return
        full = IAM_PREFIX + action
        if any(glob_match(denied, full) or glob_match(denied, action) for denied in self.settings.iam_denied_actions):
            raise errors.iam_refusal(full, self.settings.iam_denied_by)

    def _bearer(self, header: str) -> Identity:
        scheme, _space, text = header.partition(" ")
        token = self.directory.tokens.get(text.strip()) if scheme.lower() == "bearer" else None
        if token is None or (token.expires_at is not None and self._clock() >= token.expires_at):
            raise errors.ApiError(401, "Invalid authentication token", code="Client::Unauthorized::InvalidAuthToken")
        return Identity(token.account, "bearer")

    def _signed(self, request: WireRequest) -> Identity:
        application_key = self.application(request)
        text = request.headers.get("x-ovh-consumer", "")
        if not text:
            raise errors.gateway(403, "NOT_CREDENTIAL", "You must login first")
        consumer_key = self.directory.consumer_keys.get(text)
        if consumer_key is None or consumer_key.application_key != application_key:
            raise errors.gateway(403, "INVALID_CREDENTIAL", "This credential does not exist")
        self._check_clock(request.headers.get("x-ovh-timestamp", ""))
        self._check_signature(request, application_key)
        state = consumer_key.state or self.settings.consumer_key_state
        if state != "valid" or consumer_key.account is None:
            raise errors.gateway(403, "INVALID_CREDENTIAL", "This credential is not valid")
        return Identity(consumer_key.account, "signature", consumer_key)

    def _check_clock(self, timestamp: str) -> None:
        if not (timestamp.isascii() and timestamp.isdigit()):
            raise errors.gateway(400, "QUERY_TIME_OUT", "Query out of time")
        if abs(int(timestamp) - self.server_time()) > self.settings.time_window:
            raise errors.gateway(400, "QUERY_TIME_OUT", "Query out of time")

    def _check_signature(self, request: WireRequest, application_key: str) -> None:
        account = self.directory.by_application_key(application_key)
        expected = signature(
            account.credentials.application_secret if account else "",
            request.headers["x-ovh-consumer"],
            method=request.method,
            url=f"{request.scheme}://{request.host}{request.target}",
            body=request.body,
            timestamp=request.headers["x-ovh-timestamp"],
        )
        given = request.headers.get("x-ovh-signature", "")
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise errors.gateway(400, "INVALID_SIGNATURE", "Invalid signature")

    # --- OAuth2 client credentials ------------------------------------------------------------------------------

    def token(self, request: WireRequest) -> tuple[int, dict[str, t.Any]]:
        """Status and body of the answer of the token URL."""
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if request.method != "POST" or content_type != "application/x-www-form-urlencoded":
            return _oauth2_error(400, "invalid_request", "The request must be a form sent by POST")
        form = dict(urllib.parse.parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        if form.get("grant_type") != "client_credentials":
            return _oauth2_error(400, "unsupported_grant_type", "grant_type must be client_credentials")
        if form.get("scope") != "all":
            return _oauth2_error(400, "invalid_scope", "The requested scope is invalid")
        client_id, client_secret = _client(request.headers.get("authorization"), form)
        account = self.directory.by_client_id(client_id)
        if account is None or not hmac.compare_digest(
            account.credentials.client_secret.encode(), client_secret.encode()
        ):
            return _oauth2_error(401, "invalid_client", "Client authentication failed")
        announced = self.settings.token_expires_in
        lifetime = self.settings.token_lifetime
        token = self.directory.issue_token(account, self._clock() + (announced if lifetime is None else lifetime))
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": announced, "scope": "all"}

    def request_credential(self, request: WireRequest) -> dict[str, t.Any]:
        """POST /auth/credential."""
        application_key = self.application(request)
        try:
            body = json.loads(request.body)
            rules = [{"method": rule["method"], "path": rule["path"]} for rule in body["accessRules"]]
        except (ValueError, KeyError, TypeError) as exc:
            raise errors.malformed("accessRules") from exc
        asked = self.directory.request_consumer_key(application_key, rules, body.get("allowedIPs"))
        return {
            "consumerKey": asked.key,
            "state": "pendingValidation",
            "validationUrl": f"{request.scheme}://{request.host}/auth/?credentialToken={asked.key[::-1]}",
        }


def _client(authorization: str | None, form: t.Mapping[str, str]) -> tuple[str, str]:
    """Id and secret, from HTTP Basic or from the form."""
    if authorization is not None and authorization.lower().startswith("basic "):
        try:
            text = base64.b64decode(authorization[6:], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        client_id, _colon, secret = text.partition(":")
        return client_id, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _oauth2_error(status: int, error: str, description: str) -> tuple[int, dict[str, t.Any]]:
    return status, {"error": error, "error_description": description}
