"""A backbone under a segment table: from words and pictures to what the steps of a cut share.

How much is passed once for a current shot, once for a cut, or at every step is derived from the
table. Nothing here knows of pipelines, schedulers or files.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from diffusers.image_processor import VaeImageProcessor
from PIL import Image
from torch import Tensor

from cut2next.backbones import Backbone
from cut2next.backbones.fingerprint import fingerprint
from cut2next.backbones.prepared import Prepared, prepare
from cut2next.conditioning import (
    KVCache,
    Layout,
    Segment,
    SegmentInputs,
    SegmentTable,
    with_earlier_shots,
)
from cut2next.film import HierarchicalPrompt, IndividualPrompt, InputError
from cut2next.generation.checks import (
    check_earlier,
    check_finite,
    check_latents,
    check_one_size,
)
from cut2next.generation.encoded import (
    AnyPrompt,
    AnyShot,
    CurrentShot,
    EncodedPrompt,
    check_read,
    texts_of,
)
from cut2next.generation.framing import Framing, Size, framing_of
from cut2next.generation.prompt_length import check_length


@dataclass(frozen=True, kw_only=True, eq=False)
class ConditionedBackbone:
    """What reads prompts and shots for one table, and gets next shots ready to be made."""

    backbone: Backbone
    table: SegmentTable
    prompt_tokens: Mapping[Segment, int]
    earlier_shots: int = 0
    """How many before the current one the weights may be given."""
    default_size: Sequence[int] | None
    knows: str
    """Both as the pipeline has them; they decide the framing."""
    device: torch.device
    """Where the transformer computes."""

    @property
    def framing(self) -> Framing:
        """Which sizes its pictures have."""
        step = self.backbone.pixels_per_token
        return framing_of(step, self.default_size, knows=self.knows)

    def prompts(self, asked: Sequence[tuple[AnyShot, AnyPrompt]]) -> list[EncodedPrompt]:
        """The prompts of a call, all encoded; of prefilled shots the current one has been read."""
        given = [prompt for _, prompt in asked if isinstance(prompt, HierarchicalPrompt)]
        segments = set(self.prompt_tokens)
        if all(isinstance(image, CurrentShot) for image, _ in asked):
            segments -= self.table.context
        encoded = iter(self.encoded_prompts(given, segments))
        return [next(encoded) if isinstance(p, HierarchicalPrompt) else p for _, p in asked]

    def read_with(self, *names: str) -> dict[str, object]:
        """What tells the networks of these names, and the settings, from all others."""
        networks = {name: getattr(self.backbone, name) for name in names}
        return {
            **{name: fingerprint(there) for name, there in networks.items() if there is not None},
            "prompt length": dict(self.prompt_tokens),
            "segment table": self.table,
        }

    def check_read(self, given: Iterable[AnyShot | AnyPrompt]) -> None:
        """Raises InputError for shots and prompts that other weights read, or other settings."""
        read: list[CurrentShot | EncodedPrompt] = []
        for each in given:
            if isinstance(each, CurrentShot | EncodedPrompt):
                read += each.all if isinstance(each, CurrentShot) else [each]
        networks = {name for each in read for name in each.read_with} & {*self.backbone.networks()}
        now = self.read_with(*networks) if read else {}
        for each in read:
            check_read(each, now)

    def encoded_prompts(
        self, prompts: Sequence[HierarchicalPrompt], segments: Collection[Segment]
    ) -> list[EncodedPrompt]:
        """Some segments of several prompts; a text that occurs twice is encoded once.

        Raises InputError after the text encoders were released.
        """
        texts = [texts_of(prompt) for prompt in prompts]
        inputs = [SegmentInputs()] * len(prompts)
        for segment in segments:
            words = list(dict.fromkeys(text[segment] for text in texts))
            encoded = dict(zip(words, self.encoded_texts(segment, words), strict=True))
            inputs = [
                others | encoded[text[segment]] for others, text in zip(inputs, texts, strict=True)
            ]
        return [
            EncodedPrompt(prompt=prompt, inputs=encoded)
            for prompt, encoded in zip(prompts, inputs, strict=True)
        ]

    def encoded_texts(self, segment: Segment, texts: Sequence[str]) -> list[SegmentInputs]:
        """Each of some prompts of a segment, where and as the transformer wants them.

        Raises InputError for one that is too long, and after the text encoders were released.
        """
        if not texts:
            return []
        if getattr(self.backbone, self.backbone.large_text_encoder) is None:
            raise InputError(
                "a prompt after the text encoders were released",
                expected="one that `encode_prompt` has encoded before",
                hint="encode all prompts first, or load the pipeline again",
            )
        inputs = text_inputs(self.backbone, segment, texts, self.prompt_tokens[segment])
        return [read.to(self.device, self._dtype) for read in inputs]

    def prefilled(
        self, image: Image.Image, prompt: IndividualPrompt, read: SegmentInputs
    ) -> CurrentShot:
        """A current shot, framed, encoded and, where the table allows it, passed once.

        `read` is its prompt encoded, or more. Raises InputError for a shape that cannot be framed.
        """
        picture = self.framing.framed(image.convert("RGB"))
        size, keep = Size(*picture.size), self.table.lasting
        inputs = read.only({Segment.CURRENT_PROMPT}).to(self.device)
        latents = shot_latents(self.backbone, picture).to(self.device, self._dtype)
        inputs |= SegmentInputs({Segment.CURRENT_SHOT: latents})
        cache = KVCache()
        if keep:
            # Of what size the next shot will be makes no difference to what reads only this one.
            layout = self.layout(size, size)
            cache = prepare(self.backbone.transformer, inputs, layout, keep=keep).cache
        box = self.framing.box(*image.size)
        return CurrentShot(prompt=prompt, size=size, box=box, inputs=inputs, cache=cache)

    def current_shots(
        self, images: Sequence[AnyShot], prompts: Sequence[EncodedPrompt]
    ) -> list[CurrentShot]:
        """The current shot of each prompt; one picture under one prompt is prefilled once.

        Raises InputError for shots of several sizes, or prefilled under another prompt, and for
        more earlier ones than the weights were trained with.
        """
        made: list[tuple[AnyShot, CurrentShot]] = []
        for image, encoded in zip(images, prompts, strict=True):
            prompt = encoded.prompt.current
            if isinstance(image, CurrentShot):
                image.check(prompt)
                shot = image
            else:
                same = (shot for seen, shot in made if seen is image and shot.prompt == prompt)
                shot = next(same, None) or self.prefilled(image, prompt, encoded.inputs)
            made.append((image, shot))
        check_one_size([each.size for _, shot in made for each in shot.all])
        check_earlier([len(shot.earlier) for _, shot in made], self.earlier_shots)
        return [shot for _, shot in made]

    def table_after(self, shots: Sequence[CurrentShot]) -> SegmentTable:
        """The table with the earlier shots that these have, all as many."""
        return with_earlier_shots(self.table, len(shots[0].earlier))

    def prepared(
        self,
        shots: Sequence[CurrentShot],
        prompts: Sequence[EncodedPrompt],
        size: Size,
        scale: float | None,
        left_out: frozenset[Segment],
    ) -> Prepared:
        """What is the same at every step for next shots of each prompt, without some segments."""
        table = self.table_after(shots)
        layout = self.layout(shots[0].size, size, table)
        # Shots may have been parked, on another device or in a smaller type.
        here = {
            id(shot): self._together(shot.to(self.device, self._dtype), layout) for shot in shots
        }
        known, caches = zip(*(here[id(shot)] for shot in shots), strict=True)
        # What was kept has read all there is; what does not depend on what is left out still holds.
        kept = KVCache.cat(caches)
        kept = kept.only(s for s in kept.segments if not table.depends_on(s) & left_out)
        cut = set(table.segments) - table.context
        inputs = SegmentInputs.cat(known) | SegmentInputs.cat(
            [prompt.inputs.only(cut) for prompt in prompts]
        )
        layout = layout.without(left_out)
        return prepare(
            self.backbone.transformer,
            inputs.to(self.device),
            layout,
            keep=layout.table.cacheable,
            cache=kept,
            guidance=scale,
        )

    def _together(self, shot: CurrentShot, layout: Layout) -> tuple[SegmentInputs, KVCache]:
        """What is known of a shot and of those before it, each in its place of the layout."""
        inputs, kept = shot.inputs, shot.cache
        for back, earlier in enumerate(reversed(shot.earlier), start=1):
            names = {segment: segment.back(back) for segment in self.table.context}
            inputs |= earlier.inputs.renamed(names)
            was = self.layout(earlier.size, earlier.size)
            kept = kept.merged(self.backbone.transformer.moved(earlier.cache, names, was, layout))
        return inputs, kept

    def noise(
        self,
        latents: Tensor | None,
        count: int,
        size: Size,
        generator: torch.Generator | list[torch.Generator] | None,
    ) -> Tensor:
        """What to begin with, packed; in float32, so that a seed says all in any precision."""
        backbone = self.backbone
        height, width = size.in_tokens(self.framing.step)
        if latents is None:
            return backbone.noise(count, (height, width), generator, self.device)
        check_latents(latents, (count, height * width, backbone.channels))
        return latents.to(self.device, torch.float32)

    def layout(self, current: Size, following: Size, table: SegmentTable | None = None) -> Layout:
        """Where everything lies, for shots of these sizes."""
        step = self.framing.step
        return cut_layout(
            table or self.table,
            self.prompt_tokens,
            current=current.in_tokens(step),
            following=following.in_tokens(step),
        )

    @property
    def _dtype(self) -> torch.dtype:
        """The transformer's; where prompts are encoded without one, that of what encodes them."""
        backbone = self.backbone
        encoder = getattr(backbone, backbone.large_text_encoder)
        dtype: torch.dtype = (
            encoder if backbone.transformer is None else backbone.transformer
        ).dtype
        return dtype


