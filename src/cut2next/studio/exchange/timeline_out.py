"""A board as a timeline of OpenTimelineIO: one track, a clip for each panel.

What only a board knows stands in the metadata under "cut2next", the panel whole, and comes home
from it. An empty panel is a gap there, or a card where a format forgets what is said of gaps.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cut2next.film.installation import needed
from cut2next.studio.as_json import to_json
from cut2next.studio.board import Board, Panel
from cut2next.studio.exchange.naming import last_part, stem_of

OURS = "cut2next"
"""The name of our part of the metadata."""


def library() -> Any:
    """OpenTimelineIO. Raises InputError when it is not installed."""
    with needed("it, to read and write timelines"):
        import opentimelineio
    return opentimelineio


def timeline_of(board: Board, media: Mapping[str, str]) -> Any:
    """An `otio.schema.Timeline`; `media` are URLs by panel, and who has none is a gap."""
    otio = library()
    rate = float(board.rate)
    timeline = otio.schema.Timeline(name=board.title)
    timeline.global_start_time = otio.opentime.RationalTime(0, rate)
    timeline.metadata[OURS] = {"board": to_json(without_panels(board))}
    track = otio.schema.Track(name="Board", kind=otio.schema.TrackKind.Video)
    place = 0
    for scene in board.scenes:
        for panel in scene.panels:
            item = _item(otio, panel, stem_of(place, panel), media.get(panel.id), rate)
            item.metadata[OURS] = {"panel": to_json(panel), "scene": scene.id}
            track.append(item)
            place += 1
    timeline.tracks.append(track)
    return timeline


def _item(otio: Any, panel: Panel, name: str, url: str | None, rate: float) -> Any:
    time = otio.opentime.RationalTime
    lasting = otio.opentime.TimeRange(time(0, rate), time(panel.frames, rate))
    if url is None:
        return otio.schema.Gap(name=name, source_range=lasting)
    reference = otio.schema.ExternalReference(target_url=url, available_range=lasting)
    reference.name = last_part(url)
    return otio.schema.Clip(name=name, media_reference=reference, source_range=lasting)


def without_panels(board: Board) -> Board:
    """What of a board is told once: scenes without panels, figures, and no candidates."""
    scenes = tuple(replace(scene, panels=()) for scene in board.scenes)
    return replace(board, scenes=scenes, candidates=())
