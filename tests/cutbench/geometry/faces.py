"""Faces as tests want them, and a watcher that is told what is seen."""

from collections.abc import Mapping

import numpy as np
from PIL import Image

from cut2next.cutbench.cases import CaseWithTruth
from cut2next.cutbench.features.features import picture_key
from cut2next.cutbench.features.network import NetworkFacts
from cut2next.cutbench.geometry.sight import Face, Sight
from cut2next.film import Cut, EditingPattern, IndividualPrompt, RelationalPrompt
from cut2next.film.cut import Shot

SAME = 0.5


def face(who: int | None, size: float = 0.3, yaw: float = 0.0, at: float = 0.2) -> Face:
    """Of person 0, 1, 2, ...; None is somebody who cannot be read."""
    vector = None if who is None else np.eye(8, dtype=np.float32)[who]
    return Face(box=(at, 0.1, at + size / 2.4, 0.1 + size), yaw=yaw, who=vector)


def sight(*faces: Face) -> Sight:
    return Sight(faces=faces, same=SAME)


class Told:
    """A watcher that knows what each picture shows."""

    facts: NetworkFacts | None = None

    def __init__(self, seen: Mapping[str, Sight]) -> None:
        self.pictures = {name: Image.new("RGB", (16, 16), (n, 0, 0)) for n, name in enumerate(seen)}
        self._seen = {picture_key(self.pictures[name]): what for name, what in seen.items()}

    def sight(self, picture: Image.Image) -> Sight:
        return self._seen[picture_key(picture)]

    def case(self, *patterns: EditingPattern) -> CaseWithTruth:
        """A cut from "current" to "true"."""
        prompt = IndividualPrompt(summary="somebody")
        current, following = (
            Shot(name=name, keyframe=self.pictures[name], prompt=prompt)
            for name in ("current", "true")
        )
        cut = Cut(
            film="a film",
            current=current,
            next=following,
            patterns=frozenset(patterns),
            relational=RelationalPrompt(scene="a talk", transition="A cut."),
        )
        return CaseWithTruth(cut=cut)
