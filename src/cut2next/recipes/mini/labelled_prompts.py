"""What the text encoders are taught: prompts of the film set, and what a reader can tell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini.architecture import PROMPT_TOKENS
from cut2next.conditioning import Segment
from cut2next.film import EditingPattern
from cut2next.recipes.mini.encoded import dropped, token_ids
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.shooting import possible_cuts
from cut2next.soundstage.truth import words_of
from cut2next.soundstage.wording import individual_prompt, relational_prompt

Facts = Mapping[str, str]
"""Answers by question: {"hair": "red", "top": "jacket"}."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A prompt, and what a reader of it can tell."""

    text: str
    named: Mapping[str, Facts]
    """By the word that names it: a person's name, a thing on the table."""
    shot: Facts
    """Of the shot that the prompt is for."""


def lessons(film_set: FilmSet, chance: Random) -> Iterator[tuple[Segment, Lesson]]:
    """One prompt for every setup of a set, and as many of cuts, in fresh words."""
    for setup in film_set.setups:
        prompt = dropped(individual_prompt(film_set, setup, chance), chance)
        yield Segment.NEXT_PROMPT, _lesson(film_set, setup, prompt.text, _framing(setup))
    cuts = list(possible_cuts(film_set))
    for _, following, joined in chance.sample(cuts, min(len(cuts), len(film_set.setups))):
        relation = relational_prompt(film_set, joined, following, chance)
        facts = {pattern.name: str(pattern in joined) for pattern in EditingPattern}
        yield Segment.RELATIONAL_PROMPT, _lesson(film_set, following, relation.text, facts)


def _lesson(film_set: FilmSet, setup: Setup, text: str, facts: Facts) -> Lesson:
    truth = words_of(film_set)
    looks = {owner: told for owner, told in truth.items() if owner not in ("place", "light")}
    names = {owner: _last_word(told["name"]) for owner, told in looks.items()}
    told = {owner: _told(setup, owner, look) for owner, look in looks.items()}
    subject = told.get(setup.subjects[0], {})
    return Lesson(
        text=text,
        named={names[owner]: one for owner, one in told.items()},
        shot={**subject, **facts, **truth["light"]},
    )


def _framing(setup: Setup) -> Facts:
    return {"framing": setup.framing, "size": setup.size, "angle": setup.angle, "side": setup.side}


def _told(setup: Setup, owner: str, look: Facts) -> dict[str, str]:
    """A look without the name; of people also what they are to the shot."""
    told = {question: answer for question, answer in look.items() if question != "name"}
    if owner in OWNERS:
        told["role"] = str(setup.subjects.index(owner)) if owner in setup.subjects else "other"
    return told


def _last_word(name: str) -> str:
    """As the tokenizer has it."""
    return name.lower().split()[-1]


class Questions:
    """Every question that lessons answer, and the answers there are, numbered one after another."""

    def __init__(self, answers: Sequence[Facts]) -> None:
        found: dict[str, set[str]] = {}
        for facts in answers:
            for question, answer in facts.items():
                found.setdefault(question, set()).add(answer)
        self.answers = {question: sorted(found[question]) for question in sorted(found)}
        self.sizes = [len(answers) for answers in self.answers.values()]

    def numbers(self, facts: Facts) -> list[int]:
        """The number of each question's answer, or -100 where the facts have none."""
        return [
            answers.index(facts[question]) if question in facts else -100
            for question, answers in self.answers.items()
        ]

    def loss(self, told: Tensor, answers: Tensor) -> Tensor:
        """Mean over questions of the cross-entropy; `told` is [N, answers], `answers` [N, Q]."""
        parts = [
            functional.cross_entropy(part, wanted)
            for part, wanted in zip(told.split(self.sizes, dim=1), answers.T, strict=True)
            if (wanted >= 0).any()
        ]
        return torch.stack(parts).mean()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """All lessons of one kind of prompt, as numbers."""

    ids: Tensor
    """[N, L]."""
    named: Tensor
    """[N, T]: the words that name something, by number; -1 for none."""
    facts: Tensor
    """[N, T, Q]: what each of them is."""
    shot: Tensor
    """[N, Q]."""


def read(
    lessons: Sequence[Lesson], tokenizer: PreTrainedTokenizerFast, questions: Questions, length: int
) -> Reading:
    """Lessons as numbers."""
    most = max(len(lesson.named) for lesson in lessons)
    known = tokenizer.get_vocab()
    named, facts = [], []
    for lesson in lessons:
        spare = most - len(lesson.named)
        named.append([known[name] for name in lesson.named] + [-1] * spare)
        told = [questions.numbers(one) for one in lesson.named.values()]
        facts.append(told + [questions.numbers({})] * spare)
    return Reading(
        ids=token_ids(tokenizer, [lesson.text for lesson in lessons], length),
        named=torch.tensor(named),
        facts=torch.tensor(facts),
        shot=torch.tensor([questions.numbers(lesson.shot) for lesson in lessons]),
    )


def curriculum(
    film_sets: Sequence[FilmSet], tokenizer: PreTrainedTokenizerFast
) -> tuple[Questions, list[Reading]]:
    """The lessons of many sets, one reading for each kind of prompt, and all their questions."""
    kinds: dict[Segment, list[Lesson]] = {}
    for film_set in film_sets:
        for kind, lesson in lessons(film_set, Random(f"lesson {film_set.seed}")):
            kinds.setdefault(kind, []).append(lesson)
    every = [lesson for told in kinds.values() for lesson in told]
    questions = Questions([one for x in every for one in (x.shot, *x.named.values())])
    readings = [read(told, tokenizer, questions, PROMPT_TOKENS[k]) for k, told in kinds.items()]
    return questions, readings
