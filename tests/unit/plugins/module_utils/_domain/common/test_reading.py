# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON from outside: a value of the expected types, or one error that says what is odd."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.reading import (
    DEPTH,
    MalformedError,
    Members,
    NotJsonError,
    a_list_of,
    an_object,
    decode,
)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": [1, 2.5, "\xc3\xa9", null, true]}', {"a": [1, 2.5, "é", None, True]}),
        (b"\xef\xbb\xbf[]", []),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"-9223372036854775808", -(2**63)),
        (b"[" * DEPTH + b"]" * DEPTH, None),
    ],
)
def test_json_is_read(content: bytes, value: t.Any) -> None:
    assert decode(content) == (json.loads(content) if value is None else value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[NaN]", "it has NaN where a number is expected"),
        (b"-Infinity", "it has -Infinity where a number is expected"),
        (b"1e400", "it has a number that is too large"),
        (b"1" + b"0" * 400, "it has a number of 401 digits"),
        (b'["a", {"\\ud800": 1}]', "it has a text with half a surrogate pair, which is no Unicode"),
        (b'{"id\\u001b": 1, "id\\u001b": 2}', "it has id\\x1b twice in one object"),
        (b'["' + b"n" * 65_537 + b'"]', "it has a text of 65,537 characters, and at most 65,536 are read"),
        (b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1), f"it has more than {DEPTH} levels of objects and lists"),
    ],
)
def test_json_that_not_everybody_reads_alike_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(MalformedError) as caught:
        decode(content)
    assert str(caught.value) == why
    assert not isinstance(caught.value, NotJsonError)


@pytest.mark.parametrize("content", [b"", b"<html>", b"{", b"\xff", '"a"'.encode("utf-16"), b"[" * 300_000, b"'a'"])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(NotJsonError):
        decode(content)


@seed(10)
@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=60)
    | st.text(alphabet='{}[]",:0eE.-+\\u dnulNaIfity\ud800', max_size=60).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    )
)
def test_any_bytes_are_a_value_or_one_error(content: bytes) -> None:
    try:
        value = decode(content)
    except MalformedError:
        return
    assert json.loads(json.dumps(value)) == value


def test_members_are_read_by_their_types() -> None:
    members = Members.of({"name": "a", "flag": True, "count": 3, "names": ["b"], "inner": {"x": 1}, "null": None})
    assert members.text("name") == "a"
    assert members.maybe_flag("flag") is True
    assert members.maybe_count("count") == 3
    assert members.maybe_texts("names") == ["b"]
    inner = members.maybe_object("inner")
    assert inner is not None
    assert inner.rest("y") == {"x": 1}
    absent = (members.maybe_text, members.maybe_flag, members.maybe_count, members.maybe_texts, members.maybe_object)
    assert [read(name) for read in absent for name in ("null", "absent")] == [None] * 10


@pytest.mark.parametrize(
    ("read", "why"),
    [
        (lambda members: members.text("absent"), "the answer has no absent"),
        (lambda members: members.text("blank"), "the answer has no blank"),
        (lambda members: members.text("count"), "count of the answer is a number where a string is expected"),
        (lambda members: members.maybe_count("flag"), "flag of the answer is true or false where a number is expected"),
        (
            lambda members: members.maybe_flag("count"),
            "count of the answer is a number where true or false is expected",
        ),
        (lambda members: members.maybe_texts("mixed"), "mixed of the answer contains a number where a string"),
        (lambda members: members.maybe_object("mixed"), "mixed of the answer is a list where an object is expected"),
        (lambda members: members.number("blank"), "blank of the answer is a string where a number is expected"),
        (lambda members: members.flag("absent"), "absent of the answer is nothing where true or false is expected"),
    ],
)
def test_a_member_of_another_type_is_named(read: t.Callable[[Members], t.Any], why: str) -> None:
    with pytest.raises(MalformedError, match=why):
        read(Members.of({"blank": " ", "count": 1, "flag": True, "mixed": ["a", 1]}))


@pytest.mark.parametrize("value", [None, [], "text", 1, True])
def test_what_is_no_object_is_refused(value: t.Any) -> None:
    for read in (Members.of, an_object):
        with pytest.raises(MalformedError, match="where an object is expected"):
            read(value)


@pytest.mark.parametrize("value", [None, {}, "text", [1], [None], [["a"]]])
def test_what_is_no_list_of_texts_is_refused(value: t.Any) -> None:
    with pytest.raises(MalformedError, match="where a list of strings is expected"):
        a_list_of(str, "a list of strings")(value)


def test_texts_that_would_fill_results_and_logs_are_refused() -> None:
    fitting, longer = "n" * 1024, "n" * 1025
    members = Members.of({"name": longer, "names": ["a", longer]}, "node 1 of the answer")
    assert Members.of({"name": fitting}).text("name") == fitting
    assert members.maybe_text("name", 1025) == longer
    assert a_list_of(str, "a list of strings")([fitting]) == [fitting]
    cases: list[tuple[t.Callable[[], object], str]] = [
        (lambda: members.text("name"), "name of node 1 of the answer has 1,025 characters, and at most 1,024 are read"),
        (lambda: members.maybe_texts("names"), "names of node 1 of the answer contains a text of 1,025 characters"),
        (lambda: a_list_of(str, "a list of strings")([longer]), "the answer contains a text of 1,025 characters"),
    ]
    for read, why in cases:
        with pytest.raises(MalformedError) as caught:
            read()
        assert str(caught.value).startswith(why)
