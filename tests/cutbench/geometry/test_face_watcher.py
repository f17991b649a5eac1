from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from cut2next.cutbench.features.network import NetworkFacts, Vectors
from cut2next.cutbench.features.store import FeatureStore
from cut2next.cutbench.geometry.face_watcher import FaceWatcher
from cut2next.cutbench.geometry.sight import Face

FACTS = NetworkFacts(kind="faces", name="toy", weights="0", preprocessing={}, vector="faces")
POINTS = tuple((0.1 * n, 0.2 * n) for n in range(6))
SEEN = (
    Face(box=(0.1, 0.2, 0.5, 0.75), yaw=-31.5, points=POINTS),
    Face(box=(0.5, 0.25, 0.625, 0.5), yaw=12.25, points=POINTS),
)


class Toy:
    """Finds two faces in red pictures, none in others, and can read one of them."""

    same = 0.25

    def __init__(self) -> None:
        self.looked = 0

    def find(self, picture: Image.Image) -> Sequence[Face]:
        self.looked += 1
        return SEEN if picture.getpixel((0, 0)) == (255, 0, 0) else ()

    def read(self, picture: Image.Image, faces: Sequence[Face]) -> Sequence[Vectors | None]:
        return [np.arange(4, dtype=np.float32), None][: len(faces)]


def test_a_picture_is_looked_at_once_ever_and_seen_the_same_again(tmp_path: Path) -> None:
    red, blue = Image.new("RGB", (9, 9), "red"), Image.new("RGB", (9, 9), "blue")
    first = Toy()
    for _ in range(2):
        watcher = FaceWatcher(first, first, FACTS, FeatureStore(tmp_path / "seen.sqlite"))
        one, other = watcher.sight(red).faces
        assert watcher.sight(red).same == 0.25
        assert watcher.sight(blue).faces == ()
        np.testing.assert_allclose([one.box, other.box], [SEEN[0].box, SEEN[1].box], rtol=1e-6)
        np.testing.assert_allclose(one.points, POINTS, rtol=1e-6)
        assert (one.yaw, other.yaw) == (-31.5, 12.25)
        assert one.who is not None
        assert one.who.tolist() == [0, 1, 2, 3]
        assert other.who is None
    assert first.looked == 2
