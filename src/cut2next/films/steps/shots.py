"""One pass over a film, or a stretch of it: shots come out, each with frames to choose from.

Every frame is decoded once. What a frame is gets settled a few seconds later, when the frames after
it are known; until then, and while their shot goes on, only a few frames are held, so memory does
not grow with the film.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from math import floor, inf
from typing import Any, NamedTuple, TypeVar

import numpy as np
from scenedetect import FrameTimecode
from scenedetect.detector import SceneDetector

from cut2next.films.picture import Bgr, Luma, small
from cut2next.films.steps.boundaries import (
    REACH,
    AdaptiveOrContent,
    BlendDetector,
    Boundaries,
    label,
    thumb,
)
from cut2next.films.video import Film, frames

CANDIDATES_A_SECOND = 3
"""Frames that are held for a keyframe; they lie where the clock says, wherever one begins."""
MOST_CANDIDATES = 16
"""Of one shot; of longer ones every second is let go, again and again."""
_BLOCK = 128
"""Frames that are settled at once."""
_WHIP = 4
"""Fast frames in a row that make a whip pan."""
_BATCH, _BATCHES = 16, 2
"""Things that change threads together, since every change takes time; how many such are ahead."""

_BESIDE = 4
"""Things that wait for a function at most, so that little memory is held."""

S = TypeVar("S")
T = TypeVar("T")


class Candidate(NamedTuple):
    """A frame that might stand for its shot."""

    timestamp: int
    change: float
    """Mean change of luma from the frame before, of 255."""
    frame: Any
    """As decoded (av.VideoFrame)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FilmedShot:
    """A shot as it was seen going by; timestamps in the film's time base."""

    start: int
    end: int
    """Of the first frame after it."""
    motion: float
    """Mean change of luma between its frames, of 255."""
    marks: tuple[str, ...]
    """"flash", "whip pan"."""
    candidates: tuple[Candidate, ...]


class _Settled(NamedTuple):
    """A frame of which everything is known: after the first two, what `Labels` holds of it."""

    timestamp: int
    frame: Any
    """None where it is no candidate."""
    begins: bool
    blend: bool
    flash: bool
    fast: bool
    change: float


def film_shots(
    film: Film,
    thresholds: Boundaries,
    *,
    span: tuple[float, float] = (0.0, inf),
    detector: SceneDetector | None = None,
) -> Iterator[FilmedShot]:
    """The shots that begin within a span of seconds, in order; the last may end after it.

    Spans that adjoin give, together, the shots of the whole. `detector` finds hard cuts in place
    of PySceneDetect's own. Raises InputError when the film cannot be read.
    """
    begin, end = (limit / film.time_base if limit < inf else inf for limit in span)
    warm_up = REACH / film.rate + 2.0
    passing = _Passing(film, detector or AdaptiveOrContent(thresholds), thresholds)
    builder = _Builder(thresholds.shortest, whole=span[0] <= 0)
    decoded = ((frame, *small(frame)) for frame in frames(film, span[0] - warm_up))
    for settled in passing.settle(ahead(decoded)):
        if (shot := builder.take(settled)) and begin <= shot.start < end:
            yield shot
        if builder.start is not None and builder.start >= end:
            return
    if (shot := builder.finish()) and begin <= shot.start < end:
        yield shot


def ahead(things: Iterable[T]) -> Generator[T]:
    """The same things in the same order, a few taken by another thread before they are asked for.

    What taking them raises is raised here, after the batches before. Memory holds what was taken.
    """
    source = iter(things)

    def taken() -> list[T]:
        return list(islice(source, _BATCH))

    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(taken) for _ in range(_BATCHES))
        while arrived := waiting.popleft().result():
            waiting.append(thread.submit(taken))
            yield from arrived


def beside(function: Callable[[T], S], things: Iterable[T]) -> Generator[S]:
    """What a function makes of each, in order, by another thread while the next ones are taken."""
    with ThreadPoolExecutor(1) as thread:
        waiting: deque[Future[S]] = deque()
        for thing in things:
            waiting.append(thread.submit(function, thing))
            if len(waiting) > _BESIDE:
                yield waiting.popleft().result()
        yield from (made.result() for made in waiting)


