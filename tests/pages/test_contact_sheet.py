import numpy as np
import pytest
from PIL import Image

from cut2next.film import InputError
from cut2next.pages.contact_sheet import GROUND, MARGIN, SheetRow, contact_sheet, sheet_size

CELL = (96, 40)
COLUMNS = ("current", "next")


def _row(label: str = "Cut-In", note: str = "", size: tuple[int, int] = CELL) -> SheetRow:
    return SheetRow(
        label=label,
        note=note,
        pictures=(Image.new("RGB", size, "red"), Image.new("RGB", size, "blue")),
    )


@pytest.mark.parametrize("count", [1, 3])
def test_a_sheet_has_the_size_it_says(count: int) -> None:
    sheet = contact_sheet([_row()] * count, columns=COLUMNS, title="Title", picture_size=CELL)
    assert sheet.size == sheet_size(count, 2, CELL)
    assert sheet.mode == "RGB"


def test_pictures_are_whole_and_margins_even() -> None:
    sheet = np.asarray(
        contact_sheet([_row(), _row()], columns=COLUMNS, title="Title", picture_size=CELL)
    )
    for color in ((255, 0, 0), (0, 0, 255)):
        assert (sheet == color).all(axis=-1).sum() == 2 * CELL[0] * CELL[1]
    ground = (sheet == GROUND).all(axis=-1)
    for edge in (ground[:, :MARGIN], ground[:, -MARGIN:], ground[-MARGIN:], ground[: MARGIN // 2]):
        assert edge.all()
    # right up to the margins
    assert not ground[:, MARGIN].all()
    assert not ground[:, -MARGIN - 1].all()
    assert not ground[-MARGIN - 1].all()


def test_pictures_are_scaled_to_the_size_asked_for() -> None:
    sheet = contact_sheet([_row(size=(48, 20))], columns=COLUMNS, picture_size=CELL)
    red = (np.asarray(sheet) == (255, 0, 0)).all(axis=-1).sum()
    assert red == CELL[0] * CELL[1]


def test_a_long_caption_stays_in_its_room() -> None:
    long = "Medium close up of <Anna> (red bob, glasses, green jacket) in the café. " * 5
    sheet = np.asarray(
        contact_sheet([_row(label=long, note=long)], columns=COLUMNS, picture_size=CELL)
    )
    assert (sheet[:, -MARGIN:] == GROUND).all()


def test_cafe_is_written_with_its_accent() -> None:
    sheets = [
        contact_sheet([_row(note=note)], columns=COLUMNS, picture_size=CELL)
        for note in ("in the café", "in the cafe")
    ]
    assert sheets[0].tobytes() != sheets[1].tobytes()


def test_a_row_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="2 pictures in row 'Cut-In'; expected 3"):
        contact_sheet([_row()], columns=("one", "two", "three"))


def test_nothing_to_show_is_refused() -> None:
    with pytest.raises(InputError, match="an empty contact sheet"):
        contact_sheet([], columns=COLUMNS)
