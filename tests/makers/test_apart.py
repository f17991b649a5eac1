"""Makers in processes of their own: real ones, which crash and hang for real."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.makers.briefs import brief

from cut2next.film import InputError
from cut2next.makers import Made, MakerError
from cut2next.makers.apart import MakerApart
from cut2next.makers.named import maker_named

FUNCTION = """
import os, time
from PIL import Image

def cut(brief):
    if brief.name == {bad!r}:
        {what}
    return Image.new("RGB", brief.size, (os.getpid() % 256, brief.seed, 0))
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "mine.py"


def made(mine: Path, what: str, patience: float = 60) -> list[Made | MakerError]:
    mine.write_text(FUNCTION.format(bad="case-1", what=what))
    with MakerApart(maker_named(f"{mine}:cut"), patience=patience) as maker:
        return list(maker.make([brief(0), brief(1), brief(2)]))


def colors(shots: list[Made | MakerError]) -> Iterator[tuple[int, ...] | None]:
    for shot in shots:
        pixel = shot.picture.getpixel((0, 0)) if isinstance(shot, Made) else None
        assert pixel is None or isinstance(pixel, tuple)
        yield pixel


@pytest.mark.parametrize(
    ("what", "fault"),
    [
        ("os._exit(3)", "case-1: the maker ended with exit code 3"),
        ("os.kill(os.getpid(), 9)", "case-1: the maker ended with exit code -9"),
        ("raise ValueError('no\\nsuch')", "case-1: ValueError: no such"),
    ],
)
def test_what_goes_wrong_costs_one_shot(mine: Path, what: str, fault: str) -> None:
    first, second, third = made(mine, what)
    assert isinstance(first, Made)
    assert isinstance(third, Made)
    assert isinstance(second, MakerError)
    assert second.got == fault


def test_one_that_hangs_is_ended_and_begun_again(mine: Path) -> None:
    first, second, third = made(mine, "time.sleep(1000)", patience=3)
    assert isinstance(second, MakerError)
    assert second.got == "case-1: nothing after 3 s"
    (one, _, other) = colors([first, second, third])
    assert one is not None
    assert other is not None
    assert (one[1], other[1]) == (0, 2)


def test_the_program_of_a_command_that_hangs_is_ended_with_it(tmp_path: Path) -> None:
    program = tmp_path / "program.sh"
    program.write_text(f"echo $$ > {tmp_path}/pid\nexec sleep 1000\n")
    with MakerApart(maker_named(f"command:sh {program}"), patience=2) as maker:
        (fault,) = maker.make([brief(0)])
    assert isinstance(fault, MakerError)
    with pytest.raises(ProcessLookupError):
        ended(int((tmp_path / "pid").read_text()))


def ended(process: int) -> None:
    """Raises ProcessLookupError once it is gone; an orphan is taken up by the system."""
    for _ in range(100):
        os.kill(process, 0)
        if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            raise ProcessLookupError
        time.sleep(0.05)


def test_a_picture_of_a_class_of_its_own_costs_itself_alone(mine: Path) -> None:
    what = "return type('Sub', (Image.Image,), {'__reduce__': lambda self: (undone, ())})()"
    mine.write_text(FUNCTION.format(bad="case-1", what=what) + "\ndef undone():\n    return None\n")
    with MakerApart(maker_named(f"{mine}:cut"), patience=60) as maker:
        first, second, third = maker.make([brief(0), brief(1), brief(2)])
    assert isinstance(first, Made)
    assert isinstance(third, Made)
    assert isinstance(second, MakerError)
    assert "what comes back cannot be read" in second.got


def test_what_a_maker_prints_is_no_answer(mine: Path, capfd: pytest.CaptureFixture[str]) -> None:
    made(mine, "print('loading', flush=True)")
    told = capfd.readouterr()
    assert "loading" not in told.out
    assert "loading" in told.err


def test_all_come_from_one_process_in_order(mine: Path) -> None:
    shots = list(colors(made(mine, "pass")))
    assert len({shot[0] for shot in shots if shot}) == 1
    assert [shot[1] for shot in shots if shot] == [0, 1, 2]


def test_what_cannot_be_loaded_is_said_once(tmp_path: Path) -> None:
    with (
        MakerApart(maker_named(f"{tmp_path}/missing.py:cut"), patience=60) as maker,
        pytest.raises(InputError, match="does not exist"),
    ):
        list(maker.make([brief(0), brief(1)]))


def test_one_that_was_ended_between_two_shots_is_begun_again(mine: Path) -> None:
    mine.write_text(FUNCTION.format(bad="", what="pass"))
    with MakerApart(maker_named(f"{mine}:cut"), patience=60) as maker:
        (first,) = maker.make([brief(0)])
        for child in multiprocessing.active_children():
            child.kill()
            child.join()
        second, third = maker.make([brief(1), brief(2)])
    assert isinstance(first, Made)
    assert isinstance(second, MakerError)
    assert second.got == "case-1: the maker ended with exit code -9"
    assert isinstance(third, Made)
