from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.generation.toy import picture

from cut2next.film import EditingPattern, InputError
from cut2next.generation.request import NextShotRequest
from cut2next.makers.maker import Asked, Brief, Made, MakerError
from cut2next.makers.named import MakerChoice
from cut2next.makers.requested import briefs_of, is_made, read_made, write_made

CHOICE = MakerChoice(name="klein", what="folder/klein?steps=4")
ASKED = Asked(words="A woman.", size=(64, 64), seed=7, steps=4, settings={"model": "klein"})


def request(**changes: Any) -> NextShotRequest:
    told: dict[str, Any] = {"source": "a/current.png", "next": "<Anna>", "seed": 7}
    return NextShotRequest(
        **{"picture": picture(), "patterns": [EditingPattern.CUTAWAY], **told, **changes}
    )


def written(path: Path, brief: Brief, asked: Asked = ASKED, choice: MakerChoice = CHOICE) -> Path:
    made = Made(picture=Image.new("RGB", brief.size, "teal"), asked=asked)
    write_made(made, brief, choice, path)
    return path


def test_a_request_is_a_brief_for_each_of_its_next_shots() -> None:
    first, second = briefs_of(request(count=2, size=(96, 64)))
    assert (first.name, second.name) == ("current.png, seed 7", "current.png, seed 8")
    assert (first.size, first.seed, second.seed) == ((96, 64), 7, 8)
    assert first.prompt == request().prompt
    assert first.patterns == {EditingPattern.CUTAWAY}
    assert briefs_of(request())[0].size == request().picture.size


def test_a_picture_tells_how_it_was_made(tmp_path: Path) -> None:
    (brief,) = briefs_of(request())
    told = read_made(written(tmp_path / "next.png", brief))
    assert told is not None
    assert (told.prompt, told.patterns, told.asked) == (brief.prompt, brief.patterns, ASKED)
    assert told.maker == "klein"
    assert "folder/klein" not in (tmp_path / "next.png").read_bytes().decode(errors="replace")


@given(st.text(), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2))
def test_whatever_a_maker_says_that_it_was_asked_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, words: str, settings: dict[str, Any]
) -> None:
    (brief,) = briefs_of(request())
    asked = Asked(words=words, size=(8, 8), settings=settings)
    path = tmp_path_factory.mktemp("said") / "next.png"
    told = read_made(written(path, brief, asked))
    assert told is not None
    assert told.asked == asked


def test_it_is_made_already_if_all_that_was_asked_is_the_same(tmp_path: Path) -> None:
    (brief,) = briefs_of(request())
    path = written(tmp_path / "next.png", brief)
    assert is_made(path, brief, CHOICE)
    assert not is_made(tmp_path / "none.png", brief, CHOICE)
    others = [
        replace(brief, seed=8),
        replace(brief, size=(96, 64)),
        replace(brief, current=picture(1)),
        replace(brief, patterns=frozenset()),
        replace(brief, prompt=request(next="<Ben>").prompt),
    ]
    for other in others:
        assert not is_made(path, other, CHOICE)
    assert not is_made(path, brief, MakerChoice(name="klein", what="folder/klein?steps=5"))
    path.write_bytes(b"no picture")
    assert not is_made(path, brief, CHOICE)
    with pytest.raises(InputError):
        read_made(path)


def test_a_picture_of_another_size_is_not_written(tmp_path: Path) -> None:
    (brief,) = briefs_of(request())
    small = Made(picture=Image.new("RGB", (8, 8)), asked=ASKED)
    with pytest.raises(MakerError, match=r"seed 7: a picture of 8x8; expected 48x32"):
        write_made(small, brief, CHOICE, tmp_path / "next.png")
    assert list(tmp_path.iterdir()) == []
