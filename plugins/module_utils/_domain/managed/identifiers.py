# SPDX-License-Identifier: GPL-3.0-or-later

"""How the OVHcloud API names things: ids, regions and versions, read strictly before any request.

The API answers 404 or 400 to a value of another shape, with advice that leads nowhere; and it compares text, so that an
id or a region in other letters seems to be another one.
"""

from __future__ import annotations

import ipaddress
import re

from ..common.printable import quoted

#: What removes a value that a cluster has, where blank would mean that nothing is asked for.
NONE = "none"

#: Characters of a new cluster's name. The API documents no limit; 255 is that of most things with a name, and more than
#: a line of any list has room for.
LONGEST_NAME = 255
#: Letters and symbols, for Unicode, of which nothing is seen: fillers of Hangul, and braille without a dot.
_UNSEEN = " \u115f\u1160\u3164\uffa0\u2800"

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PROJECT = re.compile(r"[0-9a-f]{32}")
_REGION = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*")
_VERSION = re.compile(r"v?(?P<minor>1\.[1-9][0-9]{1,2})(?P<more>\.[0-9]+(?:[-+._].*)?)?")
_SHORT = re.compile(r"1\.[0-9]")


def kube_id(text: str) -> str:
    """The id of a cluster, as the API writes it; ValueError for anything else."""
    return _uuid(text, "the id of a cluster", "if it is the cluster's name, give it as name")


def project_id(text: str) -> str:
    """The id of a Public Cloud project; ValueError for anything else."""
    if not is_project_id(text):
        raise ValueError(
            f"{quoted(text)} is not the id of a Public Cloud project, which has 32 characters 0-9 and a-f; the control "
            "panel shows it under the project's name"
        )
    return text


def is_project_id(text: str) -> bool:
    return _PROJECT.fullmatch(text) is not None


def openstack_id(text: str) -> str:
    """The id of a network or subnet in OpenStack; ValueError for anything else."""
    remedy = "it is not the name, nor OVHcloud's own id of a private network (pn-...)"
    return _uuid(text, "an OpenStack id", remedy)


def new_name(text: str) -> str:
    """The name of a cluster that is to be created; ValueError for one that nobody can read or write again.

    Names of clusters that exist are not asked: whatever they are, they name a cluster.
    """
    if not text.isprintable():
        raise ValueError(
            f"{quoted(text)} has characters that do not print; a new cluster gets a name of letters, digits and "
            f"punctuation"
        )
    if not text.strip(_UNSEEN):
        raise ValueError(f"{text!a} has nothing that can be seen; give a new cluster a name that can be")
    if len(text) > LONGEST_NAME:
        raise ValueError(f"{quoted(text)} is too long; give a new cluster a name of at most {LONGEST_NAME} characters")
    return text


def _uuid(text: str, what: str, remedy: str) -> str:
    if not _UUID.fullmatch(text.lower()):
        raise ValueError(
            f"{quoted(text)} is not {what}, which looks like 11111111-2222-3333-4444-555555555555; {remedy}"
        )
    return text.lower()


def removable_id(text: str) -> str:
    """An id as above, or a blank text for ``none``, which removes it."""
    try:
        return "" if text == NONE else openstack_id(text)
    except ValueError as error:
        raise ValueError(f"{error}. To remove it, write {NONE!r}") from None


def gateway(text: str) -> str:
    """The address of a gateway, or a blank text for ``none``, for which the API writes one."""
    if text == NONE:
        return ""
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError(
            f"{quoted(text)} is not an IPv4 address; write one such as '10.4.0.1', or {NONE!r} for the gateway from "
            "DHCP"
        ) from None


def region(text: str) -> str:
    """The name of a region; ValueError for anything else. Which regions there are changes, and is not checked."""
    if not _REGION.fullmatch(text):
        upper = text.upper()
        remedy = f"; write {quoted(upper)}" if _REGION.fullmatch(upper) else ", such as 'GRA11' or 'EU-WEST-PAR'"
        raise ValueError(
            f"{quoted(text)} is not a region: their names have capital letters, digits and hyphens{remedy}"
        )
    return text


def minor_version(text: str) -> str:
    """The version of a creation or a reset, ``1.34``; ValueError for anything else.

    YAML reads 1.30 without quotes as the number 1.3, and no cluster of OVHcloud ever ran a version 1.0 to 1.9, so that
    such a text is never what was meant.
    """
    match = _VERSION.fullmatch(text)
    if match and text == match["minor"]:
        return text
    if _SHORT.fullmatch(text):
        raise ValueError(
            f"{text} is not a version of Managed Kubernetes; YAML reads {text}0 without quotes as the number {text}: "
            f"write it in quotes, '{text}0'"
        )
    if match:
        reason = "OVHcloud chooses the patch release" if match["more"] else "the API has no letter before it"
        raise ValueError(f"{quoted(text)} is not a minor version of Kubernetes; {reason}: write '{match['minor']}'")
    raise ValueError(f"{quoted(text)} is not a minor version of Kubernetes; write for example '1.34', in quotes")
