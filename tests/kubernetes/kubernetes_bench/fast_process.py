# SPDX-License-Identifier: GPL-3.0-or-later

"""The fast cluster as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

from .control import Control
from .fast_cluster import FastCluster


def serve(*, nodes: int, ready_file: Path | None, exit_with_parent: bool) -> None:
    """Run until SIGTERM, SIGINT or, if asked, the end of the parent.

    One line of JSON on standard output, and in ``ready_file``, says that everything answers, and where.
    """
    parent = os.getppid()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_unused: stop.set())
    with FastCluster(nodes=nodes) as cluster, Control(cluster) as control:
        facts = {
            "kubeconfig": str(cluster.kubeconfig),
            "control": control.url,
            "version": cluster.version,
            "nodes": cluster.nodes.names,
            "pid": os.getpid(),
        }
        line = json.dumps(facts) + "\n"
        if ready_file is not None:
            part = ready_file.with_name(f".{ready_file.name}.{os.getpid()}")
            part.write_text(line, encoding="utf-8")
            part.replace(ready_file)
        sys.stdout.write(line)
        sys.stdout.flush()
        while not stop.wait(0.5 if exit_with_parent else None):
            if exit_with_parent and os.getppid() != parent:
                break
