"""Rendering: from packed geometry, a camera and lights to linear light and object ids.

Every sub-sample of a pixel casts one ray. The light where it ends is worked out once for all those
of a pixel that end on the same surface: along one cone to the key light and one to the sky. How
much of a cone is free follows from how closely its axis passes the solids, so that penumbras and
contact shadows come out soft, without noise or steps; and since both directions are known
beforehand the solids can be sorted into a grid for each, and a cone is tested against a handful.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cut2next.soundstage.intersection import FAR
from cut2next.soundstage.primitives import Floats, Geometry, Ints, Kind, Vector, across, turn
from cut2next.soundstage.raycaster import (
    MOST_BLUR,
    SCREEN_CELL,
    SKY_REACH,
    sort_into_cells,
    trace,
)
from cut2next.soundstage.shadow import GROWN_CORNER, LIGHT_CELLS

Bools = NDArray[np.bool_]
_SKY_SPREAD = 0.5  # radians: half the angle of the cone that looks for the sky
_LEAST_SHADOW = 0.03  # metres: what is smaller casts none


@dataclass(frozen=True, kw_only=True)
class View:
    """A pinhole camera: rows of `axes` are right, up, forward; `tangent` is of half its height."""

    position: Floats
    axes: Floats
    tangent: float

    def panned(self, angle: float) -> "View":
        """The view, turned by `angle` radians about the vertical, counter-clockwise from above."""
        return replace(self, axes=self.axes @ turn(angle).T)

    def carried(self, start: Floats, end: Floats, angle: float) -> "View":
        """The view, carried along with what is at `start` when that turns and goes to `end`."""
        turned = turn(angle) @ (self.position - start)
        return replace(self.panned(angle), position=(end + turned).astype(np.float32))

    def rolled(self, angle: float) -> "View":
        """The view, turned by `angle` radians about where it looks, so that the picture leans."""
        cos, sin = np.cos(angle), np.sin(angle)
        about = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]], np.float32)
        return replace(self, axes=about @ self.axes)

    def mirrored(self) -> "View":
        """The view from the other side of y = 0."""
        across = np.array([1, -1, 1], np.float32)
        axes = self.axes * across * np.array([[-1], [1], [1]], np.float32)
        return replace(self, position=self.position * across, axes=axes)


@dataclass(frozen=True, kw_only=True)
class Lights:
    """Directions point from the set to the light; colours are linear RGB."""

    key_direction: Floats
    key: Floats
    softness: float
    """Radians over which the key light's direction is spread."""
    fill_direction: Floats
    fill: Floats
    rim_direction: Floats
    rim: Floats
    sky: Floats
    bounce: Floats
    lamp_position: Floats
    lamp: Floats
    haze: Floats
    """Colour that distance fades to."""

    @property
    def packed(self) -> Floats:
        """One row each, in the order that `raycaster` reads them."""
        rows = (
            self.key, self.fill_direction, self.fill, self.rim_direction, self.rim,
            self.sky, self.bounce, self.lamp_position, self.lamp, self.haze,
        )  # fmt: skip
        return np.stack(rows).astype(np.float32)


class Illumination:
    """Lights, and the solids sorted for both directions that shadows fall; serves many views."""

    def __init__(self, geometry: Geometry, extent: Floats, lights: Lights) -> None:
        key = lights.key_direction / np.linalg.norm(lights.key_direction)
        self.lights = lights.packed
        self.rays, self.starts, self.items = _sorted_rays(
            geometry,
            extent,
            np.stack([key, [0, 0, 1]]).astype(np.float32),
            np.tan([lights.softness, _SKY_SPREAD]),
            (float(FAR), float(SKY_REACH)),
        )


def render(
    geometry: Geometry,
    extent: Floats,
    view: View,
    light: Illumination,
    size: tuple[int, int],
    samples: int,
    *,
    on_card: bool = False,
) -> tuple[Floats, Ints]:
    """Linear RGB [height, width, 3] and object ids [height, width] of a view.

    `extent` is the stage's inside (half width, half depth, height) in metres, `size` is
    (width, height) in pixels; a pixel is cut into a square of `samples` rays a side. On a CUDA card
    it is the same picture but for rounding. Raises InputError where there is none.
    """
    width, height = size
    scale = np.array([[view.tangent], [view.tangent], [1]], np.float32)
    return _caster(on_card)(
        geometry.solids,
        geometry.look,
        geometry.part_of,
        extent,
        np.stack([view.position, *(view.axes * scale)]).astype(np.float32),
        *_screen_grid(geometry, view, width, height),
        light.rays,
        light.starts,
        light.items,
        light.lights,
        width,
        height,
        samples,
    )


def _caster(on_card: bool) -> Callable[..., tuple[Floats, Ints]]:
    if on_card:
        from cut2next.soundstage.on_card import trace_on_card

        return trace_on_card
    return trace  # type: ignore[no-any-return]


