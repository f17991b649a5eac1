"""Six places to film in; each is one file, and `build_place` paints and dresses it by chance."""

from dataclasses import replace
from random import Random

import numpy as np

from cut2next.soundstage import palette as paint
from cut2next.soundstage.places.cafe import cafe
from cut2next.soundstage.places.dressing import textured
from cut2next.soundstage.places.kitchen import kitchen
from cut2next.soundstage.places.living_room import living_room
from cut2next.soundstage.places.office import office
from cut2next.soundstage.places.park import park
from cut2next.soundstage.places.place import Feature, Paints, Place, Scenery, Wall
from cut2next.soundstage.places.street import street
from cut2next.soundstage.primitives import Material, Texture

__all__ = ["PLACES", "Feature", "Place", "build_place"]

_SCENERY = {
    "café": cafe,
    "living room": living_room,
    "kitchen": kitchen,
    "office": office,
    "street": street,
    "park": park,
}
PLACES = tuple(_SCENERY)
"""Every place, in the order that chance chooses from: another order is another film set."""
_INDOORS = np.array([4.8, 4.8, 3.0], np.float32)
_OUTDOORS = np.array([9.0, 7.5, 6.5], np.float32)


def build_place(name: str, chance: Random) -> Place:
    """The place called `name`, painted and furnished by chance."""
    walls, accent = chance.choice(list(paint.WALLS)), chance.choice(list(paint.ACCENTS))
    paints = Paints(walls=paint.WALLS[walls], accent=paint.ACCENTS[accent])
    scenery = _SCENERY[name](paints)
    extent = _OUTDOORS if scenery.outside else _INDOORS
    solids = list(scenery.middle)
    for side, things in scenery.sides.items():
        solids += Wall(side, extent).place(things.solids)
    first, second = (
        Feature(
            name=sight.name,
            at=Wall(sight.side, extent).at(sight.along, sight.height, sight.before),
            height=sight.framed,
        )
        for sight in scenery.features
    )
    return Place(
        name=name,
        outside=scenery.outside,
        seated=scenery.seated,
        walls=walls,
        accent=accent,
        extent=extent,
        solids=solids,
        shell=_shell(scenery, paints),
        behind={side: things.words for side, things in scenery.sides.items()},
        features=(first, second),
        table=scenery.table,
        reach=scenery.reach,
    )


def _shell(scenery: Scenery, paints: Paints) -> list[Material]:
    """Floor, north, south, east, west, ceiling: four walls, or the sky all around."""
    if not scenery.outside:
        wall = Material(part="walls", color=paints.walls)
        ceiling = Material(part="ceiling", color=paint.linear("e6e2da"))
        return [scenery.floor, wall, wall, wall, wall, ceiling]
    horizon, zenith = paint.linear("cfdde6"), paint.linear("7fa9d8")
    sky = replace(textured("sky", Texture.GRADIENT, 7.0, horizon, zenith), glow=0.55)
    return [scenery.floor, sky, sky, sky, sky, Material(part="sky", color=zenith, glow=0.55)]
