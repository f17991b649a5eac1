"""How each maker says a brief; the sentences themselves are what is published with its pictures."""

from dataclasses import replace

import pytest
from tests.makers.checkpoints import brief

from cut2next.film import EditingPattern, IndividualPrompt
from cut2next.makers import klein, kontext, qwen21, qwen_edit
from cut2next.makers.wording import plain, technique

CUT_IN = "a cut-in (closer, on a person or a detail that was already in the frame)"
NEXT = "Close-up of Anna (red hair)."
RELATION = "a cut-in to Anna."
UNKNOWN = brief(patterns=frozenset())


def test_kontext_is_given_an_instruction() -> None:
    assert kontext.words(brief()) == (
        f"Show the next shot of this film scene, after {CUT_IN}: {NEXT} {RELATION} "
        "Keep the same people, clothes, place, light and style."
    )
    assert kontext.words(UNKNOWN).startswith(f"Show the next shot of this film scene: {NEXT}")


def test_klein_is_told_that_the_camera_moves() -> None:
    assert klein.words(brief()) == (
        f"The same film scene from a new camera position, {CUT_IN}. {NEXT} {RELATION} "
        "The background is what the camera sees there; people, clothes and light are the same."
    )
    assert klein.words(UNKNOWN).startswith("The same film scene from a new camera position. Close")


def test_qwen_image_edit_is_given_an_instruction_about_picture_1() -> None:
    assert qwen_edit.words(brief()) == (
        f"Show the next shot of the film scene in Picture 1, after {CUT_IN}: {NEXT} {RELATION}"
    )


def test_with_next_scene_it_begins_as_that_was_trained() -> None:
    said = qwen_edit.words(brief(), loras=("next-scene_lora-v2-3000",))
    assert said == f"Next Scene: A{CUT_IN[1:]}. {NEXT} {RELATION}"
    assert qwen_edit.words(UNKNOWN, loras=("Next_Scene",)).startswith(f"Next Scene: {NEXT}")


@pytest.mark.parametrize(
    ("pattern", "angle", "words"),
    [
        ("multi-angle", "", "front-right quarter view eye-level shot medium shot"),
        ("cut-in", "low angle", "front view low-angle shot close-up"),
        ("cut-out", "High", "front view high-angle shot wide shot"),
        ("shot-reverse-shot", "eye level", "back view eye-level shot medium shot"),
    ],
)
def test_with_multiple_angles_it_begins_with_fixed_words(
    pattern: str, angle: str, words: str
) -> None:
    shot = IndividualPrompt(summary="Anna", attributes={"Camera Angle": angle} if angle else {})
    asked = brief(
        prompt=replace(brief().prompt, next=shot), patterns=frozenset({EditingPattern(pattern)})
    )
    said = qwen_edit.words(asked, loras=("qwen-image-edit-2511-multiple-angles-lora",))
    assert said.startswith(f"<sks> {words} Show the next shot")


def test_qwen_image_2_1_reads_what_holds_before_what_comes() -> None:
    assert qwen21.words(brief()) == (
        f"Show the next shot of this film scene, after {CUT_IN}. {RELATION} The next shot: {NEXT}"
    )


@pytest.mark.parametrize("module", [kontext, klein, qwen_edit, qwen21])
def test_the_relational_prompt_can_be_left_out_and_nothing_else(module: object) -> None:
    words = getattr(module, "words")  # noqa: B009
    assert words(brief(), relation=False) == words(brief()).replace(f" {RELATION}", "")


def test_a_technique_is_said_with_what_it_means_in_the_paper_s_order() -> None:
    both = technique({EditingPattern.MULTI_ANGLE, EditingPattern.CUTAWAY})
    assert both.startswith("a cutaway (away from the action")
    assert " and a multi-angle (the same subject at a similar size" in both
    assert technique(()) == ""


def test_names_lose_our_brackets() -> None:
    assert plain("<Anna> (red hair) and <Ben>, 1 < 2") == "Anna (red hair) and Ben, 1 < 2"
