"""Panels in the order of a timeline, put to scenes again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cut2next.studio.board import Panel, Scene, new_id


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A panel and the scene that it is said to be of."""

    panel: Panel
    scene: str | None
    """The scene's id; None, and one that is not known, is the scene of the panel before."""


def scenes_of(panels: Iterable[Placed], known: Sequence[Scene]) -> tuple[Scene, ...]:
    """The scenes of those panels; the order of panels comes first.

    A panel that was moved into another scene is of that one, since a scene is in one piece.
    """
    by_id = {scene.id: scene for scene in known}
    scenes: list[tuple[Scene, list[Panel]]] = []
    begun: set[str] = set()
    for placed in panels:
        if placed.scene in by_id and placed.scene not in begun:
            scenes.append((by_id[placed.scene], []))
            begun.add(placed.scene)
        elif not scenes:
            scenes.append((Scene(id=new_id()), []))
        scenes[-1][1].append(placed.panel)
    return tuple(replace(scene, panels=tuple(held)) for scene, held in scenes)
