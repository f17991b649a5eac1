"""Puppets: the bodies of the cast, built of solids.

A puppet is built facing +y with its feet at the origin, then turned and put on its mark.
"""

from dataclasses import replace

import numpy as np

from cut2next.soundstage.palette import CLOTHES, CREAM, HAIR, INK, RGB, SKIN, TROUSERS, linear
from cut2next.soundstage.people import HEIGHTS, Look, Person
from cut2next.soundstage.primitives import (
    Floats,
    Material,
    Primitive,
    Vector,
    box,
    cylinder,
    ellipsoid,
    limb,
    ring,
    turn,
    vector,
)


def build_person(person: Person, owner: str) -> list[Primitive]:
    """The puppet's solids in the world; parts are named "<owner>.hair" and so on."""
    scale, paints = HEIGHTS[person.look.height], _Paints(person.look, owner)
    hip = person.hip / scale
    body = _leaning(_body(person.look, paints, hip), person, hip) + _limbs(person, paints, hip)
    head_turn = turn(person.gaze, person.tilt)
    head_at = vector(_leant(person, hip, (0, 0, hip + 0.80)))
    head = [solid.moved(head_turn, head_at) for solid in _head(person, paints)]
    mark = np.array([*person.mark, 0], np.float32)
    return [_scaled(solid, scale).moved(turn(person.yaw), mark) for solid in body + head]


def _leaning(solids: list[Primitive], person: Person, hip: float) -> list[Primitive]:
    """The solids of the upper body, turned forward about the hips."""
    if not person.lean:
        return solids
    down, pivot = vector([0, 0, -hip]), vector([0, 0, hip])
    still, forward = np.eye(3, dtype=np.float32), turn(0, -person.lean)
    return [solid.moved(still, down).moved(forward, pivot) for solid in solids]


def _leant(person: Person, hip: float, point: Vector) -> Vector:
    """A point of the upper body, turned forward about the hips."""
    x, y, up = point[0], point[1], point[2] - hip
    sin, cos = np.sin(person.lean), np.cos(person.lean)
    return x, y * cos + up * sin, hip + up * cos - y * sin


def _scaled(solid: Primitive, scale: float) -> Primitive:
    by = np.float32(scale)
    return replace(solid, center=solid.center * by, radii=solid.radii * by)


_IRIS = {"pale": "3d6b8c", "tan": "4a6b3a", "brown": "5a3416", "dark": "3a2010"}
"""What eyes go with which skin."""


def _blend(color: RGB, other: RGB, share: float) -> RGB:
    """`share` of the other colour in the first."""
    red, green, blue = (a + share * (b - a) for a, b in zip(color, other, strict=True))
    return red, green, blue


class _Paints:
    """What one puppet is made of."""

    def __init__(self, look: Look, owner: str) -> None:
        self.owner = owner
        self.skin = self.of("skin", SKIN[look.skin], gloss=0.03)
        self.hair = self.of("hair", HAIR[look.hair], gloss=0.08)
        self.top = self.of("top", CLOTHES[look.top_color])
        self.trousers = self.of("trousers", TROUSERS[look.trousers])
        self.mouth = self.of("mouth", linear("5e1f1f"))
        self.lips = self.of("mouth", _blend(SKIN[look.skin], linear("a8403c"), 0.55))
        self.pupil = self.of("eyes", linear("141110"))
        self.iris = self.of("eyes", linear(_IRIS[look.skin]))
        self.brow = self.of("eyes", _blend(HAIR[look.hair], INK, 0.6))

    def of(self, part: str, color: RGB, gloss: float = 0.0) -> Material:
        """The material of a part, as in "hair"."""
        return Material(part=f"{self.owner}.{part}", color=color, gloss=gloss)


def _body(look: Look, paints: _Paints, hip: float) -> list[Primitive]:
    cloth = paints.top
    solids = [
        ellipsoid((0, 0, hip + 0.25), (0.20, 0.14, 0.34), cloth),
        ellipsoid((0, -0.01, hip + 0.46), (0.25, 0.125, 0.12), cloth),
        cylinder((0, 0, hip + 0.60), (0.06, 0.06, 0.10), paints.skin),
        ellipsoid((0, 0, hip + 0.02), (0.19, 0.15, 0.13), paints.trousers),
    ]
    if look.top == "jacket":
        shirt, lapel, tilt = paints.of("shirt", CREAM), (0.022, 0.03, 0.12), turn(0, -0.35)
        solids.append(ellipsoid((0, 0.045, hip + 0.36), (0.065, 0.115, 0.20), shirt))
        solids += [
            ellipsoid((x, 0.098, hip + 0.45), lapel, cloth.shade(0.6), rotation=tilt)
            for x in (-0.068, 0.068)
        ]
    elif look.top == "striped shirt":
        stripe = paints.of("stripes", CREAM)
        solids += [
            ellipsoid((0, 0, hip + height), (wide, 0.143, 0.028), stripe)
            for height, wide in ((0.16, 0.200), (0.27, 0.205), (0.38, 0.205))
        ]
    else:
        solids.append(ellipsoid((0, 0, hip + 0.555), (0.095, 0.085, 0.035), cloth.shade(0.7)))
    return solids


