# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong between this collection and a Kubernetes API server, apart from a wrong configuration.

The text of every exception is written for the person who runs the playbook; none of them ever contains a credential.
"""

from __future__ import annotations

import typing as t

from ..failures import AdapterError, RequestError


class KubernetesError(AdapterError):
    """Base of all errors of the adapter."""


class UnusableServerError(KubernetesError, RequestError):
    """No answer of the API server, or none that can be used; ``reason`` says which, as a clause."""

    def __init__(self, message: str, server: str, request: str, reason: str) -> None:
        super().__init__(message)
        self.server = server
        self.request = request
        self.reason = reason

    def as_result(self) -> dict[str, t.Any]:
        return {"server": self.server, "request": self.request, "reason": self.reason}


class UnreachableError(UnusableServerError):
    """No answer: refused or lost connection, name resolution, TLS, time-out."""

    def __init__(self, server: str, request: str, reason: str) -> None:
        message = (
            f"{request}: the API server {server} gave no answer ({reason}); check that it is running and reachable "
            f"from the host that runs this module, and the options host, kubeconfig, context and ca_cert"
        )
        super().__init__(message, server, request, reason)


class MalformedAnswerError(UnusableServerError):
    """The API server, or what answers in its place, said something that cannot be used."""

    def __init__(self, server: str, request: str, reason: str) -> None:
        message = (
            f"{request}: the answer of the API server {server} cannot be used: {reason}; check that host, kubeconfig "
            f"and proxy lead to the API server"
        )
        super().__init__(message, server, request, reason)


_ADMISSION_ADVICE: t.Final = "an admission controller of the cluster does not allow it; see its rules"


class RefusedByServerError(KubernetesError, RequestError):
    """The API server answered with an error.

    ``status`` is the HTTP status, ``reason`` the machine-readable word of the Status object (``Forbidden``,
    ``Conflict`` ...) and ``api_message`` its sentence.
    """

    ADVICE: t.Mapping[int, str] = {
        401: "check the credentials in the kubeconfig or api_key",
        403: "grant the account the rights that the module's documentation lists",
    }

    def __init__(self, request: str, status: int, reason: str, api_message: str) -> None:
        self.request = request
        self.status = status
        self.reason = reason
        self.api_message = api_message
        known = _ADMISSION_ADVICE if self.by_admission else self.ADVICE.get(status)
        advice = f"; {known}" if known else ""
        super().__init__(f"{request}: the API server answered {status} {reason}: {api_message or reason}{advice}")

    @property
    def by_admission(self) -> bool:
        """Whether it is the object that is refused, such as by a quota or a webhook, and not the account's right.

        Those of accounts read: pods is forbidden: User "x" cannot create resource "pods".
        """
        text = self.api_message
        refused = "admission webhook " in text or (self.status == 403 and " is forbidden: " in text)
        return refused and " cannot " not in text

    def as_result(self) -> dict[str, t.Any]:
        return {
            "request": self.request,
            "status": self.status,
            "reason": self.reason,
            "api_message": self.api_message,
        }


class ObjectNotFoundError(RefusedByServerError):
    """There is no such object."""


class ConflictError(RefusedByServerError):
    """Another client changed the object since it was read."""


class ExecError(KubernetesError):
    """A command in a pod could not be started, or did not end in time."""