def _sorted_rays(
    geometry: Geometry, extent: Floats, axes: Floats, spreads: Floats, reaches: Vector
) -> tuple[Floats, Ints, Ints]:
    """Rows of axis, basis of its plane and spread; for each, starts of the cells and items."""
    grids = [
        _light_grid(geometry, extent, axis, spread, reach)
        for axis, spread, reach in zip(axes, spreads, reaches, strict=True)
    ]
    basis, starts, lists = zip(*grids, strict=True)
    items = np.zeros((len(grids), max(map(len, lists)) + 1), np.int32)
    for row, solids in zip(items, lists, strict=True):
        row[: len(solids)] = solids
    rays = np.column_stack([axes, np.stack(basis).reshape(len(grids), -1), spreads])  # [rays, 10]
    return rays.astype(np.float32), np.stack(starts), items


def _light_grid(
    geometry: Geometry, extent: Floats, axis: Floats, spread: float, reach: float
) -> tuple[Floats, Ints, Ints]:
    """The solids, sorted into cells of a plane square to the light, each with its penumbra."""
    scale, right = LIGHT_CELLS / (2 * float(np.linalg.norm(extent))), across(axis)  # cells a metre
    basis = (np.stack([right, np.cross(axis, right)]) * scale).astype(np.float32)  # [2, 3]
    at = geometry.center @ basis.T + LIGHT_CELLS / 2  # [solids, 2], cells
    top = geometry.center[:, 2] + np.abs(geometry.half_axes[:, :, 2]).sum(axis=1)
    penumbra = spread * np.clip(top / axis[2], 0, reach) + MOST_BLUR  # [solids], metres
    penumbra[geometry.solids[:, 0] == Kind.BOX] *= GROWN_CORNER
    bound = _outline(geometry, basis) + scale * penumbra[:, None]  # [solids, 2], cells
    low = np.clip(np.floor(at - bound), 0, LIGHT_CELLS - 1).astype(np.int32)
    high = np.clip(np.floor(at + bound), 0, LIGHT_CELLS - 1).astype(np.int32)
    high[geometry.solids[:, 20] < _LEAST_SHADOW**2] = -1
    starts, items = sort_into_cells(low, high, LIGHT_CELLS, LIGHT_CELLS)
    return basis, starts, items


def _outline(geometry: Geometry, basis: Floats) -> Floats:
    """How far each solid reaches to either side along two vectors [2, 3]: [solids, 2]."""
    axes = np.abs(geometry.half_axes @ basis.T)  # [solids, 3 axes, 2]
    kind = geometry.solids[:, 0, None]
    round_, disc = np.linalg.norm(axes, axis=1), np.linalg.norm(axes[:, :2], axis=1) + axes[:, 2]
    outline: Floats = np.where(
        kind == Kind.ELLIPSOID, round_, np.where(kind == Kind.BOX, axes.sum(axis=1), disc)
    )
    return outline


def _screen_grid(geometry: Geometry, view: View, width: int, height: int) -> tuple[Ints, Ints]:
    """The solids, sorted into cells of the picture by their outlines."""
    frame: Floats = view.axes * np.array([[1], [-1], [1]], np.float32)  # right, down, forward
    center = ((geometry.center - view.position) @ frame.T).astype(np.float32)  # [solids, 3]
    axes: Floats = geometry.half_axes @ frame.T  # [solids, 3 axes, 3]
    deep = np.abs(axes[:, :, 2]).sum(axis=1)
    near = center[:, 2] - deep < 0.05  # reaches the eye's plane: may be anywhere in the picture
    behind = center[:, 2] + deep < 0
    center[near], axes[near] = (0, 0, 1), 0
    slopes = _seen(center, axes, geometry.solids[:, 0] == Kind.ELLIPSOID)
    pixels, middle = height / (2 * view.tangent), np.array([width / 2, height / 2])
    low, high = (middle + slope * pixels for slope in slopes)
    low[near], high[near] = 0, max(width, height)
    high[behind] = -1
    first, last = (
        np.clip(edge // SCREEN_CELL, -1, max(width, height)).astype(np.int32)
        for edge in (low, high)
    )
    columns, rows = -(-width // SCREEN_CELL), -(-height // SCREEN_CELL)
    starts, items = sort_into_cells(first, last, columns, rows)
    return starts, items


def _seen(center: Floats, axes: Floats, is_round: Bools) -> tuple[Floats, Floats]:
    """Least and greatest slopes, right and down, at which solids are seen: [solids, 2] each."""
    signs = np.array(list(product((-1, 1), repeat=3)), np.float32)  # [8 corners, 3]
    corners = center[:, None] + np.einsum("cs,nsx->ncx", signs, axes)
    slopes = corners[..., :2] / corners[..., 2:]  # [solids, 8, 2]
    # An ellipsoid c + A u touches the plane x = s z where (cx - s cz)² = |Ax - s Az|².
    cross = center[:, :2] * center[:, 2:] - (axes[..., :2] * axes[..., 2:]).sum(axis=1)
    side = center[:, :2] ** 2 - (axes[..., :2] ** 2).sum(axis=1)
    deep = (center[:, 2] ** 2 - (axes[..., 2] ** 2).sum(axis=1))[:, None]
    half = np.sqrt(np.maximum(cross**2 - deep * side, 0))
    low = np.where(is_round[:, None], (cross - half) / deep, slopes.min(axis=1))
    high = np.where(is_round[:, None], (cross + half) / deep, slopes.max(axis=1))
    return low, high
