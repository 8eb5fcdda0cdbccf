# SPDX-License-Identifier: GPL-3.0-or-later

"""A job as AWX runs it: a folder of its layout for ansible-runner, from a job template, credentials and answers.

The injectors of credential types are rendered in a sandbox as AWX does it. Each answer is marked as unsafe, what the
template itself says is not.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
import tempfile
import typing as t
from pathlib import Path

import ansible_runner
import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

import awx_rules
import kept_output
import leaks
from awx_objects import Json, credential_type, job_template

_SCRIPT = """\
#!{python}
import json
print(json.dumps({inventory!r}))
"""


class Unsafe(str):
    """A text that Ansible must not take for a template."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


@dataclasses.dataclass
class Credential:
    """One of a custom type; inputs that people left blank are missing."""

    kind: str
    inputs: dict[str, str]


@dataclasses.dataclass
class Job:
    """A job that has ended."""

    status: str
    folder: Path
    events: list[Json]

    @property
    def output(self) -> str:
        return (self.folder / "stdout").read_text(encoding="utf-8")

    @property
    def artifacts(self) -> Json:
        """What the next job of a workflow gets."""
        (stats,) = [event for event in self.events if event["event"] == "playbook_on_stats"]
        return dict(stats["event_data"]["artifact_data"])

    @property
    def stats(self) -> Json:
        (stats,) = [event for event in self.events if event["event"] == "playbook_on_stats"]
        return dict(stats["event_data"])


def hosts(names: t.Mapping[str, Json], group: str) -> Json:
    """An inventory as AWX's script prints it."""
    variables = {
        name: {**given, "remote_tower_enabled": "true", "remote_tower_id": number}
        for number, (name, given) in enumerate(names.items(), 1)
    }
    return {"all": {"children": [group]}, group: {"hosts": list(names)}, "_meta": {"hostvars": variables}}


def slices(names: t.Mapping[str, Json], count: int) -> list[dict[str, Json]]:
    """The hosts of each job of a sliced template."""
    return [dict(list(names.items())[number::count]) for number in range(count)]


