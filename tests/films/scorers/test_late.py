"""Text is looked for in what other thresholds let in again, and in nothing else."""

from dataclasses import replace
from io import BytesIO

from PIL import Image
from tests.cuts.test_selection import scored

from cut2next.cuts.record import CutRecord, MadeBy
from cut2next.cuts.selection import Selection, select
from cut2next.films.scorers.late import with_text

BY_OCR = (MadeBy(tool="rapidocr", version="3"),)
LOOSE = Selection(max_motion=None)


def a_cut(number: int = 0, **scores: float) -> CutRecord:
    """Of two shots with these scores, of a set in which text was looked for."""
    cut = replace(scored(sharpness=20.0, **scores), made_by=BY_OCR)
    return replace(cut, next=replace(cut.next, image=picture(number + 1)))


def picture(level: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (16, 16), (level, level, level)).save(file, "PNG")
    return file.getvalue()


class Reader:
    """Finds text in bright pictures."""

    def __init__(self) -> None:
        self.loaded, self.asked = 0, 0

    def __call__(self) -> "Reader":
        self.loaded += 1
        return self

    def read(self, image: Image.Image) -> float:
        self.asked += 1
        return 0.2 if image.getpixel((0, 0)) == (255, 255, 255) else 0.0


def read(records: list[CutRecord], selection: Selection) -> tuple[list[CutRecord], Reader]:
    reader = Reader()
    scored_now = list(with_text(records, selection, lambda: reader().read))
    return list(select(scored_now, selection)), reader


def test_a_shot_that_comes_back_is_looked_at_and_judged() -> None:
    clean, titled = a_cut(0, motion=30.0), a_cut(254, motion=30.0)
    strict, reader = read([clean, titled], Selection())
    assert reader.loaded == 0
    assert "text" not in strict[0].next.scores
    loose, reader = read([clean, titled], LOOSE)
    assert [bool(cut.rejected) for cut in loose] == [False, True]
    assert loose[1].rejected == ("text: 0.2 is over 0.01 in the next shot",)
    assert reader.loaded == 1


def test_what_has_its_score_or_is_out_anyhow_is_left_alone() -> None:
    known, out = a_cut(text=0.0, motion=30.0), a_cut(motion=30.0, brightness=1.0)
    records, reader = read([known, out], LOOSE)
    assert reader.asked == 0
    assert [cut.next.scores.get("text") for cut in records] == [0.0, None]


def test_where_nobody_looked_for_text_nobody_does() -> None:
    for cut, selection in (
        (replace(a_cut(), made_by=()), LOOSE),
        (a_cut(), replace(LOOSE, max_text=None)),
    ):
        assert read([cut], selection)[1].loaded == 0


def test_a_shot_of_two_cuts_is_looked_at_once() -> None:
    first = a_cut(3)
    second = replace(a_cut(4), current=first.next)
    _, reader = read([first, second], LOOSE)
    assert reader.asked == 3
