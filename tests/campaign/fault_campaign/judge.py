# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules that hold whatever goes wrong. Each gives sentences about what was broken."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import typing as t
import urllib.parse

from .faults import Fault
from .proxy import Exchange
from .scenarios import PUBLIC, SECRETS, Scenario
from .stage import ANSWER_TIMEOUT, WAIT_TIMEOUT, Run

#: Real seconds, and bytes of memory, that a run may take: what a module takes without faults, and some room.
SECONDS = 12.0
MEMORY = 400 << 20
#: Bytes that a result may have.
RESULT = 200_000
#: What ends the sleep of a module that was told to wait for WAIT_TIMEOUT: one more pause, and one more answer.
PATIENCE = WAIT_TIMEOUT + 65 + 10 * ANSWER_TIMEOUT

CRASHED = re.compile(
    r"Traceback|Module failed|MODULE FAILURE|object has no attribute|unexpected error|fault of the collection", re.I
)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def is_mutation(exchange: Exchange) -> bool:
    """Whether it changes something in the account; a kubeconfig is read by a POST, a token is no object of it."""
    if exchange.method in ("GET", "HEAD") or "/auth/" in exchange.path:
        return False
    return not (exchange.method == "POST" and exchange.path.endswith("/kubeconfig"))


def ended_in_words(run: Run) -> t.Iterator[str]:
    """A result or one message, never a trace."""
    ended = run.ended
    if ended.hung:
        yield "it hung until it was killed"
        return
    if ended.status < 0:
        yield f"it was ended by signal {-ended.status}"
        return
    if ended.status == 97:
        yield f"it slept {ended.slept:.0f} s and went on"
        return
    result = ended.result
    if result is None:
        last = (ended.errors.strip().splitlines() or ["no word"])[-1]
        yield f"uncaught: {last[:300]}"
        return
    if ended.errors.strip():
        yield f"it wrote on stderr: {ended.errors.strip().splitlines()[-1][:300]}"
    if (ended.status != 0) != bool(result.get("failed")):
        yield f"exit status {ended.status} beside failed={result.get('failed')}"
    if result.get("failed"):
        message = result.get("msg")
        if not isinstance(message, str) or len(message) < 10:
            yield f"it failed without words: {message!r}"
        elif CRASHED.search(message) or result.get("exception"):
            yield f"an exception in place of a message: {message[:300]}"


def within_limits(run: Run) -> t.Iterator[str]:
    ended = run.ended
    # What a request takes is real, what a pause takes is not.
    if ended.slept + ended.took > PATIENCE + SECONDS:
        yield f"it took {ended.slept + ended.took:.0f} s with a wait_timeout of {WAIT_TIMEOUT:.0f}"
    if ended.took > SECONDS:
        yield f"its requests took {ended.took:.0f} s with a timeout of {ANSWER_TIMEOUT:.0f}"
    if ended.peak > MEMORY:
        yield f"it took {ended.peak >> 20} MB of memory"
    if len(ended.output) > RESULT:
        yield f"its result has {len(ended.output)} bytes"


def names_the_request(run: Run, fault: Fault) -> t.Iterator[str]:
    """A failure that an answer caused names the answer's status and the query id."""
    result = run.ended.result or {}
    if not result.get("failed") or fault.kind not in ("status", "body", "field", "answer"):
        return
    message = str(result.get("msg"))
    spoiled = [exchange for exchange in run.exchanges if exchange.spoiled]
    if not spoiled:
        yield f"it failed and met no fault: {message[:200]}"
        return
    if fault.kind == "answer":
        return
    if "error" not in result and (fault.kind == "field" or all(map(_believable, spoiled))):
        # A wrong value of the right type is a statement about the cluster, and so is an empty list of them.
        return
    # A value that was believed may be refused later, by the API, and one of several refusals is enough.
    refused = [exchange for exchange in run.exchanges if exchange.given and exchange.given.status >= 400]
    blamed = run.exchanges if fault.kind == "field" else [*spoiled, *refused]
    if not any(exchange.query_id and exchange.query_id in message for exchange in blamed):
        yield f"the query id is not in the message: {message[:300]}"
    if fault.kind == "status" and not any(
        str(exchange.given and exchange.given.status) in message for exchange in spoiled
    ):
        yield f"the status is not in the message: {message[:300]}"


def _believable(exchange: Exchange) -> bool:
    """Whether a list was answered by a list, or that there is no OpenID Connect in the way in which the API says so."""
    if exchange.path.endswith("/openIdConnect") and exchange.given is not None and exchange.given.status == 404:
        return True
    answers = (exchange.real, exchange.given)
    return all(answer is not None and answer.body.lstrip().startswith(b"[") for answer in answers) and (
        exchange.given is not None and exchange.given.status == 200
    )


