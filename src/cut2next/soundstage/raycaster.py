"""The inner loops of the ray caster, compiled. `render.py` says what they are given and why.

Numbers only, by column:

look     0-2 colour, 3-5 second colour, 6 texture, 7 its scale, 8 gloss, 9 glow
lights   by row: 0 key, 1 and 2 direction and colour of the fill, 3 and 4 of the rim, 5 sky,
         6 bounce, 7 and 8 place and colour of the lamp, 9 haze
camera   by row: 0 position, 1 right and 2 up (half a picture's height at distance 1), 3 forward

`intersection.py` has the columns of solids, `shadow.py` those of rays, the shadow cones.
Scalars throughout, because slices cost more than the arithmetic.
"""

# numba's functions carry no types for the checker
# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,no-any-return"

import math
from pathlib import Path
from zlib import crc32

import numpy as np
from numba import njit

from cut2next.soundstage.intersection import (
    FAR,
    HALF,
    ONE,
    ZERO,
    compiled,
    hit,
    shell,
    surface_at,
)
from cut2next.soundstage.shadow import open_share

SCREEN_CELL = 4
"""Pixels a side of the cells that solids are sorted into on the screen."""
SKY_REACH = np.float32(1.0)
"""Metres: how near a solid must be to darken a corner."""
MOST_BLUR = np.float32(0.02)
"""Metres: how wide a far pixel may blur a shadow's edge."""


@njit(cache=True, nogil=True)
def sort_into_cells(low, high, columns, rows):
    """Lists of the boxes `low`..`high` by cell: starts [rows·columns+1] into items."""
    starts = np.zeros(rows * columns + 1, np.int32)
    for solid in range(low.shape[0]):
        for row in range(max(low[solid, 1], 0), min(high[solid, 1], rows - 1) + 1):
            for column in range(max(low[solid, 0], 0), min(high[solid, 0], columns - 1) + 1):
                starts[row * columns + column + 1] += 1
    for cell in range(rows * columns):
        starts[cell + 1] += starts[cell]
    items = np.empty(starts[-1], np.int32)
    fill = starts.copy()
    for solid in range(low.shape[0]):
        for row in range(max(low[solid, 1], 0), min(high[solid, 1], rows - 1) + 1):
            for column in range(max(low[solid, 0], 0), min(high[solid, 0], columns - 1) + 1):
                cell = row * columns + column
                items[fill[cell]] = solid
                fill[cell] += 1
    return starts, items


