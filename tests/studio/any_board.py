"""Any board, and any operation that fits it, as hypothesis draws them."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from hypothesis import strategies as st

from cut2next.film import (
    EditingPattern,
    HierarchicalPrompt,
    IndividualPrompt,
    RelationalPrompt,
)
from cut2next.studio.board import (
    RATES,
    Board,
    Camera,
    Candidate,
    Figure,
    Kind,
    Media,
    Numbering,
    Panel,
    Picture,
    Scene,
    Way,
    new_id,
)
from cut2next.studio.operations import (
    AddCandidate,
    DropCandidate,
    EditBoard,
    EditPanel,
    EditScene,
    InsertPanel,
    InsertScene,
    Keep,
    MovePanel,
    MoveScene,
    Operation,
    PutFigure,
    RemoveFigure,
    RemovePanel,
    RemoveScene,
    SetRate,
    Several,
    Single,
    apply,
    at_rate,
)

TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=8
)
PICTURES = st.builds(
    Picture,
    sha256=st.sampled_from("0123456789abcdef").map(lambda digit: digit * 64),
    width=st.just(64),
    height=st.just(36),
)
PROMPTS = st.builds(IndividualPrompt, summary=TEXTS, description=TEXTS)
WAYS = st.builds(
    Way,
    source=st.none() | st.just("gone"),
    patterns=st.sets(st.sampled_from(EditingPattern), max_size=2).map(tuple),
    camera=st.builds(Camera, lens=TEXTS),
    seed=st.none() | st.integers(0, 2**53 - 1),
)
FIGURES = st.builds(
    Figure,
    id=st.builds(new_id),
    kind=st.sampled_from(Kind),
    name=st.sampled_from(["Ann", "Ben", "Kitchen"]),
    picture=st.none() | PICTURES,
)


@st.composite
def panels(draw: st.DrawFn) -> Panel:
    """Any panel."""
    return Panel(
        id=new_id(),
        frames=draw(st.integers(1, 500)),
        picture=draw(st.none() | PICTURES),
        continues=draw(st.booleans()),
        number=draw(st.sampled_from(["", "", "", "7", "1A", "20"])),
        dialogue=draw(TEXTS),
        shows=draw(st.none() | PROMPTS),
        way=draw(WAYS),
        media=draw(
            st.none()
            | st.builds(
                Media,
                url=st.sampled_from(["a.mov", "b.mov"]),
                start=st.fractions(0, 99, max_denominator=9),
            )
        ),
    )


@st.composite
def candidates(draw: st.DrawFn, of: Sequence[str]) -> Candidate:
    """One of a panel that is there, or of one that is gone."""
    prompt = HierarchicalPrompt(
        relational=RelationalPrompt(transition="cut"), current=draw(PROMPTS), next=draw(PROMPTS)
    )
    return Candidate(
        id=new_id(),
        panel=draw(st.sampled_from([*of, "gone"])),
        picture=draw(PICTURES),
        maker="mini",
        prompt=prompt,
        way=draw(WAYS),
    )


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Any scene."""
    held = tuple(draw(st.lists(panels(), max_size=4)))
    number = draw(st.sampled_from(["", "", "2", "B"]))
    return Scene(id=new_id(), panels=held, heading=draw(TEXTS), number=number)


@st.composite
def boards(draw: st.DrawFn) -> Board:
    """Any board."""
    drawn = tuple(draw(st.lists(scenes(), max_size=3)))
    ids = [panel.id for scene in drawn for panel in scene.panels]
    return Board(
        title=draw(TEXTS),
        rate=draw(st.sampled_from(RATES)),
        numbering=draw(st.sampled_from(Numbering)),
        scenes=drawn,
        figures=tuple(draw(st.lists(FIGURES, max_size=2))),
        candidates=tuple(draw(st.lists(candidates(ids), max_size=2))),
    )


