"""What an engine does to one stretch of a film: find its shots, and write them to its shard."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import cv2
from scenedetect.detector import SceneDetector

from cut2next import __version__
from cut2next.cuts.scores import ShotScore
from cut2next.cuts.selection import Selection
from cut2next.film import Cut2NextError, InputError, OutputError
from cut2next.films.scorers.scorer import ScorerChoice, load_scorers
from cut2next.films.shards import Stretch, is_whole, write_shard
from cut2next.films.steps.boundaries import AdaptiveOrContent, Boundaries
from cut2next.films.steps.keyframes import KeyframedShot, Keyframes, with_keyframes
from cut2next.films.steps.shots import film_shots
from cut2next.films.steps.transnet import PACKAGE, TransNetDetector


class StretchOutcome(NamedTuple):
    """What became of a stretch."""

    stretch: Stretch
    failure: str | None
    """One line, where the film could not be read to its end."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """All that a shard's contents depend on, film and span aside."""

    boundaries: Boundaries = field(default_factory=Boundaries)
    keyframes: Keyframes = field(default_factory=Keyframes)
    scorers: tuple[ScorerChoice, ...] = (ScorerChoice(ShotScore.TEXT),)
    transnet: Path | None = None
    """Weights of TransNetV2, which then finds cuts and blends; `OWN` are its package's."""
    selection: Selection = field(default_factory=Selection)
    """What is kept: text is looked for in no shot that is out without it."""

    def detector(self) -> SceneDetector:
        """What finds cuts. Raises InputError or WeightsError where it cannot be had."""
        return (
            TransNetDetector(self.transnet) if self.transnet else AdaptiveOrContent(self.boundaries)
        )

    @property
    def libraries(self) -> dict[str, str]:
        """The versions of what frames and cuts come from."""
        names = ["av", "scenedetect-headless", *([PACKAGE] if self.transnet else [])]
        return {name: version(name) for name in names}

    @property
    def identity(self) -> dict[str, Any]:
        """The same as JSON can hold it, with what may be weights; many names lead to no file."""
        names = [argument for scorer in self.scorers for argument in scorer.arguments]
        return {
            "settings": asdict(self),
            "versions": [__version__, *self.libraries.values()],
            "weights": [_state(Path(name)) for name in (self.transnet, *names) if name is not None],
        }

    def do(self, stretch: Stretch) -> StretchOutcome:
        """Finds a stretch's shots, unless an earlier run did.

        Raises OutputError when the shard cannot be written, and WeightsError for scorers that
        cannot be loaded: then no other stretch can be done either.
        """
        cv2.setNumThreads(1)  # processes share the machine already
        try:
            if not is_whole(stretch.shard):
                write_shard(stretch.shard, self._shots(stretch))
        except OutputError as error:
            raise OutputError(
                error.got, expected=error.expected, hint="make room; what is done so far is kept"
            ) from error
        except InputError as error:
            return StretchOutcome(stretch, str(error))
        return StretchOutcome(stretch, None)

    def _shots(self, stretch: Stretch) -> Iterator[KeyframedShot]:
        """The shots; whatever goes wrong with the film is an InputError."""
        scorers = _loaded(self.scorers)
        span, film = (stretch.start, stretch.end), stretch.film
        try:
            filmed = film_shots(film, self.boundaries, span=span, detector=self.detector())
            yield from with_keyframes(
                filmed,
                film=film,
                settings=self.keyframes,
                scorers=scorers,
                selection=self.selection,
            )
        except Cut2NextError:
            raise
        except Exception as error:  # nobody knows what a strange film sets off
            raise InputError(
                f"{film.path}: cannot be worked on ({type(error).__name__}: {error})",
                expected="a film that can be read to its end",
                hint="play it, or copy it again",
            ) from error


def _state(path: Path) -> list[Any]:
    """What changes when a file of weights, or one in a folder, is replaced."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    stats = [file.stat() for file in files if file.is_file()]
    return [str(path), *((stat.st_size, stat.st_mtime_ns) for stat in stats)]


Engine = Callable[[Work, Sequence[Stretch]], Iterator[StretchOutcome]]
"""Does the work on every stretch. Raises InputError where it cannot run at all."""
_loaded = lru_cache(maxsize=1)(load_scorers)
"""Scorers are loaded once a process."""
