"""Where rays meet solids, and the inside of the stage.

Numbers only, by column of `solids`:

0 kind, 1-3 centre, 4-12 rows of the map to unit space, 13-15 and 16 normal and distance of the clip
plane, 17-19 radii, 20 square of the bounding radius
"""

# numba's functions carry no types for the checker
# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,no-any-return"

import math

import numpy as np
from numba import njit

FAR = np.float32(1.0e9)
ZERO, ONE, HALF = np.float32(0), np.float32(1), np.float32(0.5)

compiled = njit(cache=True, nogil=True, fastmath=True)


@compiled
def first_solids(solids, eye, rays):
    """The row of the first solid from `eye` along each of `rays` [N, 3], or -1: [N]."""
    found = np.full(rays.shape[0], -1, np.int32)
    for ray in range(rays.shape[0]):
        best = FAR
        for solid in range(solids.shape[0]):
            distance = hit(
                solids, solid, eye[0], eye[1], eye[2], rays[ray, 0], rays[ray, 1], rays[ray, 2]
            )
            if distance < best:
                best, found[ray] = distance, solid
    return found


@compiled
def hit(solids, solid, x, y, z, dx, dy, dz):
    """Distance along the ray to a solid, or FAR."""
    x, y, z = x - solids[solid, 1], y - solids[solid, 2], z - solids[solid, 3]
    along = x * dx + y * dy + z * dz
    if x * x + y * y + z * z - along * along > solids[solid, 20]:
        return FAR  # past its bounding sphere
    px, py, pz = turned_to_unit(solids, solid, x, y, z)
    qx, qy, qz = turned_to_unit(solids, solid, dx, dy, dz)
    kind = int(solids[solid, 0])
    if kind == 3:
        return _ring(px, py, pz, qx, qy, qz)
    if kind == 0:
        near, far = _round(
            px * px + py * py + pz * pz, px * qx + py * qy + pz * qz, qx * qx + qy * qy + qz * qz
        )
    elif kind == 1:
        near, far = slab(pz, qz)
        near_x, far_x = slab(px, qx)
        near_y, far_y = slab(py, qy)
        near, far = max(near, near_x, near_y), min(far, far_x, far_y)
    else:
        near, far = slab(pz, qz)
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
    return far if far > np.float32(1e-4) and np.float32(0.64) < out < ONE else FAR


@compiled
def turned_to_unit(solids, solid, x, y, z):
    """A vector in the solid's own, unit, space."""
    return (
        solids[solid, 4] * x + solids[solid, 5] * y + solids[solid, 6] * z,
        solids[solid, 7] * x + solids[solid, 8] * y + solids[solid, 9] * z,
        solids[solid, 10] * x + solids[solid, 11] * y + solids[solid, 12] * z,
    )


@compiled
def _round(pp, pq, qq):
    """Entry and exit of the unit sphere or circle, from three dot products."""
    square = pq * pq - qq * (pp - ONE)
    if square <= 0 or qq < np.float32(1e-9):
        return FAR, -FAR
    root = math.sqrt(square)
    return (-pq - root) / qq, (-pq + root) / qq


@compiled
def slab(p, q):
    """Entry and exit of -1..1 along one axis."""
    if abs(q) < np.float32(1e-9):
        if abs(p) > ONE:
            return FAR, -FAR
        return -FAR, FAR
    first, last = (-ONE - p) / q, (ONE - p) / q
    return min(first, last), max(first, last)


@compiled
def _kept(solids, solid, x, y, z):
    """Whether the clip plane leaves this point of unit space."""
    return solids[solid, 13] * x + solids[solid, 14] * y + solids[solid, 15] * z > solids[solid, 16]


@compiled
def shell(extent, x, y, z, dx, dy, dz):
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
def surface_at(solids, solid, x, y, z, dx, dy, dz):
    """Normal towards the eye and texture coordinates (metres) where a ray meets a surface."""
    if solid >= solids.shape[0]:
        return _shell_surface(solid - solids.shape[0], x, y, z)
    px, py, pz = turned_to_unit(
        solids, solid, x - solids[solid, 1], y - solids[solid, 2], z - solids[solid, 3]
    )
    u, v = px * solids[solid, 17], pz * solids[solid, 19]
    kind = int(solids[solid, 0])
    if kind == 1:
        px, py, pz, u, v = _face(solids, solid, px, py, pz, u, v)
    elif kind == 3 or (kind == 2 and abs(pz) > np.float32(0.9999)):
        px, py, pz = ZERO, ZERO, _side(pz)
    elif kind == 2:
        pz = ZERO
    nx = solids[solid, 4] * px + solids[solid, 7] * py + solids[solid, 10] * pz
    ny = solids[solid, 5] * px + solids[solid, 8] * py + solids[solid, 11] * pz
    nz = solids[solid, 6] * px + solids[solid, 9] * py + solids[solid, 12] * pz
    scale = ONE / math.sqrt(nx * nx + ny * ny + nz * nz)
    if nx * dx + ny * dy + nz * dz > 0:
        scale = -scale
    return nx * scale, ny * scale, nz * scale, u, v


@compiled
def _face(solids, solid, px, py, pz, u, v):
    """Normal and texture coordinates on a unit box."""
    ax, ay, az = abs(px), abs(py), abs(pz)
    if ax >= ay and ax >= az:
        return _side(px), ZERO, ZERO, py * solids[solid, 18], v
    if ay >= az:
        return ZERO, _side(py), ZERO, u, v
    return ZERO, ZERO, _side(pz), u, py * solids[solid, 18]


@compiled
def _side(coordinate):
    return ONE if coordinate >= 0 else -ONE


@compiled
def _shell_surface(side, x, y, z):
    """Normal and texture coordinates on the inside of the stage."""
    if side == 0:
        return ZERO, ZERO, ONE, x, y
    if side == 1:
        return ZERO, -ONE, ZERO, x, z
    if side == 2:
        return ZERO, ONE, ZERO, x, z
    if side == 3:
        return -ONE, ZERO, ZERO, y, z
    if side == 4:
        return ONE, ZERO, ZERO, y, z
    return ZERO, ZERO, -ONE, x, y
