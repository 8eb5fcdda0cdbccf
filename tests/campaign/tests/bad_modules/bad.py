# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that creates a cluster and does one thing wrong: what the option ``habit`` says."""

from __future__ import annotations

import base64
import json
import sys
import time
import typing as t
import urllib.error
import urllib.request
from pathlib import Path


def main() -> None:
    from ansible.module_utils import basic

    # Without AnsibleModule, which would not let it misbehave.
    Bad(dict(basic._load_params())).run()


class Bad:
    def __init__(self, options: dict[str, t.Any]) -> None:
        self._options = options
        self._habit = options["habit"]
        self._changed = False

    def run(self) -> t.NoReturn:
        try:
            self._create()
        except OSError as error:
            self._end(error)
        self._end(None)

    def _create(self) -> None:
        if self._habit == "waits for ever":
            while True:
                time.sleep(60)
        ids = self._call("GET", "/kube")
        names = [self._call("GET", f"/kube/{kube_id}")["name"] for kube_id in ids]
        if self._options["name"] in names and self._habit != "never looks":
            return
        if self._options["_ansible_check_mode"] and self._habit != "ignores check mode":
            return
        self._post()

    def _post(self) -> None:
        body = {"name": self._options["name"], "region": "GRA11", "version": "1.34", "kubeProxyMode": "ipvs"}
        try:
            self._call("POST", "/kube", body)
        except OSError:
            if self._habit != "repeats":
                raise
            self._call("POST", "/kube", body)
        self._changed = self._habit != "denies the change"
        self._call("GET", "/kube")

    def _call(self, method: str, path: str, body: t.Any = None) -> t.Any:
        request = urllib.request.Request(  # noqa: S310
            f"{self._options['endpoint']}/cloud/project/{self._options['service_name']}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._options['access_token']}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
            content = response.read()
        return json.loads(content)

    def _end(self, error: OSError | None) -> t.NoReturn:
        result: dict[str, t.Any] = {"changed": self._changed}
        if error is not None:
            query_id = error.headers["x-ovh-queryid"] if isinstance(error, urllib.error.HTTPError) else None
            said = f"HTTP error {error}" if self._habit == "forgets the query id" else f"{error}, query id {query_id}"
            result.update(failed=True, msg=said)
        if self._habit == "tells":
            result["msg"] = base64.b64encode(self._options["access_token"].encode()).decode()
        if self._habit == "writes":
            Path(self._options["dest"]).write_text("kubeconfig")
        sys.stdout.write(json.dumps(result))
        sys.exit(int(error is not None))
