# SPDX-License-Identifier: GPL-3.0-or-later

"""The probe against real servers on the loopback, in the foreground and as a real process in the background."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.node import background
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.probe_request import DNS_QUESTION
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.node_probe_module import (
    KUBE_PROXY_NODE_PROBE,
)
from ansible_collections.clusterops.kube_proxy.plugins.modules import kube_proxy_node_probe
from module_run import ModuleRun, Outcome

RETURN = yaml.safe_load(kube_proxy_node_probe.RETURN)
#: Seconds that anything here may take on a busy machine.
PATIENCE = 30.0

Run = t.Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> t.Iterator[Run]:
    """The module, with its record below a directory of the test; no probe outlives the test."""
    module = ModuleRun(monkeypatch, capsys)
    bare = functools.partial(module.bare, "kube_proxy_node_probe", directory=str(tmp_path / "p"))
    yield functools.partial(bare, watch_mode=False)
    bare(state="absent")


class Server:
    """A server for TCP and UDP on one port of the loopback, which echoes, and can be gone for a while."""

    def __init__(self) -> None:
        self.port = 0
        self.received: list[bytes] = []
        #: What closes every open connection.
        self.breaking = False
        self._stop: threading.Event | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        listening.listen(64)
        datagrams = socket.socket(type=socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", self.port))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(listening, datagrams, self._stop))
        self._thread.start()

    def stop(self) -> None:
        """Nobody listens any more, and what is connected stays so."""
        if self._stop is not None:
            self._stop.set()
            self._thread.join()
            self._stop = None

    def _serve(self, listening: socket.socket, datagrams: socket.socket, stop: threading.Event) -> None:
        connections = _KEPT.setdefault(self.port, [])
        while not stop.is_set():
            readable, _writable, _odd = select.select([listening, datagrams, *connections], [], [], 0.01)
            if self.breaking:
                while connections:
                    connections.pop().close()
                self.breaking = False
                continue
            for each in readable:
                if each is listening:
                    connections.append(listening.accept()[0])
                elif each is datagrams:
                    data, sender = datagrams.recvfrom(2048)
                    self.received.append(data)
                    datagrams.sendto(data, sender)
                else:
                    data = _received(each)
                    if data:
                        each.sendall(data)
                    else:
                        connections.remove(each)
                        each.close()
        listening.close()
        datagrams.close()


#: Connections by the port of their server.
_KEPT: dict[int, list[socket.socket]] = {}


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(2048)
    except OSError:
        return b""


@pytest.fixture
def server() -> t.Iterator[Server]:
    running = Server()
    yield running
    running.stop()
    for connection in _KEPT.pop(running.port, ()):
        connection.close()


def until(condition: t.Callable[[], t.Any]) -> t.Any:
    """The first thing that is true; looked for as long as the machine may need."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


def records(directory: Path, name: str = "kube-proxy.jsonl") -> list[list[t.Any]]:
    """The whole lines of the record, while the probe writes it."""
    text = (directory / "p" / name).read_text("utf-8")
    return [json.loads(each) for each in text.splitlines(keepends=True) if each.endswith("\n")]


def tried(directory: Path, *, ok: bool, after: int = 0) -> int:
    """How many connections succeeded, or failed, of those behind so many lines of the record."""
    return sum(1 for each in records(directory)[after:] if each[0] == "tried" and (len(each) == 4) is ok)


def probes(directory: Path) -> dict[int, int]:
    """The parents of the background processes that write below the directory, by their ids.

    Tests that run at the same time have probes of their own, with the same command line.
    """
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (process / "stat").read_text("utf-8").rpartition(")")[2].split()
            written = [os.readlink(link) for link in (process / "fd").iterdir()]
            if fields[0] != "Z" and any(name.startswith(f"{directory}/") for name in written):
                found[int(process.name)] = int(fields[1])
    return {process: parent for process, parent in found.items() if parent == 1}


