# SPDX-License-Identifier: GPL-3.0-or-later

"""The version of the collection."""

from __future__ import annotations

#: Version of the collection as the API sees it; ``galaxy.yml`` is not shipped to the managed host.
VERSION = "0.1.0"
