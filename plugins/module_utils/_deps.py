# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

"""Third-party libraries of this collection.

Every other file imports them from here, so that a missing library becomes a sentence from the module and never a
traceback at import, which the sanity test ``import`` would also refuse.
"""

from __future__ import annotations

import importlib.metadata
import traceback

__all__ = ["MINIMUM", "httpx", "isodate", "missing", "yaml"]

#: Oldest supported releases, the same as in ``meta/ee-requirements.txt``.
MINIMUM = {"PyYAML": "6.0", "httpx": "0.27.0", "isodate": "0.6.1", "kubernetes": "31.0.0"}

# Where the name to import is another than that of the distribution.
_MODULE = {"PyYAML": "yaml"}

_import_failures: dict[str, str] = {}

try:
    import httpx
except ImportError:
    httpx = None  # type: ignore[assignment]
    _import_failures["httpx"] = traceback.format_exc()

try:
    import isodate
except ImportError:
    isodate = None  # type: ignore[assignment]
    _import_failures["isodate"] = traceback.format_exc()

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]
    _import_failures["PyYAML"] = traceback.format_exc()


def missing(*names: str) -> list[tuple[str, str]]:
    """Those of the named libraries that cannot be used here: requirement, and why as a traceback or a sentence."""
    found = []
    for name in names:
        reason = _import_failures.get(name) or _unfit(name)
        if reason:
            found.append((f"{name} >= {MINIMUM[name]}", reason))
    return found


def _unfit(name: str) -> str | None:
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        # A library that imports without distribution metadata was put there by hand (zipapp, distribution package):
        # its version cannot be told, which is no reason to refuse it.
        return None if globals().get(_MODULE.get(name, name)) is not None else traceback.format_exc()
    # Imported here: who needs only the libraries shall not need Ansible.
    from ansible.module_utils.compat.version import LooseVersion

    if LooseVersion(installed) < LooseVersion(MINIMUM[name]):
        return f"{name} {installed} is installed and too old."
    return None
