# SPDX-License-Identifier: GPL-3.0-or-later

"""Bodies of answers, read up to a limit.

A megabyte of gzip can hold a gigabyte, and a server can send for ever: what is read is counted after unpacking, and
reading stops at the limit.
"""

from __future__ import annotations

import typing as t
import zlib

from .._domain.common.printable import printable
from .._domain.common.reading import MalformedError

#: Bytes of an answer that is used. The longest that the APIs give are lists, of some hundred bytes an item.
ANSWER_LIMIT: t.Final = 8 * 1024 * 1024
#: Bytes of an answer that is only quoted.
ERROR_LIMIT: t.Final = 64 * 1024


class Body(t.NamedTuple):
    """``whole`` is false for one that was longer than the limit, of which the content is the beginning."""

    content: bytes
    whole: bool


def read_body(chunks: t.Iterable[bytes], coding: str | None, limit: int) -> Body:
    """The body that comes in these chunks, unpacked; ``coding`` is the header ``Content-Encoding``.

    Raises MalformedError for a coding that is not known here and for what cannot be unpacked.
    """
    content = bytearray()
    unpack = _unpacker(coding)
    for chunk in chunks:
        content += chunk if unpack is None else unpack.take(chunk, limit + 1 - len(content))
        if len(content) > limit:
            return Body(bytes(content[:limit]), False)
    if unpack is not None:
        unpack.finish()
    return Body(bytes(content), True)


def _unpacker(coding: str | None) -> _Unpacker | None:
    name = (coding or "").strip().lower()
    if name in ("", "identity"):
        return None
    if name in ("gzip", "x-gzip", "deflate"):
        return _Unpacker()
    raise MalformedError(f"it is packed as {printable(name, 40)}, which was not asked for")


class _Unpacker:
    def __init__(self) -> None:
        # 32: the header says whether it is gzip or zlib.
        self._zlib = zlib.decompressobj(32 + zlib.MAX_WBITS)
        self._begun = False

    def take(self, chunk: bytes, room: int) -> bytes:
        self._begun = self._begun or bool(chunk)
        try:
            return self._zlib.decompress(chunk, room)
        except zlib.error:
            raise MalformedError("it cannot be unpacked") from None

    def finish(self) -> None:
        if self._begun and not self._zlib.eof:
            raise MalformedError("it is packed and ends in the middle")
