"""MovieNet as it lies on disk, to cuts: its stills, shots, scene labels and split.

    240P_frames/tt0120885/shot_0000_img_1.jpg    three stills a shot; the middle one stands for it
    scene318/shot_movie318/tt0120885.txt         a line a shot: start, end and three keyframes
    scene318/label318/tt0120885.txt              "0000 1": a scene ends with that shot
    scene318/meta/split318.json                  films by split

Its files can be read in more than one way; a film's own numbers settle which, or it is refused.
Frame numbers are no times: only a film at hand (`movienet_films.py`) gives a shot its span. Shots
are named by their numbers in MovieNet, by which their frames can be looked up again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from cut2next import __version__
from cut2next.cuts.record import CutRecord, MadeBy, ShotRecord, Span
from cut2next.film import IndividualPrompt, InputError, RelationalPrompt
from cut2next.film.errors import one_line
from cut2next.film.keyframe import read_keyframe
from cut2next.film.paths import read_bytes, read_json
from cut2next.films.movienet_shots import FrameShot, read_labels, read_shots

TOOL = "cut2next data movienet"
LICENCE = "MovieNet research licence: non-commercial research only; films belong to their owners"
LEAST_HEIGHT = 200
"""Pixels of a keyframe: stills have 240 lines, and no film is refused for that."""
_STILLS = "240P_frames"
_SHOTS, _LABELS = Path("scene318", "shot_movie318"), Path("scene318", "label318")
_SPLITS = Path("scene318", "meta", "split318.json")
_OUR_SPLITS = {"train": "train", "val": "validation", "test": "test"}


@dataclass(frozen=True, kw_only=True)
class MovieNet:
    """A copy of MovieNet, and what is taken of it."""

    root: Path
    splits: Mapping[str, Sequence[str]]
    """By film; more than one is a leak."""
    films: Mapping[str, Path] | None
    """Film files by the names of films, where they are at hand."""
    least_height: int

    @property
    def names(self) -> list[str]:
        """The films that have a shot file."""
        return sorted(path.stem for path in (self.root / _SHOTS).glob("*.txt"))

    def split(self, film: str) -> str:
        """The split of a film, by our name."""
        splits = self.splits.get(film, ())
        if len(splits) != 1:
            raise InputError(
                f"{film}: is in {' and '.join(splits) or 'no split'}",
                expected="one split",
                hint=f"look into {_SPLITS}",
            )
        return splits[0]


def open_movienet(
    root: Path, *, films: Path | None = None, least_height: int = LEAST_HEIGHT
) -> MovieNet:
    """A copy of MovieNet, with a folder of films where there is one.

    Raises InputError when a folder or the split file is missing, or no shot file is there.
    """
    for folder in (_STILLS, _SHOTS, _LABELS):
        if not (root / folder).is_dir():
            raise _no_movienet(root, f"holds no folder {folder}")
    movienet = MovieNet(
        root=root,
        splits=_read_splits(root / _SPLITS),
        films=None if films is None else _film_files(films),
        least_height=least_height,
    )
    if not movienet.names:
        raise _no_movienet(root, f"holds no shot file in {_SHOTS}")
    return movienet


def read_movienet(
    movienet: MovieNet, on_film: Callable[[InputError | None], object]
) -> Iterator[CutRecord]:
    """The cuts of all films; `on_film` is told when a film is done, and why it was left out."""
    for film in movienet.names:
        try:
            yield from film_cuts(movienet, film)
        except InputError as error:
            on_film(error)
        else:
            on_film(None)


def film_cuts(movienet: MovieNet, film: str) -> list[CutRecord]:
    """The cuts between neighbouring shots of one film.

    Raises InputError for what is missing, damaged, too small or contradicts itself.
    """
    split = movienet.split(film)
    numbered = read_shots(movienet.root / _SHOTS / f"{film}.txt")
    shots = read_labels(movienet.root / _LABELS / f"{film}.txt", numbered)
    pictures, source = _pictures(movienet, film, shots.shots)
    records = [
        ShotRecord(
            name=f"{number:04d}",
            image=image,
            prompt=IndividualPrompt(summary=""),
            span=span,
            scene=shot.scene,
        )
        for number, (shot, (span, image)) in enumerate(zip(shots.shots, pictures, strict=True))
    ]
    how = {"end": shots.end, "labels": shots.labels, "films": movienet.films is not None}
    by = MadeBy(tool=TOOL, version=__version__, parameters=how)
    return [
        CutRecord(
            film=film,
            current=current,
            next=following,
            relational=RelationalPrompt(transition=""),
            made_by=(by,),
            licence=LICENCE,
            source=source,
            split=split,
        )
        for current, following in pairwise(records)
    ]


def _pictures(
    movienet: MovieNet, film: str, shots: Sequence[FrameShot]
) -> tuple[Sequence[tuple[Span | None, bytes]], str]:
    """The keyframe of every shot, where it lies if there is a film file, and their source."""
    stills = _stills(movienet, film, len(shots))
    if movienet.films is None:
        return [(None, still) for still in stills], f"MovieNet {film}"
    from cut2next.films.movienet_films import join  # PyAV is an extra

    if (file := movienet.films.get(film)) is None:
        raise InputError(
            f"{film}: no film file of that name", expected=f"{film}.mkv or alike", hint="add it"
        )
    return join(file, shots, stills), f"MovieNet {film}, pictures of {file.name}"


def _stills(movienet: MovieNet, film: str, count: int) -> list[bytes]:
    """The still in the middle of every shot, as the file has it."""
    folder = movienet.root / _STILLS / film
    there = len(list(folder.glob("shot_*_img_1.jpg")))
    if there != count:
        raise InputError(
            f"{folder}: holds stills of {there} shots",
            expected=f"{count}, as many as the shot file",
            hint="copy them again",
        )
    paths = [folder / f"shot_{number:04d}_img_1.jpg" for number in range(count)]
    for path in paths:
        picture = read_keyframe(path)
        if picture.height < movienet.least_height:
            raise InputError(
                f"{path}: is {picture.width}x{picture.height} pixels",
                expected=f"{movienet.least_height} lines or more",
                hint="ask for fewer with --min-height",
            )
    return [read_bytes(path) for path in paths]


def _film_files(folder: Path) -> dict[str, Path]:
    import cut2next.films.video  # noqa: F401  # is refused here, not film by film, where PyAV is missing
    from cut2next.films.finding import find_films

    files: dict[str, Path] = {}
    for path in find_films([folder])[0]:
        if (first := files.setdefault(path.stem, path)) != path:
            raise InputError(
                f"{first} and {path}: both are {path.stem}",
                expected="one file for each film",
                hint="move one away",
            )
    return files


def _read_splits(path: Path) -> dict[str, list[str]]:
    try:
        header = read_json(path, _no_movienet)
        splits: dict[str, list[str]] = {}
        for name, ours in _OUR_SPLITS.items():
            for film in _texts(header[name]):
                splits.setdefault(film, []).append(ours)
    except (KeyError, TypeError) as error:
        raise _no_movienet(
            path, f"names no films for train, val and test ({one_line(error)})"
        ) from error
    return splits


def _texts(values: Any) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("no list of names")
    return values


def _no_movienet(path: Path, got: str) -> InputError:
    return InputError(
        f"{path}: {got}",
        expected="a copy of MovieNet with 240P_frames and scene318",
        hint="unpack its key frames and its scene annotation into one folder",
    )