def test_every_documented_key_is_returned(run: Run, server: Server) -> None:
    result = run(targets=[{"address": server.address, "hold": True}], duration=0.3).result
    documented = {name for name, value in RETURN.items() if value["returned"] == "success"}
    assert set(result) - {"changed", "invocation"} == documented
    [target] = result["targets"]
    contains = RETURN["targets"]["contains"]
    assert set(target) == set(contains)
    for name in ("latency", "hold", "slices"):
        assert set(target[name]) == set(contains[name]["sample"])
    assert set(target["latency"]["all"]) == set(contains["latency"]["sample"]["all"])


def test_defaults_are_those_of_the_documentation() -> None:
    options = yaml.safe_load(kube_proxy_node_probe.DOCUMENTATION)["options"]
    spec = KUBE_PROXY_NODE_PROBE.argument_spec
    assert {name: option.get("default") for name, option in options.items()} == {
        name: option.get("default") for name, option in spec.items()
    }
    assert {name: option.get("default") for name, option in options["targets"]["suboptions"].items()} == {
        name: option.get("default") for name, option in spec["targets"]["options"].items()
    }


@pytest.mark.parametrize("check", [False, True])
def test_measured_in_the_foreground(run: Run, server: Server, tmp_path: Path, check: bool) -> None:
    targets = [
        {"address": server.address, "label": "web", "hold": True},
        {"address": server.address, "protocol": "udp"},
        {"address": server.address, "protocol": "dns"},
    ]
    result = run(targets=targets, duration=1.0, timeout=5.0, check=check).result
    assert (result["changed"], result["complete"], result["running"], result["record"]) == (False, True, False, None)
    assert result["failures"] == 0
    assert all(5 <= target["connections"] <= 20 for target in result["targets"])
    assert result["targets"][0]["hold"]["survived"] is True
    assert result["targets"][0]["hold"]["answers"] > 3
    assert {DNS_QUESTION, b"probe\n"} == set(server.received)
    assert not (tmp_path / "p").exists()


def test_nobody_listens(run: Run) -> None:
    with socket.socket() as taken, socket.socket(type=socket.SOCK_DGRAM) as other:
        taken.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        closed = other.getsockname()[1]
        other.close()
        targets = [
            {"address": f"127.0.0.1:{taken.getsockname()[1]}", "hold": True},
            {"address": f"127.0.0.1:{closed}", "protocol": "udp"},
        ]
        result = run(targets=targets, duration=0.3).result
    assert [set(target["errors"]) for target in result["targets"]] == [{"refused"}, {"refused"}]
    assert result["connections"] == result["failures"]
    assert result["longest_gap"] == result["seconds"]
    assert result["targets"][0]["hold"]["error"] == "refused"


def test_somebody_listens_and_does_not_answer(run: Run) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as silent, socket.socket() as full:
        silent.bind(("127.0.0.1", 0))
        full.bind(("127.0.0.1", 0))
        # A queue for one connection that nobody takes, so that the next ones stay without an answer.
        full.listen(0)
        targets = [
            {"address": f"127.0.0.1:{silent.getsockname()[1]}", "protocol": "udp"},
            {"address": f"127.0.0.1:{full.getsockname()[1]}"},
        ]
        result = run(targets=targets, duration=0.5, timeout=0.1).result
    assert list(result["targets"][0]["errors"]) == ["timeout"]
    assert result["targets"][0]["failures"] == result["targets"][0]["connections"]
    assert list(result["targets"][1]["errors"]) == ["timeout"]
    assert result["targets"][1]["failures"] >= result["targets"][1]["connections"] - 2


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")
def test_ipv6(run: Run) -> None:
    with socket.socket(socket.AF_INET6) as listening:
        try:
            listening.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        listening.listen(64)
        address = f"[::1]:{listening.getsockname()[1]}"
        result = run(targets=[{"address": address}], duration=0.3, timeout=5.0).result
    assert (result["failures"], result["targets"][0]["address"]) == (0, address)


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_the_gap_of_a_server_that_was_gone(run: Run, server: Server, tmp_path: Path, protocol: str) -> None:
    begun = time.monotonic()
    started = run(state="started", targets=[{"address": server.address, "protocol": protocol}], duration=60.0)
    assert (started["changed"], started["running"]) == (True, True)
    until(lambda: tried(tmp_path, ok=True) >= 5)
    server.stop()
    gone = time.monotonic()
    before = len(records(tmp_path))
    until(lambda: tried(tmp_path, ok=False) >= 20)
    back = time.monotonic()
    server.start()
    until(lambda: tried(tmp_path, ok=True, after=before + 10) >= 5)
    over = time.monotonic()
    result = run(state="stopped").result
    [target] = result["targets"]
    assert target["failures"] >= 10
    assert set(target["errors"]) <= {"refused", "timeout", "reset"}
    # The longest gap lies between what the test saw happen; half of it may go to a machine that is slow just then.
    assert (back - gone) / 2 <= target["longest_gap"] <= over - begun
    assert (result["complete"], result["running"]) == (True, False)


