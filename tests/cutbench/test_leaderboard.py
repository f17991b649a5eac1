import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.cutbench.features.stand_in import mean_colour
from tests.cutbench.features.toys import dinov2
from tests.cutbench.frozen import entry, frozen

from cut2next.cutbench.benchmark import Benchmark
from cut2next.cutbench.entry import open_entry
from cut2next.cutbench.features.features import Features
from cut2next.cutbench.features.networks import STORED, network_named
from cut2next.cutbench.features.store import FeatureStore
from cut2next.cutbench.leaderboard import Row, enter, read_leaderboard, rows_of
from cut2next.cutbench.metrics.learned import learned_metrics
from cut2next.cutbench.results import Results
from cut2next.cutbench.scoring import Scoring
from cut2next.film import InputError


@pytest.fixture
def benchmark(tmp_path: Path) -> Benchmark:
    return frozen(tmp_path / "walls")


def rows(tmp_path: Path, benchmark: Benchmark, weights: str, maker: str = "me") -> list[Row]:
    folder = tmp_path / maker
    if not folder.exists():
        entry(folder, benchmark, "green" if maker == "you" else "blue", maker=maker)
    store = FeatureStore(tmp_path / "features.sqlite")
    features = Features(network_named("dino", weights, store), store)
    scoring = Scoring(
        benchmark=benchmark,
        entries=[open_entry(folder, benchmark)],
        metrics=learned_metrics(features, None),
    )
    results = Results(scoring=scoring, scored=list(scoring.run()))
    return rows_of(results, "cut2next bench score")


def test_a_row_is_scored_again_from_stored_features_to_the_last_bit(
    tmp_path: Path, benchmark: Benchmark
) -> None:
    dinov2(tmp_path / "dino")
    first = rows(tmp_path, benchmark, str(tmp_path / "dino"))
    again = rows(tmp_path, benchmark, STORED)
    assert json.dumps(again, sort_keys=True) == json.dumps(first, sort_keys=True)
    with pytest.raises(InputError, match="has not read yet"):
        rows(tmp_path, benchmark, STORED, maker="you")


def test_without_stored_features_the_weights_have_to_be_named(
    tmp_path: Path, benchmark: Benchmark
) -> None:
    with pytest.raises(InputError, match="features of 0 networks of the kind DINOv2"):
        rows(tmp_path, benchmark, STORED)


def test_a_newer_row_of_the_same_pictures_takes_the_place_of_the_older(
    tmp_path: Path, benchmark: Benchmark
) -> None:
    dinov2(tmp_path / "dino")
    path, weights = tmp_path / "leaderboard.json", str(tmp_path / "dino")
    mine, yours = (rows(tmp_path, benchmark, weights, maker) for maker in ("me", "you"))
    enter(path, mine)
    enter(path, yours)
    enter(path, [{**mine[0], "command": "the same again"}])
    told = read_leaderboard(path)
    assert [row["maker"] for row in told] == ["you", "me"]
    assert told[1]["command"] == "the same again"
    benchmark_facts = told[0]["benchmark"]
    assert isinstance(benchmark_facts, dict)
    assert benchmark_facts["digest"] == benchmark.digest


def test_rows_of_two_who_enter_at_once_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "leaderboard.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: enter(path, [{"maker": f"{number}"}]), range(32)))
    assert sorted(int(str(row["maker"])) for row in read_leaderboard(path)) == list(range(32))
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("text", ["", "{}", "[1]", "no json", "\x00"])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "leaderboard.json"
    path.write_text(text)
    with pytest.raises(InputError, match="is no leaderboard"):
        enter(path, [])
    assert path.read_text() == text


def test_the_relational_prompts_worth_is_told_of_a_maker_that_was_asked_without(
    tmp_path: Path, benchmark: Benchmark
) -> None:
    entries = []
    for maker, color, relation in (("with", "red", True), ("without", "blue", False)):
        folder = entry(tmp_path / maker, benchmark, color, maker=maker)
        lines = [json.loads(line) for line in (folder / "shots.jsonl").read_text().splitlines()]
        settings = {"relational prompt": relation}
        asked = {"words": "", "size": [32, 16], "weights": "w", "settings": settings}
        told = "\n".join(json.dumps({**line, "asked": asked}) for line in lines)
        (folder / "shots.jsonl").write_text(told)
        entries.append(open_entry(folder, benchmark))
    clip = mean_colour("CLIP")
    scoring = Scoring(benchmark=benchmark, entries=entries, metrics=learned_metrics(None, clip))
    results = Results(scoring=scoring, scored=list(scoring.run()))
    # The stand-in reads "A blue wall" as blue: red pictures are at a right angle to it.
    assert list(results.relation_gaps) == ["with"]
    assert results.relation_gaps["with"].mean == pytest.approx(-1)