def no_blind_repetition(*runs: Run) -> t.Iterator[str]:
    """What acts twice is sent again only after a look; at most one creation and one reset take place."""
    for run in runs:
        last: dict[str, Exchange] = {}
        for exchange in run.exchanges:
            if exchange.method in ("GET", "HEAD"):
                last.clear()
            elif exchange.method == "POST" and is_mutation(exchange):
                former = last.get(exchange.path)
                # Only a refusal says that nothing happened.
                refused = (
                    former is not None
                    and former.given is not None
                    and 400 <= former.given.status < 500
                    and not former.processed
                )
                if former is not None and not refused:
                    yield f"POST {exchange.path} was sent again without a look"
                last[exchange.path] = exchange
    for suffix in ("/kube", "/reset"):
        done = [
            exchange
            for run in runs
            for exchange in run.exchanges
            if exchange.method == "POST" and exchange.path.endswith(suffix) and exchange.processed
        ]
        if len(done) > 1:
            yield f"POST {suffix} took place {len(done)} times"


def changed_is_true(run: Run, scenario: Scenario, file_changed: bool, finishes: bool = False) -> t.Iterator[str]:
    """``finishes``: the run found the record of a reset that another one sent, and is a part of that change."""
    result = run.ended.result
    if result is None:
        return
    sent = [exchange for exchange in run.exchanges if is_mutation(exchange)]
    if scenario.check:
        if sent:
            yield f"check mode sent {sent[0].method} {sent[0].path}"
        if file_changed:
            yield "check mode changed a file"
        return
    done = [exchange for exchange in sent if exchange.processed]
    if (done or file_changed) and not result.get("changed"):
        what = f"{done[0].method} {done[0].path.rpartition('/')[2]} took place" if done else "a file was written"
        yield f"changed is not true though {what}: {str(result.get('msg'))[:200]}"
    # Whether one without a clear answer took place, nobody can know.
    unclear = [exchange for exchange in sent if exchange.spoiled]
    if result.get("changed") and not (done or file_changed or unclear or finishes):
        yield "changed is true though nothing was changed"


def shows_no_secret(run: Run, secrets: t.Iterable[str]) -> t.Iterator[str]:
    text = run.ended.output + run.ended.errors
    decoded = "\n".join(_texts(run.ended.result))
    for secret, forms in known_forms(secrets):
        for form, value in forms.items():
            if value in text or value in decoded:
                yield f"it shows the secret {secret[:8]}… as {form}"


def known_forms(secrets: t.Iterable[str]) -> t.Iterator[tuple[str, dict[str, str]]]:
    """Every secret with the ways in which it may be written."""
    for secret in secrets:
        yield secret, forms_of(secret)


def forms_of(secret: str) -> dict[str, str]:
    quoted = json.dumps(secret)[1:-1]
    return {
        "it is": secret,
        "JSON": quoted,
        "JSON in JSON": json.dumps(quoted)[1:-1],
        "Base64": base64.b64encode(secret.encode()).decode().rstrip("="),
        "Base64 for URLs": base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
        "part of a URL": urllib.parse.quote(secret, safe=""),
        "form data": urllib.parse.quote_plus(secret),
        "repr": repr(secret)[1:-1],
    }


def secrets_of(run: Run) -> set[str]:
    """The credentials, what was made of them, and tokens that were handed out."""
    known = {value for name, value in SECRETS.items() if name not in PUBLIC}
    known.add(base64.b64encode(f"{SECRETS['client_id']}:{SECRETS['client_secret']}".encode()).decode())
    for exchange in run.exchanges:
        if exchange.real is not None and exchange.path.endswith("/token"):
            with contextlib.suppress(ValueError, KeyError, TypeError):
                known.add(str(json.loads(exchange.real.body)["access_token"]))
    return known


def shows_no_escapes(run: Run) -> t.Iterator[str]:
    """What a person reads has no control characters but line ends of our own."""
    result = run.ended.result or {}
    shown = [str(result.get("msg", "")), *(str(text) for text in result.get("warnings", ()))]
    diff = result.get("diff")
    for part in diff if isinstance(diff, list) else [diff]:
        if isinstance(part, dict):
            shown += [str(part.get(name, "")) for name in ("before_header", "after_header", "prepared")]
    for text in shown:
        if found := CONTROL.search(text):
            yield f"a raw {found.group()!r} is in: {text[:200]!r}"
        if re.search(r"\n\s*FAKE TASK", text):
            yield f"a forged line is in: {text[:200]!r}"


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield str(key)
            yield from _texts(member)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
