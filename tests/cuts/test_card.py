"""The card tells what is in a set, to people and to Hugging Face."""

from pathlib import Path

from tests.cuts.sample import record

from cut2next.cuts.writer import CutWriter


def _writer(folder: Path, *, with_truth: bool = False, with_pictures: bool = False) -> CutWriter:
    return CutWriter(folder, with_truth=with_truth, with_pictures=with_pictures)


def _write(folder: Path, count: int) -> None:
    with _writer(folder) as writer:
        for number in range(count):
            writer.add(record(number))


def test_the_card_tells_what_is_inside(tmp_path: Path) -> None:
    _write(tmp_path / "cuts", 2)
    card = (tmp_path / "cuts" / "README.md").read_text()
    assert "license: cc0-1.0" in card
    assert "2 in train" in card
    assert "a test 1" in card