def test_started_marked_and_stopped(run: Run, server: Server, tmp_path: Path) -> None:
    options = {"targets": [{"address": server.address, "hold": True}], "duration": 60.0}
    predicted = run(state="started", check=True, **options)
    assert (predicted["changed"], (tmp_path / "p").exists()) == (True, False)
    started = run(state="started", **options)
    [(process, parent)] = probes(tmp_path).items()
    # Away from the task: a group of its own, in the session of a process that is gone, with init as its parent.
    assert parent == 1
    assert os.getpgid(process) == process != os.getpgid(0)
    assert os.getsid(process) != os.getsid(0)
    files = {int(link.name): os.readlink(link) for link in Path(f"/proc/{process}/fd").iterdir()}
    assert {files.pop(number) for number in (0, 1, 2)} == {"/dev/null"}
    # Nothing that the task has open: its own record, and sockets to the target.
    assert [name for name in files.values() if not name.startswith(("socket:", "anon_inode:"))] == [started["record"]]
    record = Path(started["record"])
    assert (record.stat().st_mode & 0o777, record.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    until(lambda: tried(tmp_path, ok=True) >= 3)

    again = run(state="started", **options)
    assert (again["changed"], again["started_at"]) == (False, started["started_at"])
    assert probes(tmp_path).keys() == {process}

    assert run(state="marked", mark="looked at", check=True)["changed"] is True
    assert run(state="marked", mark="pod deleted")["changed"] is True
    assert run(state="stopped", check=True)["changed"] is True
    assert probes(tmp_path).keys() == {process}

    stopped = run(state="stopped")
    until(lambda: not probes(tmp_path))
    assert (stopped["changed"], stopped["failures"], stopped["complete"]) == (True, 0, True)
    assert [mark["text"] for mark in stopped["marks"]] == ["pod deleted"]
    assert 0 < stopped["marks"][0]["at"] <= stopped["seconds"]
    assert stopped["targets"][0]["hold"]["survived"] is True

    once_more = run(state="stopped")
    assert once_more["changed"] is False
    same = set(stopped.result) - {"changed", "invocation"}
    assert {name: once_more[name] for name in same} == {name: stopped[name] for name in same}

    assert run(state="absent", check=True)["changed"] is True
    assert run(state="absent")["changed"] is True
    assert list((tmp_path / "p").iterdir()) == []
    assert run(state="absent")["changed"] is False
    nothing = run(state="stopped")
    assert (nothing["changed"], nothing["targets"], nothing["started_at"]) == (False, [], None)
    assert "no record of a probe called kube-proxy" in nothing.warnings[0]


def test_it_outlives_the_run_of_ansible_that_started_it(server: Server, tmp_path: Path) -> None:
    """With the files that Ansible copied for it, which are gone when the task is over."""
    work = tmp_path / "work"
    link = work / "ansible_collections" / "clusterops" / "kube_proxy"
    link.parent.mkdir(parents=True)
    link.symlink_to(Path(__file__).resolve().parents[3])
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "ANSIBLE_COLLECTIONS_PATH": str(work),
        "ANSIBLE_HOME": str(work / "home"),
        "ANSIBLE_REMOTE_TMP": str(work / "remote"),
    }

    def play(**options: t.Any) -> dict[str, t.Any]:
        given = json.dumps({"directory": str(tmp_path / "p"), **options})
        module = "clusterops.kube_proxy.kube_proxy_node_probe"
        command = [sys.executable, "-m", "ansible", "adhoc", "localhost", "-m", module]
        python = f"ansible_python_interpreter={sys.executable}"
        command += ["-e", python, "-a", given]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
        return t.cast(dict[str, t.Any], json.loads(done.stdout.partition("=>")[2]))

    try:
        started = play(state="started", targets=[{"address": server.address}], duration=120)
        assert started["running"] is True
        assert list((work / "remote").rglob("*.py")) == []
        before = len(records(tmp_path))
        until(lambda: tried(tmp_path, ok=True, after=before) >= 3)
    finally:
        stopped = play(state="stopped")
    assert (stopped["changed"], stopped["complete"], stopped["failures"]) == (True, True, 0)
    assert stopped["started_at"] == started["started_at"]


