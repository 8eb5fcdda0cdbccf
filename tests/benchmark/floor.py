# SPDX-License-Identifier: GPL-3.0-or-later

"""The same GETs without Ansible and without this collection: ``floor.py FORKS < JSON``, in as many threads."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx


def main() -> None:
    asked = json.load(sys.stdin)
    headers = {"Authorization": f"Bearer {asked['token']}"}
    with (
        httpx.Client(headers=headers, trust_env=False, timeout=60) as client,
        ThreadPoolExecutor(int(sys.argv[1])) as pool,
    ):
        for answer in pool.map(client.get, asked["urls"]):
            answer.raise_for_status()


if __name__ == "__main__":
    main()
