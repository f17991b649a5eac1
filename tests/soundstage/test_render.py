"""The ray caster against slower and simpler truths."""

import numpy as np
import pytest
from tests.soundstage.sets import SMALL, film_set, setup_of

from cut2next.soundstage import render as room
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.places import PLACES
from cut2next.soundstage.primitives import Floats, Geometry, Ints, Material, Primitive, box, vector
from cut2next.soundstage.raycaster import SCREEN_CELL
from cut2next.soundstage.render import Illumination, Lights, View, render
from cut2next.soundstage.shadow import LIGHT_CELLS

EXTENT = vector([4, 4, 3])
DOWNWARDS = View(
    position=vector([0, 0, 2.9]),
    axes=np.stack([vector([1, 0, 0]), vector([0, 1, 0]), vector([0, 0, -1])]),
    tangent=0.7,
)
NONE = vector([0, 0, 0])


def lights(direction: Floats, softness: float = 0.0) -> Lights:
    """A white key light and nothing else."""
    return Lights(
        key_direction=direction,
        key=vector([1, 1, 1]),
        softness=softness,
        fill_direction=direction,
        fill=NONE,
        rim_direction=direction,
        rim=NONE,
        sky=NONE,
        bounce=NONE,
        lamp_position=NONE,
        lamp=NONE,
        haze=NONE,
    )


def _floor(
    solids: list[Primitive], direction: Floats, softness: float = 0.0
) -> tuple[Floats, Ints]:
    """A white stage, seen from its ceiling; a solid far below keeps the lists from being empty."""
    hidden = box((0, 0, -50), (0.1, 0.1, 0.1), Material(part="hidden", color=(0, 0, 0)))
    geometry = Geometry([*solids, hidden], [Material(part="floor", color=(1, 1, 1))] * 6)
    light = Illumination(geometry, EXTENT, lights(direction, softness))
    return render(geometry, EXTENT, DOWNWARDS, light, (60, 40), 2)


LID = box((0, 0, 1.0), (0.4, 0.4, 0.05), Material(part="lid", color=(1, 0, 0)))


def test_a_solid_over_the_floor_darkens_it_where_the_light_is_kept_off() -> None:
    slanted = vector([1, 0, 1])
    bare, _ = _floor([], slanted)
    shaded, ids = _floor([LID], slanted)
    floor = ids == ids[0, 0]
    # 1 m up at 45°: the shadow's middle lies 1 m against the light, on the left; pixels are 0.1 m
    shadow = np.zeros_like(floor)
    shadow[18:22, 18:22] = True
    assert floor[shadow].all()
    assert np.allclose(shaded[shadow], 0, atol=1e-6)
    lit = floor.copy()
    lit[:, 10:38] = False
    assert np.allclose(shaded[lit], bare[lit])
    assert bare[lit].min() > 0.5


def test_a_broad_light_softens_the_shadows_edge() -> None:
    slanted = vector([1, 0, 1])

    def levels(softness: float) -> int:
        light, ids = _floor([LID], slanted, softness)
        return len(np.unique(light[ids == ids[0, 0]].round(4)))

    assert levels(0.2) > levels(0.0)


def test_edges_converge_with_more_rays() -> None:
    shot_on = film_set(2)
    setup = setup_of(shot_on, "two")
    truth, _ = shot_on.light(setup, SMALL, 8)
    errors = [np.abs(shot_on.light(setup, SMALL, rays)[0] - truth).mean() for rays in (1, 2, 4)]
    assert errors[0] > 1.4 * errors[1] > 1.4 * 1.4 * errors[2]


def test_nearer_solids_hide_those_behind() -> None:
    under = box((0, 0, 0.5), (0.2, 0.2, 0.05), Material(part="under", color=(0, 1, 0)))
    _, ids = _floor([under, LID], vector([0, 0, 1]))
    both, lid = _floor([LID, under], vector([0, 0, 1])), _floor([LID], vector([0, 0, 1]))
    assert len(np.unique(ids)) == 2
    assert np.array_equal(both[0], lid[0])


@pytest.mark.parametrize("place", PLACES)
def test_sorting_solids_into_cells_loses_none(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shot_on = film_set(11, place=place)
    setups = shot_on.setups[:: len(shot_on.setups) // 5]
    sorted_ = [shot_on.light(setup, (48, 20), 1) for setup in setups]
    every = _everywhere(shot_on)
    monkeypatch.setattr(room, "_screen_grid", _every_solid_in_every_screen_cell)
    for setup, (light, ids) in zip(setups, sorted_, strict=True):
        place_ = shot_on.place
        slow = render(shot_on.geometry, place_.extent, setup.view, every, (48, 20), 1)
        assert np.array_equal(ids, slow[1])
        # the last breath of a penumbra may end with its cell
        off = np.abs(light - slow[0])
        assert off.max() < 0.05
        assert off.mean() < 5e-4


def _everywhere(shot_on: FilmSet) -> Illumination:
    """The set's lights with every solid in every cell of their grids."""
    light = shot_on._illumination
    casting = np.unique(light.items[0, : light.starts[0, -1]])  # the smallest cast no shadow
    starts = (np.arange(LIGHT_CELLS * LIGHT_CELLS + 1) * len(casting)).astype(np.int32)
    items = np.tile(casting, LIGHT_CELLS * LIGHT_CELLS)
    light.starts, light.items = np.tile(starts, (2, 1)), np.tile(items, (2, 1))
    return light


def _every_solid_in_every_screen_cell(
    geometry: Geometry, view: View, width: int, height: int
) -> tuple[Ints, Ints]:
    return _all_of(len(geometry.solids), -(-width // SCREEN_CELL) * -(-height // SCREEN_CELL))


def _all_of(solids: int, cells: int) -> tuple[Ints, Ints]:
    starts = (np.arange(cells + 1) * solids).astype(np.int32)
    return starts, np.tile(np.arange(solids, dtype=np.int32), cells)