def test_another_request_replaces_the_probe(run: Run, server: Server, tmp_path: Path) -> None:
    run(state="started", targets=[{"address": server.address}], duration=60.0)
    [first] = probes(tmp_path)
    other = run(state="started", targets=[{"address": server.address}], duration=60.0, interval=0.1)
    assert other["changed"] is True
    until(lambda: first not in probes(tmp_path))
    assert len(probes(tmp_path)) == 1


def test_probes_of_other_names_are_left_alone(run: Run, server: Server, tmp_path: Path) -> None:
    options = {"targets": [{"address": server.address}], "duration": 60.0}
    run(state="started", **options)
    run(state="started", name="other", **options)
    assert len(probes(tmp_path)) == 2
    assert run(state="stopped", name="other")["changed"] is True
    until(lambda: len(probes(tmp_path)) == 1)
    run(state="absent", name="other")


def test_it_ends_by_itself(run: Run, server: Server, tmp_path: Path) -> None:
    run(state="started", targets=[{"address": server.address}], duration=0.3)
    until(lambda: not probes(tmp_path))
    assert records(tmp_path)[-1][0] == "end"
    stopped = run(state="stopped")
    assert (stopped["changed"], stopped["complete"]) == (False, True)
    assert 0.3 <= stopped["seconds"] < PATIENCE


def test_a_kill_loses_the_last_record_at_most(run: Run, server: Server, tmp_path: Path) -> None:
    started = run(state="started", targets=[{"address": server.address}], duration=60.0)
    until(lambda: tried(tmp_path, ok=True) >= 5)
    [process] = probes(tmp_path)
    known = tried(tmp_path, ok=True)
    os.kill(process, signal.SIGKILL)
    until(lambda: not probes(tmp_path))
    stopped = run(state="stopped")
    assert (stopped["changed"], stopped["complete"], stopped["running"]) == (False, False, False)
    assert stopped["connections"] >= known
    assert stopped["started_at"] == started["started_at"]
    # And a new one takes its place.
    assert run(state="started", targets=[{"address": server.address}], duration=60.0)["changed"] is True
    assert len(probes(tmp_path)) == 1


def test_a_probe_whose_record_is_removed_ends(run: Run, server: Server, tmp_path: Path) -> None:
    run(state="started", targets=[{"address": server.address}], duration=60.0)
    (tmp_path / "p" / "kube-proxy.jsonl").unlink()
    until(lambda: not probes(tmp_path))


def test_nothing_to_mark(run: Run, server: Server) -> None:
    outcome = run(state="marked", mark="x")
    assert outcome.failed
    assert outcome["msg"].startswith("No probe called kube-proxy runs on this node (")


def test_a_connection_that_breaks(run: Run, server: Server, tmp_path: Path) -> None:
    run(state="started", targets=[{"address": server.address, "hold": True}], duration=60.0)
    until(lambda: sum(1 for each in records(tmp_path) if each[0] == "held") >= 3)
    server.breaking = True
    until(lambda: any(each[0] == "held" and each[-1] is True for each in records(tmp_path)))
    hold = run(state="stopped")["targets"][0]["hold"]
    assert hold["survived"] is False
    assert hold["error"] in ("closed", "reset")
    assert hold["broke_at"] > 0
    assert hold["answers"] >= 3


