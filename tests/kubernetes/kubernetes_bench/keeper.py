# SPDX-License-Identifier: GPL-3.0-or-later

"""The process inside the network namespace that the control plane and the web servers live in."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

from . import backends, kubeconfig, network, programs
from .control_plane import Addresses, ControlPlane
from .errors import BenchError


def keep(directory: Path, chosen: programs.Programs) -> None:
    """Run until SIGTERM. The file ``ready`` says that everything answers, or why nothing ever will."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_unused: ended.set())
    plane = ControlPlane(chosen, directory, Addresses(advertise=network.GATEWAY, bind=network.GATEWAY), scheduler=True)
    try:
        plane.start()
        backends.serve()
        with kubeconfig.client(plane.kubeconfig) as api:
            backends.publish(api)
    except BenchError as error:
        _report(directory, str(error))
    else:
        _report(directory, None)
        ended.wait()
    finally:
        plane.stop()


def _report(directory: Path, error: str | None) -> None:
    ready = directory / "ready"
    part = ready.with_suffix(".part")
    part.write_text(json.dumps({"error": error}), encoding="utf-8")
    part.rename(ready)