def _limbs(person: Person, paints: _Paints, hip: float) -> list[Primitive]:
    shoes = paints.of("shoes", INK)
    solids = []
    for side in (-1, 1):
        shoulder = _leant(person, hip, (side * 0.235, 0, hip + 0.47))
        elbow, hand = _arm(person, side, hip)
        knee = (side * 0.12, 0.42, hip + 0.01) if person.seated else (side * 0.1, 0.02, hip * 0.5)
        foot = (side * 0.12, 0.40, 0.08) if person.seated else (side * 0.1, 0, 0.08)
        solids += [
            limb(shoulder, elbow, 0.062, paints.top),
            limb(elbow, hand, 0.05, paints.top),
            *_hand(elbow, hand, side, paints.skin),
            limb((side * 0.1, 0, hip), knee, 0.085, paints.trousers),
            limb(knee, foot, 0.068, paints.trousers),
            ellipsoid((foot[0], foot[1] + 0.06, 0.05), (0.055, 0.13, 0.05), shoes),
        ]
    return solids


def _hand(elbow: Vector, wrist: Vector, side: int, skin: Material) -> list[Primitive]:
    """A palm that goes on from the forearm, three fingers, and a thumb on the inside."""
    along = vector(wrist) - vector(elbow)
    along /= np.linalg.norm(along)
    inside = np.cross(along, vector([0, 0, side]))
    inside /= np.linalg.norm(inside)
    palm = vector(wrist) + along * np.float32(0.02)
    knuckles, tips = palm + along * np.float32(0.03), palm + along * np.float32(0.085)
    spread = [(inside * np.float32(shift)).astype(np.float32) for shift in (-0.024, 0, 0.024)]
    thumb = (palm + inside * np.float32(0.03), palm + inside * 0.06 + along * 0.04)
    return [
        ellipsoid(palm.tolist(), (0.042, 0.046, 0.036), skin),
        *(
            limb((knuckles + at).tolist(), (tips + at * 1.2).tolist(), 0.0135, skin)
            for at in spread
        ),
        limb(thumb[0].tolist(), thumb[1].tolist(), 0.0145, skin),
    ]


def _arm(person: Person, side: int, hip: float) -> tuple[Vector, Vector]:
    """Elbow and hand: reaching, crossed, raised in talk, resting on a table, or hanging."""
    if person.reach is not None:
        held = _own(person, person.reach)
        if side == (1 if held[0] > 0 else -1):
            shoulder = _leant(person, hip, (side * 0.235, 0, hip + 0.47))
            x, y, z = (vector(shoulder) + vector(held)) / 2
            return (float(x + side * 0.06), float(y), float(z - 0.06)), held
    if person.crossed:
        elbow, hand = (
            (side * 0.30, 0.13, hip + 0.25),
            (-side * 0.16, 0.21, hip + 0.33 + side * 0.03),
        )
        return _leant(person, hip, elbow), _leant(person, hip, hand)
    if person.gesture and side == 1:
        elbow, hand = (side * 0.33, 0.12, hip + 0.24), (side * 0.25, 0.36, hip + 0.46 + person.sway)
        return _leant(person, hip, elbow), _leant(person, hip, hand)
    if person.seated:
        resting = (side * 0.14, 0.36, hip + 0.31)
        return _leant(person, hip, (side * 0.31, 0.08, hip + 0.26)), resting
    return (side * 0.31, -0.02, hip + 0.20), (side * 0.27, 0.10, hip - 0.04)


def _own(person: Person, at: Vector) -> Vector:
    """A point of the world where the puppet is built: facing +y from the origin, unscaled."""
    apart = vector(at) - vector([*person.mark, 0])
    x, y, z = turn(-person.yaw) @ apart / np.float32(HEIGHTS[person.look.height])
    return float(x), float(y), float(z)


def _head(person: Person, paints: _Paints) -> list[Primitive]:
    """The head about its own centre, looking along +y."""
    look, skin = person.look, paints.skin
    solids = [
        ellipsoid((0, 0, 0), (0.135, 0.15, 0.175), skin),
        ellipsoid((0, 0.034, -0.085), (0.104, 0.104, 0.098), skin),
        ellipsoid((0, 0.155, -0.022), (0.024, 0.028, 0.026), skin.shade(0.88)),
        limb((0, 0.140, 0.045), (0, 0.152, -0.015), 0.014, skin.shade(0.94)),
        *(
            ellipsoid((side * 0.133, 0, -0.005), (0.022, 0.03, 0.042), skin.shade(0.92))
            for side in (-1, 1)
        ),
        *(solid for side in (-1, 1) for solid in _eye(side, person.glance, paints)),
        *_mouth(paints),
        *_hair(look, paints.hair),
    ]
    worn = {"glasses": _glasses, "beard": _beard, "hat": _hat}
    return solids + worn[look.face](paints) if look.face in worn else solids


