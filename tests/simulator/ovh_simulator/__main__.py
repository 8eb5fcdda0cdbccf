# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m ovh_simulator`: the simulator as a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import signal
import sys
import threading
import typing as t

from .server import Simulator


def _object(text: str) -> dict[str, t.Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("must be a JSON object")
    return value


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ovh_simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--settings", type=_object, default={}, metavar="JSON", help="knobs, see README.md")
    parser.add_argument("--credentials", type=_object, default={}, metavar="JSON", help="in place of random ones")
    parser.add_argument("--service-name", help="project id, in place of a random one")
    parser.add_argument(
        "--cluster", type=_object, action="append", default=[], metavar="JSON", help="a cluster that is there already"
    )
    parser.add_argument("--ready-file", type=pathlib.Path, help="where to write the line printed on stdout as well")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when the starting process is gone")
    return parser.parse_args()


def _write(path: pathlib.Path, line: str) -> None:
    """A reader sees the whole file or none; it holds credentials, though worthless ones."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(line)
    temporary.replace(path)


def main() -> int:
    arguments = _arguments()
    parent = os.getppid()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_unused: stop.set())
    simulator = Simulator(
        arguments.settings,
        host=arguments.host,
        port=arguments.port,
        credentials=arguments.credentials,
        service_name=arguments.service_name,
    )
    with simulator:
        ids = [simulator.add_cluster(**fields) for fields in arguments.cluster]
        facts = {
            "url": simulator.url,
            "control": simulator.control,
            "token_url": simulator.token_url,
            "service_name": simulator.service_name,
            "credentials": simulator.credentials.as_dict(),
            "clusters": ids,
            "pid": os.getpid(),
        }
        line = json.dumps(facts) + "\n"
        if arguments.ready_file is not None:
            _write(arguments.ready_file, line)
        sys.stdout.write(line)
        sys.stdout.flush()
        # Looking at the parent's id works on every Unix; Linux's parent-death signal does not exist on macOS.
        while not stop.wait(0.5 if arguments.exit_with_parent else None):
            if arguments.exit_with_parent and os.getppid() != parent:
                break
    return 0


if __name__ == "__main__":
    sys.exit(main())
