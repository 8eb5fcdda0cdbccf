# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from outside cannot forge a line or drive a terminal."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.printable import (
    printable,
    printable_lines,
    quoted,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Produktion für Zürich, 東京", "Produktion für Zürich, 東京"),
        ("prod\nFAKE TASK [ok]", "prod\\nFAKE TASK [ok]"),
        ("\x1b[31mred\r", "\\x1b[31mred\\r"),
        ("abc\u202egnp.exe\u2028", "abc\\u202egnp.exe\\u2028"),
        ("lone \udcff", "lone \\udcff"),
    ],
)
def test_what_does_not_print_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_line_ends_and_tabs_of_a_log_stay() -> None:
    assert printable_lines("one\n\ttwo\x07\r\n") == "one\n\ttwo\\x07\\r\n"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert printable("a" * 300, 10) == "aaaaaaaaaa... (300 characters)"
    assert printable("a" * 10, 10) == "aaaaaaaaaa"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("GRA11", "'GRA11'"),
        ("it's", '"it\'s"'),
        ("\x1b[31m\n\u202e\u200b", r"'\x1b[31m\n\u202e\u200b'"),
        ("y" * 80, repr("y" * 80)),
        ("y" * 81, f"{'y' * 80!r}... (81 characters)"),
        (5, "5"),
        (["a"], "['a']"),
    ],
)
def test_a_value_is_quoted_on_one_line_and_within_a_bound(value: object, shown: str) -> None:
    assert quoted(value) == shown


def test_a_long_value_that_is_no_text_is_cut() -> None:
    assert len(quoted(["y" * 1000])) < 120
