"""Films to a folder of cuts: what comes out, whatever engine, span or kill it went through."""

import multiprocessing
import os
import re
import shutil
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from tests.films.footage import Coding, cut_short, shots, write_film, write_sound
from tests.films.steps.shots import keyframed

from cut2next.cuts.dataset import read_records
from cut2next.cuts.merging import merged
from cut2next.cuts.record import CutRecord, MadeBy
from cut2next.cuts.scores import CutScore
from cut2next.cuts.selection import thresholds_of
from cut2next.cuts.splitting import Shares, split_by_film
from cut2next.film import Cut2NextError, InputError, OutputError
from cut2next.films import rawcuts
from cut2next.films.engines.local import run_locally
from cut2next.films.engines.work import Engine, StretchOutcome, Work
from cut2next.films.rawcuts import TOOL, RawCuts, Step, Summary, film_cuts, make_rawcuts
from cut2next.films.shards import Stretch, read_shard
from cut2next.films.steps.keyframes import KeyframedShot
from cut2next.films.video import Film, open_film

RECIPE = RawCuts(work=Work(scorers=()), stretch=4.0, licence="CC0-1.0")
CODING = Coding(options={"g": "24", "preset": "ultrafast"})
ALONE = partial(run_locally, workers=1)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two films, eight shots and five."""
    folder = tmp_path_factory.mktemp("films")
    write_film(folder / "eight.mp4", shots(range(8), length=36), CODING)
    write_film(folder / "five.mp4", shots(range(20, 25), length=36), CODING)
    return folder


def made(
    films: Path, out: Path, recipe: RawCuts = RECIPE, engine: Engine = ALONE
) -> list[CutRecord]:
    """The cuts of a whole run."""
    for _ in make_rawcuts([films], out, recipe, Summary(), engine):
        pass
    return list(read_records(out))


@pytest.fixture(scope="module")
def whole(films: Path, tmp_path_factory: pytest.TempPathFactory) -> list[CutRecord]:
    """What an unbroken run on one process gives."""
    return made(films, tmp_path_factory.mktemp("whole") / "cuts")


def test_every_cut_is_there_with_all_that_is_known(whole: list[CutRecord]) -> None:
    assert sorted(record.film[:-7] for record in whole) == ["eight"] * 7 + ["five"] * 4
    for record in whole:
        assert record.current.span is not None
        assert record.next.span is not None
        assert record.current.span.end == record.next.span.start
        assert record.current.span.start <= record.current.span.keyframe < record.current.span.end
        assert record.current.span.duration == 1.5
        assert record.current.keyframe().size == (320, 240)
        assert {"gap", "difference", "novelty"} <= record.scores.keys()
        scores = {"motion", "sharpness", "focus", "brightness", "contrast"}
        assert scores <= record.current.scores.keys()
        assert record.scores["gap"] == 0
        assert record.scores["difference"] > 0.2
        assert record.made_by[0].tool == TOOL
        assert thresholds_of(record) == RECIPE.work.selection
        assert (record.licence, record.source) == ("CC0-1.0", f"{record.film[:-7]}.mp4")
        assert record.contents is not None
        assert record.film[-6:] == record.contents[:6]
        assert not record.annotated


def test_neighbours_share_their_shot(whole: list[CutRecord]) -> None:
    eight = sorted(
        (record for record in whole if record.film.startswith("eight")),
        key=lambda one: one.current.name,
    )
    for one, other in pairwise(eight):
        assert one.next == other.current


@pytest.mark.parametrize("stretch", [1.0, 300.0])
def test_it_does_not_matter_how_films_are_divided(
    stretch: float, films: Path, tmp_path: Path, whole: list[CutRecord]
) -> None:
    assert made(films, tmp_path / "cuts", replace(RECIPE, stretch=stretch)) == whole


def test_the_pictures_of_every_shard_are_read_once(
    films: Path, tmp_path: Path, whole: list[CutRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def reading(path: Path, *, images: bool) -> Iterator[KeyframedShot]:
        read.extend([path] if images else [])
        return read_shard(path, images=images)

    monkeypatch.setattr(rawcuts, "read_shard", reading)
    assert made(films, tmp_path / "cuts", replace(RECIPE, stretch=1.0)) == whole
    assert len(read) == len(set(read)) > 11


class WithAStepMore(RawCuts):
    """Counts the letters of names, as "letters" or under another name."""

    score = "letters"

    def steps(self, film: Film, makers: tuple[MadeBy, ...]) -> list[Step]:
        def counted(records: Iterable[CutRecord]) -> Iterator[CutRecord]:
            for record in records:
                yield replace(record, scores={**record.scores, self.score: float(len(record.id))})

        return [*super().steps(film, makers), counted]


def test_anyone_adds_a_step(films: Path, tmp_path: Path, whole: list[CutRecord]) -> None:
    recipe = WithAStepMore(work=RECIPE.work, licence=RECIPE.licence)
    with pytest.raises(InputError, match="unknown score 'letters'; expected one of duration"):
        made(films, tmp_path / "cuts", recipe)
    assert not list(tmp_path.glob("cuts"))
    WithAStepMore.score = CutScore.DIFFERENCE
    records = made(films, tmp_path / "cuts", recipe)
    assert [record.scores["difference"] for record in records] == [len(one.id) for one in whole]


def test_no_shot_is_taken_before_it_is_needed(films: Path) -> None:
    film = open_film(films / "five.mp4", "five")
    source = (keyframed(number, start=number, end=number + 1) for number in range(50))
    cuts = film_cuts(film, source, RECIPE, (RECIPE.made_by,))
    assert next(cuts).current.name == "0000"
    assert next(source).record.name < "0015"


def test_several_processes_give_the_same(
    films: Path, tmp_path: Path, whole: list[CutRecord]
) -> None:
    assert made(films, tmp_path / "cuts", engine=partial(run_locally, workers=2)) == whole


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context")
def test_ray_gives_the_same(films: Path, tmp_path: Path, whole: list[CutRecord]) -> None:
    pytest.importorskip("ray")
    from cut2next.films.engines.on_ray import run_on_ray

    assert made(films, tmp_path / "cuts", engine=run_on_ray) == whole


def test_nothing_is_left_beside_the_folder(films: Path, tmp_path: Path) -> None:
    made(films, tmp_path / "cuts")
    assert [path.name for path in tmp_path.iterdir()] == ["cuts"]
    with pytest.raises(OutputError, match="not empty"):
        made(films, tmp_path / "cuts")


def test_a_film_that_is_there_twice_is_taken_once(films: Path, tmp_path: Path) -> None:
    folder, report = tmp_path / "films", Summary()
    shutil.copytree(films, folder)
    shutil.copy(films / "five.mp4", folder / "fünf mal fünf.mp4")
    (folder / "notes.txt").write_text("other things")
    for _ in make_rawcuts([folder], tmp_path / "cuts", RECIPE, report, ALONE):
        pass
    assert len(list(read_records(tmp_path / "cuts"))) == 11
    assert any("again, taken once" in note for note in report.notes)
    assert any("other files passed over, such as notes.txt" in note for note in report.notes)


def test_music_in_a_folder_is_passed_over_and_by_name_refused(films: Path, tmp_path: Path) -> None:
    folder, run = tmp_path / "films", Summary()
    shutil.copytree(films, folder)
    music = write_sound(folder / "music.ogg", codec="flac")
    for _ in make_rawcuts([folder], tmp_path / "cuts", RECIPE, run, ALONE):
        pass
    assert not run.failures
    assert run.notes == ["1 other files passed over, such as music.ogg"]
    for _ in make_rawcuts([folder / "five.mp4", music], tmp_path / "named", RECIPE, run, ALONE):
        pass
    assert "only sound" in run.failures[0]


def notes_on(film: Path, tmp_path: Path) -> list[str]:
    run = Summary()
    for _ in make_rawcuts([film], tmp_path / "cuts", RECIPE, run, ALONE):
        pass
    return run.notes


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts"])
def test_a_film_that_ends_in_black_or_under_longer_sound_is_whole(
    name: str, tmp_path: Path
) -> None:
    black = np.zeros((240, 320, 3), np.uint8)
    pictures = [*shots(range(3), length=36), *[black] * 36]
    film = write_film(tmp_path / name, pictures, CODING, sound=9.0)
    assert notes_on(film, tmp_path) == []


def test_a_film_that_is_cut_short_is_told(tmp_path: Path) -> None:
    film = cut_short(write_film(tmp_path / "a.mkv", shots(range(8), length=36), CODING), 0.6)
    (note,) = notes_on(film, tmp_path)
    assert re.search(r"ends at [67] s of 12; what is there was taken", note)


def test_films_of_one_name_are_told_apart(films: Path, tmp_path: Path) -> None:
    for number, name in enumerate(("eight", "five")):
        (tmp_path / str(number)).mkdir()
        shutil.copy(films / f"{name}.mp4", tmp_path / str(number) / "film.mp4")
    records = made(tmp_path, tmp_path / "cuts")
    assert len({record.film for record in records}) == 2
    assert len({record.id for record in records}) == 11


def test_a_film_that_fails_does_not_stop_the_others(films: Path, tmp_path: Path) -> None:
    folder, report = tmp_path / "films", Summary()
    shutil.copytree(films, folder)
    (folder / "broken.mp4").write_bytes(b"no film at all")
    for _ in make_rawcuts([folder], tmp_path / "cuts", RECIPE, report, ALONE):
        pass
    assert [name[:-7] for name in report.films] == ["eight", "five"]
    assert len(report.failures) == 1
    assert "broken.mp4" in report.failures[0]


def test_nothing_to_make_is_one_line_and_no_folder(tmp_path: Path) -> None:
    one = write_film(tmp_path / "one.mp4", shots([1]), CODING)
    with pytest.raises(InputError, match="no cuts"):
        made(one, tmp_path / "cuts")
    with pytest.raises(InputError, match="does not exist"):
        made(tmp_path / "missing.mp4", tmp_path / "cuts")
    assert not (tmp_path / "cuts").exists()


_REFUSED = 3


def _run(films: Path, out: Path) -> None:
    try:
        made(films, out)
    except Cut2NextError:
        os._exit(_REFUSED)


@pytest.mark.slow
def test_thirty_kills_at_random_moments(
    films: Path, tmp_path: Path, whole: list[CutRecord]
) -> None:
    """However often a run is killed, the same call ends with the same set."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cut2next.films.rawcuts"])
    chance, kills, sets, started = Random(0), 0, 0, time.monotonic()
    context.Process(target=time.sleep, args=(0,)).start()  # the server loads what it preloads
    while kills < 30:
        out = tmp_path / f"cuts {sets}"
        done_before = out.exists()  # the kill came when all was done
        child = context.Process(target=_run, args=(films, out))
        child.start()
        child.join(chance.uniform(0.02, 1.2))
        if child.exitcode is None and child.pid is not None:
            os.kill(child.pid, signal.SIGKILL)
            child.join()
            kills += 1
        else:
            assert child.exitcode == (_REFUSED if done_before else 0)
            assert list(read_records(out)) == whole
            assert {path.name for path in tmp_path.iterdir()} == {
                f"cuts {number}" for number in range(sets + 1)
            }
            sets += 1
        assert time.monotonic() - started < 240
    assert made(films, tmp_path / "last") == whole
    assert sets >= 1