class _Passing:
    """Frames on their way from the decoder until it is settled what they are."""

    def __init__(self, film: Film, detector: SceneDetector, thresholds: Boundaries) -> None:
        self._detector, self._thresholds = detector, thresholds
        self._tick = film.time_base * CANDIDATES_A_SECOND
        self._waiting: deque[tuple[int, Any, Any]] = deque()
        """Of each frame its timestamp, its thumbnail and, of a few, the frame itself."""
        self._first = 0
        """The number, since the pass began, of the first that waits."""
        self._done = 0
        """How many of those that wait are settled, and only there for the others' sake."""
        self._spotted: set[int] = set()

    def settle(self, decoded: Iterable[tuple[Any, Luma, Bgr]]) -> Iterator[_Settled]:
        """Takes frames, each with its little pictures; gives it when what surrounds it is known."""
        later = REACH + self._detector.event_buffer_length  # by so much its answers may be late
        last_tick = None
        for frame, grey, bgr in decoded:
            self._spot(self._detector.process_frame(self._now, bgr))
            tick = floor(frame.pts * self._tick)
            held = frame if tick != last_tick else None
            last_tick = tick
            self._waiting.append((frame.pts, thumb(grey), held))
            if len(self._waiting) >= self._done + _BLOCK + later:
                yield from self._settled(len(self._waiting) - later)
        self._spot(self._detector.post_process(self._now))
        yield from self._settled(len(self._waiting))

    @property
    def _now(self) -> FrameTimecode:
        # A detector counts frames; the rate is only there because it asks for one.
        return FrameTimecode(self._first + len(self._waiting), 24.0)

    def _spot(self, cuts: Iterable[FrameTimecode]) -> None:
        self._spotted.update(cut.frame_num for cut in cuts)

    def _settled(self, until: int) -> Iterator[_Settled]:
        """Settles those that wait, up to a number; lets go of what no other needs."""
        if not self._waiting:
            return
        thumbs = np.stack([picture for _, picture, _ in self._waiting])
        marks = [self._spotted]
        if isinstance(self._detector, BlendDetector):
            marks.append(self._detector.blended)
        numbers = range(self._first, self._first + len(thumbs))
        flags = [np.array([number in marked for number in numbers]) for marked in marks]
        labels = label(thumbs, self._thresholds, *flags)
        for at in range(self._done, until):
            timestamp, picture, frame = self._waiting[at]
            self._waiting[at] = (timestamp, picture, None)  # whoever takes it may let it go
            yield _Settled(timestamp, frame, *(kind[at].item() for kind in labels))
        spare = max(until - REACH, 0)
        for marked in marks:
            marked.difference_update(range(self._first, self._first + spare))
        for _ in range(spare):
            self._waiting.popleft()
        self._first += spare
        self._done = until - spare


@dataclass
class _Open:
    """A shot that goes on."""

    start: int
    count: int = 0
    change: float = 0.0
    flash: bool = False
    fast: int = 0
    """Fast frames in a row, up to now."""
    longest_fast: int = 0
    all_fast: int = 0
    candidates: list[Candidate] = field(default_factory=list)
    passed: int = 0
    stride: int = 1

    def add(self, frame: _Settled) -> None:
        # The change into a shot is no motion of it.
        self.change += frame.change if self.count else 0.0
        self.count += 1
        self.flash |= frame.flash
        self.fast = self.fast + 1 if frame.fast else 0
        self.all_fast += frame.fast
        self.longest_fast = max(self.longest_fast, self.fast)
        if frame.frame is not None:
            self._hold(Candidate(frame.timestamp, frame.change, frame.frame))

    def _hold(self, candidate: Candidate) -> None:
        if self.passed % self.stride == 0:
            self.candidates.append(candidate)
        self.passed += 1
        if len(self.candidates) > MOST_CANDIDATES:
            del self.candidates[1::2]
            self.stride *= 2

    def closed(self, end: int) -> FilmedShot:
        whip = self.longest_fast >= _WHIP and self.all_fast < self.count / 2
        marks = {"flash": self.flash, "whip pan": whip}
        return FilmedShot(
            start=self.start,
            end=end,
            motion=self.change / max(self.count - 1, 1),
            marks=tuple(mark for mark, is_so in marks.items() if is_so),
            candidates=tuple(self.candidates),
        )


class _Builder:
    """Puts settled frames together to shots."""

    def __init__(self, shortest: int, *, whole: bool) -> None:
        """`whole` says that the first frame to come is the film's first."""
        self._shortest = shortest
        self._known = whole
        self._open: _Open | None = None
        self._last: list[int] = []

    @property
    def start(self) -> int | None:
        """Where the shot that goes on began; None between shots, or where nobody saw it begin."""
        return self._open.start if self._open and self._known else None

    def take(self, frame: _Settled) -> FilmedShot | None:
        """The next frame; gives the shot that ends before it."""
        shot = self._closed(frame.timestamp) if frame.begins or frame.blend else None
        if self._open is None and not frame.blend:
            self._open = _Open(frame.timestamp)
        if self._open is not None:
            self._open.add(frame)
        self._last = [*self._last[-1:], frame.timestamp]
        return shot

    def finish(self) -> FilmedShot | None:
        """The shot that the film ends with; its last frame lasts as long as the one before."""
        return self._closed(2 * self._last[-1] - self._last[0]) if self._last else None

    def _closed(self, end: int) -> FilmedShot | None:
        """Ends the shot that goes on, unless it is a scrap between two transitions."""
        ended, known = self._open, self._known
        self._open, self._known = None, True
        if ended is None or not known or ended.count < self._shortest or not ended.candidates:
            return None
        return ended.closed(end)
