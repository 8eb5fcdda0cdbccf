# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the settings of a connection come from: options before environment variables before sections of an ovh.conf.

The lookup follows OVHcloud's own clients so that an ``ovh.conf`` made for them works here. It departs from them in two
points: ``./ovh.conf`` is not read, because the working directory of a module is not the user's choice, and blank values
count as not set.
"""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, field

from ..._domain.common.blank import is_blank
from ..._domain.common.file_names import is_content, no_such_file, shown_name
from ..failures import ConfigurationError
from ..local import regular_files
from . import ovh_conf

#: Option -> environment variable that stands in for it.
ENVIRONMENT: t.Final[dict[str, str]] = {
    "endpoint": "OVH_ENDPOINT",
    "application_key": "OVH_APPLICATION_KEY",
    "application_secret": "OVH_APPLICATION_SECRET",
    "consumer_key": "OVH_CONSUMER_KEY",
    "client_id": "OVH_CLIENT_ID",
    "client_secret": "OVH_CLIENT_SECRET",
    "access_token": "OVH_ACCESS_TOKEN",
    "service_name": "OVH_CLOUD_PROJECT_SERVICE",
    "token_url": "OVH_TOKEN_URL",
}

#: Files read when no ``config_file`` is given; the first one that has a value wins.
DEFAULT_FILES: t.Final = ("~/.ovh.conf", "/etc/ovh.conf")


@dataclass(frozen=True)
class Source:
    """The values set in one place, without blanks around them; ``name_of`` names the place of one in messages."""

    values: dict[str, str] = field(repr=False)
    name_of: t.Callable[[str], str]


def of_options(options: t.Mapping[str, t.Any]) -> Source:
    """The options of the task."""
    return Source(_set_values(options.items()), lambda name: f"option {name}")


def of_environment(environ: t.Mapping[str, str]) -> Source:
    """The environment variables that stand in for options."""
    values = _set_values((name, environ.get(variable)) for name, variable in ENVIRONMENT.items())
    return Source(values, lambda name: f"environment variable {ENVIRONMENT[name]}")


def first(name: str, layers: t.Iterable[Source], origins: dict[str, str]) -> str | None:
    """The value in the first layer that has one, or None; notes in ``origins`` where it came from."""
    for layer in layers:
        if name in layer.values:
            origins[name] = layer.name_of(name)
            return layer.values[name]
    return None


class ConfigFiles(t.NamedTuple):
    """The configuration files of one task."""

    parsed: list[tuple[str, ovh_conf.Sections]]
    #: Every file looked for, with the reason where it could not be used.
    looked_for: list[str]

    def places(self) -> str:
        """How messages name the files."""
        return " or ".join(self.looked_for)

    def sections(self, names: t.Sequence[str]) -> list[Source]:
        """The named sections of every file, most important first: by file, then by name."""
        return [
            Source(_set_values(sections[name].items()), _section_namer(path, name))
            for path, sections in self.parsed
            for name in names
            if name in sections
        ]


def read_text(path: str) -> str | None:
    """The text of a configuration file, ``None`` when there is no such file; ``~`` is the user's home."""
    try:
        return regular_files.read(os.path.expanduser(path)).decode()
    except (FileNotFoundError, NotADirectoryError):
        return None


def read_config_files(config_file: str | None, read_file: t.Callable[[str], str | None]) -> ConfigFiles:
    """The named file, or those of DEFAULT_FILES that can be read.

    Raises ConfigurationError for a named file that cannot be read, and for any file that cannot be parsed.
    """
    files = ConfigFiles([], [])
    for path in (config_file,) if config_file else DEFAULT_FILES:
        try:
            text = read_file(path)
        except (OSError, ValueError) as exc:
            why = exc.strerror if isinstance(exc, OSError) and exc.strerror else "not UTF-8 text"
            if config_file and is_content(path):
                raise ConfigurationError(f"{no_such_file('config_file', path)}.", "config_file") from None
            if config_file:
                raise ConfigurationError(f"{shown_name(path)} cannot be read: {why}.", "config_file") from None
            files.looked_for.append(f"{path} (cannot be read: {why})")
            continue
        if text is None:
            if config_file:
                raise ConfigurationError(f"{no_such_file('config_file', path)}.", "config_file")
            files.looked_for.append(f"{path} (does not exist)")
            continue
        files.looked_for.append(shown_name(path))
        files.parsed.append((path, _parse(path, text)))
    return files


def _set_values(pairs: t.Iterable[tuple[str, t.Any]]) -> dict[str, str]:
    return {name: value.strip() for name, value in pairs if isinstance(value, str) and not is_blank(value)}


def _section_namer(path: str, section: str) -> t.Callable[[str], str]:
    return lambda name: f"{name} in section [{section}] of {shown_name(path)}"


def _parse(path: str, text: str) -> ovh_conf.Sections:
    try:
        return ovh_conf.parse(text)
    except ovh_conf.FormatError as error:
        raise ConfigurationError(
            f"{shown_name(path)}, {error}. An ovh.conf has sections in square brackets with lines name=value, and no"
            " section and no name twice.",
            "config_file",
        ) from None
