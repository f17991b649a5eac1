import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.cutbench.cuts import SIZE
from tests.cutbench.frozen import PATTERNS, case, frozen

from cut2next.cutbench.benchmark import ABOUT, CASES, TRUTH, Benchmark, open_benchmark
from cut2next.film import InputError


@pytest.fixture
def benchmark(tmp_path: Path) -> Benchmark:
    return frozen(tmp_path / "walls")


def test_a_case_is_the_cut_that_was_frozen(benchmark: Benchmark) -> None:
    for number, frozen_case in enumerate(benchmark.cases):
        given, made = case(number).cut, frozen_case.case().cut
        assert (made.name, made.patterns, made.prompt) == (given.name, given.patterns, given.prompt)
        for first, second in ((given.current, made.current), (given.next, made.next)):
            assert np.array_equal(np.asarray(first.keyframe), np.asarray(second.keyframe))


def test_a_brief_holds_no_truth_and_each_picture_has_noise_of_its_own(
    benchmark: Benchmark,
) -> None:
    shutil.rmtree(benchmark.folder / "truth")
    first, second = (open_benchmark(benchmark.folder).cases[0].brief(n) for n in (1, 2))
    assert first.size == SIZE
    assert first.current.getpixel((0, 0)) == (255, 0, 0)
    assert first.patterns == {PATTERNS[0]}
    assert first.seed != second.seed
    assert first.name != second.name


def test_what_makers_may_know_names_no_film(benchmark: Benchmark) -> None:
    assert "film" not in (benchmark.folder / CASES).read_text()
    assert benchmark.about.films == [f"film-{number}" for number in range(5)]


def test_without_the_truth_nothing_is_scored(benchmark: Benchmark) -> None:
    shutil.rmtree(benchmark.folder / "truth")
    with pytest.raises(InputError, match="holds no true next shots"):
        open_benchmark(benchmark.folder).cases[0].case()


def test_its_digest_follows_from_all_that_is_in_it(tmp_path: Path) -> None:
    digests = [
        frozen(tmp_path / name, count).digest for name, count in zip("abc", (3, 3, 4), strict=True)
    ]
    assert digests[0] == digests[1]
    assert digests[0] != digests[2]


@pytest.mark.parametrize("file", [CASES, TRUTH, "cases/current/0001.png", "truth/next/0001.png"])
def test_one_changed_byte_is_found(benchmark: Benchmark, file: str) -> None:
    path = benchmark.folder / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=f"{file}: is not the file that was frozen"):
        _ = [each.case() for each in open_benchmark(benchmark.folder).cases]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"format": 2}, "format"),
        ({"cases": "abc"}, "cases: String should match pattern"),
        ({"more": 1}, "more: Extra inputs are not permitted"),
        ({"films": "all"}, "films"),
    ],
)
def test_what_benchmark_json_may_not_say(
    benchmark: Benchmark, change: dict[str, object], fault: str
) -> None:
    path = benchmark.folder / ABOUT
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=fault):
        open_benchmark(benchmark.folder)


@pytest.mark.parametrize("text", ["", "[", "[1]", "\x00", '{"cut2next": "entry"}', "[" * 100_000])
def test_what_is_no_benchmark_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / ABOUT).write_text(text)
    with pytest.raises(InputError) as refused:
        open_benchmark(tmp_path)
    assert str(refused.value).isprintable()
