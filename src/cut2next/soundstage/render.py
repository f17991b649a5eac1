"""Rendering: from packed geometry, a camera and lights to linear light and object ids.

Every sub-sample of a pixel casts one primary ray, one shadow ray to the key light and one to the
sky. The shadow rays of sub-sample s always go in the s-th of a few fixed directions: penumbras and
contact shadows come out soft and free of noise, and since all directions are known beforehand the
solids can be sorted into a grid for each, so that a ray is tested against a handful of them.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from cut2next.soundstage.primitives import Floats, Geometry, Ints, across
from cut2next.soundstage.raycaster import LIGHT_CELLS, SCREEN_CELL, sort_into_cells, trace


@dataclass(frozen=True, kw_only=True)
class View:
    """A pinhole camera: rows of `axes` are right, up, forward; `tangent` is of half its height."""

    position: Floats
    axes: Floats
    tangent: float


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
    """Lights, and the solids sorted for every direction that shadow rays go; serves many views."""

    def __init__(self, geometry: Geometry, extent: Floats, lights: Lights, samples: int) -> None:
        count = samples * samples
        sky = np.array([0, 0, 1], np.float32)
        self.samples = samples
        self.lights = lights.packed
        keys = _cone(lights.key_direction, lights.softness, count)
        self.rays, self.starts, self.items = _sorted_rays(
            geometry, extent, np.concatenate([keys, _cone(sky, 0.75, count)])
        )


def render(
    geometry: Geometry, extent: Floats, view: View, light: Illumination, size: tuple[int, int]
) -> tuple[Floats, Ints]:
    """Linear RGB [height, width, 3] and object ids [height, width] of a view.

    `extent` is the stage's inside (half width, half depth, height) in metres, `size` is
    (width, height) in pixels; a pixel is cut into a square of `light.samples` rays a side.
    """
    width, height = size
    scale = np.array([[view.tangent], [view.tangent], [1]], np.float32)
    return trace(  # type: ignore[no-any-return]
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
        light.samples,
    )


def _cone(axis: Floats, spread: float, count: int) -> Floats:
    """`count` directions spread evenly over a cone about `axis` (a sunflower pattern)."""
    axis = axis / np.linalg.norm(axis)
    right = across(axis)
    down = np.cross(axis, right)
    turns = np.arange(count) * np.pi * (3 - np.sqrt(5))  # [rays], by the golden angle
    reach = np.tan(spread) * np.sqrt((np.arange(count) + 0.5) / count)  # equal areas
    aside = np.cos(turns)[:, None] * right + np.sin(turns)[:, None] * down  # [rays, 3]
    rays = axis + reach[:, None] * aside
    unit: Floats = (rays / np.linalg.norm(rays, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _sorted_rays(
    geometry: Geometry, extent: Floats, directions: Floats
) -> tuple[Floats, Ints, Ints]:
    """Rows of direction and basis of its plane; for each, starts of the plane's cells and items."""
    grids = [_light_grid(geometry, direction, extent) for direction in directions]
    basis, starts, lists = zip(*grids, strict=True)
    items = np.zeros((len(grids), max(map(len, lists)) + 1), np.int32)
    for row, solids in zip(items, lists, strict=True):
        row[: len(solids)] = solids
    rays = np.concatenate(
        [directions, np.stack(basis).reshape(len(grids), -1)], axis=1
    )  # [rays, 9]
    return rays.astype(np.float32), np.stack(starts), items


def _light_grid(geometry: Geometry, direction: Floats, extent: Floats) -> tuple[Floats, Ints, Ints]:
    """The solids, sorted into cells of a plane that the light falls on squarely."""
    reach, right = float(np.linalg.norm(extent)), across(direction)
    basis = np.stack([right, np.cross(direction, right)]) * (LIGHT_CELLS / (2 * reach))  # [2, 3]
    at = geometry.center @ basis.T + LIGHT_CELLS / 2  # [solids, 2], cells
    bound = np.abs(geometry.half_axes @ basis.T).sum(axis=1)  # [solids, 2]
    low = np.clip(np.floor(at - bound), 0, LIGHT_CELLS - 1).astype(np.int32)
    high = np.clip(np.floor(at + bound), 0, LIGHT_CELLS - 1).astype(np.int32)
    starts, items = sort_into_cells(low, high, LIGHT_CELLS, LIGHT_CELLS)
    return basis.astype(np.float32), starts, items


def _screen_grid(geometry: Geometry, view: View, width: int, height: int) -> tuple[Ints, Ints]:
    """The solids, sorted into cells of the picture by the outline of the box that holds each."""
    signs = np.array(list(product((-1, 1), repeat=3)), np.float32)  # [8 corners, 3]
    corners = geometry.center[:, None] + np.einsum("cs,nsx->ncx", signs, geometry.half_axes)
    right, up, forward = np.moveaxis((corners - view.position) @ view.axes.T, -1, 0)  # [solids, 8]
    pixels = height / (2 * view.tangent)
    near = forward.min(axis=1) < 0.05  # reaches the eye's plane: may be anywhere in the picture
    deep = np.maximum(forward, 0.05)
    beside = width / 2 + right / deep * pixels
    down = height / 2 - up / deep * pixels
    low = np.stack([beside.min(axis=1), down.min(axis=1)], axis=1)  # [solids, 2], pixels
    high = np.stack([beside.max(axis=1), down.max(axis=1)], axis=1)
    low[near], high[near] = 0, max(width, height)
    high[forward.max(axis=1) < 0] = -1  # behind the camera
    first, last = (
        np.clip(edge // SCREEN_CELL, -1, max(width, height)).astype(np.int32)
        for edge in (low, high)
    )
    columns, rows = -(-width // SCREEN_CELL), -(-height // SCREEN_CELL)
    starts, items = sort_into_cells(first, last, columns, rows)
    return starts, items
