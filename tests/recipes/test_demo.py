"""The demonstration: all ways to cut from one current shot, which is read once."""

import pytest

from cut2next.film import EditingPattern, patterns_label
from cut2next.generation import Cut2NextPipeline
from cut2next.recipes.demo import Demo


@pytest.fixture
def mini() -> Cut2NextPipeline:
    pipe = Cut2NextPipeline.from_pretrained("mini")
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    return pipe


def test_every_pattern_is_shown_from_one_current_shot(mini: Cut2NextPipeline) -> None:
    demo = Demo(pipeline=mini, sets=1)
    rows = list(demo.rows())
    assert len(rows) == demo.total == len(EditingPattern)
    for pattern, row in zip(EditingPattern, rows, strict=True):
        assert patterns_label({pattern}) in row.label
        current, made, true = row.pictures
        assert current is not None
        assert made is not None
        assert true is not None
        assert current.size == made.size == true.size == demo.size
        assert made.tobytes() not in (current.tobytes(), true.tobytes())
    assert len({row.pictures[0].tobytes() for row in rows if row.pictures[0]}) == 1
