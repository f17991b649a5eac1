from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cuts.sample import found

from cut2next.cutbench.benchmark import open_benchmark
from cut2next.cutbench.freezing import cases_of, chosen_cuts, freeze, frozen_from
from cut2next.cuts.writer import CutWriter
from cut2next.film import EditingPattern, InputError, OutputError

CUT_IN, CUTAWAY, REVERSE = (
    EditingPattern.CUT_IN,
    EditingPattern.CUTAWAY,
    EditingPattern.SHOT_REVERSE_SHOT,
)


def cuts(folder: Path, *patterns: frozenset[EditingPattern], split: str = "test") -> Path:
    """A folder of cuts, one for each set of patterns, from one film and one to train on."""
    with CutWriter(folder) as writer:
        for number, of in enumerate(patterns):
            writer.add(found(number, film="shown", split=split, patterns=of))
            writer.add(found(number, film="taught", split="train", patterns=of))
    return folder


def test_patterns_are_balanced_and_films_for_training_left_out(tmp_path: Path) -> None:
    many = [frozenset({CUT_IN})] * 9 + [frozenset({CUTAWAY})] * 4 + [frozenset({REVERSE})]
    folder = cuts(tmp_path / "cuts", *many)
    chosen, counts = chosen_cuts([folder], "test", 7)
    assert counts == Counter({CUT_IN: 3, CUTAWAY: 3, REVERSE: 1})
    assert len(chosen) == 7
    assert all(name.startswith("shown:") for _, name in chosen)


@pytest.mark.parametrize(
    ("count", "cut_ins", "cutaways"), [(3, 1, 1), (5, 2, 2), (9, 4, 4), (11, 6, 4), (99, 9, 4)]
)
def test_what_a_rare_pattern_lacks_the_others_have(
    count: int, cut_ins: int, cutaways: int, tmp_path: Path
) -> None:
    many = [frozenset({CUT_IN})] * 9 + [frozenset({CUTAWAY})] * 4 + [frozenset({REVERSE})]
    chosen, counts = chosen_cuts([cuts(tmp_path / "cuts", *many)], "test", count)
    assert counts == Counter({CUT_IN: cut_ins, CUTAWAY: cutaways, REVERSE: 1})
    assert len(chosen) == len(set(chosen)) == min(count, 14)


def test_what_is_told_of_patterns_is_of_the_cuts_that_are_taken(tmp_path: Path) -> None:
    kinds = [frozenset({pattern}) for pattern in (CUT_IN, CUTAWAY, REVERSE)]
    folder = cuts(tmp_path / "cuts", *kinds)
    chosen, counts = chosen_cuts([folder, folder], "test", 2)
    assert (len(set(chosen)), counts.total()) == (2, 2)


def test_only_the_licences_of_its_split_are_told(tmp_path: Path) -> None:
    with CutWriter(tmp_path / "cuts") as writer:
        for split, licence in (("test", "CC0-1.0"), ("train", "CC-BY-4.0")):
            record = found(0, film=split, split=split, patterns=frozenset({CUT_IN}))
            writer.add(replace(record, licence=licence))
    assert frozen_from([tmp_path / "cuts"], "test", 5, "Mine", "1").licence == "CC0-1.0"


def test_a_cut_counts_for_the_rarest_of_its_patterns(tmp_path: Path) -> None:
    both = frozenset({CUT_IN, CUTAWAY})
    folder = cuts(tmp_path / "cuts", *([frozenset({CUT_IN})] * 3), both)
    assert chosen_cuts([folder], "test", 50)[1] == Counter({CUT_IN: 3, CUTAWAY: 1})


def test_what_is_frozen_are_the_cuts_with_pictures_as_they_were_stored(tmp_path: Path) -> None:
    folder = cuts(tmp_path / "cuts", frozenset({CUT_IN}), frozenset({CUTAWAY}))
    chosen, _ = chosen_cuts([folder], "test", 10)
    about = frozen_from([folder], "test", 10, "Mine", "2")
    assert freeze(cases_of(chosen), about, tmp_path / "bench") == 2
    benchmark = open_benchmark(tmp_path / "bench")
    assert (benchmark.about.name, benchmark.about.films) == ("Mine", ["shown"])
    assert benchmark.about.licence == "CC0-1.0"
    records = {found(number, film="shown").id: found(number, film="shown") for number in (0, 1)}
    for case in benchmark.cases:
        record = records[case.case().cut.name]
        stored = benchmark.folder / "truth" / case.truth.next.file if case.truth else None
        assert stored is not None
        assert stored.read_bytes() == record.next.image
        assert case.case().cut.prompt == record.cut().prompt


def test_which_cuts_are_taken_follows_from_their_names_alone(tmp_path: Path) -> None:
    patterns = [frozenset({CUT_IN})] * 8
    first, second = (cuts(tmp_path / name, *patterns) for name in "ab")
    chosen = [[name for _, name in chosen_cuts([at], "test", 2)[0]] for at in (first, second)]
    assert chosen[0] == chosen[1]
    assert len(chosen[0]) == 2


def test_nothing_to_freeze_is_told_and_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = cuts(tmp_path / "cuts", frozenset())
    with pytest.raises(InputError, match="no annotated cuts in split test"):
        chosen_cuts([folder], "test", 5)
    with pytest.raises(InputError, match="no cuts in split dev"):
        chosen_cuts([folder], "dev", 5)
    about = frozen_from([folder], "test", 5, "Mine", "1")
    with pytest.raises(InputError, match="no cases"):
        freeze([], about, tmp_path / "bench")
    assert not (tmp_path / "bench").exists()
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "mine").write_text("kept")
    full = cuts(tmp_path / "full", frozenset({CUT_IN}))
    with pytest.raises(OutputError):
        freeze(cases_of(chosen_cuts([full], "test", 5)[0]), about, tmp_path / "bench")
    assert (tmp_path / "bench" / "mine").read_text() == "kept"
