"""What everything on the set is made of: ellipsoids, boxes, cylinders and rings of one material.

Coordinates are metres, right-handed, z up. A primitive is the unit sphere, cube or cylinder under
an affine map, so that a ray is tested in its own space; an optional plane cuts part of it away
(a cap of hair, a beard, a bowl).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray

Vector = Sequence[float]
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
NO_CLIP = (0.0, 0.0, 0.0, -1.0)


def vector(numbers: Vector) -> Floats:
    """A point, a direction or a colour, for arithmetic."""
    return np.array(numbers, np.float32)


class Kind(IntEnum):
    """Which unit solid a primitive is."""

    ELLIPSOID = 0
    BOX = 1
    CYLINDER = 2
    RING = 3


class Texture(IntEnum):
    """How a material's two colours alternate over the surface."""

    PLAIN = 0
    PLANKS = 1
    CHECKER = 2
    BRICKS = 3
    GRADIENT = 4
    STRIPES = 5


@dataclass(frozen=True, kw_only=True)
class Material:
    """Colours are linear RGB in 0..1; `scale` is the texture's period in metres."""

    part: str
    """What the surface belongs to ("person0.hair", "walls"): the name behind an object id."""
    color: tuple[float, float, float]
    color2: tuple[float, float, float] = (0.0, 0.0, 0.0)
    texture: Texture = Texture.PLAIN
    scale: float = 1.0
    gloss: float = 0.0
    glow: float = 0.0

    def shade(self, factor: float) -> "Material":
        """The same material, darker or lighter."""
        red, green, blue = (min(1.0, channel * factor) for channel in self.color)
        return replace(self, color=(red, green, blue))


@dataclass(frozen=True, kw_only=True)
class Primitive:
    """One solid: `rotation` columns are its own axes in the world."""

    kind: Kind
    center: Floats
    radii: Floats
    rotation: Floats
    material: Material
    clip: tuple[float, float, float, float] = NO_CLIP
    """(n, d) in unit space: only points with n·p > d exist."""

    def moved(self, rotation: Floats, offset: Floats) -> "Primitive":
        """The primitive carried along with the object it is part of."""
        return replace(
            self, center=rotation @ self.center + offset, rotation=rotation @ self.rotation
        )


def _solid(
    kind: Kind,
    center: Vector,
    half_axes: Vector,
    material: Material,
    *,
    rotation: Floats | None = None,
    clip: tuple[float, float, float, float] = NO_CLIP,
) -> Primitive:
    return Primitive(
        kind=kind,
        center=vector(center),
        radii=vector(half_axes),
        rotation=np.eye(3, dtype=np.float32) if rotation is None else rotation,
        material=material,
        clip=clip,
    )


# The unit solids, by their centre and half axes.
ellipsoid = partial(_solid, Kind.ELLIPSOID)
box = partial(_solid, Kind.BOX)
cylinder = partial(_solid, Kind.CYLINDER)
"""Capped, about its own z axis: two radii and half its height."""


def ring(
    center: Vector, half_axes: tuple[float, float], material: Material, *, rotation: Floats
) -> Primitive:
    """A flat band about its own z axis: what is left of a disc without its inner four fifths."""
    return _solid(Kind.RING, center, (*half_axes, 1e-3), material, rotation=rotation)


def limb(start: Vector, end: Vector, radius: float, material: Material) -> Primitive:
    """An ellipsoid from one joint to another, a little longer so that joints close."""
    first, last = vector(start), vector(end)
    along = last - first
    length = float(np.linalg.norm(along))
    return ellipsoid(
        ((first + last) / 2).tolist(),
        (radius, radius, length / 2 + radius * 0.7),
        material,
        rotation=_axes_with_z(along / length),
    )


def turn(yaw: float, pitch: float = 0.0) -> Floats:
    """Rotation by `yaw` radians about z, after `pitch` radians about x (positive looks up)."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    about_z = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    cos, sin = np.cos(pitch), np.sin(pitch)
    about_x = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    rotation: Floats = (about_z @ about_x).astype(np.float32)
    return rotation


def across(axis: Floats) -> NDArray[np.float64]:
    """A unit vector square to `axis`, the same each time."""
    helper = np.array([1.0, 0, 0]) if abs(axis[0]) < 0.9 else np.array([0, 1.0, 0])
    square = np.cross(axis, helper)
    unit: NDArray[np.float64] = square / np.linalg.norm(square)
    return unit


def _axes_with_z(z_axis: Floats) -> Floats:
    """A rotation whose third column is `z_axis`."""
    x_axis = -across(z_axis)
    return np.stack([x_axis, np.cross(z_axis, x_axis), z_axis], axis=1).astype(np.float32)


class Geometry:
    """Primitives packed for the ray caster: arrays, one row each, and the names behind the ids."""

    def __init__(self, solids: Sequence[Primitive], shell: Sequence[Material]) -> None:
        """`shell` is what the stage's inside is painted with: floor, +y, -y, +x, -x, ceiling."""
        materials = [solid.material for solid in solids] + list(shell)
        self.parts: list[str] = sorted({material.part for material in materials})
        number = {part: index for index, part in enumerate(self.parts)}
        self.center: Floats = np.array([solid.center for solid in solids], np.float32)
        self.half_axes: Floats = np.array(  # [solids, 3 axes, 3]
            [(solid.rotation * solid.radii).T for solid in solids], np.float32
        )
        self.solids: Floats = np.array([_row(solid) for solid in solids], np.float32)
        self.look: Floats = np.array([_look(material) for material in materials], np.float32)
        self.part_of: Ints = np.array([number[material.part] for material in materials], np.int32)


def _bounding_radius(solid: Primitive) -> float:
    if solid.kind is Kind.ELLIPSOID:
        return float(solid.radii.max())
    if solid.kind is Kind.BOX:
        return float(np.linalg.norm(solid.radii))
    return float(np.hypot(solid.radii[:2].max(), solid.radii[2]))


def _row(solid: Primitive) -> list[float]:
    """Kind, centre, map to unit space by rows, clip plane, radii, square of the bounding radius."""
    to_unit = solid.rotation.T / solid.radii[:, None]
    return [
        float(solid.kind),
        *solid.center,
        *to_unit.ravel(),
        *solid.clip,
        *solid.radii,
        _bounding_radius(solid) ** 2,
    ]


def _look(material: Material) -> list[float]:
    return [
        *material.color,
        *material.color2,
        float(material.texture),
        material.scale,
        material.gloss,
        material.glow,
    ]
