# SPDX-License-Identifier: GPL-3.0-or-later

"""What a probe measures, and for how long: the options of kube_proxy_node_probe, checked."""

from __future__ import annotations

import math
import re
import typing as t
from dataclasses import dataclass

from ..common.blank import given
from ..common.file_names import content_instead_of_name
from ..common.json_types import Json
from ..common.option_reader import OptionReader
from ..common.printable import printable
from ..common.problems import Problem
from ..kube_proxy.addresses import Endpoint, address, host_port_problem, split_host_port
from .request import metrics_endpoint

#: ``dns`` is a question over UDP that every DNS server answers.
PROTOCOLS = ("tcp", "udp", "dns")
STATES = ("measured", "started", "marked", "stopped", "absent")
#: The states that begin a measurement, and how long it takes if the user does not say so, in seconds.
DURATIONS: t.Mapping[str, float] = {"measured": 10.0, "started": 600.0}

# Defaults of the options.
NAME = "kube-proxy"
DIRECTORY = "/run/clusterops.kube_proxy"
INTERVAL, TIMEOUT = 0.05, 0.4
#: What is sent where something has to be answered.
SEND = "probe\n"

#: The address of kubernetes.default.svc.cluster.local: what CoreDNS knows by itself. Any answer is one (RFC 1035).
DNS_QUESTION = (
    b"\x4b\x50\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    b"\x0akubernetes\x07default\x03svc\x07cluster\x05local\x00\x00\x01\x00\x01"
)

#: Seconds between two connections to one target: more of them would be a load of their own.
_SHORTEST_INTERVAL, _LONGEST_INTERVAL = 0.01, 60.0
#: Seconds that one connection may take.
_LONGEST_TIMEOUT = 30.0
#: Attempts of one probe; the record of each takes about 45 bytes of the node's memory.
_MOST_ATTEMPTS = 500_000
#: Connections that are open at a time; a process may usually have 1,024 files.
_MOST_OPEN = 500
#: Bytes of one message: what fits into one packet.
_LONGEST_MESSAGE = 1200
#: Characters of a label or mark, which go into a picture.
_LONGEST_LABEL = 60
#: A part of a file's name.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")

Params = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Target:
    """Where connections go. ``hold`` keeps one more open that has to answer ``send`` again and again."""

    endpoint: Endpoint
    protocol: str = "tcp"
    label: str = ""
    send: str = SEND
    hold: bool = False

    @property
    def address(self) -> str:
        host, port = self.endpoint
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def request(self) -> bytes:
        """What is sent on a new connection; with TCP nothing."""
        return {"tcp": b"", "udp": self.send.encode(), "dns": DNS_QUESTION}[self.protocol]

    def settings(self) -> Json:
        return {
            "address": self.address,
            "protocol": self.protocol,
            "label": self.label,
            "send": self.send,
            "hold": self.hold,
        }


@dataclass(frozen=True)
class ProbeRequest:
    """``duration``, ``interval`` and ``timeout`` are in seconds. ``metrics`` is where kube-proxy reports its mode, None
    not to ask. ``mark`` is what to note in the record of a probe that runs.
    """

    name: str
    state: str
    targets: tuple[Target, ...]
    duration: float
    interval: float
    timeout: float
    metrics: Endpoint | None
    directory: str
    mark: str

    def settings(self) -> Json:
        """All that the measurement depends on; two requests with the same settings are the same probe."""
        return {
            "targets": [target.settings() for target in self.targets],
            "duration": self.duration,
            "interval": self.interval,
            "timeout": self.timeout,
            "metrics": None if self.metrics is None else list(self.metrics),
        }


def probe_request(params: Params) -> ProbeRequest:
    """Read the options; blank ones count as not given. Raises ValidationError with every problem."""
    read = OptionReader()
    problems = read.problems
    state = given(params["state"], STATES[0])
    targets = [
        target
        for number, members in enumerate(params["targets"] or ())
        for target in _target(members, f"targets[{number}]", problems)
    ]
    interval = _seconds(params, "interval", INTERVAL, (_SHORTEST_INTERVAL, _LONGEST_INTERVAL), problems)
    timeout = _seconds(params, "timeout", TIMEOUT, (_SHORTEST_INTERVAL, _LONGEST_TIMEOUT), problems)
    duration = _seconds(params, "duration", DURATIONS.get(state, 0.0), (0.0, math.inf), problems)
    if state in DURATIONS and not params["targets"]:
        problems.append(Problem("targets", f"nothing to measure; state {state} needs at least one"))
    if state in DURATIONS and not problems:
        _check_amount(len(targets), duration, interval, timeout, problems)
    request = ProbeRequest(
        name=_name(given(params["name"], NAME), problems),
        state=state,
        targets=tuple(targets),
        duration=duration,
        interval=interval,
        timeout=timeout,
        metrics=metrics_endpoint(params, read) if params["watch_mode"] else None,
        directory=_directory(given(params["directory"], DIRECTORY), problems),
        mark=_text(params["mark"], "mark", problems),
    )
    read.check()
    return request


