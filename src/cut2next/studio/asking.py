"""From a panel to what a maker is asked: the three prompts, with people, places and camera words.

All of it is frozen here, so that what is edited later changes no picture that was asked for before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import sqrt
from secrets import randbelow
from types import MappingProxyType

from cut2next.film import (
    EditingPattern,
    HierarchicalPrompt,
    IndividualPrompt,
    InputError,
    RelationalPrompt,
    mentions,
)
from cut2next.generation.context_shots import MOST, context_of
from cut2next.generation.relation import implied_relation
from cut2next.studio.board import LONGEST_SIDE, Board, Camera, Figure, Kind, Panel, Picture
from cut2next.studio.store.job import Asked, EarlierPanel

CAMERA_WORDS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "azimuth": (
            "Camera Angle",
            ("front", "three-quarter", "profile", "from behind", "over the shoulder"),
        ),
        "height": ("Camera Height", ("eye level", "low", "high", "overhead", "ground level")),
        "distance": (
            "Shot Size",
            (
                *("extreme close up", "close up", "medium close up", "medium"),
                *("medium wide", "wide", "extreme wide"),
            ),
        ),
        "lens": ("Lens", ("ultra wide", "wide", "medium", "long")),
    }
)
"""Of each field of a camera: the attribute that it becomes, and words that a page offers."""
_SEEDS = 2**31
"""So many that every maker's generator takes each."""
_STEP = 16
"""Pixels that every maker's sides are whole numbers of, nearly."""


def asked(
    board: Board, panel: str, maker: str, patterns: Sequence[EditingPattern] | None = None
) -> Asked:
    """What a maker is asked for a panel, by its own patterns or by others.

    Raises InputError where nothing says how the cut goes, or there is no picture to cut from.
    """
    to, source = _panel(board, panel), board.source_of(panel)
    if source is None or source.picture is None:
        raise InputError(
            "a panel with no picture to cut from",
            expected="a picture in the panel before, or in the one that it is cut from",
            hint="put a picture there first",
        )
    chosen = to.way.patterns if patterns is None else tuple(patterns)
    seed = randbelow(_SEEDS) if to.way.seed is None else to.way.seed
    prompt = prompt_of(board, source, to, chosen)
    return Asked(
        maker=maker,
        picture=source.picture,
        prompt=prompt,
        way=replace(to.way, source=source.id, patterns=chosen, seed=seed),
        size=size_of(source.picture, board),
        earlier=_earlier(board, source, to, prompt),
    )


def prompt_of(
    board: Board, source: Panel, to: Panel, patterns: Sequence[EditingPattern]
) -> HierarchicalPrompt:
    """The three prompts of a cut between two panels, with the figures of each in their words.

    Raises InputError where neither a pattern nor a relational prompt says how the cut goes.
    """
    current = _shown(board, source)
    cast = _figures(board, to)
    shows = to.shows or IndividualPrompt(summary=_subject(cast, current))
    shows = _with_figures(shows, cast)
    following = replace(shows, attributes={**shows.attributes, **camera_attributes(to.way.camera)})
    relational = _relation(to, patterns, cast, current, following)
    return HierarchicalPrompt(relational=relational, current=current, next=following)


def camera_attributes(camera: Camera) -> dict[str, str]:
    """What is said of the camera, as attributes of a prompt."""
    said = ((name, getattr(camera, field)) for field, (name, _) in CAMERA_WORDS.items())
    return {name: words for name, words in said if words.strip()}


def size_of(picture: Picture, board: Board) -> tuple[int, int]:
    """Width and height of the next shot: the current one's shape, at most the board's area."""
    area = board.width * board.height
    scale = min(1.0, sqrt(area / (picture.width * picture.height)))
    width, height = (
        min(max(_STEP, round(side * scale / _STEP) * _STEP), LONGEST_SIDE)
        for side in (picture.width, picture.height)
    )
    return width, height


def _earlier(
    board: Board, source: Panel, to: Panel, prompt: HierarchicalPrompt
) -> tuple[EarlierPanel, ...]:
    """Of the panels of its scene that led up to the one it is cut from, those that a chain reads.

    Never the panel that is asked for.
    """
    left = {panel.id for panel in board.scene_of(to.id).panels} - {source.id, to.id}
    led, at = list[tuple[Picture, Panel]](), source
    while (before := board.source_of(at.id)) and before.id in left and before.picture is not None:
        left.remove(before.id)
        led.append((before.picture, before))
        at = before
    led.reverse()
    prompts = [*(_shown(board, panel) for _, panel in led), prompt.current]
    return tuple(
        EarlierPanel(picture=led[number][0], prompt=prompts[number])
        for number in context_of(prompts, prompt.next, MOST - 1)[:-1]
    )