@st.composite
def singles(draw: st.DrawFn, board: Board) -> Single:
    """Any change that fits a board."""
    kinds: list[Callable[[Board], st.SearchStrategy[Single]]] = [
        *(_set_rate, _edit_board, _put_figure, _insert_scene)
    ]
    if board.figures:
        kinds.append(_remove_figure)
    if board.scenes:
        kinds += [_insert_panel, _scene_changed]
    if board.by_id:
        kinds += [_panel_changed, _panel_changed]
    return draw(draw(st.sampled_from(kinds))(board))


@st.composite
def operations(draw: st.DrawFn, board: Board) -> Operation:
    """Any operation that fits a board."""
    kind: str = draw(st.sampled_from(["single", "single", "several", "aside"]))
    if kind == "single":
        return draw(singles(board))
    if kind == "aside":
        is_drop = draw(st.booleans())
        if is_drop and board.candidates:
            return DropCandidate(id=draw(st.sampled_from(board.candidates)).id)
        at = draw(st.none() | st.integers(0, len(board.candidates)))
        return AddCandidate(candidate=draw(candidates(list(board.by_id))), at=at)
    changes: list[Single] = []
    for _ in range(draw(st.integers(0, 4))):
        changes.append(draw(singles(board)))
        board = apply(board, changes[-1])
    return Several(operations=tuple(changes))


@st.composite
def _set_rate(draw: st.DrawFn, board: Board) -> SetRate:
    return at_rate(board, draw(st.sampled_from([*RATES, Fraction(25, 2)])))


@st.composite
def _edit_board(draw: st.DrawFn, board: Board) -> EditBoard:
    numbering = draw(st.sampled_from(Numbering))
    return EditBoard(title=draw(TEXTS), width=64, height=board.height, numbering=numbering)


@st.composite
def _put_figure(draw: st.DrawFn, board: Board) -> PutFigure:
    figure = draw(st.sampled_from(board.figures) if board.figures else FIGURES)
    last = len(board.figures) - (1 if board.figures else 0)
    return PutFigure(figure=figure, at=draw(st.none() | st.integers(0, last)))


@st.composite
def _remove_figure(draw: st.DrawFn, board: Board) -> RemoveFigure:
    return RemoveFigure(id=draw(st.sampled_from(board.figures)).id)


@st.composite
def _insert_scene(draw: st.DrawFn, board: Board) -> InsertScene:
    return InsertScene(scene=draw(scenes()), at=draw(st.integers(0, len(board.scenes))))


@st.composite
def _scene_changed(draw: st.DrawFn, board: Board) -> Single:
    scene = draw(st.sampled_from(board.scenes))
    at = draw(st.integers(0, len(board.scenes) - 1))
    edited = EditScene(id=scene.id, heading=draw(TEXTS), number="9", notes=draw(TEXTS))
    changes: list[Single] = [RemoveScene(id=scene.id), MoveScene(id=scene.id, at=at), edited]
    return draw(st.sampled_from(changes))


@st.composite
def _insert_panel(draw: st.DrawFn, board: Board) -> InsertPanel:
    scene = draw(st.sampled_from(board.scenes))
    at = draw(st.integers(0, len(scene.panels)))
    return InsertPanel(panel=draw(panels()), scene=scene.id, at=at)


@st.composite
def _panel_changed(draw: st.DrawFn, board: Board) -> Single:
    panel = draw(st.sampled_from(list(board.panels)))
    target = draw(st.sampled_from(board.scenes))
    room = len(target.panels) - (panel in target.panels)
    edited = Panel(**{**vars(draw(panels())), "id": panel.id})
    changes: list[Single] = [
        RemovePanel(id=panel.id),
        MovePanel(id=panel.id, scene=target.id, at=draw(st.integers(0, room))),
        EditPanel(panel=edited),
    ]
    if board.candidates:
        kept = draw(st.sampled_from(board.candidates))
        changes.append(Keep(panel=panel.id, candidate=kept.id))
    return draw(st.sampled_from(changes))