class Runner:
    """``run(template, ...)``: what AWX does for a launch, in folders below ``work``."""

    def __init__(self, work: Path, project: Path, collections: Path, **environment: str) -> None:
        self._work, self._project, self._collections = work, project, collections
        self._environment = environment
        self._number = 0

    def run(
        self,
        template: str,
        inventory: Json,
        credentials: t.Sequence[Credential] = (),
        answers: t.Mapping[str, t.Any] | None = None,
        **launch: t.Any,
    ) -> Job:
        """``launch`` are prompts, such as job_type and limit, and of ansible-runner ``cancel_callback``."""
        self._number += 1
        definition = job_template(template)
        problems = awx_rules.answers(definition["survey_spec"], answers or {})
        assert problems == [], problems
        folder = Path(tempfile.mkdtemp(dir=self._work, prefix=f"awx_{self._number}_"))
        shutil.copytree(self._project, folder / "project", copy_function=os.link)
        for name in ("env", "inventory", "cp"):
            (folder / name).mkdir(mode=0o700)
        (folder / "requirements_collections").symlink_to(self._collections)
        script = folder / "inventory" / "hosts"
        script.write_text(_SCRIPT.format(python=sys.executable, inventory=inventory), encoding="utf-8")
        script.chmod(0o700)
        variables = self._extra_variables(definition, answers or {})
        (folder / "env" / "extravars").write_text(yaml.dump(variables, Dumper=_Dumper), encoding="utf-8")
        (folder / "env" / "settings").write_text(json.dumps({"job_timeout": 0, "suppress_ansible_output": True}))
        (folder / "env" / "cmdline").write_text(" ".join(self._options(definition, launch)), encoding="utf-8")
        events: list[Json] = []
        ident = str(self._number)
        done = ansible_runner.interface.run(
            private_data_dir=str(folder),
            ident=ident,
            playbook=definition["playbook"],
            inventory=str(script),
            envvars={**self._variables(folder), **injected(folder, credentials)},
            suppress_env_files=True,
            fact_cache_type="jsonfile",
            event_handler=lambda event: events.append(event) is None,
            quiet=True,
            cancel_callback=launch.get("cancel_callback"),
        )
        job = Job(done.status, folder / "artifacts" / ident, events)
        kept_output.keep(job.output)
        return job

    def _variables(self, folder: Path) -> dict[str, str]:
        """The environment of a job. It has no home."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": "/dev/null",
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(folder / "requirements_collections"),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp"),
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "ANSIBLE_FORCE_COLOR": "True",
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "AWX_PRIVATE_DATA_DIR": str(folder),
            "JOB_ID": str(self._number),
            **self._environment,
        }

    def _extra_variables(self, definition: Json, answers: t.Mapping[str, t.Any]) -> Json:
        defaults = {
            question["variable"]: question["default"]
            for question in definition["survey_spec"]["spec"]
            if "default" in question
        }
        of_awx = {
            f"{name}_{member}": value
            for name in ("awx", "tower")
            for member, value in (("job_id", self._number), ("job_launch_type", "manual"), ("user_name", "{{ admin }}"))
        }
        return {**definition.get("extra_vars", {}), **unsafe({**defaults, **answers, **of_awx})}

    @staticmethod
    def _options(definition: Json, launch: t.Mapping[str, t.Any]) -> list[str]:
        for name in launch.keys() - {"cancel_callback"}:
            assert definition[f"ask_{name}_on_launch"] is True, f"{name} is not asked"
        checks = launch.get("job_type", definition["job_type"]) == "check"
        limit = ["-l", str(launch["limit"])] if launch.get("limit") else []
        verbose = ["-" + "v" * launch["verbosity"]] if launch.get("verbosity") else []
        forks = [f"--forks={definition['forks']}"]
        return [
            *(["--check"] if checks else []),
            *(["--diff"] if definition["diff_mode"] else []),
            *limit,
            *verbose,
            *forks,
        ]


def unsafe(value: t.Any) -> t.Any:
    if isinstance(value, str):
        return Unsafe(value)
    if isinstance(value, dict):
        return {unsafe(name): unsafe(member) for name, member in value.items()}
    return [unsafe(member) for member in value] if isinstance(value, list) else value


def injected(folder: Path, credentials: t.Sequence[Credential]) -> dict[str, str]:
    """The environment that credentials add; their files are in ``env``, for their owner alone."""
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    environment: dict[str, str] = {}
    for credential in credentials:
        definition = credential_type(credential.kind)
        fields = {field["id"]: "" for field in definition["inputs"]["fields"]}
        missing = [name for name in definition["inputs"]["required"] if not credential.inputs.get(name)]
        assert (missing, credential.inputs.keys() - fields.keys()) == ([], set())
        namespace: Json = {**fields, **credential.inputs}
        names = {}
        for name, template in definition["injectors"].get("file", {}).items():
            descriptor, path = tempfile.mkstemp(dir=folder / "env")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(sandbox.from_string(template).render(namespace))
            names[name.partition(".")[2]] = path
        namespace["tower"] = {"filename": names}
        for name, template in definition["injectors"].get("env", {}).items():
            environment[name] = sandbox.from_string(template).render(namespace)
    return environment


def judged(job: Job) -> Job:
    """A job that has AWX's files, and no secret in any of them."""
    assert (job.folder / "rc").is_file()
    assert list((job.folder / "job_events").glob("*.json"))
    # The file "command" is ansible-runner's own record of the environment, which AWX does not show.
    kept = [path for path in job.folder.rglob("*") if path.is_file() and path.name != "command"]
    found = [f"{path.name}: {leak}" for path in kept for leak in leaks.leaks(path.read_bytes())]
    assert found == []
    return job
