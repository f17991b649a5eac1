"""A timeline holds all of a film, to scale."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cuts.sample import found

from cut2next.curation.report.survey import FilmCut, FilmShot, FilmSurvey, survey
from cut2next.curation.report.timeline import WIDTH as ROW
from cut2next.curation.report.timeline import timeline
from cut2next.cuts.record import Span


@st.composite
def films(draw: st.DrawFn) -> FilmSurvey:
    """Shots one after the other, with gaps between some of them."""
    film, at = FilmSurvey(name="film"), draw(st.sampled_from([0.0, 3.5]))
    for number in range(draw(st.integers(1, 12))):
        length, gap = draw(st.floats(0.05, 900)), draw(st.sampled_from([0.0, 0.5]))
        shot = FilmShot(
            name=f"{number:02}", start=at, end=at + length, scene=None, marks=(), picture=""
        )
        film.shots[shot.name] = shot
        if number:
            cut = FilmCut(id=f"{number}", at=at, gap=gap, rejected=(), pictures=("", ""))
            film.cuts.append(cut)
        at += length + gap
    return film


@given(films())
def test_a_timeline_holds_all_of_a_film_to_scale(film: FilmSurvey) -> None:
    drawn = timeline(film)
    assert len(drawn.rows) <= 15
    width = sum(block.width for row in drawn.rows for block in row.shots)
    seconds = sum(shot.end - shot.start for shot in film.shots.values())
    assert width * drawn.seconds / ROW == pytest.approx(seconds)
    assert sum(len(row.ticks) for row in drawn.rows) == len(film.cuts)
    for row in drawn.rows:
        for block in (*row.shots, *row.gaps):
            assert -1e-6 <= block.x <= block.x + block.width <= ROW + 1e-6


def test_dissolves_lie_between_their_shots() -> None:
    base = {"time_base": Fraction(1, 10), "keyframe": 0}
    one = found(0, scores={"gap": 0.5})
    current = replace(one.current, span=Span(start=0, end=40, **base))  # type: ignore[arg-type]
    following = replace(one.next, span=Span(start=45, end=90, **base))  # type: ignore[arg-type]
    (row,) = timeline(survey([replace(one, current=current, next=following)]).films["film"]).rows
    (gap,) = row.gaps
    assert (round(gap.x), round(gap.width), gap.text) == (400, 50, "dissolve or fade, 0.5 s")
