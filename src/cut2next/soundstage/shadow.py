"""How much of a cone towards a light is free, from how closely its axis passes the solids.

No rays are drawn at random and none are counted, so that shadows are soft without noise or steps.
Columns of `rays`, in row 0 to the key light, in 1 to the sky: 0-2 axis of a cone, 3-5 and 6-8
across and down its grid, in cells a metre, 9 how wide it opens: the tangent of its half angle.
"""

# numba's functions carry no types for the checker
# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,operator"

import math

import numpy as np

from cut2next.soundstage.intersection import FAR, ONE, ZERO, compiled, slab, turned_to_unit

LIGHT_CELLS = 128
"""Cells a side of the grid that shadow cones are sorted into."""
GROWN_CORNER = np.float32(math.sqrt(3))
"""How far out the corner of a box moves when its sides move by 1."""


@compiled
def open_share(solids, rays, starts, items, ray, own, blur, x, y, z, reach):
    """How much of a shadow cone is free of solids within `reach` metres, 0..1.

    `own` is no bar to it; its edge is blurred by `blur` metres at least.
    """
    middle = np.float32(LIGHT_CELLS / 2)
    column = int(rays[ray, 3] * x + rays[ray, 4] * y + rays[ray, 5] * z + middle)
    row = int(rays[ray, 6] * x + rays[ray, 7] * y + rays[ray, 8] * z + middle)
    if column < 0 or row < 0 or column >= LIGHT_CELLS or row >= LIGHT_CELLS:
        return ONE
    cell = row * LIGHT_CELLS + column
    dx, dy, dz, spread = rays[ray, 0], rays[ray, 1], rays[ray, 2], rays[ray, 9]
    free = ONE
    for index in range(starts[ray, cell], starts[ray, cell + 1]):
        solid = items[ray, index]
        if solid != own:
            gap, wide, far = _gap(solids, solid, x, y, z, dx, dy, dz, spread, blur)
            half = spread * far + blur  # of the cone's width, where the solid is
            if far < reach and gap < half:
                covered = (min(gap + wide, half) - max(gap, -half)) / (2 * half)
                covered *= covered * (np.float32(3) - 2 * covered) * (ONE - far / reach)
                free *= ONE - covered
                if free < np.float32(0.01):
                    return ZERO
    return free


@compiled
def _gap(solids, solid, x, y, z, dx, dy, dz, spread, blur):
    """By how many metres a ray misses a solid (below 0: is inside), its width there, and where.

    The distances are good guesses: exact at the edge, and growing at the right pace beside it.
    """
    x, y, z = x - solids[solid, 1], y - solids[solid, 2], z - solids[solid, 3]
    along = x * dx + y * dy + z * dz
    radius, kind = math.sqrt(solids[solid, 20]), int(solids[solid, 0])
    grown = GROWN_CORNER if kind == 1 else ONE
    widest = radius + grown * (blur + spread * max(ZERO, radius - along))
    if along > radius or x * x + y * y + z * z - along * along > widest * widest:
        return FAR, ZERO, ZERO  # behind, or past its bounding sphere
    px, py, pz = turned_to_unit(solids, solid, x, y, z)
    qx, qy, qz = turned_to_unit(solids, solid, dx, dy, dz)
    if kind == 1:
        return _box_gap(solids, solid, px, py, pz, qx, qy, qz)
    first, last = ZERO, FAR
    flat = ONE
    if kind == 2:
        first, last = slab(pz, qz)
        first, flat = max(first, ZERO), ZERO
    first, last = _beyond_clip(solids, solid, first, last, px, py, pz, qx, qy, qz)
    if first > last:
        return FAR, ZERO, ZERO
    nearest = -(px * qx + py * qy + flat * pz * qz)
    nearest /= max(qx * qx + qy * qy + flat * qz * qz, np.float32(1e-9))
    far = min(max(nearest, first), last)
    out, radius = _round_gap(solids, solid, px + far * qx, py + far * qy, flat * (pz + far * qz))
    return (out - ONE) * radius, 2 * radius, far


@compiled
def _round_gap(solids, solid, ux, uy, uz):
    """How far out a point of unit space is, in radii, and the radius in metres on its side."""
    out = max(math.sqrt(ux * ux + uy * uy + uz * uz), np.float32(1e-6))
    gx = solids[solid, 4] * ux + solids[solid, 7] * uy + solids[solid, 10] * uz
    gy = solids[solid, 5] * ux + solids[solid, 8] * uy + solids[solid, 11] * uz
    gz = solids[solid, 6] * ux + solids[solid, 9] * uy + solids[solid, 12] * uz
    return out, out / max(math.sqrt(gx * gx + gy * gy + gz * gz), np.float32(1e-6))


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
    return gap, 2 * wide, max(far, ZERO)


@compiled
def _aside(radius, cosine):
    """How far a slab reaches aside of a ray that leans against it with this cosine."""
    return radius / math.sqrt(max(ONE - cosine * cosine, np.float32(1e-6)))


@compiled
def _edge(to_near, near_pace, to_far, far_pace):
    """How much two slabs must grow until a ray enters one as it leaves the other."""
    return (to_near * far_pace - to_far * near_pace) / (near_pace + far_pace)
