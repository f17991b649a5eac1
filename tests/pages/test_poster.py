"""Posters: every picture whole, at its size or whole multiples of it, and no word cut off."""

import numpy as np
import pytest
from PIL import Image

from cut2next.film import InputError
from cut2next.pages.contact_sheet import GROUND
from cut2next.pages.poster import Lead, Section, Tile, poster

LONG = "Medium close up of Anna, Over the shoulder of Ben, in the café. " * 9


def tile(color: str = "red", size: tuple[int, int] = (384, 160), words: str = "Anna") -> Tile:
    return Tile(label="Cut-In", words=words, pictures=[("made", Image.new("RGB", size, color))])


def section(*tiles: Tile, lead: Lead | None = None, title: str = "Title") -> Section:
    return Section(title=title, about="What it is", tiles=tiles, lead=lead)


def pixels(sheet: Image.Image, color: tuple[int, int, int]) -> int:
    return int((np.asarray(sheet) == color).all(axis=-1).sum())


@pytest.mark.parametrize(
    ("size", "times"), [((192, 80), 2), ((384, 160), 1), ((1024, 576), 1), ((96, 160), 4)]
)
def test_pictures_keep_their_size_or_grow_by_whole_factors(
    size: tuple[int, int], times: int
) -> None:
    sheet = poster([section(*[tile(size=size)] * 4)])
    assert pixels(sheet, (255, 0, 0)) == 4 * size[0] * size[1] * times**2


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7])
def test_a_lead_is_twice_as_large_beside_any_number_of_tiles(count: int) -> None:
    lead = Lead(picture=Image.new("RGB", (384, 160), "blue"), label="current", words="Anna")
    sheet = poster([section(*[tile()] * count, lead=lead)])
    assert pixels(sheet, (255, 0, 0)) == count * 384 * 160
    assert pixels(sheet, (0, 0, 255)) == 4 * 384 * 160


def test_a_lead_that_is_larger_than_its_room_is_shown_whole() -> None:
    picture = Image.new("RGB", (2000, 500), "blue")
    sheet = poster([section(tile(), lead=Lead(picture=picture, label="current"))])
    rows, columns = np.nonzero((np.asarray(sheet) == (0, 0, 255)).all(axis=-1))
    assert (int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1) == (796, 199)


def test_pictures_of_a_row_begin_at_one_height_whatever_their_words() -> None:
    sheet = poster([section(tile("red"), tile("lime", words=LONG[:60]), tile("blue", words=LONG))])
    tops = [
        np.nonzero((np.asarray(sheet) == color).all(axis=-1))[0].min()
        for color in ((255, 0, 0), (0, 255, 0), (0, 0, 255))
    ]
    assert len(set(tops)) == 1


def test_long_words_stay_within_the_margins() -> None:
    lead = Lead(
        picture=Image.new("RGB", (192, 80), "blue"),
        label=LONG,
        words=LONG,
        people=[("Anna", LONG), (LONG, "red bob"), ("W" * 200, "")],
        notes=[LONG],
    )
    long = Tile(label=LONG, words=LONG, pictures=[(LONG, Image.new("RGB", (192, 80)))])
    sheet = np.asarray(poster([section(*[long] * 4, lead=lead, title=LONG), section(tile())]))
    ground = (sheet == GROUND).all(axis=-1)
    for edge in (ground[:, :50], ground[:, -50:], ground[:50], ground[-50:]):
        assert edge.all()


def test_nothing_to_show_is_refused() -> None:
    for sections in ([], [section()], [section(tile()), section()]):
        with pytest.raises(InputError, match="an empty poster"):
            poster(sections)
