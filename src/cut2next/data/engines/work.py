"""What an engine does to one stretch of a film: find its shots, and write them to its shard."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
from scenedetect.detector import SceneDetector

from cut2next.data.shards import Stretch, write_shard
from cut2next.data.steps.boundaries import AdaptiveOrContent, Boundaries
from cut2next.data.steps.keyframes import Keyframes, found_shot
from cut2next.data.steps.scorers import Scorer, ScorerNames
from cut2next.data.steps.shots import film_shots
from cut2next.data.steps.transnet import TransNetDetector
from cut2next.film import Cut2NextError, OutputError


class Outcome(NamedTuple):
    """What became of a stretch."""

    stretch: Stretch
    failure: str | None
    """One line, where the film could not be read to its end."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """All that a shard's contents depend on, film and span aside."""

    boundaries: Boundaries = field(default_factory=Boundaries)
    keyframes: Keyframes = field(default_factory=Keyframes)
    scorers: ScorerNames = field(default_factory=ScorerNames)
    transnet: Path | None = None
    """Weights of TransNetV2, which then finds the hard cuts."""

    def detector(self) -> SceneDetector:
        """What finds hard cuts. Raises InputError or WeightsError where it cannot be had."""
        return (
            TransNetDetector(self.transnet) if self.transnet else AdaptiveOrContent(self.boundaries)
        )

    def do(self, stretch: Stretch) -> Outcome:
        """Finds a stretch's shots, unless an earlier run did.

        Raises OutputError when the shard cannot be written: then no other can be either.
        """
        if stretch.shard.exists():
            return Outcome(stretch, None)
        cv2.setNumThreads(1)  # processes share the machine already
        try:
            self._find(stretch)
        except OSError as error:
            raise OutputError(
                f"{stretch.shard}: cannot be written ({error.strerror or error})",
                expected="a folder with room that can be written to",
                hint="make room; what is done so far is kept",
            ) from error
        except Cut2NextError as error:
            return Outcome(stretch, str(error))
        except Exception as error:  # noqa: BLE001  # nobody knows what a strange film sets off
            told = f"{type(error).__name__}: {error}"
            return Outcome(stretch, f"{stretch.film.path}: cannot be worked on ({told})")
        return Outcome(stretch, None)

    def _find(self, stretch: Stretch) -> None:
        scorers = _loaded(self.scorers)
        span = (stretch.start, stretch.end)
        filmed = film_shots(stretch.film, self.boundaries, span=span, detector=self.detector())
        found = (found_shot(stretch.film, shot, self.keyframes, scorers) for shot in filmed)
        write_shard(stretch.shard, (shot for shot in found if shot is not None))


@lru_cache(maxsize=1)
def _loaded(names: ScorerNames) -> tuple[Scorer, ...]:
    """Scorers are loaded once a process."""
    return tuple(names.load())
