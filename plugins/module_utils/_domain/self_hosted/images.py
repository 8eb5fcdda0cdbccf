# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of container images: ``registry/path/name:tag@digest``, of which all but the name may be missing."""

from __future__ import annotations


def image_name(image: str) -> str:
    """The last part of the path, such as ``kube-proxy``."""
    return _last_part(image).partition(":")[0]


def image_tag(image: str) -> str:
    """Such as ``v1.34.9``; blank when there is none (a digest alone)."""
    return _last_part(image).partition(":")[2]


def _last_part(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2]