def test_the_mode_is_watched(run: Run, server: Server, tmp_path: Path) -> None:
    modes = ["iptables"]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/proxyMode"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(modes[-1].encode())

        def log_message(self, *_arguments: t.Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as kube_proxy:
        threading.Thread(target=kube_proxy.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        run(
            state="started",
            targets=[{"address": server.address}],
            duration=60.0,
            watch_mode=True,
            metrics_address=f"127.0.0.1:{kube_proxy.server_port}",
        )
        until(lambda: ["iptables"] in [each[2:] for each in records(tmp_path) if each[0] == "seen"])
        modes.append("nftables")
        until(lambda: ["nftables"] in [each[2:] for each in records(tmp_path) if each[0] == "seen"])
        before = len(records(tmp_path))
        until(lambda: tried(tmp_path, ok=True, after=before) >= 3)
        result = run(state="stopped").result
        kube_proxy.shutdown()
    [switch] = result["switches"]
    assert (switch["former"], switch["mode"]) == ("iptables", "nftables")
    assert 0 < switch["left"] <= switch["arrived"] <= result["seconds"]
    latency = result["targets"][0]["latency"]
    assert latency["before"]["connections"] > 0
    assert latency["after"]["connections"] > 0


def test_a_record_of_somebody_else_is_not_believed(run: Run, tmp_path: Path) -> None:
    directory = tmp_path / "p"
    directory.mkdir(mode=0o777)
    directory.chmod(0o777)
    (directory / "kube-proxy.jsonl").write_text('["start",1,1,{"targets":[]}]\n', encoding="utf-8")
    for options in ({"state": "stopped"}, {"state": "started", "targets": [{"address": "127.0.0.1:1"}]}):
        outcome = run(**options)
        assert outcome.failed
        assert "others than its owner may replace files" in outcome["msg"]
        assert "Choose a directory that is yours alone" in outcome["msg"]
    directory.chmod(0o700)


def test_a_link_in_place_of_the_record_is_not_followed(run: Run, tmp_path: Path, server: Server) -> None:
    directory, elsewhere = tmp_path / "p", tmp_path / "elsewhere"
    directory.mkdir(mode=0o700)
    elsewhere.write_text("mine", encoding="utf-8")
    (directory / "kube-proxy.jsonl").symlink_to(elsewhere)
    outcome = run(state="started", targets=[{"address": server.address}], duration=60.0)
    assert outcome.failed
    assert "symbolic link" in outcome["msg"]
    assert elsewhere.read_text("utf-8") == "mine"
    (directory / "kube-proxy.jsonl").unlink()


def test_options_that_are_refused(run: Run) -> None:
    outcome = run(targets=[{"address": "web:80"}, {"address": "10.96.0.1:1", "protocol": "udp", "hold": True}])
    assert {problem["option"] for problem in outcome["problems"]} == {"targets[0].address", "targets[1].hold"}
    assert (
        run(state="started")["msg"]
        == "Refused, nothing was changed: state is started but all of the following are missing: targets"
    )
    blank = run(targets=[{"address": "127.0.0.1:1", "protocol": "", "hold": ""}], duration=0.1)
    assert blank["targets"][0]["errors"] == {"refused": blank["failures"]}
    wrong = run(targets=[{"address": "127.0.0.1:1", "protocol": "sctp"}, {"protocol": "tcp"}], interval="x")
    assert "sctp" in wrong["msg"]
    assert "targets[1].address" in {problem["option"] for problem in wrong["problems"]}


def test_work_that_does_not_come_far_is_told() -> None:
    def work(_ready: t.Callable[[], None]) -> None:
        raise RuntimeError("no such thing")

    with pytest.raises(background.BackgroundError, match="could not be started in the background: no such thing"):
        background.detach(work, 1.0)
    with pytest.raises(background.BackgroundError, match="it ended at once"):
        background.detach(lambda _ready: os._exit(3), 1.0)


def test_the_system_ends_what_does_not_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(background, "_SLACK", 1)

    def work(ready: t.Callable[[], None]) -> None:
        with (tmp_path / "open").open("w", encoding="utf-8"):
            ready()
            while True:
                time.sleep(1)

    background.detach(work, 0.0)
    assert len(probes(tmp_path)) == 1
    until(lambda: not probes(tmp_path))
