"""Films as files: what they are, and their frames, decoded once and in order.

PyAV reads whatever FFmpeg does. A frame is handed on as it was decoded; `small` is the little
picture that analysis looks at, `picture` the upright one in square pixels that becomes a keyframe.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import chain, islice, pairwise
from math import log2
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cut2next.film import InputError
from cut2next.film.installation import needed

with needed("it, to read films"):
    import av
    import cv2
    from av.video.reformatter import Interpolation

SMALL_WIDTH = 128
"""Pixels, about, of the pictures that are analysed; cuts and motion show at this size as well."""
_SUFFIXES = ".avi .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogv .ts .vob .webm .wmv"
"""What counts as a film when a folder is given."""

_PLANAR = ("yuv420p", "yuvj420p")
"""Formats whose planes are read where they lie; others are converted first."""
_PROBED = 16
"""Frames that are looked at before a film is begun."""
_STEP_BACK = 5.0
"""Seconds to go back at first where seeking leads too far; then twice as many, and so on."""
_UNEVEN = 1.5
"""How much denser than on average frames may be for their rate to be called even."""
_LATE = 10.0
"""Seconds that a film's first timestamp is less than; a recording may count from midnight on."""
_NEW_TIME = 1.0
"""Seconds that a timestamp lies back at least where time begins anew, as in films put together."""
_HDR = {16: "PQ", 18: "HLG"}
"""Transfer curves, by number in ITU-T H.273, that make pale pictures when shown as they are."""
_UNSAID = 2
"""The colour matrix "unspecified", by its number there."""
_BT709_LINES = 720
"""Where a film does not say its colour matrix, players take BT.709 from this height on."""
_BEGINS_ANEW = av.format.Flags.ts_discont.value
"""Of a container format, that its time may begin anew in the middle: MPEG's streams."""
_MOST_FAILURES = 100
"""Packets in a row that cannot be read; then the film is taken to end."""
_CAREFULLY = (
    Interpolation.BILINEAR
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT  # or colours come in blocks, and all a little darker
)
"""How a picture is turned to RGB."""
_SQUARE = 0.01
"""Pixels that are less oblong than this are taken for square: a rounding of the container's."""
_BLOCKS, _DIGESTED = 64, 1 << 16
"""Blocks of a file, and bytes of each, that with its size tell it from others."""


class Coded(NamedTuple):
    """How frames lie in a film's file."""

    width: int
    height: int
    pixels: str
    """The format, by FFmpeg's name: "yuv420p"."""
    matrix: int
    """Of colours, by its number in ITU-T H.273."""


Luma = NDArray[np.uint8]
"""[H, W]"""
Bgr = NDArray[np.uint8]
"""[H, W, 3], blue first, as OpenCV has it."""


@dataclass(frozen=True, kw_only=True)
class Film:
    """A film file that can be read."""

    path: Path
    name: str
    """Unique in a run: the file's name without suffix, made distinct where two share it."""
    file: str
    """The file's name; in both, bytes that are no UTF-8 are question marks."""
    digest: str
    """Of the contents, so that one film under two names is noticed."""
    size: tuple[int, int]
    """Width and height of the upright picture in square pixels."""
    duration: float
    """Seconds, as the file says; 0 where it does not."""
    time_base: Fraction
    rate: float
    """Frames a second, on average."""
    coded: Coded
    pixel_aspect: float
    """How much wider than high its pixels are."""
    interlaced: bool
    by_dts: bool
    """Whether its frames are told in the order of decoding (DTS), the order of showing being lost:
    AVI has no other."""
    seekable: bool
    """Whether a film may be taken in stretches by its time: not where there are no timestamps, time
    may begin anew or begins late, or seconds hold very different numbers of frames."""


