"""Each compared table is the paper's with one thing taken away, and all begin from one model."""

import pytest

from cut2next.conditioning import PAPER, TABLES, Layout, Segment, SegmentTable, table_named
from cut2next.conditioning.ablations import ABLATIONS, TEXT_TO_IMAGE
from cut2next.conditioning.table import Clock, Place

TABLES_OF_ALL = [*TABLES.values(), *ABLATIONS.values()]


def changes(table: SegmentTable) -> set[tuple[str, str]]:
    """The cells of the paper's table that another one has otherwise: reader, and what."""
    assert table.segments == PAPER.segments
    found = set()
    for rule in table.rules:
        paper = PAPER[rule.segment]
        found |= {(str(rule.segment), str(read)) for read in rule.reads ^ paper.reads}
        if rule.clock is not paper.clock:
            found.add((str(rule.segment), "clock"))
        if rule.place != paper.place:
            found.add((str(rule.segment), "place"))
    return found


def test_noisy_relation_changes_one_clock() -> None:
    assert changes(ABLATIONS["noisy-relation"]) == {("relational prompt", "clock")}


def test_without_the_bridge_of_shots_neither_shot_reads_the_other() -> None:
    assert changes(ABLATIONS["no-shot-bridge"]) == {
        ("current shot", "next shot"),
        ("next shot", "current shot"),
    }


def test_without_the_bridge_of_prompts_the_relation_reads_no_shot() -> None:
    assert changes(ABLATIONS["no-prompt-bridge"]) == {
        ("relational prompt", "current shot"),
        ("relational prompt", "next shot"),
    }


@pytest.mark.parametrize(("name", "place"), [("aligned", Place()), ("index-axis", Place(t=1))])
def test_a_place_moves_the_current_shot_alone(name: str, place: Place) -> None:
    table = ABLATIONS[name]
    assert changes(table) == {("current shot", "place")}
    assert table[Segment.CURRENT_SHOT].place == place


def test_of_aligned_shots_tokens_share_their_positions() -> None:
    table = ABLATIONS["aligned"]
    layout = Layout(
        table=table,
        prompt_tokens=dict.fromkeys(table.prompts, 3),
        shot_sizes={Segment.CURRENT_SHOT: (2, 4), Segment.NEXT_SHOT: (2, 4)},
    )
    current, following = map(layout.positions, (Segment.CURRENT_SHOT, Segment.NEXT_SHOT))
    assert current.equal(following)


def test_the_baseline_has_one_prompt_one_clock_and_no_mask() -> None:
    table = ABLATIONS["one-prompt"]
    assert {rule.clock for rule in table.rules} == {Clock.NOISY}
    assert {rule.pooled_from for rule in table.rules} == {Segment.NEXT_PROMPT}
    assert all(rule.reads == set(table.segments) for rule in table.rules)


@pytest.mark.parametrize("table", TABLES_OF_ALL, ids=lambda table: table.name)
def test_every_variant_begins_as_the_same_text_to_image_model(table: SegmentTable) -> None:
    alone = table.without(set(table.segments) - {Segment.NEXT_PROMPT, Segment.NEXT_SHOT})
    for segment in TEXT_TO_IMAGE.segments:
        assert alone[segment] == TEXT_TO_IMAGE[segment]


def test_an_ablation_has_a_name_but_is_not_offered() -> None:
    assert all(table_named(name) is table for name, table in ABLATIONS.items())
    assert not {*ABLATIONS} & {*TABLES}
