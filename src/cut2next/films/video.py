"""Films as files: what they are, and their frames, decoded once and in order.

PyAV reads whatever FFmpeg does. A frame is handed on as it was decoded; `picture.py` makes pictures
of it.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import av

from cut2next.film import InputError
from cut2next.films.colour import UNSAID, curve_of, is_ipt
from cut2next.films.picture import picture

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
_BEGINS_ANEW = av.format.Flags.ts_discont.value
"""Of a container format, that its time may begin anew in the middle: MPEG's streams."""
_MOST_FAILURES = 100
"""Packets in a row that cannot be read; then the film is taken to end."""
_CLOCK = re.compile(r"(\d+):(\d+):([\d.]+)")
_ANOTHER = "name another file"
_LISTS = {"hls", "dash", "imf", "concat", "sdp", "rtsp", "rtp", "sap"}
"""Formats that are no film but name others, on any path or server: none of them is followed."""
_FORMATS = {"format_whitelist": ",".join(sorted(av.formats_available - _LISTS))}
_BLOCKS, _DIGESTED = 64, 1 << 16
"""Blocks of a file, and bytes of each, that with its size tell it from others."""


class SoundOnly(InputError):
    """A file that holds no film, but is not broken."""


class Coded(NamedTuple):
    """How frames lie in a film's file."""

    width: int
    height: int
    pixels: str
    """The format, by FFmpeg's name: "yuv420p"."""
    matrix: int
    """Of colours, by its number in ITU-T H.273."""


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
    begin: int
    """The timestamp in the file that is 0 here, and in every player."""
    rate: float
    """Frames a second, on average."""
    coded: Coded
    curve: int
    """The transfer curve of frames that tell none, by its number in ITU-T H.273."""
    pixel_aspect: float
    """How much wider than high its pixels are."""
    interlaced: bool
    by_dts: bool
    """Whether its frames are told in the order of decoding (DTS), the order of showing being lost:
    AVI has no other."""
    seekable: bool
    """Whether a film may be taken in stretches by its time: not where there are no timestamps, time
    may begin anew or begins late, or seconds hold very different numbers of frames."""


def open_film(path: Path, name: str) -> Film:
    """Looks into a film: its first frames are decoded.

    Raises InputError for what is empty, no film, without pictures, cut off before the first one, or
    Dolby Vision that nothing but its own screens can show; `SoundOnly` for sound.
    """
    with _container(path) as (container, stream):
        probed = list(islice(_decoded(container, stream), _PROBED))
        if not probed:
            raise _refused(path, "holds no picture that can be decoded", hint="copy it again")
        first = probed[0]
        if is_ipt(first, stream.codec_context.codec_tag):
            raise _refused(path, "is Dolby Vision, profile 5", hint="make an SDR copy first")
        first.color_trc = curve = curve_of(first)
        begin = round((container.start_time or 0) / (av.time_base * stream.time_base))
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
            duration=_duration(container, stream),
            time_base=stream.time_base,
            begin=begin,
            rate=float(stream.average_rate or stream.guessed_rate or 24),
            coded=_coded(first),
            curve=curve,
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


def ending(film: Film) -> float:
    """When the last frame is shown that can be decoded, in seconds on the file's own clock."""
    last = max((frame.pts for frame in frames(film, film.duration)), default=0)
    return float((film.begin + last) * film.time_base)


def _frames_from(film: Film, at: float) -> Iterator[Any]:
    """The frames from about that second on; nothing where it cannot be sought."""
    with _container(film.path) as (container, stream):
        if at > 0:
            try:
                container.seek(film.begin + int(at / film.time_base), stream=stream)
            except av.error.FFmpegError:
                return
        decoded = map(partial(_alike, film), _timed(film, _decoded(container, stream)))
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
                container.seek(film.begin + int(at / film.time_base), stream=stream)
            frame = next(_decoded(container, stream), None)
            if frame is not None and frame.pts not in seen:
                seen.add(frame.pts)
                yield _alike(film, frame)


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
        time = last + tick if stamp is None else stamp - film.begin + moved
        if number and time <= last:
            if (last - time) * film.time_base < _NEW_TIME:
                continue
            moved += last + tick - time
            time = last + tick
        frame.pts = last = time
        yield frame


def _alike(film: Film, frame: Any) -> Any:
    """A frame in the size and format that its film began with, with its curve told."""
    if frame.color_trc == UNSAID:
        frame.color_trc = film.curve
    if _coded(frame) == film.coded:
        return frame
    width, height, pixels, matrix = film.coded
    return frame.reformat(
        width=width,
        height=height,
        format=pixels,
        dst_colorspace=None if matrix == UNSAID else matrix,
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
        raise _refused(path, kind, hint=_ANOTHER)
    try:
        with av.open(
            f"file:{path}", metadata_errors="ignore", container_options=_FORMATS
        ) as container:
            if (stream := _best(path, container)) is None:
                raise SoundOnly(
                    f"{path}: has no pictures, only sound", expected="a film", hint=_ANOTHER
                )
            stream.thread_type = "AUTO"
            yield container, stream
    except (av.error.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _refused(
            path, f"cannot be read ({reason})", hint="play it, or copy it again"
        ) from error


def _best(path: Path, container: Any) -> Any:
    """The stream of pictures that is the film, the largest; None where there is none.

    Of those as large the one that the file says to show. The picture on the cover of a piece of
    music is a stream, too, as are the thumbnails of chapters. Raises InputError where pictures are
    there that FFmpeg has no decoder for, as drawings of SVG.
    """

    def worth(stream: Any) -> tuple[bool, int, bool]:
        default = bool(stream.disposition & av.stream.Disposition.default)
        pixels = stream.codec_context.width * stream.codec_context.height
        return stream.frames != 1, pixels, default

    cover = av.stream.Disposition.attached_pic
    films = [stream for stream in container.streams.video if not stream.disposition & cover]
    decoded = [stream for stream in films if stream.codec_context is not None]
    if films and not decoded:
        raise _refused(path, "is of a kind that cannot be decoded", hint=_ANOTHER)
    return max(decoded, key=worth, default=None)


def _duration(container: Any, stream: Any) -> float:
    """Seconds that the pictures last: sound may go on after them. 0 where the file does not say."""
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    if (told := _CLOCK.fullmatch(stream.metadata.get("DURATION", ""))) is not None:  # Matroska
        hours, minutes, seconds = map(float, told.groups())
        return hours * 3600 + minutes * 60 + seconds
    return float(container.duration or 0) / av.time_base


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
