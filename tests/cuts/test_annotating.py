"""Prompts are asked for where there are none, and written into the set at once."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.cuts.sample import cut, found

from cut2next.annotation.outcome import Annotated, Annotation, Outcome, Refused
from cut2next.cuts.annotating import TOOL, collect, to_annotate, write_annotations
from cut2next.cuts.dataset import read_records
from cut2next.cuts.writer import CutWriter
from cut2next.film import Character, EditingPattern, IndividualPrompt

SILENT = IndividualPrompt(summary="")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One cut with prompts, one without, one without that a filter left out."""
    bare = [
        replace(
            record,
            current=replace(record.current, prompt=SILENT),
            next=replace(record.next, prompt=SILENT),
        )
        for record in (found(1), found(2, rejected=("gap: 1 is over 0",)))
    ]
    with CutWriter(tmp_path / "cuts") as writer:
        for record in (found(0), *bare):
            writer.add(record)
    return tmp_path / "cuts"


def test_cuts_without_prompts_are_asked_about(folder: Path) -> None:
    def ids(**options: bool) -> set[str]:
        return {images.id for images in to_annotate(folder, **options)}

    names = [found(number).id for number in range(3)]
    assert ids() == {names[1]}
    assert ids(rejected=True) == {names[1], names[2]}
    assert ids(again=True) == {names[0], names[1]}
    (images,) = to_annotate(folder)
    assert (images.current, images.next) == (found(1).current.image, found(1).next.image)


def annotation(number: int, name: str) -> Annotation:
    """What was said of cut number `number`; a name that nobody has contradicts the characters."""
    prompt = cut(number).prompt
    relational = replace(prompt.relational, transition=f"Cut-In on <{name}>", scene="")
    return Annotation(
        characters=(Character(name="Ána", look="long hair"),),
        prompt=replace(prompt, relational=relational),
        patterns=frozenset({EditingPattern.CUT_IN}),
    )


def test_what_was_answered_is_passed_on_and_collected() -> None:
    annotated = Annotated(id="a", annotation=annotation(0, "Ána"))
    outcomes: list[Outcome] = [annotated, Refused(id="b", reason="no")]
    collected: dict[str, Annotation] = {}
    assert list(collect(outcomes, collected)) == outcomes
    assert collected == {"a": annotated.annotation}


def test_annotations_are_written_with_their_maker_and_contradictions(folder: Path) -> None:
    answers = {found(1).id: annotation(1, "Ána"), found(0).id: annotation(0, "Nobody")}
    write_annotations(folder, answers, "a model")
    write_annotations(folder, {found(1).id: annotation(1, "Ána")}, "another model")
    records = {record.id: record for record in read_records(folder)}
    first, second, third = (records[found(number).id] for number in range(3))
    assert second.current.prompt == cut(1).current.prompt
    assert second.patterns == {EditingPattern.CUT_IN}
    assert second.relational.transition == "Cut-In on <Ána>"
    assert (second.scores["inconsistencies"], first.scores["inconsistencies"]) == (0.0, 1.0)
    makers = [by.parameters["model"] for by in second.made_by if by.tool == TOOL]
    assert makers == ["another model"]
    assert not third.annotated
    assert "inconsistencies" not in third.scores


def test_nothing_is_rewritten_without_annotations(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    write_annotations(folder, {}, "a model")
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
