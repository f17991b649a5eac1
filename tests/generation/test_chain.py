"""A chain is calls one after the other, from the shots that its rule names, each read once."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from PIL import ImageChops
from tests.generation.toy import picture, prompt, seeded, toy

from cut2next.film import HierarchicalPrompt, IndividualPrompt, InputError
from cut2next.generation.chain import Reading
from cut2next.generation.context_shots import context_of, most_held
from cut2next.generation.fit import Held

SEQUENCE = (
    "the café",
    "<Anna> (red bob)",
    "<Ben> (beard)",
    "over the shoulder of <Anna> <Ben>",
    "a mug",
)


def shown(*texts: str) -> list[IndividualPrompt]:
    return [IndividualPrompt(summary=text) for text in texts]


@pytest.mark.parametrize(
    ("following", "earlier", "numbers"),
    [
        ("<Cleo> comes in", 3, (0, 4)),
        ("<Anna>", 3, (0, 3, 4)),
        ("<Ben> and <Anna>", 3, (0, 3, 4)),
        ("<Ben>", 1, (0, 4)),
        ("<Ben>", 0, (4,)),
        ("a wall (behind <Anna>)", 3, (0, 3, 4)),
    ],
)
def test_a_next_shot_is_made_from_the_last_the_first_and_the_latest_of_each(
    following: str, earlier: int, numbers: Sequence[int]
) -> None:
    assert context_of(shown(*SEQUENCE), shown(following)[0], earlier) == numbers


def test_there_are_four_at_most_and_none_twice() -> None:
    crowd = shown(*"ABCDE", *(f"<{name}>" for name in "ABCDE"), "the last, <E>")
    assert context_of(crowd, shown("<E>")[0], 9) == (0, 10)
    assert context_of(crowd, shown("<D> <C> <B> <A>")[0], 9) == (0, 7, 8, 10)
    assert context_of(shown("<A>"), shown("<A>")[0], 3) == (0,)
    look = shown("room", "<A> (a scarf of <B>)", "room")
    assert context_of(look, shown("<B>")[0], 3) == (0, 2)  # who is told of in a look is not seen


@pytest.mark.parametrize(
    ("earlier", "following", "held"),
    [
        (0, ("<Anna>", "<Ben>", "<Anna>"), Held(1, 0)),
        (3, ("<Anna>", "<Ben>", "<Cleo>"), Held(2, 1)),
        (3, ("<Anna>", "<Ben>", "<Cleo>", "<Anna>"), Held(3, 2)),
        (3, (*(f"<{name}>" for name in "ABCDE"), *(f"<{name}>" for name in "ABCDE")), Held(6, 2)),
    ],
)
def test_it_is_known_before_what_a_chain_holds_at_most(
    earlier: int, following: Sequence[str], held: Held
) -> None:
    prompts, there = shown("room", *following[:-1]), set[int]()
    most = 0

    def read(number: int) -> Any:
        there.add(number)
        return toy_shot

    toy_shot = toy().prefill(picture(), prompt().current)
    reading = Reading(prompts, shown(*following), earlier, read)
    assert most_held(reading.contexts) == held
    for number in reading.contexts:
        reading.current(number)
        most = max(most, len(there))
        there &= {shot for at, them in reading.contexts.items() if at > number for shot in them}
    assert most == held.shots


def cuts(*texts: str) -> list[HierarchicalPrompt]:
    return [prompt(following=following, current=current) for current, following in pairwise(texts)]


TEXTS = ("one red fox", "<a> fox", "<one> dog", "green <a>", "blue <one> grass")
SETTINGS: dict[str, Any] = {"num_inference_steps": 1}


@pytest.mark.parametrize(("earlier", "contexts"), [
    (0, [(0,), (1,), (2,), (3,)]),
    (3, [(0,), (0, 1), (0, 1, 2), (0, 2, 3)]),
])  # fmt: skip
def test_a_chain_is_calls_one_after_the_other(earlier: int, contexts: list[Any]) -> None:
    pipe, asked = toy(earlier_shots=earlier), cuts(*TEXTS)
    first = pipe.prefill(picture(), asked[0].current)
    pictures = list(pipe.chain(first, asked, generator=seeded(1, 2, 3, 4), **SETTINGS))
    shots = [first]
    for number, cut in enumerate(asked):
        *others, current = (shots[at] for at in contexts[number])
        call = pipe(current.after(*others), cut, generator=seeded(1 + number), **SETTINGS)
        expected: Any = call.images[0]
        assert not ImageChops.difference(pictures[number], expected).getbbox()
        shots.append(pipe.prefill(expected, cut.next))


def test_each_shot_is_read_once_and_the_last_never() -> None:
    pipe: Any = toy(earlier_shots=3)
    asked, read = cuts(*TEXTS), list[str]()
    first, prefill = pipe.prefill(picture(), asked[0].current), pipe.prefill

    def noted(image: Any, words: Any) -> Any:
        shot = prefill(image, words)
        read.append(shot.prompt.summary)
        return shot

    pipe.prefill = noted
    encoded = [pipe.encode_prompt(cut) for cut in asked]
    pipe.release_text_encoders()
    assert len(list(pipe.chain([first], encoded, **SETTINGS))) == 4
    assert read == list(TEXTS[1:-1])


def test_a_chain_goes_on_where_another_ended() -> None:
    pipe, asked = toy(earlier_shots=3), cuts(*TEXTS)
    first = pipe.prefill(picture(), asked[0].current)
    whole = list(pipe.chain(first, asked, generator=seeded(*range(4)), **SETTINGS))
    shots = [first, *(pipe.prefill(whole[at], asked[at].next) for at in (0, 1))]
    rest = list(pipe.chain(shots, asked[2:], generator=seeded(2, 3), **SETTINGS))
    for made, before in zip(rest, whole[2:], strict=True):
        assert not ImageChops.difference(made, before).getbbox()


def test_what_is_no_chain_is_refused_before_anything_is_made() -> None:
    pipe, asked = toy(), cuts(*TEXTS)
    first = pipe.prefill(picture(), asked[0].current)
    for shots, prompts, complaint in (
        ([], asked, "a chain of 0 shots and 4 cuts"),
        ([first], [], "a chain of 1 shots and 0 cuts"),
        ([first], asked[1:], "a current prompt '<a> fox.'"),
    ):
        with pytest.raises(InputError, match=complaint):
            pipe.chain(shots, prompts)
    with pytest.raises(InputError, match="shots"):
        pipe.chain(picture(), asked)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="2 generators"):
        pipe.chain(first, asked, generator=seeded(1, 2))
    with pytest.raises(InputError, match="num_inference_steps"):
        next(pipe.chain(first, asked, num_inference_steps=0))
