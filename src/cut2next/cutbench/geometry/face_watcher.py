"""Sees faces in any picture, and whose they are; each picture is looked at once, ever, by content.

What was seen is kept as one vector a picture, in the same store as what networks read.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import RLock

import numpy as np
from PIL import Image

from cut2next.cutbench.features.features import picture_key
from cut2next.cutbench.features.network import NetworkFacts, Vectors
from cut2next.cutbench.features.store import FeatureStore
from cut2next.cutbench.geometry.blazeface import BlazeFace
from cut2next.cutbench.geometry.dlib_faces import DlibFaces
from cut2next.cutbench.geometry.sight import Face, FaceFinder, IdentityReader, Sight
from cut2next.film.packaged_weights import fetched

_POINTS = 6
_PLAIN = 4 + 1 + 1 + 2 * _POINTS + 1
"""Numbers of a face before its vector: box, yaw, pitch, points, and whether there is a vector."""
_IN_MEMORY = 4096


class FaceWatcher:
    """A `Watcher` of real pictures."""

    def __init__(
        self,
        finder: FaceFinder,
        reader: IdentityReader,
        facts: NetworkFacts,
        store: FeatureStore,
    ) -> None:
        """`facts` must tell all that what is seen depends on. Threads may share it."""
        self.facts = facts
        self._finder, self._reader, self._store = finder, reader, store
        self._lock = RLock()
        self._known = lru_cache(_IN_MEMORY)(self._remembered)

    def sight(self, picture: Image.Image) -> Sight:
        """Of a picture of any size. Raises OutputError where it cannot be kept."""
        key = picture_key(picture)
        with self._lock:
            if (seen := self._known(key)) is None:
                seen = self._looked_at(picture)
                self._store.keep(self.facts, {key: _packed(seen)})
                self._known.cache_clear()
        return Sight(faces=seen, same=self._reader.same)

    def _remembered(self, key: bytes) -> tuple[Face, ...] | None:
        vector = self._store.known(self.facts, {key}).get(key)
        return None if vector is None else _unpacked(vector)

    def _looked_at(self, picture: Image.Image) -> tuple[Face, ...]:
        faces = list(self._finder.find(picture))
        whose = self._reader.read(picture, faces)
        return tuple(_of(face, who) for face, who in zip(faces, whose, strict=True))


def face_watcher(store: FeatureStore, folder: Path | None = None) -> FaceWatcher:
    """BlazeFace and dlib, from weights that were fetched.

    Raises WeightsError where they were not, InputError where the extra `faces` is not installed.
    """
    (finding,), whose = fetched("faces", folder), fetched("identity", folder)
    digest = sha256(b"".join(path.read_bytes() for path in (finding, *whose))).hexdigest()
    facts = NetworkFacts(
        kind="BlazeFace and dlib",
        name="cut2next weights faces, identity",
        weights=digest,
        preprocessing={**BlazeFace.settings, **DlibFaces.settings},
        vector="faces",
    )
    return FaceWatcher(BlazeFace(finding), DlibFaces(*whose), facts, store)


def _of(face: Face, who: Vectors | None) -> Face:
    return Face(box=face.box, yaw=face.yaw, pitch=face.pitch, points=face.points, who=who)


def _packed(faces: Sequence[Face]) -> Vectors:
    """One vector: the number of faces, the length of their vectors, and then each."""
    length = max((len(face.who) for face in faces if face.who is not None), default=0)
    rows = [np.array([len(faces), length], np.float32)]
    for face in faces:
        points = [number for point in face.points for number in point]
        points += [0.0] * (2 * _POINTS - len(points))
        plain = [*face.box, face.yaw, face.pitch, *points, float(face.who is not None)]
        rows.append(np.array(plain, np.float32))
        rows.append(np.zeros(length, np.float32) if face.who is None else face.who)
    return np.concatenate(rows)


def _unpacked(vector: Vectors) -> tuple[Face, ...]:
    count, length = int(vector[0]), int(vector[1])
    rows = vector[2:].reshape(count, _PLAIN + length) if count else ()
    return tuple(_face(row) for row in rows)


def _face(row: Vectors) -> Face:
    left, top, right, bottom, yaw, pitch = row[:6].tolist()
    points = [(float(x), float(y)) for x, y in row[6 : _PLAIN - 1].reshape(_POINTS, 2)]
    who = row[_PLAIN:] if row[_PLAIN - 1] else None
    return Face(box=(left, top, right, bottom), yaw=yaw, pitch=pitch, points=tuple(points), who=who)
