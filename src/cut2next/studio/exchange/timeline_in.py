"""A timeline of OpenTimelineIO as a board: a panel for each clip, an empty one for each gap.

A panel is known by what stands of it in the metadata, or by its id in the name of a file that we
wrote; then it is the panel of the board that is open, with its new length and place. Any other
clip is a new panel, with a picture of its first frame where the footage is at hand.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.studio.board import Board, Origin, Panel, Picture, new_id
from cut2next.studio.board import Media as Footage
from cut2next.studio.checks import FRAMES, LINE, PANELS
from cut2next.studio.exchange.format import Imported
from cut2next.studio.exchange.media import Media, is_still, is_there
from cut2next.studio.exchange.metadata import told_board, told_panel
from cut2next.studio.exchange.naming import Named, panel_named
from cut2next.studio.exchange.rates import Clock, rate_near
from cut2next.studio.exchange.scenes import Placed, scenes_of
from cut2next.studio.exchange.sources import Sources
from cut2next.studio.exchange.timeline_out import OURS, library
from cut2next.studio.exchange.told import Told, shown
from cut2next.studio.pictures import PictureFolder

COMMENTS = {"action": "mastercomment1", "dialogue": "mastercomment2", "notes": "mastercomment3"}
"""Where FCP7 XML keeps what stands in a panel's fields."""


@dataclass(frozen=True, kw_only=True)
class _Item:
    """A clip or a gap of the track, as it was found."""

    name: str
    url: str | None
    """Of its media; None of a gap, and of a clip that has none."""
    start: Fraction
    """Seconds into the media."""
    seconds: Fraction
    own: Any
    """Our part of its metadata, whatever it is."""
    texts: dict[str, Any]
    """Fields of a panel that the format tells."""


def board_of(timeline: Any, sources: Sources, pictures: PictureFolder, board: Board) -> Imported:
    """The board that a timeline tells; `board` is the one that is open.

    Raises InputError for one without pictures, or with too many.
    """
    told = Told()
    timeline = _one(timeline, told)
    track = _track(timeline, told)
    rate = _rate_of(timeline, track, board.rate)
    items = list(_items(track, told))
    if len(items) > PANELS:
        raise InputError(
            f"a timeline of {len(items):,} clips", expected=f"at most {PANELS:,}", hint="split it"
        )
    own = plain(timeline.metadata.get(OURS))
    frame = told_board(own, pictures) or replace(board, candidates=())
    home = _Home(replace(frame, rate=rate), board, Media(sources, pictures), pictures, told)
    scenes = scenes_of(home.panels(items), frame.scenes)
    title = one_line(shown(str(timeline.name or "")) or frame.title, LINE)
    made = replace(frame, title=title, rate=rate, scenes=scenes)
    return Imported(board=made, told=told.sentences)


class _Home:
    """Brings items home as panels, each id once."""

    def __init__(
        self, frame: Board, board: Board, media: Media, pictures: PictureFolder, told: Told
    ) -> None:
        self._rate = frame.rate
        self._known = board.by_id
        self._scenes = {panel.id: scene.id for scene in board.scenes for panel in scene.panels}
        self._media, self._pictures, self._told = media, pictures, told
        self._seen: set[str] = set()

    def panels(self, items: list[_Item]) -> Iterator[Placed]:
        clock = Clock(self._rate)
        for item in items:
            frames = clock.frames_for(item.seconds)
            if not FRAMES.least <= frames <= FRAMES.most:
                self._told.add("{} of no length, or too long to count, left out", "clip")
                continue
            panel, scene = self._panel(item, frames)
            if panel.id in self._seen:  # cut in two: the first stays what it was
                panel = replace(panel, id=new_id())
            self._seen.add(panel.id)
            yield Placed(panel=panel, scene=scene)

    def _panel(self, item: _Item, frames: int) -> tuple[Panel, str | None]:
        """What is known of an item's panel, and the id of its scene."""
        named = panel_named(item.url or "") or panel_named(item.name)
        own = item.own if isinstance(item.own, dict) else {}
        scene = own.get("scene") if isinstance(own.get("scene"), str) else None
        panel = told_panel(own.get("panel"))
        if panel is None and named is not None and named.id in self._known:
            panel, scene = self._known[named.id], self._scenes[named.id]
        if panel is None:
            return self._new(item, frames, named), scene
        known = replace(panel, frames=frames, media=_footage(item, named) or panel.media)
        picture = self._picture(item, panel.picture, named)
        return replace(known, picture=picture, **item.texts), scene

    def _new(self, item: _Item, frames: int, named: Named | None) -> Panel:
        texts = item.texts if named else {"notes": shown(item.name)} | item.texts
        return Panel(
            id=named.id if named else new_id(),
            frames=frames,
            picture=self._picture(item, None, named),
            media=_footage(item, named),
            **texts,
        )

    def _picture(self, item: _Item, before: Picture | None, named: Named | None) -> Picture | None:
        """The one that a panel had, unless the media show that another was put in its place."""
        kept = before if before and is_there(before, self._pictures) else None
        if item.url is None or (named and named.is_empty):
            return kept
        if kept and named and not is_still(item.url):
            return kept  # a film of ours shows the same, only compressed
        try:
            origin = Origin.UNKNOWN if named or is_still(item.url) else Origin.CAMERA
            found = self._media.picture(item.url, item.start, origin)
        except InputError as error:
            self._told.add("{} that cannot be read: " + one_line(error.got, 120), "medium")
            return kept
        if found is None:
            if kept is None:
                self._told.add("{} not among the files that came with it", "medium")
            return kept
        return before if before and before.sha256 == found.sha256 else found


