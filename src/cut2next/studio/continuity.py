"""Continuity from panel to panel, by CutBench's geometry judge: warnings, and never more than that.

The judge looks in a process of its own, since it brings libraries that a server need not carry. It
sees faces alone; of two pictures without any it says nothing but that.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from cut2next.film import Cut2NextError, InputError
from cut2next.film.installation import explained, hush
from cut2next.film.keyframe import read_keyframe
from cut2next.film.workers import start_worker
from cut2next.studio.board import Board, Kind, Panel
from cut2next.studio.pictures import PictureFolder

if TYPE_CHECKING:
    from cut2next.cutbench.geometry.face_watcher import FaceWatcher
    from cut2next.cutbench.geometry.sight import Face, Sight

_PAIRS = 20_000
"""Whose remarks are kept."""


class Concern(Enum):
    """What a remark is about."""

    DIRECTION = "direction"
    EYELINE = "eyeline"
    SIZE = "size"
    IDENTITY = "identity"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Something that may be wrong with the cut to a panel."""

    panel: str
    kind: Concern
    words: str


Found = tuple[tuple[Concern, str], ...]
Look = Callable[[Path, Path, bool], Found]
"""Judges two pictures; the last says whether the same people should be in both.

Raises UnseenError of these two, and another of cut2next's where there is no judge.
"""


class UnseenError(Exception):
    """A cut could not be looked at this time; it says why. Of others it says nothing."""


class Continuity:
    """Remarks on a board; each pair of pictures is judged once. Safe to use from threads."""

    def __init__(self, cache: Path, look: Look | None = None) -> None:
        """`cache` is a folder for what was seen; `look` is another judge than CutBench's."""
        self._cache, self._look = cache, look
        self._kept: dict[tuple[str, str, bool], Found] = {}
        self._pool: ProcessPoolExecutor | None = None
        self._lock = Lock()

    def remarks(self, board: Board, pictures: PictureFolder) -> list[Remark]:
        """Of every cut within a scene between two pictures, in the board's order."""
        with self._lock:
            found: list[Remark] = []
            for before, panel in _cuts(board):
                try:
                    judged = self._judged(board, before, panel, pictures)
                except UnseenError as error:
                    judged = ((Concern.UNKNOWN, str(error)),)
                except Cut2NextError as error:  # no weights, say: then nothing can be judged
                    return [*found, _remark(panel, Concern.UNKNOWN, str(error))]
                found += [_remark(panel, *each) for each in judged]
            return found

    def close(self) -> None:
        """Ends the judge's process."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _judged(self, board: Board, before: Panel, panel: Panel, pictures: PictureFolder) -> Found:
        assert before.picture is not None
        assert panel.picture is not None
        together = bool(_people(board, before) & _people(board, panel))
        key = before.picture.sha256, panel.picture.sha256, together
        if key not in self._kept:
            with _unseen():
                paths = pictures.path(before.picture), pictures.path(panel.picture)
            self._kept[key] = self._looked(*paths, together)
            while len(self._kept) > _PAIRS:
                del self._kept[next(iter(self._kept))]
        return self._kept[key]

    def _looked(self, before: Path, panel: Path, together: bool) -> Found:
        if self._look is not None:
            return self._look(before, panel, together)
        if self._pool is None:
            spawned = get_context("spawn")
            self._pool = ProcessPoolExecutor(1, spawned, initializer=start_worker)
        try:
            return self._pool.submit(_look, self._cache, before, panel, together).result()
        except BrokenProcessPool as error:
            self._pool = None
            raise UnseenError("The judge ended while it looked at this cut.") from error


def _cuts(board: Board) -> Iterator[tuple[Panel, Panel]]:
    for scene in board.scenes:
        shown = [panel for panel in scene.panels if panel.picture is not None]
        for before, panel in pairwise(shown):
            if not panel.continues:
                yield before, panel


def _people(board: Board, panel: Panel) -> set[str]:
    known = {figure.id for figure in board.figures if figure.kind is Kind.PERSON}
    return known & set(panel.figures)


def _remark(panel: Panel, kind: Concern, words: str) -> Remark:
    return Remark(panel=panel.id, kind=kind, words=words)


@contextmanager
def _unseen() -> Iterator[None]:
    """What is the matter with a picture, as a fault of its cut alone."""
    try:
        yield
    except InputError as error:
        raise UnseenError(str(error)) from error


def _look(cache: Path, before: Path, panel: Path, together: bool) -> Found:
    """In the judge's process. Raises what a missing extra, or missing weights, are told by."""
    try:
        watcher = _watcher(cache)
        with _unseen():
            stills = [read_keyframe(path) for path in (before, panel)]
        first, second = map(watcher.sight, stills)
    except ImportError as error:
        raise explained(error, "it, to judge continuity", "faces") or error from error
    return judged(first, second, together=together)


@lru_cache(maxsize=1)
def _watcher(cache: Path) -> "FaceWatcher":
    hush()
    from cut2next.cutbench.features.store import FeatureStore
    from cut2next.cutbench.geometry.face_watcher import face_watcher

    return face_watcher(FeatureStore(cache / "faces.sqlite"))


def judged(before: "Sight", panel: "Sight", *, together: bool) -> Found:
    """What may be wrong between two shots, by who is seen in both."""
    from cut2next.cutbench.geometry.rules import main
    from cut2next.cutbench.geometry.sight import pairs

    one, other = main(before), main(panel)
    if not one or not other:
        return ((Concern.UNKNOWN, "No face in one of the two shots: nothing can be said."),)
    common = pairs(one, other, before.same)
    if common:
        return tuple(_of_the_same(common, everyone=len(common) == len(one) == len(other)))
    found = []
    if together and not pairs(before.faces, panel.faces, before.same):
        words = "Nobody here looks like anybody in the shot before, though somebody is in both."
        found.append((Concern.IDENTITY, words))
    if len(one) == len(other) == 1 and _same_side(one[0], other[0]) is True:
        words = "Both look to the same side: if they look at each other, the line is crossed."
        found.append((Concern.EYELINE, words))
    return tuple(found)


def _of_the_same(
    common: list[tuple["Face", "Face"]], *, everyone: bool
) -> Iterator[tuple[Concern, str]]:
    """Of people who are in both shots."""
    from statistics import median

    from cut2next.cutbench.geometry.rules import CLOSER, THIRTY
    from cut2next.cutbench.geometry.sight import turned

    if any(_same_side(*pair) is False for pair in common):
        yield Concern.DIRECTION, "Somebody looks to the other side than in the shot before."
    growth = median(second.size / first.size for first, second in common)
    angle = median(turned(*pair) for pair in common)
    if everyone and 1 / CLOSER < growth < CLOSER and angle < THIRTY:
        words = f"The same people at a similar size, {angle:.0f}° apart: it may jump."
        yield Concern.SIZE, words


def _same_side(first: "Face", second: "Face") -> bool | None:
    from cut2next.cutbench.geometry.rules import same_side

    return same_side(first, second)
