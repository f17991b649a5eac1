"""The inner loops of the ray caster, compiled. `render.py` says what they are given and why.

Numbers only, by column:

solids   0 kind, 1-3 centre, 4-12 rows of the map to unit space, 13-15 and 16 normal and distance of
         the clip plane, 17-19 radii, 20 square of the bounding radius
look     0-2 colour, 3-5 second colour, 6 texture, 7 its scale, 8 gloss, 9 glow
lights   by row: 0 key, 1 and 2 direction and colour of the fill, 3 and 4 of the rim, 5 sky,
         6 bounce, 7 and 8 place and colour of the lamp, 9 haze
camera   by row: 0 position, 1 right and 2 up (half a picture's height at distance 1), 3 forward
rays     0-2 direction of a shadow ray, 3-5 and 6-8 across and down its grid, in cells a metre

Scalars throughout, because slices cost more than the arithmetic.
"""

# numba's functions carry no types for the checker
# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,no-any-return"

import numpy as np
from numba import njit

FAR = np.float32(1.0e9)
SCREEN_CELL = 8
"""Pixels a side of the cells that solids are sorted into on the screen."""
LIGHT_CELLS = 128
"""Cells a side of the grid that shadow rays are sorted into."""
_SKY_REACH = np.float32(1.1)  # metres: how near a solid must be to darken a corner
_ZERO, _ONE, _HALF = np.float32(0), np.float32(1), np.float32(0.5)

