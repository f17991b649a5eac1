from pathlib import Path

import pytest
from tests.cutbench.frozen import frozen

from cut2next.cutbench.benchmark import Benchmark
from cut2next.cutbench.entering import Making
from cut2next.cutbench.entry import open_entry
from cut2next.film import Cut2NextError, InputError
from cut2next.makers.apart import MakerApart
from cut2next.makers.named import maker_named

MAKERS = Path(__file__).with_name("makers.py")


@pytest.fixture
def benchmark(tmp_path: Path) -> Benchmark:
    return frozen(tmp_path / "walls")


def make(benchmark: Benchmark, folder: Path, function: str = "blue", each: int = 1) -> list[str]:
    """Names of what was made now."""
    with MakerApart(maker_named(f"{MAKERS}:{function}"), patience=60) as maker:
        making = Making(benchmark=benchmark, folder=folder, maker=maker, each=each)
        return [f"{line.case}-{line.number}" for line in making.run()]


def test_a_maker_makes_every_case_and_what_it_made_is_an_entry(
    benchmark: Benchmark, tmp_path: Path
) -> None:
    made = make(benchmark, tmp_path / "mine", each=2)
    assert made == [f"000{case}-{number}" for number in (1, 2) for case in range(5)]
    opened = open_entry(tmp_path / "mine", benchmark)
    assert (opened.maker, opened.faults, opened.manifest.each) == ("blue", 0, 2)
    lines = list(opened.of("0003"))
    assert [line.number for line in lines] == [1, 2]
    assert lines[0].asked is not None
    assert lines[1].asked is not None
    assert lines[0].asked.seed != lines[1].asked.seed


def test_what_is_there_is_not_made_again_but_what_was_altered_is(
    benchmark: Benchmark, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    make(benchmark, folder)
    assert make(benchmark, folder) == []
    (folder / "shots/0001-1.png").write_bytes(b"altered")
    (folder / "shots/0003-1.png").unlink()
    with (folder / "shots.jsonl").open("a") as file:
        file.write('{"case": "0004", "num')  # as a kill would leave it
    assert make(benchmark, folder) == ["0001-1", "0003-1"]
    assert open_entry(folder, benchmark).faults == 0


def test_failures_are_kept_as_such_and_tried_again(benchmark: Benchmark, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert len(make(benchmark, folder, "wide")) == 5
    opened = open_entry(folder, benchmark)
    faults = [line.fault for case in benchmark.cases for line in opened.of(case.name)]
    assert faults == [
        *(
            None,
            "0001-1: the maker ended with exit code 1",
            "0002-1: a picture of 64x16, where 32x16 was asked for",
        ),
        *(None, None),
    ]
    assert make(benchmark, folder, "wide") == ["0001-1", "0002-1"]


def test_lines_that_cannot_be_read_are_one_line(benchmark: Benchmark, tmp_path: Path) -> None:
    (tmp_path / "mine" / "shots.jsonl").mkdir(parents=True)
    with pytest.raises(InputError, match="is a folder"):
        make(benchmark, tmp_path / "mine")


def test_a_folder_of_another_maker_is_left_alone(benchmark: Benchmark, tmp_path: Path) -> None:
    make(benchmark, tmp_path / "mine")
    before = (tmp_path / "mine" / "shots.jsonl").read_bytes()
    with pytest.raises(InputError, match="an entry of another maker"):
        make(benchmark, tmp_path / "mine", "wide")
    assert (tmp_path / "mine" / "shots.jsonl").read_bytes() == before


def test_of_a_maker_that_does_not_load_nothing_is_left(
    benchmark: Benchmark, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("def draw(brief): ...\nraise ValueError('no weights')\n")
    with (
        MakerApart(maker_named(f"{broken}:draw"), patience=60) as maker,
        pytest.raises(Cut2NextError, match="no weights"),
    ):
        list(Making(benchmark=benchmark, folder=tmp_path / "mine", maker=maker).run())
    assert not (tmp_path / "mine").exists()
