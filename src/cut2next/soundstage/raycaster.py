"""The inner loops of the ray caster, compiled. `render.py` says what they are given and why.

Numbers only, by column:

solids   0 kind, 1-3 centre, 4-12 rows of the map to unit space, 13-15 and 16 normal and distance of
         the clip plane, 17-19 radii, 20 square of the bounding radius
look     0-2 colour, 3-5 second colour, 6 texture, 7 its scale, 8 gloss, 9 glow
lights   by row: 0 key, 1 and 2 direction and colour of the fill, 3 and 4 of the rim, 5 sky,
         6 bounce, 7 and 8 place and colour of the lamp, 9 haze
camera   by row: 0 position, 1 right and 2 up (half a picture's height at distance 1), 3 forward
rays     by row: 0 to the key light, 1 to the sky; 0-2 axis of a shadow cone, 3-5 and 6-8 across and
         down its grid, in cells a metre, 9 how wide it opens: the tangent of its half angle

Scalars throughout, because slices cost more than the arithmetic.
"""

# numba's functions carry no types for the checker
# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,no-any-return"

import numpy as np
from numba import njit

FAR = np.float32(1.0e9)
SCREEN_CELL = 4
"""Pixels a side of the cells that solids are sorted into on the screen."""
LIGHT_CELLS = 128
"""Cells a side of the grid that shadow rays are sorted into."""
SKY_REACH = np.float32(1.0)
"""Metres: how near a solid must be to darken a corner."""
MOST_BLUR = np.float32(0.02)
"""Metres: how wide a far pixel may blur a shadow's edge."""
GROWN_CORNER = np.float32(np.sqrt(3))
"""How far out the corner of a box moves when its sides move by 1."""
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
    columns = -(-width // SCREEN_CELL)
    picture = np.zeros((height, width, 3), np.float32)
    parts = np.zeros((height, width), np.int32)
    votes = np.zeros(samples * samples, np.int32)
    for row in range(height):
        for column in range(width):
            cell = (row // SCREEN_CELL) * columns + column // SCREEN_CELL
            red, green, blue = _pixel(
                solids, look, part_of, extent, camera, starts[cell], starts[cell + 1], items,
                rays, ray_starts, ray_items, lights, width, height, samples, row, column, votes,
            )  # fmt: skip
            picture[row, column, 0] = red
            picture[row, column, 1] = green
            picture[row, column, 2] = blue
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
def _pixel(
    solids, look, part_of, extent, camera, first, last, items,
    rays, ray_starts, ray_items, lights, width, height, samples, row, column, votes,
):  # fmt: skip
    """Linear RGB of one pixel; `votes` is filled with its sub-samples' object ids."""
    red, green, blue = _ZERO, _ZERO, _ZERO
    lr, lg, lb, lit = _ZERO, _ZERO, _ZERO, _ZERO
    lit_surface, lnx, lny, lnz = -1, _ZERO, _ZERO, _ZERO
    for sample in range(samples * samples):
        across = np.float32(2 * (column + (sample % samples + 0.5) / samples) - width) / height
        up = np.float32(height - 2 * (row + (sample // samples + 0.5) / samples)) / height
        dx, dy, dz = _ray(camera, np.float32(across), np.float32(up))
        far, surface = _nearest(solids, extent, camera, first, last, items, dx, dy, dz)
        votes[sample] = part_of[surface]
        x, y, z = camera[0, 0] + far * dx, camera[0, 1] + far * dy, camera[0, 2] + far * dz
        nx, ny, nz, u, v = _surface(solids, surface, x, y, z, dx, dy, dz)
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
    return red / count, green / count, blue / count


@compiled
def _spread_of_pixel(camera, height):
    """How fast half a pixel widens with distance: shadows are blurred by at least as much."""
    x, y, z = camera[2, 0], camera[2, 1], camera[2, 2]
    return np.sqrt(x * x + y * y + z * z) / np.float32(height)


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
    if kind == 3:
        return _ring(px, py, pz, qx, qy, qz)
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
def _ring(px, py, pz, qx, qy, qz):
    """Distance to the flat band between 0.8 and 1 about the z axis, or FAR."""
    if abs(qz) < np.float32(1e-9):
        return FAR
    far = -pz / qz
    x, y = px + far * qx, py + far * qy
    out = x * x + y * y
    return far if far > np.float32(1e-4) and np.float32(0.64) < out < _ONE else FAR


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
def _color(look, rays, lights, far, surface, nx, ny, nz, u, v, dx, dy, dz, lr, lg, lb, lit):
    """Light that comes back along one ray from a point that (lr, lg, lb) falls on."""
    blend = _texture(look, surface, u, v)
    shine, fog = _ZERO, _ZERO
    if look[surface, 9] == 0:
        shine = look[surface, 8] * lit * _shine(rays, nx, ny, nz, dx, dy, dz)
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
    """Normal towards the eye and texture coordinates (metres) where a ray meets a surface."""
    if solid >= solids.shape[0]:
        return _shell_surface(solid - solids.shape[0], x, y, z)
    px, py, pz = _turned(
        solids, solid, x - solids[solid, 1], y - solids[solid, 2], z - solids[solid, 3]
    )
    u, v = px * solids[solid, 17], pz * solids[solid, 19]
    kind = int(solids[solid, 0])
    if kind == 1:
        px, py, pz, u, v = _face(solids, solid, px, py, pz, u, v)
    elif kind == 3 or (kind == 2 and abs(pz) > np.float32(0.9999)):
        px, py, pz = _ZERO, _ZERO, _ONE if pz >= 0 else -_ONE
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
def _face(solids, solid, px, py, pz, u, v):
    """Normal and texture coordinates on a unit box."""
    ax, ay, az = abs(px), abs(py), abs(pz)
    if ax >= ay and ax >= az:
        return np.sign(px), _ZERO, _ZERO, py * solids[solid, 18], v
    if ay >= az:
        return _ZERO, np.sign(py), _ZERO, u, v
    return _ZERO, _ZERO, np.sign(pz), u, py * solids[solid, 18]


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
def _light(solids, look, rays, starts, items, lights, surface, blur, x, y, z, nx, ny, nz):
    """Light that falls on a point, RGB, and how much of the key light does, 0..1."""
    glow = look[surface, 9]
    if glow > 0:
        return glow, glow, glow, _ZERO
    x, y, z = x + nx * np.float32(2e-3), y + ny * np.float32(2e-3), z + nz * np.float32(2e-3)
    wrap = np.float32(0.25)  # the key light reaches a little round the edge, as on skin and cloth
    facing = nx * rays[0, 0] + ny * rays[0, 1] + nz * rays[0, 2]
    lit = max(_ZERO, (facing + wrap) / (_ONE + wrap))
    if lit > 0:
        own = surface if facing <= 0 else -1  # round the edge a solid does not stand in its light
        lit *= _open(solids, rays, starts, items, 0, own, blur, x, y, z, FAR)
    open_sky = _HALF + _HALF * nz  # of which less is seen that faces down or stands in a corner
    if nz > np.float32(-0.2):
        seen = _open(solids, rays, starts, items, 1, -1, blur, x, y, z, SKY_REACH)
        open_sky *= np.float32(0.35) + np.float32(0.65) * seen
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
def _shine(rays, nx, ny, nz, dx, dy, dz):
    """Blinn's highlight of the key light."""
    hx, hy, hz = rays[0, 0] - dx, rays[0, 1] - dy, rays[0, 2] - dz
    cosine = (nx * hx + ny * hy + nz * hz) / np.sqrt(hx * hx + hy * hy + hz * hz)
    return max(_ZERO, cosine) ** 24


@compiled
def _open(solids, rays, starts, items, ray, own, blur, x, y, z, reach):
    """How much of a shadow cone is free of solids within `reach` metres, 0..1.

    `own` is no bar to it; its edge is blurred by `blur` metres at least.
    """
    middle = np.float32(LIGHT_CELLS / 2)
    column = int(rays[ray, 3] * x + rays[ray, 4] * y + rays[ray, 5] * z + middle)
    row = int(rays[ray, 6] * x + rays[ray, 7] * y + rays[ray, 8] * z + middle)
    if column < 0 or row < 0 or column >= LIGHT_CELLS or row >= LIGHT_CELLS:
        return _ONE
    cell = row * LIGHT_CELLS + column
    dx, dy, dz, spread = rays[ray, 0], rays[ray, 1], rays[ray, 2], rays[ray, 9]
    free = _ONE
    for index in range(starts[ray, cell], starts[ray, cell + 1]):
        solid = items[ray, index]
        if solid != own:
            gap, wide, far = _gap(solids, solid, x, y, z, dx, dy, dz, spread, blur)
            half = spread * far + blur  # of the cone's width, where the solid is
            if far < reach and gap < half:
                covered = (min(gap + wide, half) - max(gap, -half)) / (2 * half)
                covered *= covered * (np.float32(3) - 2 * covered) * (_ONE - far / reach)
                free *= _ONE - covered
                if free < np.float32(0.01):
                    return _ZERO
    return free


@compiled
def _gap(solids, solid, x, y, z, dx, dy, dz, spread, blur):
    """By how many metres a ray misses a solid (below 0: is inside), its width there, and where.

    The distances are good guesses: exact at the edge, and growing at the right pace beside it.
    """
    x, y, z = x - solids[solid, 1], y - solids[solid, 2], z - solids[solid, 3]
    along = x * dx + y * dy + z * dz
    radius, kind = np.sqrt(solids[solid, 20]), int(solids[solid, 0])
    grown = GROWN_CORNER if kind == 1 else _ONE
    widest = radius + grown * (blur + spread * max(_ZERO, radius - along))
    if along > radius or x * x + y * y + z * z - along * along > widest * widest:
        return FAR, _ZERO, _ZERO  # behind, or past its bounding sphere
    px, py, pz = _turned(solids, solid, x, y, z)
    qx, qy, qz = _turned(solids, solid, dx, dy, dz)
    if kind == 1:
        return _box_gap(solids, solid, px, py, pz, qx, qy, qz)
    first, last = _ZERO, FAR
    flat = _ONE
    if kind == 2:
        first, last = _slab(pz, qz)
        first, flat = max(first, _ZERO), _ZERO
    first, last = _beyond_clip(solids, solid, first, last, px, py, pz, qx, qy, qz)
    if first > last:
        return FAR, _ZERO, _ZERO
    nearest = -(px * qx + py * qy + flat * pz * qz)
    nearest /= max(qx * qx + qy * qy + flat * qz * qz, np.float32(1e-9))
    far = min(max(nearest, first), last)
    out, radius = _round_gap(solids, solid, px + far * qx, py + far * qy, flat * (pz + far * qz))
    return (out - _ONE) * radius, 2 * radius, far


@compiled
def _round_gap(solids, solid, ux, uy, uz):
    """How far out a point of unit space is, in radii, and the radius in metres on its side."""
    out = max(np.sqrt(ux * ux + uy * uy + uz * uz), np.float32(1e-6))
    gx = solids[solid, 4] * ux + solids[solid, 7] * uy + solids[solid, 10] * uz
    gy = solids[solid, 5] * ux + solids[solid, 8] * uy + solids[solid, 11] * uz
    gz = solids[solid, 6] * ux + solids[solid, 9] * uy + solids[solid, 12] * uz
    return out, out / max(np.sqrt(gx * gx + gy * gy + gz * gz), np.float32(1e-6))


@compiled
def _beyond_clip(solids, solid, first, last, px, py, pz, qx, qy, qz):
    """What the clip plane leaves of a stretch of a ray."""
    nx, ny, nz = solids[solid, 13], solids[solid, 14], solids[solid, 15]
    missing = solids[solid, 16] - (nx * px + ny * py + nz * pz)
    speed = nx * qx + ny * qy + nz * qz
    if abs(speed) < np.float32(1e-6):
        return (first, last) if missing < 0 else (FAR, -FAR)
    if speed > 0:
        return max(first, missing / speed), last
    return first, min(last, missing / speed)


@compiled
def _box_gap(solids, solid, px, py, pz, qx, qy, qz):
    """By how much a box must grow (below 0: may shrink) to touch a ray, its width, and where."""
    rx, ry, rz = solids[solid, 17], solids[solid, 18], solids[solid, 19]
    tiny = np.float32(1e-6)
    bx, by, bz = max(abs(qx) * rx, tiny), max(abs(qy) * ry, tiny), max(abs(qz) * rz, tiny)
    ax, ay, az = px * rx, py * ry, pz * rz
    ax, ay, az = ax if qx >= 0 else -ax, ay if qy >= 0 else -ay, az if qz >= 0 else -az
    gap = max(ax - rx, ay - ry, az - rz)  # it has left the box behind
    gap = max(gap, _edge(-ax - rx, bx, ry - ay, by), _edge(-ax - rx, bx, rz - az, bz))
    gap = max(gap, _edge(-ay - ry, by, rx - ax, bx), _edge(-ay - ry, by, rz - az, bz))
    gap = max(gap, _edge(-az - rz, bz, rx - ax, bx), _edge(-az - rz, bz, ry - ay, by))
    wide = min(_aside(rx, bx), _aside(ry, by), _aside(rz, bz))
    gap = max(gap, -wide)
    far = max((-ax - rx - gap) / bx, (-ay - ry - gap) / by, (-az - rz - gap) / bz)
    return gap, 2 * wide, max(far, _ZERO)


@compiled
def _aside(radius, cosine):
    """How far a slab reaches aside of a ray that leans against it with this cosine."""
    return radius / np.sqrt(max(_ONE - cosine * cosine, np.float32(1e-6)))


@compiled
def _edge(to_near, near_pace, to_far, far_pace):
    """How much two slabs must grow until a ray enters one as it leaves the other."""
    return (to_near * far_pace - to_far * near_pace) / (near_pace + far_pace)


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
