"""Films to RawCuts: every cut that films hold, scored, those that pass the thresholds kept.

Films are taken in stretches, each of which leaves a shard on disk (`shards.py`); then, film by
film, shots are grouped to scenes, neighbours paired and judged, and the folder is written whole.
Killed anywhere, the same call goes on where it was and ends with the same set.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from cut2next import __version__
from cut2next.cuts.record import CutRecord, MadeBy
from cut2next.cuts.scores import check_scores
from cut2next.cuts.selection import select
from cut2next.cuts.writer import DATA, CutWriter
from cut2next.film import InputError
from cut2next.films.engines.local import run_locally
from cut2next.films.engines.work import Engine, Work
from cut2next.films.finding import find_films
from cut2next.films.scorers.scorer import load_scorers
from cut2next.films.shards import Stretch, clear_shards, read_shard, stretches
from cut2next.films.steps.keyframes import KeyframedShot
from cut2next.films.steps.pairing import paired
from cut2next.films.steps.scenes import Scenes, with_scenes
from cut2next.films.steps.whole_film import beside_their_film
from cut2next.films.video import Film, SoundOnly, ending, open_film

TOOL = "cut2next data rawcuts"
_APART = 6
"""Characters of its digest that end the name of a film."""
_WHOLE = 0.9
"""Share of a film's length that its last picture comes after."""

Step = Callable[[Iterable[Any]], Iterator[Any]]
"""The one shape of a step: the records of a film in, in the film's order; records out. It adds to
them, leaves some out, or makes others of them, and takes no more than it needs."""


@dataclass(frozen=True, kw_only=True)
class RawCuts:
    """How RawCuts are made; everything that decides what comes out."""

    work: Work = field(default_factory=Work)
    scenes: Scenes = field(default_factory=Scenes)
    stretch: float = 300.0
    """Seconds of film that are taken in one go; what comes out does not depend on it."""
    licence: str = "not stated"
    """Of the films."""
    source: str | None = None
    """Where the films come from; by default each file's name."""

    @property
    def made_by(self) -> MadeBy:
        """What goes into every record."""
        settings = {
            "boundaries": asdict(self.work.boundaries),
            "transnet": self.work.transnet and self.work.transnet.name,
            "keyframes": asdict(self.work.keyframes),
            "scenes": asdict(self.scenes),
            "selection": asdict(self.work.selection),
            "libraries": self.work.libraries,
        }
        return MadeBy(tool=TOOL, version=__version__, parameters=settings)

    def steps(self, film: Film, makers: tuple[MadeBy, ...]) -> list[Step]:
        """What a film's shots go through, each step taking what the one before gives."""
        return [
            partial(with_scenes, settings=self.scenes),
            partial(
                paired,
                film=film.name,
                contents=film.digest,
                made_by=makers,
                licence=self.licence,
                source=self.source or film.file,
            ),
            partial(select, selection=self.work.selection),
        ]


class Progress(NamedTuple):
    """How far a run is: seconds of film done, of how many."""

    done: float
    total: float


@dataclass
class Summary:
    """What there is to tell when a run has ended."""

    films: list[str] = field(default_factory=list)
    """Names of those that gave cuts."""
    failures: list[str] = field(default_factory=list)
    """A line for each film that gave none."""
    notes: list[str] = field(default_factory=list)
    """A line for what was passed over on purpose: other files, a film that was there twice."""
    kept: int = 0
    rejected: int = 0

    @property
    def count(self) -> int:
        """Of cuts, kept or not."""
        return self.kept + self.rejected


