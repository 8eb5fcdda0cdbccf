# SPDX-License-Identifier: GPL-3.0-or-later

"""A transient timer of systemd, which runs a script once, whatever becomes of whoever started it.

It does not outlive a reboot, and neither do the rules that it is to remove.
"""

from __future__ import annotations

from .rules import RulesError
from .tools import Tools

_NAME = "kube-proxy-frozen-copy"
#: There exactly if systemd is the init system (sd_booted(3)).
_BOOTED = "/run/systemd/system"


def is_possible(tools: Tools) -> bool:
    """Whether systemd runs the node, and its programs are there."""
    programs = ("systemd-run", "systemctl")
    return tools.files.exists(_BOOTED) and all(tools.path(program) is not None for program in programs)


def require_systemd(tools: Tools) -> None:
    if not is_possible(tools):
        raise RulesError(
            "This node does not run systemd. A frozen copy has to go away by itself when nobody removes it, which "
            "needs a timer of systemd: change the mode of this node without a copy"
        )


def active(tools: Tools) -> list[str]:
    """Names of the timers that wait."""
    tool = tools.path("systemctl")
    if tool is None or not tools.files.exists(_BOOTED):
        return []
    output = tools.run(tool, "list-units", "--plain", "--no-legend", "--full", f"{_NAME}-*.timer")
    return [] if output.error else [line.split()[0] for line in output.out.splitlines() if line.strip()]


def name(stamp: int) -> str:
    """What the timer with this stamp is called."""
    return f"{_NAME}-{stamp}.timer"


def start(tools: Tools, script: str, seconds: int, stamp: int) -> str:
    """Run the script after so many seconds, and again every five until it succeeds; the timer's name.

    ``stamp`` makes the name a new one, so that an older timer may stay until this one is there.
    """
    unit = f"{_NAME}-{stamp}"
    tool = tools.path("systemd-run")
    output = tools.run(
        str(tool),
        f"--unit={unit}",
        "--collect",
        "--description=Remove the frozen copy of kube-proxy's rules",
        f"--on-active={seconds}s",
        "--timer-property=AccuracySec=1s",
        "--property=Restart=on-failure",
        "--property=RestartSec=5s",
        "/bin/sh",
        "-c",
        script,
    )
    if output.error is not None:
        raise RulesError(f"The timer that removes the frozen copy cannot be started, so none was made: {output.error}")
    return name(stamp)


def stop(tools: Tools, names: list[str]) -> None:
    tool = tools.path("systemctl")
    if names and tool is not None:
        output = tools.run(tool, "stop", *names)
        if output.error is not None:
            raise RulesError(output.error)
