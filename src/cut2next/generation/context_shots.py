"""Which shots of a sequence a next shot is made from: a function of the prompts alone.

No torch here.
"""

from collections.abc import Iterable, Mapping, Sequence

from cut2next.film import IndividualPrompt, mentions
from cut2next.generation.fit import Held

MOST = 4
"""Shots that a next shot is made from, the current one among them."""


def context_of(
    prompts: Sequence[IndividualPrompt], following: IndividualPrompt, earlier: int
) -> tuple[int, ...]:
    """Which shots of a sequence the next one is made from: their numbers, in order.

    `prompts` are those of the shots so far, `following` that of the next, `earlier` how many
    beside the last the weights read. The last shot is the current one; then comes the first, from
    which nothing has drifted, then the latest of each person that is named, up to `MOST` in all.
    """
    last = len(prompts) - 1
    latest = {name: number for number, prompt in enumerate(prompts) for name in _named(prompt)}
    wanted = dict.fromkeys([0, *(latest[name] for name in _named(following) if name in latest)])
    wanted.pop(last, None)
    return (*sorted([*wanted][: min(earlier, MOST - 1)]), last)


def _named(prompt: IndividualPrompt) -> list[str]:
    """Who is in a shot, by name, in the order of its prompt."""
    return [*dict.fromkeys(person.name for person in mentions(prompt.text) if not person.in_look)]


def contexts_of(
    prompts: Sequence[IndividualPrompt], following: Sequence[IndividualPrompt], earlier: int
) -> dict[int, tuple[int, ...]]:
    """By the number of each shot that is made, which shots it is made from.

    `prompts` are of all shots but the last, as many of `following` as are made.
    """
    first = len(prompts) - len(following) + 1
    return {
        number: context_of(prompts[:number], asked, earlier)
        for number, asked in enumerate(following, start=first)
    }


def most_held(contexts: Mapping[int, Sequence[int]]) -> Held:
    """What a chain holds at most: a shot is there from the first time that it is read to the last.

    `contexts` are as `contexts_of` gives them.
    """

    def read(numbers: Iterable[int]) -> set[int]:
        return {shot for number in numbers for shot in contexts[number]}

    held = [
        read(other for other in contexts if other <= number)
        & read(other for other in contexts if other >= number)
        for number in contexts
    ]
    return Held(max(map(len, held)), max(map(len, contexts.values())) - 1)