def _footage(item: _Item, named: Named | None) -> Footage | None:
    """What a clip plays; None where that is a file that we wrote."""
    if named or item.url is None:
        return None
    return Footage(url=shown(item.url), start=item.start)


def _one(read: Any, told: Told) -> Any:
    """The first timeline of what was read."""
    otio = library()
    if isinstance(read, otio.schema.SerializableCollection):
        found = [each for each in read if isinstance(each, otio.schema.Timeline)]
        if len(found) > 1:
            told.add("{} in one file: the first was taken", "timeline", len(found))
        read = found[0] if found else None
    if not isinstance(read, otio.schema.Timeline):
        raise InputError("no timeline", expected="one", hint="export a timeline or sequence")
    return read


def _rate_of(timeline: Any, track: Any, otherwise: Fraction) -> Fraction:
    """Of a timeline that does not say, the one that most of its clips have."""
    if timeline.global_start_time is not None:
        return rate_near(timeline.global_start_time.rate)
    rates = Counter(item.source_range.duration.rate for item in track if _is_trimmed(item))
    return rate_near(rates.most_common(1)[0][0]) if rates else otherwise


def _is_trimmed(item: Any) -> bool:
    return getattr(item, "source_range", None) is not None


def _track(timeline: Any, told: Told) -> Any:
    """The one track of pictures: of several, what is seen from above."""
    otio = library()
    tracks = [track for track in timeline.video_tracks() if track.enabled]
    if not tracks:
        raise InputError(
            "a timeline without pictures", expected="a track of video", hint="export another"
        )
    if timeline.audio_tracks():
        told.add("{} of sound left out", "track", len(timeline.audio_tracks()))
    if len(tracks) == 1:
        return tracks[0]
    told.add("{} laid over each other: what is on top was taken", "track", len(tracks))
    return otio.algorithms.flatten_stack(tracks)


def _items(track: Any, told: Told) -> Iterator[_Item]:
    otio = library()
    for item in track:
        if isinstance(item, otio.schema.Transition):
            told.add("{} taken as a cut", "transition")
            continue
        if isinstance(item, otio.schema.Clip):
            if item.effects:
                told.add("{} with effects, which were left out", "clip")
        elif not isinstance(item, otio.schema.Gap):
            told.add("{} of several clips taken as an empty panel", "stack")
        try:
            yield _item(otio, item)
        except (otio.exceptions.OTIOError, ValueError, OverflowError, ZeroDivisionError):
            told.add("{} without a length left out", "clip")


def _item(otio: Any, item: Any) -> _Item:
    lasting = item.trimmed_range()
    url, start = None, Fraction(0)
    if isinstance(item, otio.schema.Clip):
        url, begin = _media_of(otio, item)
        start = max(_seconds(lasting.start_time) - begin, Fraction(0))
    metadata = plain(item.metadata)
    return _Item(
        name=str(item.name or ""),
        url=url,
        start=start,
        seconds=_seconds(lasting.duration),
        own=metadata.get(OURS),
        texts=_texts(metadata),
    )


def _media_of(otio: Any, clip: Any) -> tuple[str | None, Fraction]:
    """The URL of a clip's media, and at what time on their own clock they begin."""
    reference = clip.media_reference
    begin = Fraction(0)
    if getattr(reference, "available_range", None) is not None:
        begin = _seconds(reference.available_range.start_time)
    if isinstance(reference, otio.schema.ExternalReference):
        return reference.target_url or None, begin
    if isinstance(reference, otio.schema.ImageSequenceReference):
        return reference.target_url_for_image_number(0), begin
    return None, begin


def _seconds(time: Any) -> Fraction:
    return Fraction(time.value) / rate_near(time.rate)


def _texts(metadata: dict[str, Any]) -> dict[str, str]:
    """What FCP7 XML tells of a clip in its fields for comments, as `fcp7` writes them."""
    comments = (metadata.get("fcp_xml") or {}).get("comments")
    if not isinstance(comments, dict):
        return {}
    return {
        name: shown(comments[field])
        for name, field in COMMENTS.items()
        if isinstance(comments.get(field), str)
    }


def plain(metadata: Any) -> Any:
    """OpenTimelineIO's own mappings and lists as Python's."""
    if hasattr(metadata, "items"):
        return {str(key): plain(value) for key, value in metadata.items()}
    if isinstance(metadata, str) or not hasattr(metadata, "__iter__"):
        return metadata
    return [plain(value) for value in metadata]
