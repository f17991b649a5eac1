"""No place leaves with a picture; all else that it says does, and every pixel."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from cut2next.studio.geotags import without_place
from cut2next.studio.pictures import PictureFolder

PACKET = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="52,31.2N" drone-dji:GpsLongtitude='13'
 drone-dji:Latitude="+52.52"
 exif:GPSVersionID="2.2.0.0" xmp:Rating="5"><exif:GPSLongitude>13,24.5E</exif:GPSLongitude>
<exif:GPSAltitude /><dc:title>A tower by day</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>"""
PLACES = (b"52,31", b"13,24", b"GPS", b"Gps", b"+52.52", b"GpsLong")


def _image() -> Image.Image:
    return Image.radial_gradient("L").resize((64, 48)).convert("RGB")


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "A camera's maker"
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.LensModel: "A lens of 35 mm"}
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 30.0)}
    return exif


def _jpeg(**more: object) -> bytes:
    file = BytesIO()
    _image().save(file, "JPEG", exif=_exif(), xmp=PACKET.encode(), comment="by day", **more)
    return file.getvalue()


def _png() -> bytes:
    text, file = PngInfo(), BytesIO()
    text.add_itxt("XML:com.adobe.xmp", PACKET)
    text.add_text("parameters", "a tower by day")
    text.add_text("Raw profile type exif", "exif 2 5250")
    text.add_text("exif:GPSLatitude", "52/1, 31/1")
    _image().save(file, "PNG", exif=_exif(), pnginfo=text)
    return file.getvalue()


@pytest.mark.parametrize("make", [_jpeg, lambda: _jpeg(progressive=True), _png])
def test_the_place_goes_and_the_rest_stays(make: Callable[[], bytes], tmp_path: Path) -> None:
    data = make()
    pictures = PictureFolder(tmp_path)
    kept = pictures.read(pictures.add_bytes(data))
    assert not [place for place in PLACES if place in kept]
    with Image.open(BytesIO(data)) as before, Image.open(BytesIO(kept)) as after:
        assert before.tobytes() == after.tobytes()
        assert after.getexif()[ExifTags.Base.Make] == "A camera's maker"
        told = after.getexif().get_ifd(ExifTags.IFD.Exif)
        assert told[ExifTags.Base.LensModel] == "A lens of 35 mm"
        assert not after.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    assert b'xmp:Rating="5">' in kept
    assert b"<dc:title>A tower by day</dc:title>" in kept
    assert b"by day" in kept.replace(b"A tower by day", b"")
    assert without_place(kept) == kept


def test_a_film_behind_a_phones_still_goes(tmp_path: Path) -> None:
    file = BytesIO()
    _image().save(file, "MPO", save_all=True, append_images=[_image()])
    pictures = PictureFolder(tmp_path)
    kept = pictures.read(pictures.add_bytes(file.getvalue() + b"moov +52.52+013.40/"))
    assert kept.endswith(b"\xff\xd9")
    assert b"+52.52" not in kept
    with Image.open(BytesIO(kept)) as image:
        assert (image.format, getattr(image, "n_frames", 1)) == ("JPEG", 1)


def test_a_picture_without_a_place_stays_to_the_byte() -> None:
    for kind in ("JPEG", "PNG"):
        exif, file = _exif(), BytesIO()
        del exif[ExifTags.IFD.GPSInfo]
        _image().save(file, kind, exif=exif, comment="by day")
        assert without_place(file.getvalue()) == file.getvalue()


def _noted(segments: list[tuple[int, bytes]]) -> bytes:
    file = BytesIO()
    _image().save(file, "JPEG")
    parts = [bytes([0xFF, kind]) + (len(body) + 2).to_bytes(2) + body for kind, body in segments]
    return file.getvalue()[:2] + b"".join(parts) + file.getvalue()[2:]


EXIF = st.binary(max_size=200).map(lambda body: b"Exif\0\0" + body)
XMP = st.text(alphabet=" <>/='\"\0:gpsGPS\n", max_size=200).map(
    lambda text: b"http://ns.adobe.com/xap/1.0/\0" + text.encode()
)


@given(
    segments=st.lists(st.tuples(st.sampled_from([0xE1, 0xE2, 0xEB, 0xFE]), EXIF | XMP), max_size=3)
)
def test_whatever_is_noted_in_a_jpeg_its_pixels_stay(segments: list[tuple[int, bytes]]) -> None:
    kept = without_place(_noted(segments))
    assert kept is not None
    with Image.open(BytesIO(_noted([]))) as before, Image.open(BytesIO(kept)) as after:
        assert before.tobytes() == after.tobytes()
    assert without_place(kept) == kept


@given(kind=st.sampled_from([b"eXIf", b"tEXt", b"iTXt", b"zTXt", b"caBX"]), body=st.binary())
def test_whatever_is_noted_in_a_png_its_pixels_stay(kind: bytes, body: bytes) -> None:
    file = BytesIO()
    _image().save(file, "PNG")
    whole = file.getvalue()
    chunk = len(body).to_bytes(4) + kind + body + crc32(kind + body).to_bytes(4)
    kept = without_place(whole[:33] + chunk + whole[33:])
    assert kept in (whole, whole[:33] + chunk + whole[33:])


@given(data=st.binary(max_size=300))
def test_what_cannot_be_told_apart_is_told_so(data: bytes) -> None:
    for begin in (b"\xff\xd8", b"\x89PNG\r\n\x1a\n"):
        kept = without_place(begin + data)
        assert kept is None or kept.startswith(begin)