def find_films(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """The film files among paths, folders searched through, and what else lay in those folders.

    Raises InputError for a path that does not exist.
    """
    films: list[Path] = []
    others: list[Path] = []
    for path in paths:
        if not path.exists():
            raise _refused(path, "does not exist", hint="look at the name")
        if not path.is_dir():
            films.append(path)
            continue
        for file in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if file.is_file() and not hidden:
                (films if file.suffix.lower() in _SUFFIXES.split() else others).append(file)
    return films, others


def open_film(path: Path, name: str) -> Film:
    """Looks into a film: its first frames are decoded.

    Raises InputError for what is empty, no film, without pictures, cut off before the first one, or
    HDR.
    """
    with _container(path) as (container, stream):
        probed = list(islice(_decoded(container, stream), _PROBED))
        if not probed:
            raise _refused(path, "holds no picture that can be decoded", hint="copy it again")
        first = probed[0]
        if (curve := _HDR.get(first.color_trc)) is not None:
            raise _refused(
                path, f"is HDR ({curve})", hint="make an SDR copy first, with tone mapping"
            )
        aspect = float(stream.sample_aspect_ratio or 1)
        lasting = bool(container.duration) and not container.format.flags & _BEGINS_ANEW
        interlaced = any(frame.interlaced_frame for frame in probed)
        # Fields are counted where there are two to a frame.
        uneven = not interlaced and (stream.base_rate or 0) > _UNEVEN * (stream.average_rate or 24)
        return Film(
            path=path,
            name=_printable(name),
            file=_printable(path.name),
            digest=_digest(path),
            size=picture(first, aspect).size,
            duration=float(container.duration or 0) / av.time_base,
            time_base=stream.time_base,
            rate=float(stream.average_rate or stream.guessed_rate or 24),
            coded=_coded(first),
            pixel_aspect=aspect,
            interlaced=interlaced,
            by_dts=not _rise(frame.pts for frame in probed)
            and _rise(frame.dts for frame in probed),
            seekable=lasting
            and not uneven
            and first.pts is not None
            and first.pts * stream.time_base < _LATE,
        )


def frames(film: Film, start: float = 0.0) -> Iterator[Any]:
    """The frames (av.VideoFrame) of a film in the order they are shown, each with its timestamp.

    From a keyframe at or before `start` seconds on, all in one size. A frame that cannot be decoded
    is left out, as is one that comes no later than the frame before it. Raises InputError when the
    file has gone.
    """
    at = start if film.seekable else 0.0
    while True:
        decoded = _frames_from(film, at)
        first = next(decoded, None)
        if at <= 0 or (first is not None and first.pts * film.time_base <= start):
            yield from () if first is None else chain([first], decoded)
            return
        at = start - max(2 * (start - at), _STEP_BACK)


def _frames_from(film: Film, at: float) -> Iterator[Any]:
    """The frames from about that second on; nothing where it cannot be sought."""
    with _container(film.path) as (container, stream):
        if at > 0:
            try:
                container.seek(int(at / film.time_base), stream=stream)
            except av.error.FFmpegError:
                return
        decoded = map(partial(_as_coded, film), _timed(film, _decoded(container, stream)))
        yield from _deinterlaced(film, decoded, stream) if film.interlaced else decoded


def glimpses(film: Film, count: int) -> Iterator[Any]:
    """Some frames from all over a film, those that are quickly had; fewer where it is short.

    Raises InputError when the file has gone.
    """
    with _container(film.path) as (container, stream):
        stream.thread_type = "SLICE"  # by frames, each would wait for as many as there are threads
        seen: set[int | None] = set()
        for number in range(count):
            with suppress(av.error.FFmpegError):
                at = film.duration * (number + 0.5) / count
                container.seek(int(at / film.time_base), stream=stream)
            frame = next(_decoded(container, stream), None)
            if frame is not None and frame.pts not in seen:
                seen.add(frame.pts)
                yield _as_coded(film, frame)


def small(frame: Any) -> tuple[Luma, Bgr]:
    """A frame as analysis sees it.

    It is halved until it is about 128 pixels wide, since halving takes a fifth of the time that any
    other mean over areas does.
    """
    frame = _planar(frame)
    halvings = max(round(log2(frame.width / SMALL_WIDTH)), 0)
    grey = _halved(_plane(frame.planes[0]), halvings)
    size = (grey.shape[1], grey.shape[0])
    blue, red = (
        cv2.resize(_halved(_plane(plane), halvings - 1), size) for plane in frame.planes[1:3]
    )
    return grey, cv2.cvtColor(cv2.merge((grey, red, blue)), cv2.COLOR_YCrCb2BGR)


def picture(frame: Any, pixel_aspect: float = 1.0) -> Image.Image:
    """A frame as a person would see it: upright, square pixels, RGB."""
    unsaid = frame.colorspace == _UNSAID
    matrix = ("ITU709" if frame.height >= _BT709_LINES else "ITU601") if unsaid else None
    rgb = frame.reformat(format="rgb24", src_colorspace=matrix, interpolation=_CAREFULLY)
    image = Image.fromarray(rgb.to_ndarray())
    if abs(pixel_aspect - 1) > _SQUARE:
        width = max(round(image.width * pixel_aspect), 1)
        image = image.resize((width, image.height), Image.Resampling.LANCZOS)
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def luma(frame: Any) -> Luma:
    """The luma of a frame as it lies in the file, at full size."""
    return _plane(_planar(frame).planes[0])


def _planar(frame: Any) -> Any:
    return frame if frame.format.name in _PLANAR else frame.reformat(format="yuv420p")


def _halved(plane: NDArray[np.uint8], times: int) -> Any:
    for _ in range(times):
        height, width = (max(side // 2, 1) for side in plane.shape)
        even = plane[: 2 * height, : 2 * width]
        plane = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return plane


def _plane(plane: Any) -> NDArray[np.uint8]:
    """A plane of a frame without copying it: rows may be padded."""
    rows = np.frombuffer(plane, np.uint8)[: plane.height * plane.line_size]
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Frames as they come; damaged stretches are passed over."""
    for packet in _packets(container, stream):
        # Whatever a decoder says of a damaged packet, the next one may be whole.
        with suppress(av.error.FFmpegError):
            yield from packet.decode()


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """Packets as they come, and on after one that cannot be read."""
    failed = 0
    while failed < _MOST_FAILURES:
        try:
            for packet in container.demux(stream):
                failed = 0
                yield packet
            return
        except av.error.InvalidDataError:
            failed += 1


def _timed(film: Film, decoded: Iterator[Any]) -> Iterator[Any]:
    """Frames with a timestamp each, in the film's time base, later than the one before.

    One that is missing is counted on.
    """
    tick = max(round(1 / (film.rate * film.time_base)), 1)
    last, moved = -tick, 0
    for number, frame in enumerate(decoded):
        stamp = frame.dts if film.by_dts else frame.pts
        time = last + tick if stamp is None else stamp + moved
        if number and time <= last:
            if (last - time) * film.time_base < _NEW_TIME:
                continue
            moved += last + tick - time
            time = last + tick
        frame.pts = last = time
        yield frame


def _as_coded(film: Film, frame: Any) -> Any:
    """A frame in the size and format that its film began with: what follows relies on it."""
    if _coded(frame) == film.coded:
        return frame
    width, height, pixels, matrix = film.coded
    return frame.reformat(
        width=width,
        height=height,
        format=pixels,
        dst_colorspace=None if matrix == _UNSAID else matrix,
    )


def _coded(frame: Any) -> Coded:
    return Coded(frame.width, frame.height, frame.format.name, frame.colorspace)


def _rise(timestamps: Iterable[int | None]) -> bool:
    """Whether there are timestamps, each later than the one before; missing ones aside."""
    known = [time for time in timestamps if time is not None]
    return bool(known) and all(before < after for before, after in pairwise(known))


def _deinterlaced(film: Film, decoded: Iterator[Any], stream: Any) -> Iterator[Any]:
    """One whole picture for each frame; frames that are whole already pass."""
    graph = av.filter.Graph()
    source = graph.add_buffer(template=stream)
    sieve, sink = graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
    source.link_to(sieve)
    sieve.link_to(sink)
    graph.configure()
    for frame in chain(decoded, [None]):  # None ends it
        graph.vpush(frame)
        while True:
            try:
                whole: Any = graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            # The filter counts in half ticks, since it might give two pictures a frame.
            whole.pts = int(whole.pts * whole.time_base / film.time_base)
            yield whole


@contextmanager
def _container(path: Path) -> Iterator[tuple[Any, Any]]:
    """A film file open for reading, and its stream of pictures."""
    if not path.is_file() or path.stat().st_size == 0:
        kind = "is empty" if path.is_file() else "is no file"
        raise _refused(path, kind, hint="name another file")
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            for stream in container.streams.video:
                # The picture on the cover of a piece of music is a stream, too.
                if not stream.disposition & av.stream.Disposition.attached_pic:
                    stream.thread_type = "AUTO"
                    yield container, stream
                    return
            raise _refused(path, "has no pictures, only sound", hint="name another file")
    except (av.error.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _refused(
            path, f"cannot be read ({reason})", hint="play it, or copy it again"
        ) from error


def _digest(path: Path) -> str:
    """Of the size of a file, and of blocks all over it: films may be equally long and large."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for number in range(_BLOCKS):
            file.seek(number * max(size - _DIGESTED, 0) // (_BLOCKS - 1))
            digest.update(file.read(_DIGESTED))
    return digest.hexdigest()[:16]


def _printable(name: str) -> str:
    """A name in one line: what is no UTF-8, and what no terminal shows, becomes a question mark."""
    read = name.encode(errors="replace").decode()
    return "".join(letter if letter.isprintable() else "?" for letter in read)


def _refused(path: Path, got: str, *, hint: str) -> InputError:
    return InputError(f"{path}: {got}", expected="a film", hint=hint)
