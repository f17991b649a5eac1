"""Prompts of the film set, labelled with what they say: what text encoders are pretrained on."""

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
from cut2next.recipes.mini.encoding import dropped, token_ids
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.shooting import possible_cuts
from cut2next.soundstage.truth import words_of
from cut2next.soundstage.wording import individual_prompt, relational_prompt

Labels = Mapping[str, str]
"""Classes by attribute: {"hair": "red", "top": "jacket"}."""


@dataclass(frozen=True, kw_only=True)
class LabelledPrompt:
    """A prompt, and what can be read off it."""

    text: str
    named: Mapping[str, Labels]
    """By the word that names it: a person's name, a thing on the table."""
    shot: Labels
    """Of the shot that the prompt is for."""


def labelled_prompts(film_set: FilmSet, chance: Random) -> Iterator[tuple[Segment, LabelledPrompt]]:
    """One prompt for every setup of a set, and as many of cuts, in fresh words."""
    for setup in film_set.setups:
        prompt = dropped(individual_prompt(film_set, setup, chance), chance)
        framing = {name: getattr(setup, name) for name in ("framing", "size", "angle", "side")}
        yield Segment.NEXT_PROMPT, _labelled(film_set, setup, prompt.text, framing)
    cuts = list(possible_cuts(film_set))
    for _, following, joined in chance.sample(cuts, min(len(cuts), len(film_set.setups))):
        relation = relational_prompt(film_set, joined, following, chance)
        labels = {pattern.name: str(pattern in joined) for pattern in EditingPattern}
        yield Segment.RELATIONAL_PROMPT, _labelled(film_set, following, relation.text, labels)


def _labelled(film_set: FilmSet, setup: Setup, text: str, labels: Labels) -> LabelledPrompt:
    truth = words_of(film_set)
    looks = {owner: look for owner, look in truth.items() if owner not in ("place", "light")}
    labelled = {owner: _labels(setup, owner, look) for owner, look in looks.items()}
    subject = labelled.get(setup.subjects[0], {})
    return LabelledPrompt(
        text=text,
        # The last word of a name, as the tokenizer has it.
        named={looks[owner]["name"].lower().split()[-1]: look for owner, look in labelled.items()},
        shot={**subject, **labels, **truth["light"]},
    )


def _labels(setup: Setup, owner: str, look: Labels) -> dict[str, str]:
    """A look without the name; of people also what they are to the shot."""
    labels = {attribute: value for attribute, value in look.items() if attribute != "name"}
    if owner in OWNERS:
        labels["role"] = str(setup.subjects.index(owner)) if owner in setup.subjects else "other"
    return labels


class LabelIndex:
    """Every attribute that prompts are labelled with, and its classes, numbered one by one."""

    def __init__(self, labels: Sequence[Labels]) -> None:
        classes: dict[str, set[str]] = {}
        for labelled in labels:
            for attribute, value in labelled.items():
                classes.setdefault(attribute, set()).add(value)
        self.classes = {attribute: sorted(classes[attribute]) for attribute in sorted(classes)}
        self.sizes = [len(values) for values in self.classes.values()]

    def numbers(self, labels: Labels) -> list[int]:
        """The number of each attribute's class, or -100 where there is no label."""
        return [
            values.index(labels[attribute]) if attribute in labels else -100
            for attribute, values in self.classes.items()
        ]

    def loss(self, logits: Tensor, numbers: Tensor) -> Tensor:
        """Mean cross-entropy of A attributes; `logits` is [N, classes], `numbers` [N, A]."""
        losses = [
            functional.cross_entropy(logits_of_attribute, wanted)
            for logits_of_attribute, wanted in zip(
                logits.split(self.sizes, dim=1), numbers.T, strict=True
            )
            if (wanted >= 0).any()
        ]
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class LabelledTokens:
    """All N labelled prompts of one kind, as numbers: L tokens each, T of which name something."""

    ids: Tensor
    """[N, L]."""
    named: Tensor
    """[N, T]: the words that name something, by number; -1 for none."""
    named_labels: Tensor
    """[N, T, A]: what each of them is."""
    shot_labels: Tensor
    """[N, A]."""


def tokenized(
    prompts: Sequence[LabelledPrompt],
    tokenizer: PreTrainedTokenizerFast,
    index: LabelIndex,
    length: int,
) -> LabelledTokens:
    """Labelled prompts as numbers."""
    most = max(len(prompt.named) for prompt in prompts)
    vocabulary = tokenizer.get_vocab()
    named, named_labels = [], []
    for prompt in prompts:
        spare = most - len(prompt.named)
        named.append([vocabulary[name] for name in prompt.named] + [-1] * spare)
        numbers = [index.numbers(labels) for labels in prompt.named.values()]
        named_labels.append(numbers + [index.numbers({})] * spare)
    return LabelledTokens(
        ids=token_ids(tokenizer, [prompt.text for prompt in prompts], length),
        named=torch.tensor(named),
        named_labels=torch.tensor(named_labels),
        shot_labels=torch.tensor([index.numbers(prompt.shot) for prompt in prompts]),
    )


def labelled_tokens(
    film_sets: Sequence[FilmSet], tokenizer: PreTrainedTokenizerFast
) -> tuple[LabelIndex, list[LabelledTokens]]:
    """The labelled prompts of many sets, by kind of prompt, and the index of all their labels."""
    kinds: dict[Segment, list[LabelledPrompt]] = {}
    for film_set in film_sets:
        for kind, prompt in labelled_prompts(film_set, Random(f"lesson {film_set.seed}")):
            kinds.setdefault(kind, []).append(prompt)
    prompts = [prompt for prompts in kinds.values() for prompt in prompts]
    index = LabelIndex([labels for p in prompts for labels in (p.shot, *p.named.values())])
    tokens = [
        tokenized(prompts, tokenizer, index, PROMPT_TOKENS[kind]) for kind, prompts in kinds.items()
    ]
    return index, tokens
