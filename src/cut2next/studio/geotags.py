"""Pictures without the place that they were taken at: a camera's GPS is nobody's business.

What else a PNG or JPEG says stays, to the byte where it says no place. What lies behind the picture
goes with it, since a phone's film or preview tells the place as well.
"""

import re
import warnings
from collections.abc import Iterator
from zlib import crc32

from PIL import ExifTags, Image

from cut2next.film.keyframe import DAMAGE, picture_kind

_SIGNATURE = 8
"""Bytes that a PNG begins with."""
_PROFILES = b"Raw profile type "
"""How keys of text begin under which some programs put EXIF and XMP into a PNG, in hex."""
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_XMP_KEY = b"XML:com.adobe.xmp"
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_XMP_MORE = b"http://ns.adobe.com/xmp/extension/\0"
_PREVIEWS = b"MPF\0"
_APP1, _APP2 = 0xE1, 0xE2
_NOTES = (*range(0xE0, 0xF0), 0xFE)
"""Segments that a decoder can do without, or nearly."""
_SCAN, _END = 0xDA, 0xD9
_NEXT = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
"""A marker within a scan other than those that restart it."""
_WORD = rb"(?i:gps|latitude|longt?itude)"
"""In the names of what tells a place, those of drones too, one of which is spelt so."""
_NAME = rb"(?<![\w.-])(?!xmlns:)[\w.-]+:\w*" + _WORD + rb"\w*"
_PLACE = re.compile(
    rb"\s" + _NAME + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')"
    rb"|<(" + _NAME + rb")(?=[\s/>])[^<>]*(?:(?<=/)>|>[^<]*</\1\s*>)"
)
"""A property of XMP, as an attribute or an element."""
_OTHER = re.compile(rb"(?i)gps_?(?:latitude|longitude)")
"""Somewhere in what is neither EXIF nor XMP."""
_LONGEST = 65_533
"""Bytes of a JPEG's segment."""


def without_place(data: bytes) -> bytes | None:
    """A PNG or JPEG, which was decoded, without GPS; None where its parts cannot be told apart."""
    clean = _png if picture_kind(data) == "png" else _jpeg
    try:
        return b"".join(clean(data))
    except (IndexError, ValueError):
        return None


def _png(data: bytes) -> Iterator[bytes]:
    yield data[:_SIGNATURE]
    at, kind = _SIGNATURE, b""
    while kind != b"IEND":
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        body, at = data[at + 8 : at + 8 + length], at + 12 + length
        if at > len(data):
            raise ValueError("a chunk that is cut short")
        if (kept := _chunk(kind, body)) is not None:
            yield len(kept).to_bytes(4) + kind + kept + crc32(kind + kept).to_bytes(4)


def _chunk(kind: bytes, body: bytes) -> bytes | None:
    """What of a PNG's chunk is kept."""
    if kind == b"eXIf":
        return _exif(body)
    if kind not in _TEXTS:
        return None if kind[:1].islower() and _OTHER.search(body) else body
    key, _, text = body.partition(b"\0")
    if key == _XMP_KEY:
        # Whether it is packed, and how; then two names, each to its zero.
        parts = text[2:].split(b"\0", 2)
        xmp = _xmp(parts[2]) if text[:1] == b"\0" and len(parts) > 2 else None
        return None if xmp is None else body[: len(body) - len(parts[2])] + xmp
    return None if key.startswith(_PROFILES) or re.search(_WORD, key) else body


def _jpeg(data: bytes) -> Iterator[bytes]:
    yield data[:2]
    at = 2
    while True:
        marker, at = _marker(data, at)
        if marker == _END:
            yield b"\xff\xd9"
            return
        end = at + int.from_bytes(data[at : at + 2])
        if not at + 2 <= end <= len(data):
            raise ValueError("a segment that is cut short")
        kept = _segment(marker, data[at + 2 : end])
        if kept is not None:
            yield bytes([0xFF, marker]) + (len(kept) + 2).to_bytes(2) + kept
        at = end
        if marker == _SCAN:
            found = _NEXT.search(data, at)
            if found is None:
                raise ValueError("no end")
            yield data[at : found.start()]
            at = found.start()


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at a place, before which there may be any number of 0xff, and where it ends."""
    if data[at] != 0xFF:
        raise ValueError("no marker")
    while data[at] == 0xFF:
        at += 1
    return data[at], at + 1


def _segment(marker: int, body: bytes) -> bytes | None:
    """What of a JPEG's segment is kept."""
    if marker == _APP2 and body.startswith(_PREVIEWS):
        return None
    if marker == _APP1 and body.startswith(_EXIF):
        kept = _exif(body[len(_EXIF) :])
        return None if kept is None or len(kept) + len(_EXIF) > _LONGEST else _EXIF + kept
    if marker == _APP1 and body.startswith(_XMP):
        kept = _xmp(body[len(_XMP) :])
        return None if kept is None else _XMP + kept
    # Of XMP too long for one segment the rest comes in pieces, cut anywhere.
    is_more = marker == _APP1 and body.startswith(_XMP_MORE)
    return None if is_more or (marker in _NOTES and _OTHER.search(body)) else body


def _exif(body: bytes) -> bytes | None:
    """EXIF without GPS; None where it cannot be read."""
    exif = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of tags that a camera has written in its own way
            exif.load(body)
            if ExifTags.IFD.GPSInfo not in exif:
                return body
            del exif[ExifTags.IFD.GPSInfo]
            return exif.tobytes().removeprefix(_EXIF)
    except (*DAMAGE, TypeError, AttributeError, OverflowError):
        return None


def _xmp(body: bytes) -> bytes | None:
    """XMP without a place; None where more of one is in it than can be cut out."""
    kept = _PLACE.sub(b"", body)
    return None if b"\0" in kept or re.search(_NAME, kept) else kept