def test_films_of_one_size_are_told_apart_by_what_is_between(tmp_path: Path) -> None:
    """Uncompressed films of equal length differ in their pictures alone."""
    black = np.zeros((240, 320, 3), np.uint8)
    for name, numbers in (("one", (1, 2, 3)), ("two", (4, 5, 6))):
        pictures = [*[black] * 12, *shots(numbers, length=16), *[black] * 12]
        coding = Coding(codec="rawvideo")
        (tmp_path / "films").mkdir(exist_ok=True)
        write_film(tmp_path / "films" / f"{name}.avi", pictures, coding)
    sizes = {path.stat().st_size for path in (tmp_path / "films").iterdir()}
    assert len(sizes) == 1
    assert len({record.film for record in made(tmp_path / "films", tmp_path / "cuts")}) == 2


def test_a_film_is_called_the_same_whatever_else_is_there(films: Path, tmp_path: Path) -> None:
    alone = made(films / "five.mp4", tmp_path / "alone")
    (tmp_path / "more").mkdir()
    shutil.copy(films / "eight.mp4", tmp_path / "more" / "five.mp4")
    shutil.copy(films / "five.mp4", tmp_path / "more" / "six.mp4")
    shutil.copy(films / "five.mp4", tmp_path / "more" / "five too.mp4")
    ids = {record.id for record in made(tmp_path / "more", tmp_path / "cuts")}
    assert len(ids) == 11
    renamed = made(tmp_path / "more" / "six.mp4", tmp_path / "renamed")
    assert {record.film_identity for record in renamed} == {alone[0].film_identity}
    shares = Shares(test=0.5)
    splits = {split.split for split in split_by_film([*alone, *renamed], shares)}
    assert len(splits) == 1


