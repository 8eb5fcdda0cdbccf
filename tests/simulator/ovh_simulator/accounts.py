# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts, and everything a client can prove its identity with."""

from __future__ import annotations

import dataclasses
import secrets
import typing as t

from .marker import MARKER


@dataclasses.dataclass(frozen=True)
class Credentials:
    """What one account hands to its clients."""

    application_key: str
    application_secret: str
    consumer_key: str
    client_id: str
    client_secret: str
    access_token: str

    def as_dict(self) -> dict[str, str]:
        return dataclasses.asdict(self)


@dataclasses.dataclass
class Account:
    name: str
    credentials: Credentials
    #: project ids (service names) the account may see, its first one first
    projects: list[str]


@dataclasses.dataclass
class ConsumerKey:
    key: str
    application_key: str
    account: Account | None
    credential_id: int
    #: None: the state and the rules of the settings apply
    state: str | None = None
    rules: list[dict[str, str]] | None = None
    allowed_ips: list[str] | None = None


@dataclasses.dataclass
class AccessToken:
    account: Account
    #: server time after which the token is refused; None for ready-made tokens
    expires_at: float | None


def _secret_hex(size: int) -> str:
    """So many random bytes as hexadecimal digits, some of them the marker."""
    return MARKER + secrets.token_hex(size)[len(MARKER) :]


def _access_token() -> str:
    return f"eyJhbGciOiJFZERTQSJ9.{MARKER}{secrets.token_urlsafe(40)}"


def _new_credentials() -> Credentials:
    return Credentials(
        application_key=_secret_hex(8),
        application_secret=_secret_hex(16),
        consumer_key=_secret_hex(16),
        client_id=f"EU.{secrets.token_hex(8)}",
        client_secret=_secret_hex(16),
        access_token=_access_token(),
    )


class Directory:
    """The accounts of one simulator, kept over a reset so that a client stays configured."""

    def __init__(self, credentials: t.Mapping[str, str] | None = None, service_name: str | None = None) -> None:
        self.accounts: list[Account] = []
        self.consumer_keys: dict[str, ConsumerKey] = {}
        self.tokens: dict[str, AccessToken] = {}
        self.add(credentials, service_name)

    def add(self, credentials: t.Mapping[str, str] | None = None, service_name: str | None = None) -> Account:
        own = dataclasses.replace(_new_credentials(), **(credentials or {}))
        name = f"{secrets.token_hex(1)}{secrets.randbelow(90000) + 10000}-ovh"
        account = Account(name, own, [service_name or secrets.token_hex(16)])
        self.accounts.append(account)
        self._register(account)
        return account

    def _register(self, account: Account) -> None:
        own = account.credentials
        number = len(self.consumer_keys) + 100001
        self.consumer_keys[own.consumer_key] = ConsumerKey(own.consumer_key, own.application_key, account, number)
        self.tokens[own.access_token] = AccessToken(account, None)

    def reset(self) -> None:
        """Back to the first account with nothing but its own credentials and its first project."""
        del self.accounts[1:]
        del self.accounts[0].projects[1:]
        self.consumer_keys.clear()
        self.tokens.clear()
        self._register(self.accounts[0])

    def by_application_key(self, key: str) -> Account | None:
        return next((a for a in self.accounts if a.credentials.application_key == key), None)

    def by_client_id(self, client_id: str) -> Account | None:
        return next((a for a in self.accounts if a.credentials.client_id == client_id), None)

    def request_consumer_key(
        self, application_key: str, rules: list[dict[str, str]], allowed_ips: list[str] | None
    ) -> ConsumerKey:
        key = _secret_hex(16)
        number = len(self.consumer_keys) + 100001
        asked = ConsumerKey(key, application_key, None, number, "pendingValidation", rules, allowed_ips)
        self.consumer_keys[key] = asked
        return asked

    def validate(self, consumer_key: str) -> None:
        """What a person does on the validation page."""
        asked = self.consumer_keys[consumer_key]
        asked.account = self.by_application_key(asked.application_key)
        asked.state = "valid"

    def issue_token(self, account: Account, expires_at: float) -> str:
        token = _access_token()
        self.tokens[token] = AccessToken(account, expires_at)
        return token

    def revoke_tokens(self) -> None:
        """Forget every token got from the token URL; ready-made ones stay."""
        self.tokens = {text: token for text, token in self.tokens.items() if token.expires_at is None}
