"""Prompts as a transformer reads them: by its text encoders as they come, or kept on disk before.

What is kept lies under the text itself, so an edited prompt never meets the states of another. A
prompt that is too long is cut off, as `Cut2NextPipeline.shortened` does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Protocol, Self

import torch

from cut2next.backbones import Backbone
from cut2next.backbones.fingerprint import fingerprint
from cut2next.conditioning import Segment, SegmentInputs
from cut2next.film import IndividualPrompt
from cut2next.generation.conditioned import text_inputs
from cut2next.generation.prompt_length import fitting
from cut2next.training.batches.store import TensorStore, digest_of, share_of
from cut2next.training.batches.survey import SurveyedCut

_TOGETHER = 8
"""Texts that are encoded at a time."""


class Texts(Protocol):
    """What gives prompts as tokens and pooled vectors."""

    def read(self, segment: Segment, texts: Sequence[str]) -> SegmentInputs:
        """Each of some prompts of a segment, [N, L, D] and, of some backbones, [N, P]."""


@dataclass(frozen=True, kw_only=True)
class LiveTexts:
    """Prompts encoded as they come."""

    backbone: Backbone
    prompt_tokens: Mapping[Segment, int]

    @torch.no_grad()
    def read(self, segment: Segment, texts: Sequence[str]) -> SegmentInputs:
        """As `Texts.read`; a text that occurs twice is encoded once."""
        words = list(dict.fromkeys(texts))
        fitted = [self.fitted(segment, text) for text in words]
        encoded = text_inputs(self.backbone, segment, fitted, self.prompt_tokens[segment])
        by_text = dict(zip(words, encoded, strict=True))
        return stacked([by_text[text] for text in texts])

    def fitted(self, segment: Segment, text: str) -> str:
        """A prompt as far as the model reads it."""
        kept, left_out = fitting(self.backbone, self.prompt_tokens, segment, text)
        if not left_out:
            return text
        return IndividualPrompt(summary=kept).text


@dataclass(frozen=True, kw_only=True)
class KeptTexts:
    """Prompts encoded once, in a folder; after that no text encoder is needed."""

    store: TensorStore
    """Under the text and how many tokens it has."""
    prompt_tokens: Mapping[Segment, int]

    @classmethod
    def by(cls, backbone: Backbone, prompt_tokens: Mapping[Segment, int], folder: Path) -> Self:
        """Those of a backbone's text encoders, in a folder that others may share."""
        encoders = (fingerprint(getattr(backbone, name)).hex() for name in backbone.text_encoders)
        store = TensorStore(folder=folder / digest_of(encoders))
        return cls(store=store, prompt_tokens=prompt_tokens)

    def disk_bytes(self, cuts: Iterable[SurveyedCut], backbone: Backbone) -> int:
        """What all texts of cuts take on disk, there already or not."""
        live = LiveTexts(backbone=backbone, prompt_tokens=self.prompt_tokens)
        each = {
            length: live.read(segment, [""]).to(dtype=torch.bfloat16).bytes
            for segment, length in self.prompt_tokens.items()
        }
        return sum(each[self.prompt_tokens[segment]] for segment, _ in self._distinct(cuts))

    def fill(
        self, cuts: Sequence[SurveyedCut], live: LiveTexts, process: int = 0, processes: int = 1
    ) -> Iterator[tuple[int, int]]:
        """Encodes every text that dropout can give, unless it is there; yields (done, all).

        Of the texts of this process. Raises WeightsError for encoders that make no finite numbers,
        OutputError when what they make cannot be written.
        """
        own = share_of(sum(1 for _ in self._distinct(cuts)), process, processes)
        texts = islice(self._distinct(cuts), own.start, own.stop)
        done = 0
        while together := list(islice(texts, _TOGETHER)):
            for segment in self.prompt_tokens:
                missing = [
                    text
                    for at, text in together
                    if at == segment and not self.store.has(self._digest(at, text))
                ]
                self._write(segment, missing, live)
            done += len(together)
            yield done, len(own)

    def read(self, segment: Segment, texts: Sequence[str]) -> SegmentInputs:
        """As `Texts.read`. Raises InputError for what is gone or damaged."""
        kept = [self.store.read(self._digest(segment, text)) for text in texts]
        return stacked(
            [
                SegmentInputs(
                    {segment: states["tokens"][None]},
                    {segment: states["pooled"][None]} if "pooled" in states else {},
                )
                for states in kept
            ]
        )

    def _write(self, segment: Segment, texts: Sequence[str], live: LiveTexts) -> None:
        if not texts:
            return
        encoded = live.read(segment, texts).to("cpu", torch.bfloat16)
        for at, text in enumerate(texts):
            states = {"tokens": encoded.tokens[segment][at]}
            if segment in encoded.pooled:
                states["pooled"] = encoded.pooled[segment][at]
            self.store.write(self._digest(segment, text), states)

    def _digest(self, segment: Segment, text: str) -> str:
        return digest_of((self.prompt_tokens[segment], text))

    def _distinct(self, cuts: Iterable[SurveyedCut]) -> Iterator[tuple[Segment, str]]:
        """Every text that may be asked for, with a segment of its length, each once."""
        seen = set[str]()
        for cut in cuts:
            for segment, text in texts_of_cut(cut):
                if (
                    segment in self.prompt_tokens
                    and (at := self._digest(segment, text)) not in seen
                ):
                    seen.add(at)
                    yield segment, text


def texts_of_cut(cut: SurveyedCut) -> Iterator[tuple[Segment, str]]:
    """Every text that a cut's prompts may have, some of them twice."""
    yield Segment.RELATIONAL_PROMPT, cut.relational
    shots = {Segment.CURRENT_PROMPT: cut.current_prompt, Segment.NEXT_PROMPT: cut.next_prompt}
    for segment, prompt in shots.items():
        for without in ((False, False), (True, False), (False, True), (True, True)):
            yield segment, worded(prompt, *without)


def worded(prompt: IndividualPrompt, no_description: bool, no_attributes: bool) -> str:
    """A prompt's text, some of it left out; the summary stays."""
    if no_description:
        prompt = replace(prompt, description="")
    if no_attributes:
        prompt = replace(prompt, attributes={})
    return prompt.text


def stacked(samples: Sequence[SegmentInputs]) -> SegmentInputs:
    """Inputs of one sample each as one batch, all of them, be they the same or not."""
    return SegmentInputs(
        {at: torch.cat([sample.tokens[at] for sample in samples]) for at in samples[0].tokens},
        {at: torch.cat([sample.pooled[at] for sample in samples]) for at in samples[0].pooled},
    )