def _shown(board: Board, panel: Panel) -> IndividualPrompt:
    """The prompt of a panel that is there."""
    given = panel.shows or IndividualPrompt(summary="The shot")
    return _with_figures(given, _figures(board, panel))


def _panel(board: Board, panel: str) -> Panel:
    if panel not in board.by_id:
        raise InputError(
            f"the panel {panel!r}", expected="one on the board", hint="it may have been removed"
        )
    return board.by_id[panel]


def _figures(board: Board, panel: Panel) -> list[Figure]:
    """Those of a panel that are on the board, in its order."""
    known = {figure.id: figure for figure in board.figures}
    return [known[each] for each in panel.figures if each in known]


def _subject(cast: Sequence[Figure], current: IndividualPrompt) -> str:
    """What a next shot shows of which nobody says it: who is chosen for it, or what there was."""
    people = [str(figure) for figure in cast if figure.kind is Kind.PERSON]
    places = [figure.name for figure in cast if figure.kind is Kind.PLACE]
    if people or places:
        return " in ".join(filter(None, (" and ".join(people), *places[:1])))
    return current.summary


def _with_figures(prompt: IndividualPrompt, figures: Iterable[Figure]) -> IndividualPrompt:
    """The prompt with each figure in the same words: looks where it names people, the rest after.

    A name that has a look already keeps that.
    """
    missing = []
    for figure in figures:
        if figure.kind is Kind.PERSON and _names(prompt.text, figure):
            texts = {"summary": prompt.summary, "description": prompt.description}
            told = _looks_in(texts, figure)
            prompt = replace(prompt, summary=told["summary"], description=told["description"])
        elif figure.kind is Kind.PERSON:
            missing.append(f"With {figure}")
        elif (_place(figure) if figure.look else figure.name) not in prompt.text:
            missing.append(_place(figure))
    if not missing:
        return prompt
    whole = ". ".join([prompt.description.rstrip(". "), *missing]).lstrip(". ")
    return replace(prompt, description=whole)


def _relation(
    to: Panel,
    patterns: Sequence[EditingPattern],
    cast: Sequence[Figure],
    current: IndividualPrompt,
    following: IndividualPrompt,
) -> RelationalPrompt:
    """What a person wrote of the cut, or what the patterns imply; with the figures' words."""
    written = to.way.relation
    if not patterns and written is None:
        raise InputError(
            "nothing says how the cut goes",
            expected="a pattern, a relational prompt or both",
            hint="choose a way to cut",
        )
    implied = implied_relation(patterns, current, following) if patterns else written
    relation = written or implied
    assert relation is not None
    assert implied is not None
    if tuple(patterns) != to.way.patterns:  # five ways to cut, from what was written for one
        relation = replace(relation, transition=implied.transition)
    for figure in cast:
        relation = RelationalPrompt(**_looks_in(vars(relation), figure))
        if figure.kind is Kind.PLACE and figure.name not in relation.text:
            scene = relation.scene.rstrip(". ")
            relation = replace(relation, scene=f"{scene}. {_place(figure)}".lstrip(". "))
    return relation


def _place(figure: Figure) -> str:
    return f"The place is {figure.name}" + (f", {figure.look}" if figure.look else "")


def _names(text: str, figure: Figure) -> bool:
    return any(mention.name == figure.name for mention in mentions(text))


def _looks_in(texts: Mapping[str, str], figure: Figure) -> dict[str, str]:
    """The fields of a prompt with the look of a person where it first names them without one.

    Where it tells a look already, that stays the only one.
    """
    told = dict(texts)
    named = [
        (field, mention)
        for field, text in told.items()
        for mention in mentions(text)
        if mention.name == figure.name
    ]
    bare = [(field, mention) for field, mention in named if mention.bare]
    looks = any(mention.look for _, mention in named)
    if figure.kind is Kind.PERSON and figure.look and bare and not looks:
        field, first = bare[0]
        told[field] = f"{told[field][: first.start]}{figure}{told[field][first.end :]}"
    return told