@compiled
def pixel(
    solids, look, part_of, extent, camera, starts, items,
    rays, ray_starts, ray_items, lights, samples, row, column, picture, parts, votes,
):  # fmt: skip
    """Linear RGB and object id of one pixel, written into `picture` and `parts`.

    `votes` has room for the object ids of its samples² sub-samples.
    """
    height, width = parts.shape
    cell = (row // SCREEN_CELL) * (-(-width // SCREEN_CELL)) + column // SCREEN_CELL
    red, green, blue = ZERO, ZERO, ZERO
    lr, lg, lb, lit = ZERO, ZERO, ZERO, ZERO
    lit_surface, lnx, lny, lnz = -1, ZERO, ZERO, ZERO
    for sample in range(samples * samples):
        across = np.float32(2 * (column + (sample % samples + 0.5) / samples) - width) / height
        up = np.float32(height - 2 * (row + (sample // samples + 0.5) / samples)) / height
        dx, dy, dz = _ray(camera, np.float32(across), np.float32(up))
        far, surface = _nearest(
            solids, extent, camera, starts[cell], starts[cell + 1], items, dx, dy, dz
        )
        votes[sample] = part_of[surface]
        x, y, z = camera[0, 0] + far * dx, camera[0, 1] + far * dy, camera[0, 2] + far * dz
        nx, ny, nz, u, v = surface_at(solids, surface, x, y, z, dx, dy, dz)
        turned = nx * lnx + ny * lny + nz * lnz < np.float32(0.98)
        if surface != lit_surface or turned:
            lit_surface, lnx, lny, lnz = surface, nx, ny, nz
            lr, lg, lb, lit = _light(
                solids, look, rays, ray_starts, ray_items, lights, surface,
                min(far * _spread_of_pixel(camera, height), MOST_BLUR), x, y, z, nx, ny, nz,
            )  # fmt: skip
        r, g, b = _color(
            look, rays, lights, far, surface, nx, ny, nz, u, v, dx, dy, dz, lr, lg, lb, lit
        )
        red, green, blue = red + r, green + g, blue + b
    count = np.float32(samples * samples)
    picture[row, column, 0] = red / count
    picture[row, column, 1] = green / count
    picture[row, column, 2] = blue / count
    parts[row, column] = _commonest(votes, samples * samples)


@compiled
def _spread_of_pixel(camera, height):
    """How fast half a pixel widens with distance: shadows are blurred by at least as much."""
    x, y, z = camera[2, 0], camera[2, 1], camera[2, 2]
    return math.sqrt(x * x + y * y + z * z) / np.float32(height)


@compiled
def _ray(camera, across, up):
    """Direction of the ray through a point of the picture."""
    dx = camera[3, 0] + across * camera[1, 0] + up * camera[2, 0]
    dy = camera[3, 1] + across * camera[1, 1] + up * camera[2, 1]
    dz = camera[3, 2] + across * camera[1, 2] + up * camera[2, 2]
    scale = ONE / math.sqrt(dx * dx + dy * dy + dz * dz)
    return dx * scale, dy * scale, dz * scale


@compiled
def _nearest(solids, extent, camera, first, last, items, dx, dy, dz):
    """Distance and row of what a ray from the eye meets first; past the solids is the shell."""
    x, y, z = camera[0, 0], camera[0, 1], camera[0, 2]
    best, side = shell(extent, x, y, z, dx, dy, dz)
    surface = solids.shape[0] + side
    for index in range(first, last):
        distance = hit(solids, items[index], x, y, z, dx, dy, dz)
        if distance < best:
            best, surface = distance, items[index]
    return best, surface


@compiled
def _color(look, rays, lights, far, surface, nx, ny, nz, u, v, dx, dy, dz, lr, lg, lb, lit):
    """Light that comes back along one ray from a point that (lr, lg, lb) falls on."""
    blend = _texture(look, surface, u, v)
    shine, fog = ZERO, ZERO
    if look[surface, 9] == 0:
        shine = look[surface, 8] * lit * _shine(rays, nx, ny, nz, dx, dy, dz)
        fog = ONE - math.exp(-max(ZERO, far - 4) * np.float32(0.035))
    r = _mix(look, surface, 0, blend) * lr + lights[0, 0] * shine
    g = _mix(look, surface, 1, blend) * lg + lights[0, 1] * shine
    b = _mix(look, surface, 2, blend) * lb + lights[0, 2] * shine
    return r + fog * (lights[9, 0] - r), g + fog * (lights[9, 1] - g), b + fog * (lights[9, 2] - b)


@compiled
def _mix(look, surface, channel, blend):
    return look[surface, channel] + blend * (look[surface, 3 + channel] - look[surface, channel])


@compiled
def _whole(number):
    """The whole number below: on a card `floor` alone stays a fraction's type."""
    return np.int64(math.floor(number))


@compiled
def _texture(look, surface, u, v):
    """How much of the second colour shows at (u, v) metres: 0..1."""
    texture = int(look[surface, 6])
    if texture == 0:
        return ZERO
    u, v = u / look[surface, 7], v / look[surface, 7]
    if texture == 1:  # planks
        return np.float32(0.25 * ((_whole(v) * 7) % 4))
    if texture == 2:  # checker
        return np.float32((_whole(u) + _whole(v)) & 1)
    if texture == 3:  # bricks
        row = _whole(v * 2)
        u += HALF * (row & 1)
        if v * 2 - row < np.float32(0.16) or u - _whole(u) < np.float32(0.08):
            return ONE
        return np.float32(0.12 * ((row * 3 + _whole(u) * 5) % 4))
    if texture == 4:  # gradient
        return min(max(v, ZERO), ONE)
    return np.float32(_whole(u * 2) & 1)  # stripes


@compiled
def _light(solids, look, rays, starts, items, lights, surface, blur, x, y, z, nx, ny, nz):
    """Light that falls on a point, RGB, and how much of the key light does, 0..1."""
    glow = look[surface, 9]
    if glow > 0:
        return glow, glow, glow, ZERO
    x, y, z = x + nx * np.float32(2e-3), y + ny * np.float32(2e-3), z + nz * np.float32(2e-3)
    wrap = np.float32(0.25)  # the key light reaches a little round the edge, as on skin and cloth
    facing = nx * rays[0, 0] + ny * rays[0, 1] + nz * rays[0, 2]
    lit = max(ZERO, (facing + wrap) / (ONE + wrap))
    if lit > 0:
        own = surface if facing <= 0 else -1  # round the edge a solid does not stand in its light
        lit *= open_share(solids, rays, starts, items, 0, own, blur, x, y, z, FAR)
    open_sky = HALF + HALF * nz  # of which less is seen that faces down or stands in a corner
    if nz > np.float32(-0.2):
        seen = open_share(solids, rays, starts, items, 1, -1, blur, x, y, z, SKY_REACH)
        open_sky *= np.float32(0.35) + np.float32(0.65) * seen
    ground = HALF - HALF * nz
    fill = max(ZERO, nx * lights[1, 0] + ny * lights[1, 1] + nz * lights[1, 2])
    rim = max(ZERO, nx * lights[3, 0] + ny * lights[3, 1] + nz * lights[3, 2]) ** 2
    lx, ly, lz = lights[7, 0] - x, lights[7, 1] - y, lights[7, 2] - z
    away = np.float32(0.3) + lx * lx + ly * ly + lz * lz
    lamp = max(ZERO, (nx * lx + ny * ly + nz * lz) / math.sqrt(away) + np.float32(0.2)) / away
    r = _channel(lights, 0, lit, fill, rim, open_sky, ground, lamp)
    g = _channel(lights, 1, lit, fill, rim, open_sky, ground, lamp)
    b = _channel(lights, 2, lit, fill, rim, open_sky, ground, lamp)
    return r, g, b, lit


@compiled
def _channel(lights, channel, lit, fill, rim, open_sky, ground, lamp):
    """One channel of the light on a point, from how much of each light reaches it."""
    return (
        lights[0, channel] * lit
        + lights[2, channel] * fill
        + lights[4, channel] * rim
        + lights[5, channel] * open_sky
        + lights[6, channel] * ground
        + lights[8, channel] * lamp
    )


@compiled
def _shine(rays, nx, ny, nz, dx, dy, dz):
    """Blinn's highlight of the key light."""
    hx, hy, hz = rays[0, 0] - dx, rays[0, 1] - dy, rays[0, 2] - dz
    cosine = (nx * hx + ny * hy + nz * hz) / math.sqrt(hx * hx + hy * hy + hz * hz)
    return max(ZERO, cosine) ** 24


@compiled
def _commonest(votes, count):
    """The commonest of the first `count` votes; the first of equals."""
    best, winner = 0, votes[0]
    for voter in range(count):
        tally = 0
        for other in range(count):
            tally += votes[other] == votes[voter]
        if tally > best:
            best, winner = tally, votes[voter]
    return winner


def _compiled_trace(sources):
    """`trace`, on the processor; numba keeps it by `sources`, because it heeds this file alone."""

    @compiled
    def trace(
        solids, look, part_of, extent, camera, starts, items,
        rays, ray_starts, ray_items, lights, width, height, samples,
    ):  # fmt: skip
        """Linear RGB [height, width, 3] and object ids [height, width] of one view."""
        assert sources >= 0
        picture = np.zeros((height, width, 3), np.float32)
        parts = np.zeros((height, width), np.int32)
        votes = np.zeros(samples * samples, np.int32)
        for row in range(height):
            for column in range(width):
                pixel(
                    solids, look, part_of, extent, camera, starts, items,
                    rays, ray_starts, ray_items, lights, samples,
                    row, column, picture, parts, votes,
                )  # fmt: skip
        return picture, parts

    return trace


_HERE = Path(__file__).parent
trace = _compiled_trace(
    crc32(b"".join((_HERE / name).read_bytes() for name in ("intersection.py", "shadow.py")))
)