def test_one_film_under_two_names_is_not_merged(films: Path, tmp_path: Path) -> None:
    shutil.copy(films / "five.mp4", tmp_path / "six.mp4")
    made(films / "five.mp4", tmp_path / "one")
    made(tmp_path / "six.mp4", tmp_path / "other")
    with pytest.raises(InputError, match="under another name"):
        list(merged([tmp_path / "one", tmp_path / "other"]))


@dataclass(frozen=True, kw_only=True)
class Ending(Work):
    """Work that ends its process at one film, as a decoder that crashes would."""

    def do(self, stretch: Stretch) -> StretchOutcome:
        if stretch.film.name.startswith("five"):
            os._exit(9)
        return super().do(stretch)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["local", "ray"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context")
def test_a_film_that_ends_its_process_fails_alone(
    name: str, films: Path, tmp_path: Path, whole: list[CutRecord]
) -> None:
    if name == "ray":
        pytest.importorskip("ray")
    from cut2next.films.engines.on_ray import run_on_ray

    engine = run_on_ray if name == "ray" else partial(run_locally, workers=2)
    recipe, summary = replace(RECIPE, work=Ending(scorers=RECIPE.work.scorers)), Summary()
    for _ in make_rawcuts([films], tmp_path / "cuts", recipe, summary, engine):
        pass
    assert list(read_records(tmp_path / "cuts")) == [
        record for record in whole if record.film.startswith("eight")
    ]
    assert len(summary.failures) == 1
    assert "ended the process" in summary.failures[0]


def test_a_cluster_that_does_not_answer_is_one_line(films: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    from cut2next.films.engines.on_ray import run_on_ray

    with pytest.raises(InputError, match="no Ray cluster"):
        made(films, tmp_path / "cuts", engine=partial(run_on_ray, address="127.0.0.1:9"))


def test_a_torn_shard_is_made_again(films: Path, tmp_path: Path, whole: list[CutRecord]) -> None:
    out, run = tmp_path / "cuts", Summary()
    progress = make_rawcuts([films], out, RECIPE, run, ALONE)
    for _ in range(3):
        next(progress)
    progress.close()  # type: ignore[attr-defined]
    shards = sorted(tmp_path.rglob("*.parquet"))
    assert shards
    shards[0].write_bytes(shards[0].read_bytes()[:100])
    assert made(films, out) == whole
    assert [path.name for path in tmp_path.iterdir()] == ["cuts"]


def test_another_version_begins_anew(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = make_rawcuts([films], tmp_path / "cuts", RECIPE, Summary(), ALONE)
    for _ in range(3):
        next(progress)
    progress.close()  # type: ignore[attr-defined]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    monkeypatch.setattr("cut2next.films.engines.work.__version__", "9.9")
    monkeypatch.setattr("cut2next.films.rawcuts.clear_shards", lambda _: None)
    made(films, tmp_path / "cuts")
    after = {path for path in tmp_path.rglob("*.parquet") if path.parent.parent.name[0] == "."}
    assert before
    assert len(after) > 2 * len(before)
