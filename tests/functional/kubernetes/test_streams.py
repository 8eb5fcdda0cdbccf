# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands in pods and requests to their ports, and everything that can go wrong between here and there."""

from __future__ import annotations

import contextlib
import importlib
import json
import socket
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.connection import connect
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.kubernetes_api import (
    Execution,
    KubernetesApi,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.kubernetes.server_errors import (
    ExecError,
    ObjectNotFoundError,
    RefusedByServerError,
    UnreachableError,
)
from kubernetes_bench import FastCluster

from .played_server import CLOSE, ERROR, STDERR, STDOUT, Play, PlayedServer, frame, refusing, silent, streaming

#: Seconds: what the client is told to wait, and what the server would keep it waiting.
TIMEOUT, SILENCE = 0.5, 8.0
#: What another task in the same process would use.
PUBLIC = (
    "kubernetes.stream",
    "kubernetes.stream.stream",
    "kubernetes.stream.ws_client",
    "websocket",
    "websocket._core",
)
PORT = 10249
#: The first frame of each of the two channels of a forwarded port says which port it is.
OPENED = frame(0, PORT.to_bytes(2, "little")) + frame(1, PORT.to_bytes(2, "little"))

SUCCESS = {"metadata": {}, "status": "Success"}
NO_SHELL = (
    "error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: "
    'exec failed: unable to start container process: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown'
)


@contextlib.contextmanager
def api_of(play: Play, *, scheme: str = "http", timeout: float = TIMEOUT) -> t.Iterator[KubernetesApi]:
    with PlayedServer(play) as server:
        options = {"host": f"{scheme}://127.0.0.1:{server.port}", "api_key": "token", "validate_certs": False}
        with connect(options, {}) as client:
            yield KubernetesApi(client, timeout)


def execute(api: KubernetesApi) -> object:
    return api.execute("kube-system", "kube-proxy-x", "kube-proxy", ["/bin/sh", "-c", "true"])


def ask(api: KubernetesApi) -> object:
    return api.http_get("kube-system", "kube-proxy-x", PORT, "/proxyMode")


@pytest.fixture(params=[execute, ask], ids=["exec", "port-forward"])
def use(request: pytest.FixtureRequest) -> t.Callable[[KubernetesApi], object]:
    """Either way of opening a stream."""
    return t.cast(t.Callable[[KubernetesApi], object], request.param)


def played(*frames: bytes, then: Play | None = None) -> Execution:
    with api_of(streaming(*frames, then=then)) as api:
        return t.cast(Execution, execute(api))


def status_of_exit(status: int) -> dict[str, t.Any]:
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {status}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(status)}]},
    }


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_does_not_answer_is_given_up(use: t.Callable[[KubernetesApi], object], scheme: str) -> None:
    # Without a time-out of its own, the client would report a lost connection after the silence.
    with api_of(silent(SILENCE), scheme=scheme) as api, pytest.raises(UnreachableError, match="timed out"):
        use(api)


def test_the_library_that_others_in_the_process_use_is_untouched(use: t.Callable[[KubernetesApi], object]) -> None:
    """Before, during and after a stream: with time-outs in it, it would end the streams of somebody else."""
    modules = [importlib.import_module(name) for name in PUBLIC]
    seen: list[list[dict[str, t.Any]]] = []

    def look() -> None:
        seen.append([dict(vars(module)) for module in modules])
        assert [sys.modules[name] for name in PUBLIC] == modules

    def play(connection: socket.socket) -> None:
        look()
        silent(SILENCE)(connection)

    look()
    with api_of(play) as api, pytest.raises(UnreachableError, match="timed out"):
        use(api)
    look()
    before, during, after = seen
    assert before == during == after


