# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of what travels as JSON."""

from __future__ import annotations

import typing as t

#: A JSON object with text keys: an answer of an API, the body of a request, or a part of a result.
Json = dict[str, t.Any]
