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


def test_a_value_is_quoted_as_it_was_written_unless_it_is_too_long_to_be_right() -> None:
    assert quoted("it's\n") == repr("it's\n")
    assert quoted("a" * 80) == repr("a" * 80)
    assert quoted("\n" * 3000) == "'" + "\\n" * 80 + "... (3000 characters)'"