def make_rawcuts(
    paths: Sequence[Path],
    out: Path,
    recipe: RawCuts,
    summary: Summary,
    engine: Engine = run_locally,
) -> Iterator[Progress]:
    """Makes a folder of cuts from film files and folders of them, yielding progress.

    `summary` is filled on the way. Raises InputError for a path that does not exist, a scorer that
    cannot be had, or when no film gives a cut; OutputError when the folder cannot be written.
    """
    shards = out.parent / f".{out.name}.cut2next-shards"
    if (out / DATA).exists():  # made already; a kill may have come before its shards were gone
        clear_shards(shards)
    # TransNetV2's windows lie from the first frame on, so what it says depends on where that is.
    seconds = inf if recipe.work.transnet else recipe.stretch
    with CutWriter(out) as writer:
        scorers = load_scorers(recipe.work.scorers)
        recipe.work.detector()
        identity = recipe.work.identity
        films = {
            film: stretches(film, seconds, shards, identity) for film in _openable(paths, summary)
        }
        failed = yield from _worked(recipe.work, films, summary, engine)
        makers = (recipe.made_by, *(scorer.made_by for scorer in scorers))
        for film, own in films.items():
            if film.name in failed:
                continue
            before, ends = summary.count, list[float]()
            shots = beside_their_film(_read(own), list(_read(own, images=False)))
            for record in film_cuts(film, _passed(shots, ends), recipe, makers):
                writer.add(record)
                summary.kept += not record.rejected
                summary.rejected += bool(record.rejected)
            _tell(film, ends, summary, gave_cuts=summary.count > before)
        if not summary.count:
            clear_shards(shards)
            first = (*summary.failures, "no shot has a neighbour")[0]
            raise InputError(
                f"no cuts: {first}",
                expected="films with two shots or more",
                hint="look at the films",
            )
    clear_shards(shards)


def _read(stretches: Iterable[Stretch], *, images: bool = True) -> Iterator[KeyframedShot]:
    return (shot for stretch in stretches for shot in read_shard(stretch.shard, images=images))


def film_cuts(
    film: Film, shots: Iterable[KeyframedShot], recipe: RawCuts, makers: tuple[MadeBy, ...]
) -> Iterator[CutRecord]:
    """The cuts of a film's shots, in order; no more keyframes are in memory than a link spans.

    Raises InputError for a score that is not known, which no threshold could limit.
    """
    records: Iterable[Any] = shots
    for step in recipe.steps(film, makers):
        records = step(records)
    for record in records:
        check_scores({*record.scores, *record.current.scores, *record.next.scores})
        yield record


def _openable(paths: Sequence[Path], summary: Summary) -> list[Film]:
    """Every film that can be opened, once, under a name of its own: that of its file, and more."""
    files, others = find_films(list(paths))
    films: dict[str, Film] = {}
    for file in files:
        try:
            film = open_film(file, file.stem)
        except InputError as error:
            # In a folder, a piece of music is no film that failed.
            if isinstance(error, SoundOnly) and file not in paths:
                others.append(file)
            else:
                summary.failures.append(str(error))
            continue
        if film.digest in films:
            summary.notes.append(f"{file}: is {films[film.digest].path} again, taken once")
        else:
            # So that its name, and with it the ids of its cuts, depends on nothing but the film.
            films[film.digest] = replace(film, name=f"{film.name}-{film.digest[:_APART]}")
    if others:
        summary.notes.append(f"{len(others)} other files passed over, such as {others[0].name}")
    return list(films.values())


def _worked(
    work: Work, films: Mapping[Film, list[Stretch]], summary: Summary, engine: Engine
) -> Generator[Progress, None, set[str]]:
    """Leaves a shard of every stretch; returns the names of films that failed."""
    stretches = [stretch for own in films.values() for stretch in own]
    total = sum(_seconds(stretch) for stretch in stretches)
    done = 0.0
    yield Progress(done, total)
    failed: dict[str, str] = {}
    for stretch, failure in engine(work, stretches):
        if failure is not None:
            failed.setdefault(stretch.film.name, failure)
        done += _seconds(stretch)
        yield Progress(done, total)
    summary.failures.extend(failed.values())
    return set(failed)


def _seconds(stretch: Stretch) -> float:
    return max(min(stretch.end, stretch.film.duration) - stretch.start, 0.0)


def _passed(shots: Iterable[KeyframedShot], ends: list[float]) -> Iterator[KeyframedShot]:
    """The same shots; `ends` gets the end of each, in seconds."""
    for shot in shots:
        ends.append(shot.span.seconds(shot.span.end))
        yield shot


def _tell(film: Film, ends: list[float], summary: Summary, *, gave_cuts: bool) -> None:
    """What a film gave, if not what it promised.

    One whose pictures end long before the file says has been cut short, most likely.
    """
    if gave_cuts:
        summary.films.append(film.name)
    else:
        summary.notes.append(f"{film.path}: no cut; shots with a keyframe: {len(ends)}")
    # Only where shots end early is it worth a look whether pictures do: a film may fade out.
    if (
        ends
        and ends[-1] < _WHOLE * film.duration
        and (end := ending(film)) < film.duration * _WHOLE
    ):
        summary.notes.append(
            f"{film.path}: ends at {end:.0f} s of {film.duration:.0f}; what is there was taken"
        )
