import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.cutbench.features.stand_in import mean_colour
from tests.cutbench.frozen import entry, frozen

from cut2next.cutbench.benchmark import Benchmark
from cut2next.cutbench.cases import CaseWithTruth
from cut2next.cutbench.entry import Entry, open_entry
from cut2next.cutbench.metrics.fidelity import PSNR
from cut2next.cutbench.metrics.learned import learned_metrics, set_metrics
from cut2next.cutbench.metrics.metric import Metric
from cut2next.cutbench.results import Results
from cut2next.cutbench.scoring import COPY, SHUFFLED, TRUTH, Scoring, strangers_bound
from cut2next.film import InputError


@pytest.fixture
def benchmark(tmp_path: Path) -> Benchmark:
    return frozen(tmp_path / "walls")


def made(tmp_path: Path, benchmark: Benchmark, color: str) -> Entry:
    return open_entry(entry(tmp_path / color, benchmark, color, maker=color), benchmark)


def results(scoring: Scoring) -> Results:
    return Results(scoring=scoring, scored=list(scoring.run()))


def mean(of: Results, maker: str, metric: str) -> float:
    figure = of.figures[maker]["all"][metric]
    assert figure is not None
    return figure.mean


def test_controls_stand_beside_makers_and_behave(tmp_path: Path, benchmark: Benchmark) -> None:
    features = mean_colour()
    scoring = Scoring(
        benchmark=benchmark,
        entries=[made(tmp_path, benchmark, color) for color in ("blue", "green")],
        metrics=[PSNR, *learned_metrics(features, None)],
        set_metrics=set_metrics(features),
    )
    told = results(scoring)
    assert list(told.figures) == ["blue", "green", TRUTH, COPY, SHUFFLED]
    # Blue is what was filmed, to the last pixel; nothing beats it, and green is far from it.
    assert mean(told, "blue", "psnr") == mean(told, TRUTH, "psnr")
    assert mean(told, "blue", "psnr") > mean(told, "green", "psnr")
    assert mean(told, "blue", "dino to truth") == pytest.approx(1)
    # Who copies the input is most like it, and copies most.
    likeness = {maker: mean(told, maker, "dino") for maker in told.figures}
    assert max(likeness, key=lambda maker: likeness[maker]) == COPY
    assert mean(told, COPY, "copy margin") > 0
    assert mean(told, TRUTH, "copy margin") == 0
    assert told.distances["blue"]["fd-dinov2"] is not None
    assert told.distances["blue"]["fd-dinov2"].value == pytest.approx(0, abs=1e-6)
    apart = {(each.first, each.second) for each in told.comparisons if each.metric == "psnr"}
    assert apart == {("blue", "green")}


def test_of_too_few_cases_distances_say_nothing(tmp_path: Path, benchmark: Benchmark) -> None:
    few, features = benchmark.first(3), mean_colour()
    entries = [open_entry(entry(tmp_path / "mine", benchmark), few)]
    distances = set_metrics(features)
    told = results(Scoring(benchmark=few, entries=entries, metrics=[], set_metrics=distances))
    assert told.distances["me"]["fd-dinov2"] is not None
    assert told.distances["me"]["kd-dinov2"] is None


def test_a_case_counts_once_however_many_pictures_there_are(
    tmp_path: Path, benchmark: Benchmark
) -> None:
    folder = entry(tmp_path / "mine", benchmark)
    lines = [json.loads(line) for line in (folder / "shots.jsonl").read_text().splitlines()]
    lines += [{**line, "number": 2} for line in lines]
    (folder / "shots.jsonl").write_text("\n".join(map(json.dumps, lines)))
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "each": 2}))
    scoring = Scoring(benchmark=benchmark, entries=[open_entry(folder, benchmark)], metrics=[PSNR])
    told = results(scoring)
    figure = told.figures["me"]["all"]["psnr"]
    assert figure is not None
    assert figure.count == 5
    assert [len(each.values["me"]) for each in told.scored] == [2] * 5


