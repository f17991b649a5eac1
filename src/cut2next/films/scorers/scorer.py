"""What a scorer is, which there are, and how those that are wanted are loaded.

Another package adds one by an entry point of the group "cut2next.scorers": its name is that of the
score, what it leads to is called with the arguments of the choice and gives a `Scorer`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from PIL import Image

from cut2next.cuts.record import MadeBy
from cut2next.cuts.scores import ShotScore, installed_scorers
from cut2next.film import Cut2NextError, InputError
from cut2next.film.errors import one_line
from cut2next.films.scorers.aesthetic import AestheticScorer
from cut2next.films.scorers.classifier import ClassifierScorer
from cut2next.films.scorers.open_nsfw import PACKAGE, OpenNsfwScorer
from cut2next.films.scorers.text import TextScorer


class Scorer(Protocol):
    """Gives a picture one number."""

    score: str
    """What the number is called: "text", "aesthetic", ..."""
    made_by: MadeBy

    def __call__(self, image: Image.Image) -> float:
        """The score of one picture, RGB."""


@dataclass(frozen=True)
class ScorerChoice:
    """A scorer that is wanted, in words that another process can be given."""

    score: str
    arguments: tuple[str, ...] = ()
    """Whatever the scorer needs: folders and files of weights, names on the hub, a label."""


def nsfw_scorer(*arguments: str) -> Scorer:
    """Open-NSFW by its package's weights, or any classifier and its label."""
    if arguments == (PACKAGE,):
        return OpenNsfwScorer()
    return ClassifierScorer(ShotScore.NSFW, *arguments)


SCORERS: dict[str, Callable[..., Scorer]] = {
    ShotScore.TEXT: TextScorer,
    ShotScore.AESTHETIC: AestheticScorer,
    ShotScore.QUALITY: partial(ClassifierScorer, ShotScore.QUALITY),
    ShotScore.NSFW: nsfw_scorer,
}
"""By the score that each gives; a `ShotScore` knows it."""


def load_scorers(choices: Iterable[ScorerChoice]) -> list[Scorer]:
    """All of them; raises InputError or WeightsError for the first that cannot be had."""
    return [_load(choice) for choice in choices]


def _load(choice: ScorerChoice) -> Scorer:
    if (ours := SCORERS.get(choice.score)) is not None:
        return ours(*choice.arguments)
    installed = installed_scorers()
    if choice.score not in installed:
        raise InputError(
            f"no scorer gives the score {choice.score!r}",
            expected="one of " + ", ".join([*SCORERS, *installed]),
            hint="install the package that brings it",
        )
    try:
        scorer: Scorer = installed[choice.score].load()(*choice.arguments)
        name = scorer.score
    except Cut2NextError:
        raise
    except Exception as error:  # nobody knows what a strange package does
        reason = one_line(f"{type(error).__name__}: {error}", 120)
        raise InputError(
            f"the scorer {choice.score!r} cannot be loaded ({reason})",
            expected="a scorer as docs/data.md says",
            hint=f"look at {installed[choice.score].value}",
        ) from error
    if name != choice.score:
        raise InputError(
            f"the scorer {choice.score!r} gives the score {name!r}",
            expected="the score that its entry point names",
            hint=f"look at {installed[choice.score].value}",
        )
    return scorer
