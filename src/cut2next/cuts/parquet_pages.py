"""What a Parquet file takes in memory, by what its pages say, before one of them is decoded.

A page of some bytes may stand for gigabytes: zeros that were compressed, one text that a list names
a million times. Arrow makes whatever it is told to, so the header of every page is read here first
(`parquet.thrift`, in Thrift's compact protocol; the footer may lie about them).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import pyarrow

_BYTES = 64_000_000
_BYTES_A_BYTE = 4
"""What may come of a file: so many bytes, and this many of each of its own. Pictures, which are
nearly all of a set, are compressed already; texts become a few times as long."""
_VALUES = 1_000_000
"""Numbers, texts and nothings of all columns: so many, and one for each byte."""
_ROWS = 8
"""Decoded at once, where nothing is large."""
_HEADERS = (256, 65_536)
"""Bytes in which a header is looked for; with its statistics it may be long."""
_DICTIONARY = 2
_PREFIXES = 7
"""`PageType.DICTIONARY_PAGE`, and `Encoding.DELTA_BYTE_ARRAY`: each text by the one before it."""
_CODECS = {name.upper(): name for name in ("snappy", "gzip", "brotli", "zstd")}

Fields = dict[int, Any]


class Page(NamedTuple):
    """What a page says of itself."""

    dictionary: bool
    start: int
    """Where its contents begin in the file."""
    stored: int
    size: int
    """Bytes: in the file, and when they are unpacked."""
    values: int
    encoding: int


def rows_at_once(path: Path, file: Any) -> int:
    """How many rows of an opened file to decode at once.

    Raises ValueError, saying why, for a file that takes more memory than one of its size should.
    """
    metadata, length = file.metadata, path.stat().st_size
    if metadata.num_rows > length:
        raise ValueError("tells of more rows than it has bytes")
    budget = _BYTES + _BYTES_A_BYTE * length
    unpacked = values = largest = 0
    with path.open("rb") as raw:
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            told = [_column(raw, group.column(at), file.schema.column(at), budget)
                    for at in range(group.num_columns)]  # fmt: skip
            unpacked += sum(each[0] for each in told)
            values += sum(each[1] for each in told)
            largest = max(largest, sum(each[2] for each in told))
            if unpacked > budget or sum(each[3] for each in told) > budget:
                raise ValueError("would take far more memory than its size lets expect")
            if values > _VALUES + length:
                raise ValueError("holds more values than its size lets expect")
    return max(1, min(_ROWS, _BYTES // max(largest, 1)))


def _column(raw: IO[bytes], chunk: Any, leaf: Any, budget: int) -> tuple[int, int, int, int]:
    """Of a column in a group of rows: bytes unpacked, values, and what its dictionary may become.

    That is for each row, and where one row has many values, in all.
    """
    pages = list(_pages(raw, chunk))
    dictionary = sum(page.size for page in pages if page.dictionary)
    values = sum(page.values for page in pages if not page.dictionary)
    if any(page.encoding == _PREFIXES for page in pages):
        raise ValueError("stores texts by their beginnings, which is not read")
    unpacked = sum(page.size for page in pages)
    if not leaf.max_repetition_level:
        return unpacked, values, dictionary, 0
    spread = dictionary * values
    if spread > budget // 100:  # else nothing need be unpacked to know enough
        longest = (_longest(raw, page, chunk.compression) for page in pages if page.dictionary)
        spread = max(longest, default=0) * values
    return unpacked, values, 0, spread


def _longest(raw: IO[bytes], page: Page, codec: str) -> int:
    """The longest text of a dictionary; its whole size where that cannot be told."""
    raw.seek(page.start)
    data = raw.read(page.stored)
    try:
        if codec != "UNCOMPRESSED":
            data = pyarrow.decompress(data, page.size, _CODECS[codec], asbytes=True)
        longest = at = 0
        while at < len(data):
            length = int.from_bytes(data[at : at + 4], "little")
            longest, at = max(longest, length), at + 4 + length
    except (KeyError, ValueError, OSError, pyarrow.ArrowException):
        return page.size
    return min(longest, page.size)


def _pages(raw: IO[bytes], chunk: Any) -> Iterator[Page]:
    at = min(filter(None, (chunk.dictionary_page_offset, chunk.data_page_offset)), default=0)
    end = at + chunk.total_compressed_size
    while at < end:
        fields, length = _header(raw, at)
        kind = fields.get(1, -1)
        about = fields.get({0: 5, _DICTIONARY: 7, 3: 8}.get(kind, 0)) or {}
        page = Page(
            dictionary=kind == _DICTIONARY,
            start=at + length,
            stored=fields.get(3, -1),
            size=fields.get(2, -1),
            values=about.get(1, 0),
            # In pages of the newer kind it stands behind the counts of values, holes and rows.
            encoding=about.get(4 if kind == 3 else 2, 0),
        )
        if min(page.stored, page.size, page.values) < 0 or page.start + page.stored > end:
            raise ValueError("has pages that do not fit")
        at = page.start + page.stored
        yield page


def _header(raw: IO[bytes], at: int) -> tuple[Fields, int]:
    """The fields of the header at a place, by number, and its length."""
    for window in _HEADERS:
        raw.seek(at)
        try:
            return _struct(raw.read(window), 0)
        except IndexError:  # longer than that, or cut short
            continue
        except (TypeError, RecursionError) as error:
            raise ValueError("has damaged pages") from error
    raise ValueError("has damaged pages")


def _struct(data: bytes, at: int) -> tuple[Fields, int]:
    fields: Fields = {}
    number = 0
    while head := data[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            number, at = _signed(data, at)
        kind = head & 15
        if kind in (1, 2):  # true and false lie in the head itself
            fields[number] = kind == 1
        else:
            fields[number], at = _value(data, at, kind)
    return fields, at + 1


def _value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    """A value of one of Thrift's kinds, and where the next one begins; texts are passed over."""
    if kind in (1, 2, 3):
        return data[at], at + 1
    if kind in (4, 5, 6):
        return _signed(data, at)
    if kind == 7:
        return None, at + 8
    if kind == 8:
        length, at = _varint(data, at)
        return None, at + length
    if kind in (9, 10):
        return None, _past_list(data, at)
    if kind == 12:
        return _struct(data, at)
    raise TypeError(kind)


def _past_list(data: bytes, at: int) -> int:
    count, kind, at = data[at] >> 4, data[at] & 15, at + 1
    if count == 15:
        count, at = _varint(data, at)
    for _ in range(count):
        _, at = _value(data, at, kind)
    return at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while (byte := data[at]) & 128:
        value |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
    return value | byte << shift, at + 1


def _signed(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return value >> 1 ^ -(value & 1), at