def text_inputs(
    backbone: Backbone, segment: Segment, texts: Sequence[str], length: int
) -> list[SegmentInputs]:
    """Each of some prompts of a segment in `length` tokens, as the text encoders give it.

    Raises InputError for one that is longer.
    """
    for text in texts:
        check_length(backbone, segment, text, length)
    tokens, pooled = backbone.encode_text(texts, length)
    for states in (tokens, pooled):
        check_finite(states, f"a {segment}", "text encoders")
    inputs = [SegmentInputs({segment: states}) for states in tokens.split(1)]
    if pooled is None:
        return inputs
    vectors = [SegmentInputs(pooled={segment: vector}) for vector in pooled.split(1)]
    return [states | vector for states, vector in zip(inputs, vectors, strict=True)]


def shot_latents(backbone: Backbone, picture: Image.Image) -> Tensor:
    """Packed latents [1, L, C] of a shot, framed already, as the autoencoder gives them."""
    latents = backbone.encode_image(VaeImageProcessor(do_resize=False).preprocess(picture))
    check_finite(latents, "a shot", "autoencoder")
    return latents


def cut_layout(
    table: SegmentTable,
    prompt_tokens: Mapping[Segment, int],
    *,
    current: tuple[int, int],
    following: tuple[int, int],
) -> Layout:
    """The layout of a cut whose shots have these sizes, height and width in tokens.

    Earlier shots, where the table has some, are of the size of the current one, as are their
    prompts.
    """
    shots = {Segment.CURRENT_SHOT: current, Segment.NEXT_SHOT: following}
    like = {segment: replace(segment, index=max(segment.index, -1)) for segment in table.segments}
    return Layout(
        table=table,
        prompt_tokens={prompt: prompt_tokens[like[prompt]] for prompt in table.prompts},
        shot_sizes={s: shots[like[s]] for s in table.segments if not s.is_prompt},
    )
