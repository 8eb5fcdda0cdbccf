# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that work for OVHcloud's own clients are read here too, and no line is ever quoted."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.ovh_conf import FormatError, parse

PLAIN = """[default]
endpoint=ovh-eu

[ovh-eu]
application_key=abc
application_secret=xyz
consumer_key=ghi
"""
EXPECTED = {
    "default": {"endpoint": "ovh-eu"},
    "ovh-eu": {"application_key": "abc", "application_secret": "xyz", "consumer_key": "ghi"},
}


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("[default]", ";[default]"),
        PLAIN.replace("[default]", "# [default]"),
        PLAIN.replace("[default]\n", ""),
        PLAIN.replace("=", " : "),
        PLAIN.replace("application_key", "Application_Key"),
        PLAIN.replace("abc", '"abc"').replace("xyz", "'xyz'").replace("ghi", "`ghi`"),
        PLAIN.replace("abc", '"""abc"""'),
        PLAIN.replace("abc", '"abc"  ; production'),
        PLAIN.replace("abc", "abc ; production").replace("xyz", "xyz # it's secret"),
        PLAIN.replace("abc", "abc;production"),
        PLAIN.replace("[ovh-eu]", "[ovh-eu] ; production"),
        PLAIN.replace("application_", "   application_"),
        PLAIN.replace("consumer", "\n  # consumer_key=old\n  ; [ovh-ca]\n;application_key=other\nconsumer"),
    ],
)
def test_ways_to_write_the_same(text: str) -> None:
    assert parse(text) == EXPECTED


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ('"a;b"', "a;b"),
        ("'a#b' # c", "a#b"),
        ('"it\'s"', "it's"),
        ('"half', '"half'),
        ('a"b"', 'a"b"'),
        ('""', ""),
        ("; nothing", ""),
        ("a=b:c", "a=b:c"),
        ("100%(plain)", "100%(plain)"),
    ],
)
def test_values(value: str, read: str) -> None:
    assert parse(f"[a]\nx = {value}") == {"a": {"x": read}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hunter2", "line 1 is neither"),
        ("[a]\n\nhunter2", "line 3 is neither"),
        ("[a]\n=hunter2", "line 2 is neither"),
        ("[hunter2", "line 1 begins like a section"),
        ("[a]\nx=1\nx=hunter2", "line 3 gives a name a second value"),
        ("[a]\nx=1\n;[b]\nx=hunter2", "header is commented out"),
        ("[a]\nx=1\n[a]\ny=hunter2", "line 3 begins a section that there is already"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse(text)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)