def test_what_a_maker_failed_to_make_is_in_no_figure(tmp_path: Path, benchmark: Benchmark) -> None:
    folder = entry(tmp_path / "mine", benchmark)
    lines = [json.loads(line) for line in (folder / "shots.jsonl").read_text().splitlines()]
    lines[0] = {"case": "0000", "fault": "it rained"}
    (folder / "shots.jsonl").write_text("\n".join(map(json.dumps, lines)))
    features = mean_colour()
    scoring = Scoring(
        benchmark=benchmark,
        entries=[open_entry(folder, benchmark)],
        metrics=[PSNR],
        set_metrics=set_metrics(features),
    )
    told = results(scoring)
    figure = told.figures["me"]["all"]["psnr"]
    assert figure is not None
    assert (figure.count, scoring.entries[0].faults) == (4, 1)
    assert told.distances["me"]["fd-dinov2"] is None  # of other counts than the truth's


def test_batches_are_read_before_they_are_judged(tmp_path: Path, benchmark: Benchmark) -> None:
    read: list[int] = []
    metric: Metric[Any] = PSNR

    def ahead(shots: Sequence[Any]) -> None:
        read.append(len(shots))

    scoring = Scoring(benchmark=benchmark, entries=[], metrics=[replace(metric, ahead=ahead)])
    assert len(list(scoring.run())) == 5
    assert read == [15]  # three controls of five cases


def test_strangers_are_those_of_other_films(benchmark: Benchmark) -> None:
    # Currents are red and true next shots blue: of mean colours the cosine is 0.
    assert strangers_bound(benchmark, mean_colour()) == pytest.approx(0)
    assert strangers_bound(benchmark.first(1), mean_colour()) is None


def test_makers_of_one_name_are_refused(tmp_path: Path, benchmark: Benchmark) -> None:
    first = open_entry(entry(tmp_path / "a", benchmark), benchmark)
    truth = open_entry(entry(tmp_path / "b", benchmark, maker=TRUTH), benchmark)
    for entries in ([first, first], [truth]):
        with pytest.raises(InputError, match="another maker called"):
            Scoring(benchmark=benchmark, entries=entries, metrics=[])


def test_an_altered_picture_ends_it_in_one_line(tmp_path: Path, benchmark: Benchmark) -> None:
    opened = open_entry(entry(tmp_path / "a", benchmark), benchmark)
    Image.new("RGB", (32, 16), "green").save(opened.folder / "shots/0003.png")
    scoring = Scoring(benchmark=benchmark, entries=[opened], metrics=[PSNR])
    with pytest.raises(InputError, match=r"0003\.png: is not the file"):
        list(scoring.run())


def test_on_the_film_set_a_metric_is_held_against_what_is_known_exactly(
    tmp_path: Path, benchmark: Benchmark
) -> None:
    def camera(case: CaseWithTruth, picture: Image.Image) -> float:
        return float(picture.getpixel((0, 0)) == (0, 0, 255))

    known = Metric(name="camera", needs=CaseWithTruth, value=camera)
    look = Metric(name="look", needs=CaseWithTruth, value=camera)
    entries = [made(tmp_path, benchmark, color) for color in ("blue", "green")]
    told = results(Scoring(benchmark=benchmark, entries=entries, metrics=[known, look, PSNR]))
    assert told.exact.keys() == {"psnr"}
    area = told.exact["psnr"]["camera"]
    assert area is not None
    assert (area.auc, area.first, area.second) == (1.0, 5, 5)
    assert not results(Scoring(benchmark=benchmark, entries=entries, metrics=[PSNR])).exact


def test_words_of_another_cut_lose_text_fidelity(benchmark: Benchmark) -> None:
    """The true next shots are blue; told of red walls, the stand-in for CLIP sees them apart."""
    (metric,) = (one for one in learned_metrics(None, mean_colour("CLIP")) if one.name == "clip-t")
    case = benchmark.cases[0].case()
    cut = case.cut
    told = replace(cut, next=replace(cut.next, prompt=cut.current.prompt))
    right, wrong = (metric.of(CaseWithTruth(cut=words), case.true_next) for words in (cut, told))
    assert right == pytest.approx(1)
    assert wrong == pytest.approx(0)