def pace(targets: int, duration: float) -> float:
    """Seconds between two connections of a probe that has to last so long: as usual, or what its limits leave."""
    by_number = targets * duration / _MOST_ATTEMPTS
    by_open = TIMEOUT * targets / max(1, _MOST_OPEN - targets)
    return min(_LONGEST_INTERVAL, max(INTERVAL, math.ceil(100 * max(by_number, by_open)) / 100))


def _target(members: Params, path: str, problems: list[Problem]) -> list[Target]:
    text = str(given(members.get("address"), ""))
    fault = host_port_problem(text)
    if fault is not None:
        problems.append(Problem(f"{path}.address", fault))
    protocol = given(members.get("protocol"), PROTOCOLS[0])
    hold = bool(members.get("hold"))
    if hold and protocol != "tcp":
        problems.append(Problem(f"{path}.hold", f"only a TCP connection can be kept open, and this one is {protocol}"))
    send = str(given(members.get("send"), SEND))
    if len(send.encode()) > _LONGEST_MESSAGE:
        problems.append(Problem(f"{path}.send", f"it has more than {_LONGEST_MESSAGE} bytes, too many for a packet"))
    if send != SEND and (protocol == "dns" or (protocol == "tcp" and not hold)):
        reason = "dns has a question of its own" if protocol == "dns" else "tcp sends nothing without hold"
        problems.append(Problem(f"{path}.send", f"it would not be sent: {reason}"))
    label = _text(members.get("label"), f"{path}.label", problems)
    if fault is not None:
        return []
    host, port = split_host_port(text) or ("", "")
    return [Target(Endpoint(str(address(host)), int(port)), protocol, label, send, hold)]


def _check_amount(targets: int, duration: float, interval: float, timeout: float, problems: list[Problem]) -> None:
    """What a probe may cost the node; the remedy is the same for both."""
    attempts = targets * duration / interval
    if not attempts <= _MOST_ATTEMPTS:
        problems.append(
            Problem(
                "duration",
                f"{duration:g} s with {targets} targets every {interval:g} s are {attempts:.0f} connections, more than "
                f"{_MOST_ATTEMPTS}; give a shorter duration or a longer interval",
            )
        )
    if targets * (timeout / interval + 1) > _MOST_OPEN:
        problems.append(
            Problem(
                "timeout",
                f"{timeout:g} s with {targets} targets every {interval:g} s can be more than {_MOST_OPEN} connections "
                f"at a time; give a shorter timeout or a longer interval",
            )
        )


def _seconds(
    params: Params, option: str, default: float, limits: tuple[float, float], problems: list[Problem]
) -> float:
    value = given(params[option])
    if value is None:
        return default
    least, most = limits
    if not (least <= value <= most and 0 < value < math.inf):
        span = f"more than {least:g}" if most == math.inf else f"{least:g} to {most:g}"
        problems.append(Problem(option, f"{value:g} is not possible; give a number of seconds, {span}"))
    return float(value)


def _name(text: str, problems: list[Problem]) -> str:
    name = text.strip()
    if not _NAME.fullmatch(name):
        problems.append(
            Problem("name", f"{printable(name, 80)!r} is not possible; give up to 63 letters, digits, '-' and '_'")
        )
    return name


def _directory(text: str, problems: list[Problem]) -> str:
    fault = content_instead_of_name(text)
    if fault is None and not text.startswith("/"):
        fault = "give an absolute path: the probe runs on when the task is over"
    if fault is not None:
        problems.append(Problem("directory", fault))
    return text


def _text(value: t.Any, option: str, problems: list[Problem]) -> str:
    text = " ".join(str(given(value, "")).split())
    if len(text) > _LONGEST_LABEL:
        problems.append(Problem(option, f"it has {len(text)} characters; give at most {_LONGEST_LABEL}"))
    return printable(text)
