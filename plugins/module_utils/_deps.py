# SPDX-License-Identifier: GPL-3.0-or-later

"""Third-party libraries of this collection: no other file imports one.

So a missing library becomes a sentence from the module and never a traceback at import, which the sanity test
``import`` would also refuse. There are two ways to use a library from here:

- ``from .._deps import httpx`` for those of which a file needs the names. They are imported with the first file that
  says so, and None where they are missing.
- ``from .. import _deps`` and ``_deps.kubernetes`` at the place of use for the Kubernetes client and what it is built
  on. They are imported on first use: that takes about a second, and most modules talk to no API server.

Nothing is imported with this file itself: Ansible loads the filters of the roles anew for most tasks.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import traceback
import types
import typing as t

if t.TYPE_CHECKING:
    import httpx
    import isodate
    import kubernetes
    import urllib3
    import websocket
    import yaml

__all__ = [
    "MINIMUM",
    "httpx",
    "isodate",
    "kubernetes",
    "load",
    "missing",
    "private_copy",
    "urllib3",
    "websocket",
    "yaml",
]

#: Oldest supported releases, the same as in ``meta/ee-requirements.txt``.
MINIMUM = {"PyYAML": "6.0", "httpx": "0.27.0", "isodate": "0.6.1", "kubernetes": "31.0.0"}

#: Packages imported on first use, and those parts of them that are used and that the package itself may not import.
_ON_FIRST_USE: t.Mapping[str, tuple[str, ...]] = {
    "kubernetes": ("kubernetes.client", "kubernetes.config", "kubernetes.stream"),
    "urllib3": ("urllib3.exceptions", "urllib3.util.retry"),
    "websocket": (),
}

#: Modules that are None where they are missing.
_OR_NONE = ("httpx", "isodate", "yaml")

#: What libraries import themselves when they are used for the first time.
_LATER: t.Mapping[str, tuple[str, ...]] = {
    "httpx": ("httpcore", "encodings.idna"),
    "kubernetes": (*_ON_FIRST_USE["kubernetes"], *_ON_FIRST_USE["urllib3"], "websocket"),
}

# Where the name to import is another than that of the distribution.
_MODULE = {"PyYAML": "yaml"}


def __getattr__(name: str) -> types.ModuleType | None:
    """Import a library on first use (PEP 562); raises ImportError for a missing one that cannot be None."""
    if name not in _OR_NONE and name not in _ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        library = importlib.import_module(name)
        for part in _ON_FIRST_USE.get(name, ()):
            importlib.import_module(part)
    except ImportError:
        if name not in _OR_NONE:
            raise
        library = None
    globals()[name] = library
    return library


def private_copy(name: str) -> t.Any:
    """A module of a library, executed a second time for the caller alone; nobody else sees what is changed in it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


def load(*names: str) -> list[tuple[str, str]]:
    """Import the named libraries, and what they import themselves on first use, so that forks have it all.

    Returns those that cannot be used, as :func:`missing` does.
    """
    lacking = missing(*names)
    if not lacking:
        for part in (part for name in names for part in _LATER.get(name, ())):
            # Where it is missing, the library does without, or says so when it is used.
            with contextlib.suppress(ImportError):
                importlib.import_module(part)
    return lacking


def missing(*names: str) -> list[tuple[str, str]]:
    """Those of the named libraries that cannot be used here: requirement, and why as a traceback or a sentence."""
    found = []
    for name in names:
        reason = _import_failure(name) or _too_old(name)
        if reason:
            found.append((f"{name} >= {MINIMUM[name]}", reason))
    return found


def _import_failure(name: str) -> str | None:
    try:
        importlib.import_module(_MODULE.get(name, name))
    except ImportError:
        return traceback.format_exc()
    return None


def _too_old(name: str) -> str | None:
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        # A library that imports without distribution metadata was put there by hand (zipapp, distribution package):
        # its version is unknown, which is no reason to refuse it.
        return None
    # Imported here: who needs only the libraries does not need Ansible.
    from ansible.module_utils.compat.version import LooseVersion

    if LooseVersion(installed) < LooseVersion(MINIMUM[name]):
        return f"{name} {installed} is installed and too old."
    return None