def test_each_client_has_a_time_limit_of_its_own() -> None:
    started = time.monotonic()
    limits = 4 * TIMEOUT, TIMEOUT
    with (
        api_of(silent(SILENCE), timeout=limits[0]) as patient,
        api_of(silent(SILENCE), timeout=limits[1]) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        waiting = pool.submit(execute, patient)
        with pytest.raises(UnreachableError, match="timed out"):
            execute(other)
        assert not waiting.done()
        with pytest.raises(UnreachableError, match="timed out"):
            waiting.result()
    assert time.monotonic() - started > limits[0]


def test_half_a_frame_does_not_keep_the_module_waiting() -> None:
    with pytest.raises(UnreachableError, match="timed out"):
        played(frame(STDOUT, "more than comes")[:5], then=silent(SILENCE))


def test_a_command_that_does_not_end() -> None:
    with pytest.raises(ExecError, match=r"did not end within 0\.5 seconds"):
        played(frame(STDOUT, "never ready"), then=silent(SILENCE))


def test_a_command_that_succeeds() -> None:
    frames = frame(STDOUT, "Kubernetes "), frame(STDERR, "a word"), frame(STDOUT, "v1.33.1\n"), frame(ERROR, SUCCESS)
    assert played(*frames, CLOSE) == Execution(0, "Kubernetes v1.33.1\n", "a word")


def test_a_command_that_fails_tells_its_exit_status() -> None:
    assert played(frame(STDERR, "no"), frame(ERROR, status_of_exit(42)), CLOSE) == Execution(42, "", "no")


def test_a_command_that_cannot_be_started_is_said_in_the_words_of_the_node() -> None:
    failure = {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {NO_SHELL}",
        "reason": "InternalError",
        "details": {"causes": [{"message": NO_SHELL}]},
        "code": 500,
    }
    with pytest.raises(ExecError, match="stat /bin/sh: no such file or directory") as error:
        played(frame(ERROR, failure), CLOSE)
    assert str(error.value).startswith("Running /bin/sh in Pod kube-system/kube-proxy-x")


@pytest.mark.parametrize(
    "text",
    ["container not found", "[]", '"text"', '{"status": "Failure", "details": {"causes": [{"reason": "ExitCode"}]}}'],
)
def test_an_end_that_is_no_status_is_shown_as_it_came(text: str) -> None:
    with pytest.raises(ExecError) as error:
        played(frame(ERROR, text), CLOSE)
    assert text in str(error.value)


def test_a_stream_that_is_closed_before_the_command_has_ended() -> None:
    with pytest.raises(ExecError, match="the connection was lost before the command had ended"):
        played(frame(STDOUT, "half of it"), CLOSE)


def test_a_connection_that_breaks() -> None:
    with pytest.raises(UnreachableError, match="Connection to remote host was lost"):
        played(frame(STDOUT, "half of it"))


@pytest.mark.parametrize(
    ("status", "phrase", "reason", "kind"),
    [
        (401, "Unauthorized", "Unauthorized", RefusedByServerError),
        (403, "Forbidden", "Forbidden", RefusedByServerError),
        (404, "Not Found", "NotFound", ObjectNotFoundError),
    ],
)
def test_what_the_api_server_refuses_is_told_in_its_words(
    use: t.Callable[[KubernetesApi], object],
    status: int,
    phrase: str,
    reason: str,
    kind: type[RefusedByServerError],
) -> None:
    body = json.dumps({"kind": "Status", "message": "what it says", "reason": reason, "code": status}).encode()
    with api_of(refusing(status, phrase, body)) as api, pytest.raises(kind) as error:
        use(api)
    assert (error.value.status, error.value.reason, error.value.api_message) == (status, reason, "what it says")
    assert f"the API server answered {status} {reason}: what it says" in str(error.value)
    assert "Audit-Id".casefold() not in str(error.value).casefold()


@pytest.mark.parametrize("body", [b"<h1>no gateway</h1>", b""])
def test_what_something_in_between_refuses(use: t.Callable[[KubernetesApi], object], body: bytes) -> None:
    with api_of(refusing(502, "Bad Gateway", body)) as api, pytest.raises(RefusedByServerError) as error:
        use(api)
    assert (error.value.status, error.value.reason) == (502, "Bad Gateway")
    assert error.value.api_message == body.decode()
    assert "Audit-Id".casefold() not in str(error.value).casefold()


def test_a_server_that_is_not_there(use: t.Callable[[KubernetesApi], object]) -> None:
    options = {"host": "http://127.0.0.1:1", "api_key": "token"}
    with connect(options, {}) as client, pytest.raises(UnreachableError, match="Connection refused"):
        use(KubernetesApi(client, TIMEOUT))


def test_the_answer_of_a_port() -> None:
    answer = frame(0, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nipvs")
    with api_of(streaming(OPENED, answer, then=silent(SILENCE)), timeout=SILENCE) as api:
        assert ask(api) == (200, "ipvs")


def test_metrics_are_read_whole() -> None:
    """In chunks, as kube-proxy sends what is long."""
    line = "go_goroutines 4\n" * 3000
    chunk = f"{len(line):x}\r\n{line}\r\n"
    head = frame(0, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    with api_of(streaming(OPENED, head, *[frame(0, chunk)] * 4, frame(0, "0\r\n\r\n"), then=silent(SILENCE))) as api:
        assert api.metrics("kube-system", "kube-proxy-x", PORT) == (200, line * 4)


def test_a_port_that_does_not_answer() -> None:
    with api_of(streaming(OPENED, then=silent(SILENCE))) as api, pytest.raises(UnreachableError, match="timed out"):
        ask(api)


def test_a_real_api_server_about_a_pod_that_is_not_there(
    use: t.Callable[[KubernetesApi], object], cluster: FastCluster
) -> None:
    options = {"kubeconfig": str(cluster.kubeconfig)}
    with connect(options, {}) as client, pytest.raises(ObjectNotFoundError) as error:
        use(KubernetesApi(client))
    assert error.value.api_message == 'pods "kube-proxy-x" not found'
