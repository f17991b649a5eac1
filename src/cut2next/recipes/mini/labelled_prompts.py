"""Prompts of the film set, labelled with what they say: what text encoders are pretrained on."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini.architecture import PROMPT_TOKENS
from cut2next.conditioning import Segment
from cut2next.film import EditingPattern, Mention, mentions
from cut2next.recipes.mini.encoding import token_ids
from cut2next.recipes.mini.tellings import drawn_telling, told
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.camera_words import VIEWS, lens_of
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.lighting import HOURS
from cut2next.soundstage.people import Person
from cut2next.soundstage.shooting import possible_cuts
from cut2next.soundstage.wording import individual_prompt

Labels = Mapping[str, str]
"""Classes by attribute: {"hair": "red", "top": "jacket"}."""


_POSTURES = {
    "raised": ("hand raised", "gesturing"),
    "aside": ("looking aside",),
    "down": ("looking down",),
}


@dataclass(frozen=True, kw_only=True)
class LabelledPrompt:
    """A prompt, and what can be read off it."""

    text: str
    named: Sequence[tuple[str, Labels]]
    """Each place where somebody or a thing on the table is named, in the order of the text: the
    word that names it, and what is said there."""
    shot: Labels
    """Of the shot that the prompt is for."""


def labelled_prompts(film_set: FilmSet, chance: Random) -> Iterator[tuple[Segment, LabelledPrompt]]:
    """One prompt for every setup of a set, and two for each of as many cuts, in fresh words."""
    for setup in film_set.setups:
        prompt = individual_prompt(film_set, setup, chance, drawn_telling(chance))
        yield Segment.NEXT_PROMPT, _labelled(film_set, setup, prompt.text, camera=True)
    cuts = list(possible_cuts(film_set))
    for cut in chance.sample(cuts, min(len(cuts), len(film_set.setups))):
        names_alone, subject_alone = chance.random() < 0.5, chance.random() < 0.5
        words = told(film_set, cut, chance, names_alone=names_alone, subject_alone=subject_alone)
        next_prompt = _labelled(film_set, cut.next, words.next.text, camera=not subject_alone)
        yield Segment.NEXT_PROMPT, next_prompt
        yield (
            Segment.RELATIONAL_PROMPT,
            _labelled(
                film_set,
                cut.next,
                words.relational.text,
                camera=", as a" in words.relational.transition,
                patterns=cut.patterns,
            ),
        )


def _labelled(
    film_set: FilmSet,
    setup: Setup,
    text: str,
    *,
    camera: bool,
    patterns: Collection[EditingPattern] | None = None,
) -> LabelledPrompt:
    """What a text says of a setup: what is true of it, as far as the words for it are there.

    Every place where somebody or something is named is labelled with what is said right there.
    """
    shot = _camera(film_set, setup, text) if camera else {}
    if patterns is not None:
        shot |= {pattern.name: str(pattern in patterns) for pattern in EditingPattern}
    about = text.find("The transition") if patterns is not None else 0
    sentence = range(about, text.index(".", about))
    people = {person.name: owner for owner, person in zip(OWNERS, film_set.cast, strict=False)}
    named: dict[int, tuple[str, dict[str, str]]] = {}
    for mention in mentions(text):
        owner = people[mention.name]
        labels = _of_person(film_set.cast[OWNERS.index(owner)], mention, text)
        if mention.start in sentence and owner in setup.subjects:
            labels |= {"role": str(setup.subjects.index(owner)), **shot}
        elif mention.start in sentence:
            labels["role"] = "other"
        named[mention.start] = (mention.name.lower(), labels)
    for prop in film_set.props:
        for match in re.finditer(f"{prop.color} {prop.name}", text):
            named[match.start()] = (prop.name, {"color": prop.color})
    subjects = [labels for _, labels in named.values() if labels.get("role") == "0"]
    subject = subjects[0] if subjects and patterns is None else {}
    return LabelledPrompt(
        text=text,
        named=[named[start] for start in sorted(named)],
        shot=subject | shot | _setting(film_set, setup, text),
    )


def _of_person(person: Person, mention: Mention, text: str) -> dict[str, str]:
    """What a text says of somebody at a place where it names them."""
    look, labels = person.look, {"name": person.name}
    if mention.look:
        parts = ("hair", "hair_cut", "face", "top", "top_color")
        return labels | {part: getattr(look, part) for part in parts}
    if not text.startswith(", ", mention.end):
        return labels
    words = re.split("[;.]", text[mention.end :])[0].split(", ")
    if f"{look.skin} skin" in words:
        labels |= {"skin": look.skin, "height": look.height}
    if f"{look.trousers} trousers" in words:
        labels["trousers"] = look.trousers
    for name, ways in _POSTURES.items():
        labels[name] = str(any(said in words for said in ways))
    return labels


def _camera(film_set: FilmSet, setup: Setup, text: str) -> dict[str, str]:
    """What a text that tells of the camera says of it."""
    if setup.framing == "insert":
        return {"framing": "insert"}
    labels = {"size": setup.size, "framing": setup.framing, "angle": setup.angle}
    lens = lens_of(setup, film_set.aspect)
    if f"{lens} lens" in text or f"Lens: {lens}" in text:
        labels["lens"] = lens
    view = next((view for view in VIEWS if f"{view} view" in text or f"View: {view}" in text), "")
    return labels | ({"view": view} if view else {})


def _setting(film_set: FilmSet, setup: Setup, text: str) -> dict[str, str]:
    """What a text says of place and light."""
    place = film_set.place
    said = {
        "place": (place.name, place.name in text),
        "side": (setup.side, f"background: {place.behind[setup.side]}" in text),
        "hour": (film_set.hour, HOURS[film_set.hour].words in text),
        "grade": (
            film_set.grade,
            f"{film_set.grade} color" in text or f"Color: {film_set.grade}" in text,
        ),
    }
    return {name: value for name, (value, is_said) in said.items() if is_said}


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
    """[N, T]: the words that name something, by number, in their order; -1 for none."""
    named_labels: Tensor
    """[N, T, A]: what each of them is."""
    shot_labels: Tensor
    """[N, A]."""

    def places(self, picked: Tensor, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Where the prompts `picked` [B], as written in `ids` [B, L], name something.

        A row of `ids`, a place in it and the number of what is named there, for each of M places.
        """
        named = self.named[picked]
        again = (named[:, :, None] == named[:, None]).tril().sum(dim=2)  # the first time is 1
        match = ids[:, :, None] == named[:, None]  # [B, L, T]
        row, place, number = (match & (match.cumsum(dim=1) == again[:, None])).nonzero().T
        return row, place, number


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
        named.append([vocabulary[name] for name, _ in prompt.named] + [-1] * spare)
        numbers = [index.numbers(labels) for _, labels in prompt.named]
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
    said_of = [labels for prompt in prompts for _, labels in prompt.named]
    index = LabelIndex([prompt.shot for prompt in prompts] + said_of)
    tokens = [
        tokenized(prompts, tokenizer, index, PROMPT_TOKENS[kind]) for kind, prompts in kinds.items()
    ]
    return index, tokens
