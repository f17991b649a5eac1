"""The stated mutants: forty, each of a text that is there, with tests that are there."""

from pathlib import Path

import pytest
from scripts.mutants import ROOT, applied, mutated
from scripts.stated_mutants import MUTANTS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.breaks)
def test_every_mutant_still_changes_its_file(mutant: Mutant) -> None:
    source = (ROOT / "src" / "cut2next" / mutant.file).read_text(encoding="utf-8")
    changed = applied(mutant, source)
    assert changed != source
    compile(changed, mutant.file, "exec")
    for test in mutant.tests.split():
        assert (ROOT / "tests" / test).is_file()


def test_there_are_forty_six_that_break_different_things() -> None:
    assert len({(mutant.file, mutant.text) for mutant in MUTANTS}) == 46
    assert len({mutant.breaks for mutant in MUTANTS}) == 46


def test_a_mutant_whose_text_is_gone_is_an_error() -> None:
    gone = Mutant("training/loop.py", "not there", "nor here", "nothing", "training/test_loop.py")
    with pytest.raises(ValueError, match="'not there' 0 times, expected once"):
        applied(gone, "something else")
    with pytest.raises(ValueError, match="2 times"):
        applied(gone, "not there, not there")


def test_a_tree_is_mutated_only_for_as_long_as_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "src" / "cut2next" / "film" / "some.py"
    path.parent.mkdir(parents=True)
    path.write_text("x = 1\n")
    with mutated(tmp_path, Mutant("film/some.py", "1", "2", "x is two", "film/test_some.py")):
        assert path.read_text() == "x = 2\n"
    assert path.read_text() == "x = 1\n"