compiled = njit(cache=True, nogil=True, fastmath=True)


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
def trace(
    solids, look, part_of, extent, camera, starts, items,
    rays, ray_starts, ray_items, lights, width, height, samples,
):  # fmt: skip
    """Linear RGB [height, width, 3] and object ids [height, width] of one view."""
    count = samples * samples
    columns = -(-width // SCREEN_CELL)
    picture = np.zeros((height, width, 3), np.float32)
    parts = np.zeros((height, width), np.int32)
    votes = np.zeros(count, np.int32)
    for row in range(height):
        for column in range(width):
            cell = (row // SCREEN_CELL) * columns + column // SCREEN_CELL
            red, green, blue = _ZERO, _ZERO, _ZERO
            for sample in range(count):
                across = 2 * (column + (sample % samples + 0.5) / samples) - width
                across = np.float32(across) / height
                up = np.float32(height - 2 * (row + (sample // samples + 0.5) / samples)) / height
                dx, dy, dz = _ray(camera, np.float32(across), np.float32(up))
                far, surface = _nearest(
                    solids, extent, camera, starts[cell], starts[cell + 1], items, dx, dy, dz
                )
                votes[sample] = part_of[surface]
                r, g, b = _color(
                    solids, look, camera, rays, ray_starts, ray_items, lights,
                    sample, count + sample, far, surface, dx, dy, dz,
                )  # fmt: skip
                red, green, blue = red + r, green + g, blue + b
            picture[row, column, 0] = red / count
            picture[row, column, 1] = green / count
            picture[row, column, 2] = blue / count
            parts[row, column] = _commonest(votes)
    return picture, parts


@compiled
def first_solids(solids, eye, rays):
    """The row of the first solid from `eye` along each of `rays` [N, 3], or -1: [N]."""
    found = np.full(rays.shape[0], -1, np.int32)
    for ray in range(rays.shape[0]):
        best = FAR
        for solid in range(solids.shape[0]):
            distance = _hit(
                solids, solid, eye[0], eye[1], eye[2], rays[ray, 0], rays[ray, 1], rays[ray, 2]
            )
            if distance < best:
                best, found[ray] = distance, solid
    return found


@compiled
def _ray(camera, across, up):
    """Direction of the ray through a point of the picture."""
    dx = camera[3, 0] + across * camera[1, 0] + up * camera[2, 0]
    dy = camera[3, 1] + across * camera[1, 1] + up * camera[2, 1]
    dz = camera[3, 2] + across * camera[1, 2] + up * camera[2, 2]
    scale = _ONE / np.sqrt(dx * dx + dy * dy + dz * dz)
    return dx * scale, dy * scale, dz * scale


@compiled
def _nearest(solids, extent, camera, first, last, items, dx, dy, dz):
    """Distance and row of what a ray from the eye meets first; past the solids is the shell."""
    x, y, z = camera[0, 0], camera[0, 1], camera[0, 2]
    best, side = _shell(extent, x, y, z, dx, dy, dz)
    surface = solids.shape[0] + side
    for index in range(first, last):
        distance = _hit(solids, items[index], x, y, z, dx, dy, dz)
        if distance < best:
            best, surface = distance, items[index]
    return best, surface


@compiled
def _shell(extent, x, y, z, dx, dy, dz):
    """Where a ray leaves the stage: distance and side (floor, +y, -y, +x, -x, ceiling)."""
    best, side = FAR, 0
    if dz < 0:
        best, side = -z / dz, 0
    elif dz > 0:
        best, side = (extent[2] - z) / dz, 5
    if dy > 0 and (extent[1] - y) / dy < best:
        best, side = (extent[1] - y) / dy, 1
    if dy < 0 and (-extent[1] - y) / dy < best:
        best, side = (-extent[1] - y) / dy, 2
    if dx > 0 and (extent[0] - x) / dx < best:
        best, side = (extent[0] - x) / dx, 3
    if dx < 0 and (-extent[0] - x) / dx < best:
        best, side = (-extent[0] - x) / dx, 4
    return best, side


@compiled
def _hit(solids, solid, x, y, z, dx, dy, dz):
    """Distance along the ray to a solid, or FAR."""
    x, y, z = x - solids[solid, 1], y - solids[solid, 2], z - solids[solid, 3]
    along = x * dx + y * dy + z * dz
    if x * x + y * y + z * z - along * along > solids[solid, 20]:
        return FAR  # past its bounding sphere
    px, py, pz = _turned(solids, solid, x, y, z)
    qx, qy, qz = _turned(solids, solid, dx, dy, dz)
    kind = int(solids[solid, 0])
    if kind == 0:
        near, far = _round(
            px * px + py * py + pz * pz, px * qx + py * qy + pz * qz, qx * qx + qy * qy + qz * qz
        )
    elif kind == 1:
        near, far = _slab(pz, qz)
        near_x, far_x = _slab(px, qx)
        near_y, far_y = _slab(py, qy)
        near, far = max(near, near_x, near_y), min(far, far_x, far_y)
    else:
        near, far = _slab(pz, qz)
        near_r, far_r = _round(px * px + py * py, px * qx + py * qy, qx * qx + qy * qy)
        near, far = max(near, near_r), min(far, far_r)
    if near > far:
        return FAR
    tiny = np.float32(1e-4)
    if near > tiny and _kept(solids, solid, px + near * qx, py + near * qy, pz + near * qz):
        return near
    if far > tiny and _kept(solids, solid, px + far * qx, py + far * qy, pz + far * qz):
        return far
    return FAR


@compiled
def _turned(solids, solid, x, y, z):
    """A vector in the solid's own, unit, space."""
    return (
        solids[solid, 4] * x + solids[solid, 5] * y + solids[solid, 6] * z,
        solids[solid, 7] * x + solids[solid, 8] * y + solids[solid, 9] * z,
        solids[solid, 10] * x + solids[solid, 11] * y + solids[solid, 12] * z,
    )


@compiled
def _round(pp, pq, qq):
    """Entry and exit of the unit sphere or circle, from three dot products."""
    square = pq * pq - qq * (pp - _ONE)
    if square <= 0 or qq < np.float32(1e-9):
        return FAR, -FAR
    root = np.sqrt(square)
    return (-pq - root) / qq, (-pq + root) / qq


@compiled
def _slab(p, q):
    """Entry and exit of -1..1 along one axis."""
    if abs(q) < np.float32(1e-9):
        if abs(p) > _ONE:
            return FAR, -FAR
        return -FAR, FAR
    first, last = (-_ONE - p) / q, (_ONE - p) / q
    return min(first, last), max(first, last)


@compiled
def _kept(solids, solid, x, y, z):
    """Whether the clip plane leaves this point of unit space."""
    return solids[solid, 13] * x + solids[solid, 14] * y + solids[solid, 15] * z > solids[solid, 16]


@compiled
def _color(solids, look, camera, rays, starts, items, lights, key, sky, far, surface, dx, dy, dz):
    """Light that comes back along one ray; `key` and `sky` are its rows of shadow rays."""
    x, y, z = camera[0, 0] + far * dx, camera[0, 1] + far * dy, camera[0, 2] + far * dz
    if surface < solids.shape[0]:
        nx, ny, nz, u, v = _surface(solids, surface, x, y, z, dx, dy, dz)
    else:
        nx, ny, nz, u, v = _shell_surface(surface - solids.shape[0], x, y, z)
    blend = _texture(look, surface, u, v)
    glow, gloss = look[surface, 9], look[surface, 8]
    x, y, z = x + nx * np.float32(2e-3), y + ny * np.float32(2e-3), z + nz * np.float32(2e-3)
    if glow > 0:
        lr, lg, lb, shine, fog = glow, glow, glow, _ZERO, _ZERO
    else:
        lr, lg, lb, lit = _light(solids, rays, starts, items, lights, key, sky, x, y, z, nx, ny, nz)
        shine = gloss * lit * _shine(rays, key, nx, ny, nz, dx, dy, dz)
        fog = _ONE - np.exp(-max(_ZERO, far - 4) * np.float32(0.035))
    r = _mix(look, surface, 0, blend) * lr + lights[0, 0] * shine
    g = _mix(look, surface, 1, blend) * lg + lights[0, 1] * shine
    b = _mix(look, surface, 2, blend) * lb + lights[0, 2] * shine
    return r + fog * (lights[9, 0] - r), g + fog * (lights[9, 1] - g), b + fog * (lights[9, 2] - b)


@compiled
def _mix(look, surface, channel, blend):
    return look[surface, channel] + blend * (look[surface, 3 + channel] - look[surface, channel])


@compiled
def _surface(solids, solid, x, y, z, dx, dy, dz):
    """Normal towards the eye and texture coordinates (metres) where a ray meets a solid."""
    px, py, pz = _turned(
        solids, solid, x - solids[solid, 1], y - solids[solid, 2], z - solids[solid, 3]
    )
    u, v = px * solids[solid, 17], pz * solids[solid, 19]
    kind = int(solids[solid, 0])
    if kind == 1:
        ax, ay, az = abs(px), abs(py), abs(pz)
        if ax >= ay and ax >= az:
            px, py, pz, u = np.sign(px), _ZERO, _ZERO, py * solids[solid, 18]
        elif ay >= az:
            px, py, pz = _ZERO, np.sign(py), _ZERO
        else:
            px, py, pz, v = _ZERO, _ZERO, np.sign(pz), py * solids[solid, 18]
    elif kind == 2 and abs(pz) > np.float32(0.9999):
        px, py, pz = _ZERO, _ZERO, np.sign(pz)
    elif kind == 2:
        pz = _ZERO
    nx = solids[solid, 4] * px + solids[solid, 7] * py + solids[solid, 10] * pz
    ny = solids[solid, 5] * px + solids[solid, 8] * py + solids[solid, 11] * pz
    nz = solids[solid, 6] * px + solids[solid, 9] * py + solids[solid, 12] * pz
    scale = _ONE / np.sqrt(nx * nx + ny * ny + nz * nz)
    if nx * dx + ny * dy + nz * dz > 0:
        scale = -scale
    return nx * scale, ny * scale, nz * scale, u, v


@compiled
def _shell_surface(side, x, y, z):
    """Normal and texture coordinates on the inside of the stage."""
    if side == 0:
        return _ZERO, _ZERO, _ONE, x, y
    if side == 1:
        return _ZERO, -_ONE, _ZERO, x, z
    if side == 2:
        return _ZERO, _ONE, _ZERO, x, z
    if side == 3:
        return -_ONE, _ZERO, _ZERO, y, z
    if side == 4:
        return _ONE, _ZERO, _ZERO, y, z
    return _ZERO, _ZERO, -_ONE, x, y


@compiled
def _texture(look, surface, u, v):
    """How much of the second colour shows at (u, v) metres: 0..1."""
    texture = int(look[surface, 6])
    if texture == 0:
        return _ZERO
    u, v = u / look[surface, 7], v / look[surface, 7]
    if texture == 1:  # planks
        return np.float32(0.25 * ((int(np.floor(v)) * 7) % 4))
    if texture == 2:  # checker
        return np.float32((int(np.floor(u)) + int(np.floor(v))) & 1)
    if texture == 3:  # bricks
        row = int(np.floor(v * 2))
        u += _HALF * (row & 1)
        if v * 2 - row < np.float32(0.16) or u - np.floor(u) < np.float32(0.08):
            return _ONE
        return np.float32(0.12 * ((row * 3 + int(np.floor(u)) * 5) % 4))
    if texture == 4:  # gradient
        return min(max(v, _ZERO), _ONE)
    return np.float32(int(np.floor(u * 2)) & 1)  # stripes


@compiled
def _light(solids, rays, starts, items, lights, key, sky, x, y, z, nx, ny, nz):
    """Light that falls on a point, RGB, and how much of the key light does, 0..1."""
    wrap = np.float32(0.25)  # the key light reaches a little round the edge, as on skin and cloth
    facing = nx * rays[key, 0] + ny * rays[key, 1] + nz * rays[key, 2]
    lit = max(_ZERO, (facing + wrap) / (_ONE + wrap))
    if facing > 0 and _shadowed(solids, rays, starts, items, key, x, y, z, FAR):
        lit = _ZERO
    open_sky = _open_sky(solids, rays, starts, items, sky, x, y, z, nz)
    ground = _HALF - _HALF * nz
    fill = max(_ZERO, nx * lights[1, 0] + ny * lights[1, 1] + nz * lights[1, 2])
    rim = max(_ZERO, nx * lights[3, 0] + ny * lights[3, 1] + nz * lights[3, 2]) ** 2
    lx, ly, lz = lights[7, 0] - x, lights[7, 1] - y, lights[7, 2] - z
    away = np.float32(0.3) + lx * lx + ly * ly + lz * lz
    lamp = max(_ZERO, (nx * lx + ny * ly + nz * lz) / np.sqrt(away) + np.float32(0.2)) / away
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
def _open_sky(solids, rays, starts, items, sky, x, y, z, nz):
    """How much of the sky a point sees, 0..1: less when it faces down or stands in a corner."""
    half = _HALF + _HALF * nz
    if nz > np.float32(-0.2) and _shadowed(solids, rays, starts, items, sky, x, y, z, _SKY_REACH):
        half *= np.float32(0.35)
    return half


@compiled
def _shine(rays, key, nx, ny, nz, dx, dy, dz):
    """Blinn's highlight of the key light."""
    hx, hy, hz = rays[key, 0] - dx, rays[key, 1] - dy, rays[key, 2] - dz
    cosine = (nx * hx + ny * hy + nz * hz) / np.sqrt(hx * hx + hy * hy + hz * hz)
    return max(_ZERO, cosine) ** 24


@compiled
def _shadowed(solids, rays, starts, items, ray, x, y, z, reach):
    """Whether a solid stands within `reach` metres along a shadow ray's fixed direction."""
    half = np.float32(LIGHT_CELLS / 2)
    column = int(rays[ray, 3] * x + rays[ray, 4] * y + rays[ray, 5] * z + half)
    row = int(rays[ray, 6] * x + rays[ray, 7] * y + rays[ray, 8] * z + half)
    if column < 0 or row < 0 or column >= LIGHT_CELLS or row >= LIGHT_CELLS:
        return False
    cell = row * LIGHT_CELLS + column
    dx, dy, dz = rays[ray, 0], rays[ray, 1], rays[ray, 2]
    for index in range(starts[ray, cell], starts[ray, cell + 1]):
        if _hit(solids, items[ray, index], x, y, z, dx, dy, dz) < reach:
            return True
    return False


@compiled
def _commonest(votes):
    """The commonest vote; the first of equals."""
    best, winner = 0, votes[0]
    for vote in votes:
        tally = 0
        for ballot in votes:
            tally += ballot == vote
        if tally > best:
            best, winner = tally, vote
    return winner