def _eye(side: int, glance: float, paints: _Paints) -> list[Primitive]:
    """Its white, an iris about a pupil with a spark of light, a lid and a brow."""
    white = paints.of("eyes", linear("f2efe8"))
    spark = replace(paints.of("eyes", linear("ffffff")), glow=1.0)
    at = vector([side * 0.055, 0.120, 0.022])
    way = turn(glance) @ vector([0, 1, 0])
    front = at + way * vector([0.021, 0.026, 0])  # where the iris is on the white
    shine = front + vector([0.006, 0.009, 0.007])
    return [
        ellipsoid(at.tolist(), (0.033, 0.026, 0.027), white),
        ellipsoid(front.tolist(), (0.0165, 0.0075, 0.0175), paints.iris),
        ellipsoid((front + way * np.float32(0.005)).tolist(), (0.009, 0.005, 0.0095), paints.pupil),
        ellipsoid(shine.tolist(), (0.0042, 0.003, 0.0042), spark),
        ellipsoid(
            at.tolist(), (0.037, 0.031, 0.031), paints.skin.shade(0.72), clip=(0, -0.35, 0.94, 0.24)
        ),
        ellipsoid(
            (side * 0.057, 0.127, 0.072),
            (0.034, 0.014, 0.0085),
            paints.brow,
            rotation=_rolled(side * 0.04),
        ),
    ]


def _mouth(paints: _Paints) -> list[Primitive]:
    """Two halves that turn up at the corners, over a lower lip."""
    return [
        *(
            ellipsoid(
                (side * 0.020, 0.131, -0.086),
                (0.026, 0.013, 0.006),
                paints.mouth,
                rotation=_rolled(-side * 0.18),
            )
            for side in (-1, 1)
        ),
        ellipsoid((0, 0.128, -0.098), (0.026, 0.014, 0.0085), paints.lips),
    ]


def _rolled(angle: float) -> Floats:
    """Rotation about the way a head looks: positive lowers its own left, which is at -x."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], np.float32)


def _hair(look: Look, hair: Material) -> list[Primitive]:
    solids = [ellipsoid((0, -0.012, 0.02), (0.15, 0.16, 0.18), hair, clip=(0, -0.62, 0.78, 0.13))]
    if look.hair_cut == "bob":
        solids += [
            ellipsoid((-0.128, -0.03, -0.05), (0.045, 0.10, 0.16), hair),
            ellipsoid((0.128, -0.03, -0.05), (0.045, 0.10, 0.16), hair),
            ellipsoid((0, -0.10, -0.06), (0.14, 0.07, 0.15), hair),
        ]
    elif look.hair_cut == "long":
        solids += [
            ellipsoid((-0.135, -0.03, -0.15), (0.045, 0.08, 0.26), hair),
            ellipsoid((0.135, -0.03, -0.15), (0.045, 0.08, 0.26), hair),
            ellipsoid((0, -0.11, -0.16), (0.15, 0.07, 0.27), hair),
        ]
    elif look.hair_cut == "bun" and look.face != "hat":  # which would hide it
        solids.append(ellipsoid((0, -0.07, 0.225), (0.075, 0.075, 0.065), hair))
    elif look.hair_cut == "curls":
        for index in range(9):
            angle = np.pi * (0.02 + index / 8 * 0.96)
            at = (0.15 * np.cos(angle), -0.03, 0.03 + 0.155 * np.sin(angle))
            solids.append(ellipsoid(at, (0.062, 0.085, 0.062), hair))
        solids.append(ellipsoid((0, -0.10, 0.02), (0.15, 0.09, 0.17), hair))
    return solids


def _glasses(paints: _Paints) -> list[Primitive]:
    frame = paints.of("glasses", linear("17171a"))
    forward = turn(0, np.pi / 2)
    solids = [box((0, 0.158, 0.035), (0.014, 0.006, 0.005), frame)]
    for side in (-1, 1):
        at = side * 0.062
        solids += [
            ring((at, 0.158, 0.022), (0.053, 0.047), frame, rotation=forward),
            box((side * 0.126, 0.075, 0.032), (0.006, 0.085, 0.006), frame),
        ]
    return solids


def _beard(paints: _Paints) -> list[Primitive]:
    cheeks = (0, 0.45, -0.89, 0.36)
    return [
        ellipsoid((0, 0.012, -0.035), (0.143, 0.153, 0.175), paints.hair, clip=cheeks),
        *(
            ellipsoid(
                (side * 0.026, 0.142, -0.068),
                (0.040, 0.022, 0.015),
                paints.hair,
                rotation=_rolled(side * 0.3),
            )
            for side in (-1, 1)
        ),
        ellipsoid((0, 0.146, -0.094), (0.030, 0.022, 0.009), paints.mouth),
    ]


def _hat(paints: _Paints) -> list[Primitive]:
    felt = paints.of("hat", linear("6b5344"))
    return [
        cylinder((0, 0, 0.105), (0.225, 0.235, 0.012), felt),
        ellipsoid((0, -0.005, 0.11), (0.150, 0.160, 0.15), felt, clip=(0, 0, 1, 0.0)),
        cylinder((0, -0.005, 0.13), (0.153, 0.163, 0.022), felt.shade(0.45)),
    ]
