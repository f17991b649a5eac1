"""`Cut2NextPipeline`: the one door for users, a diffusers pipeline with FLUX.1's components.

Nothing here knows a segment table by name. What is passed once for a current shot, once for a
cut, or at every step is derived from the table that the weights were trained under.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from diffusers.image_processor import VaeImageProcessor
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.pipelines.pipeline_utils import DiffusionPipeline, ImagePipelineOutput
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from diffusers.utils.torch_utils import randn_tensor
from PIL import Image
from torch import Tensor
from transformers import CLIPTextModel, PreTrainedTokenizerBase, T5EncoderModel

from cut2next.backbones import PIXELS_PER_TOKEN
from cut2next.backbones.flux1 import Flux1Transformer, encoding
from cut2next.backbones.prepared import Prepared, prepare
from cut2next.conditioning import (
    KVCache,
    Layout,
    Segment,
    SegmentInputs,
    SegmentTable,
    table_named,
)
from cut2next.film import HierarchicalPrompt, IndividualPrompt
from cut2next.generation.checks import (
    check_choice,
    check_finite,
    check_generators,
    check_latents,
    check_numbers,
    check_one_size,
    pairs,
)
from cut2next.generation.current_shot import CurrentShot
from cut2next.generation.encoded_prompt import EncodedPrompt
from cut2next.generation.framing import Size, asked_size, framed
from cut2next.generation.reading import ReadingPipeline
from cut2next.generation.schedule import schedule, stepped
from cut2next.generation.strengths import weighed_passes
from cut2next.generation.weights import check_prompt_tokens

_OUTPUT_TYPES = ("pil", "np", "pt", "latent")

StepEnd = Callable[[DiffusionPipeline, int, Tensor, dict[str, Any]], dict[str, Any]]


class Cut2NextPipeline(ReadingPipeline):
    """Makes the next shot from the current shot and the three prompts of the cut.

    Beside FLUX.1's components it carries what the weights were trained with: `table`, the name of
    their segment table; `prompt_tokens`, the tokens of each prompt by its segment; `default_steps`;
    `default_size`, width and height of the class of pictures they know (larger ones are scaled down
    to that area); `knows`, one line on the limits of what they know, empty for general weights; and
    `repertoire`, the part of the film set that they have seen, written as `--only` takes it.
    The first two have no default: weights without them, as FLUX.1's own, need them as arguments of
    `from_pretrained`, which raises InputError otherwise.
    """

    model_cpu_offload_seq = "text_encoder->text_encoder_2->transformer->vae"  # type: ignore[assignment]

    scheduler: FlowMatchEulerDiscreteScheduler

    def __init__(
        self,
        scheduler: FlowMatchEulerDiscreteScheduler,
        vae: AutoencoderKL,
        text_encoder: CLIPTextModel,
        tokenizer: PreTrainedTokenizerBase,
        text_encoder_2: T5EncoderModel,
        tokenizer_2: PreTrainedTokenizerBase,
        transformer: Flux1Transformer,
        # diffusers loads what has no default as a component, so these two are checked instead.
        table: str = "",
        prompt_tokens: dict[str, int] | None = None,
        default_steps: int = 28,
        default_size: Sequence[int] | None = None,
        knows: str = "",
        repertoire: str = "",
    ) -> None:
        super().__init__()
        check_prompt_tokens(table_named(table), prompt_tokens or {})
        self.register_modules(  # type: ignore[no-untyped-call]
            scheduler=scheduler,
            vae=vae,
            text_encoder=text_encoder,
            tokenizer=tokenizer,
            text_encoder_2=text_encoder_2,
            tokenizer_2=tokenizer_2,
            transformer=transformer,
        )
        self.register_to_config(  # type: ignore[no-untyped-call]
            table=table,
            prompt_tokens=prompt_tokens,
            default_steps=default_steps,
            default_size=default_size,
            knows=knows,
            repertoire=repertoire,
        )
        self.image_processor = VaeImageProcessor(vae_scale_factor=PIXELS_PER_TOKEN)

    @torch.no_grad()
    def watch(
        self,
        image: Image.Image,
        prompt: IndividualPrompt | EncodedPrompt,
        *,
        guidance_scale: float = 3.5,
    ) -> CurrentShot:
        """A current shot, read once for as many calls as wanted: other patterns, seeds, prompts.

        `prompt` is that of the current shot, or encoded prompts that it is among. The result holds
        for these weights. Raises InputError for a shape that cannot be framed.
        """
        if isinstance(prompt, IndividualPrompt):
            current, (words, vector) = prompt, self._read(Segment.CURRENT_PROMPT, [prompt.text])
            read = SegmentInputs({Segment.CURRENT_PROMPT: words}, {Segment.CURRENT_PROMPT: vector})
        else:
            current, read = prompt.prompt.current, prompt.inputs
        shot = self._watch(image, current, read, self._scale(guidance_scale))
        self.maybe_free_model_hooks()  # type: ignore[no-untyped-call]
        return shot

    def steps(self, asked: int | None = None) -> int:
        """How many denoising steps a call takes: those asked for, or the model's own number."""
        return int(self.config["default_steps"]) if asked is None else asked

    def watched_bytes(self, width: int, height: int) -> int:
        """How large the keys and values of a watched shot are, zero where nothing may be kept.

        Raises InputError unless both sides are multiples of 16.
        """
        size = asked_size(width, height, Size(width, height))
        return self.transformer.cache_bytes(
            self._layout(size, size), self.table.lasting, self.transformer.dtype
        )

    @torch.no_grad()
    def __call__(
        self,
        image: Image.Image | CurrentShot | Sequence[Image.Image | CurrentShot],
        prompt: HierarchicalPrompt | EncodedPrompt | Sequence[HierarchicalPrompt | EncodedPrompt],
        num_inference_steps: int | None = None,
        height: int | None = None,
        width: int | None = None,
        num_images_per_prompt: int = 1,
        generator: torch.Generator | list[torch.Generator] | None = None,
        latents: Tensor | None = None,
        guidance_scale: float = 3.5,
        relational_strength: float = 1.0,
        current_strength: float = 1.0,
        output_type: str = "pil",
        return_dict: bool = True,
        callback_on_step_end: StepEnd | None = None,
        callback_on_step_end_tensor_inputs: Sequence[str] = ("latents",),
    ) -> ImagePipelineOutput:
        """The next shots, `num_images_per_prompt` of each prompt, those of a prompt side by side.

        There are as many images as prompts, or one image for all prompts. An image may be a
        `CurrentShot`, a prompt an `EncodedPrompt`. A picture is framed to multiples of 16 pixels,
        by a centre crop and without stretching (see `framing`); `height` and `width`, in pixels,
        are of the next shot, and by default the framed current shot's. `latents` is the noise to
        begin with, packed, [B, L, C]; `generator` one for all, or one for each image.
        `guidance_scale` is used by guidance-distilled weights only; clean segments get the same.
        `relational_strength` and `current_strength` turn the relational prompt, or current shot and
        prompt, down towards 0 or up beyond 1 (see `strengths`); each other than 1 costs one more
        pass a step.

        The callback gets (pipeline, step, timestep, {"latents": ...}) after each step, and may
        return other latents. Returns `.images` as PIL, arrays [B, H, W, 3] or tensors [B, 3, H, W]
        in 0 .. 1, or packed latents [B, L, C]; the same in a tuple without `return_dict`. Raises
        InputError for what cannot be used.
        """
        asked = pairs(image, prompt)
        steps = self.steps(num_inference_steps)
        check_numbers(num_inference_steps=steps, num_images_per_prompt=num_images_per_prompt)
        check_choice("output_type", output_type, _OUTPUT_TYPES)
        for name in callback_on_step_end_tensor_inputs:
            check_choice("callback_on_step_end_tensor_inputs", name, ("latents",))
        count = len(asked) * num_images_per_prompt
        check_generators(generator, count)

        scale = self._scale(guidance_scale)
        prompts = self._prompts(asked)
        shots = self._shots([image for image, _ in asked], prompts, scale)
        size = asked_size(width, height, shots[0].size)
        passes = [
            (weight, self._prepared(shots, prompts, size, scale, left_out))
            for left_out, weight in weighed_passes(
                self.table, relational=relational_strength, current=current_strength
            )
        ]
        noise = self._noise(latents, count, size, generator)
        made = self._denoised(noise, passes, steps, callback_on_step_end)
        del passes, shots  # keys and values make room for the picture
        made = self._shown(made, size, output_type)
        self.maybe_free_model_hooks()  # type: ignore[no-untyped-call]
        return ImagePipelineOutput(images=made) if return_dict else (made,)  # type: ignore[return-value]

    def _prompts(
        self, asked: Sequence[tuple[Image.Image | CurrentShot, HierarchicalPrompt | EncodedPrompt]]
    ) -> list[EncodedPrompt]:
        """The prompts of a call, all encoded; of watched shots the current one has been read."""
        words = [each for _, each in asked if isinstance(each, HierarchicalPrompt)]
        segments = set(self.prompt_tokens)
        if all(isinstance(image, CurrentShot) for image, _ in asked):
            segments -= self.table.context
        encoded = iter(self._encoded(words, segments) if words else ())
        return [next(encoded) if isinstance(p, HierarchicalPrompt) else p for _, p in asked]

    def _watch(
        self,
        image: Image.Image,
        prompt: IndividualPrompt,
        read: SegmentInputs,
        scale: float | None,
    ) -> CurrentShot:
        default = self.config["default_size"]
        picture = framed(image.convert("RGB"), default and default[0] * default[1])
        size = Size(*picture.size)
        inputs = read.only({Segment.CURRENT_PROMPT}).to(self._execution_device)
        inputs |= SegmentInputs({Segment.CURRENT_SHOT: self._latents(picture)})
        cache = KVCache()
        if self.table.lasting:
            # Of what size the next shot will be makes no difference to what reads only this one.
            layout = self._layout(size, size)
            cache = prepare(
                self.transformer, inputs, layout, keep=self.table.lasting, guidance=scale
            ).cache
        return CurrentShot(
            prompt=prompt, size=size, inputs=inputs, cache=cache, guidance_scale=scale
        )

    def _shots(
        self,
        images: Sequence[Image.Image | CurrentShot],
        prompts: Sequence[EncodedPrompt],
        scale: float | None,
    ) -> list[CurrentShot]:
        """The current shot of each prompt; one picture under one prompt is watched once."""
        watched: list[tuple[Image.Image, CurrentShot]] = []
        shots = [
            self._shot(image, prompt, scale, watched)
            for image, prompt in zip(images, prompts, strict=True)
        ]
        check_one_size([shot.size for shot in shots])
        return shots

    def _shot(
        self,
        image: Image.Image | CurrentShot,
        prompt: EncodedPrompt,
        scale: float | None,
        watched: list[tuple[Image.Image, CurrentShot]],
    ) -> CurrentShot:
        current = prompt.prompt.current
        if isinstance(image, CurrentShot):
            image.check(current, scale)
            return image
        for seen, shot in watched:
            if seen is image and shot.prompt == current:
                return shot
        shot = self._watch(image, current, prompt.inputs, scale)
        watched.append((image, shot))
        return shot

    def _prepared(
        self,
        shots: Sequence[CurrentShot],
        prompts: Sequence[EncodedPrompt],
        size: Size,
        scale: float | None,
        left_out: frozenset[Segment],
    ) -> Prepared:
        """What is the same at every step for next shots of each prompt."""
        table = self.table.without(left_out)
        # What was kept has read all there is; what does not depend on what is left out still holds.
        kept = KVCache.cat([shot.cache for shot in shots])
        kept = kept.only(s for s in kept.segments if not self.table.depends_on(s) & left_out)
        cut = set(self.table.segments) - self.table.context
        inputs = SegmentInputs.cat([shot.inputs for shot in shots]) | SegmentInputs.cat(
            [prompt.inputs.only(cut) for prompt in prompts]
        )
        # Shots may have been parked, on another device or in a smaller type.
        here = self._execution_device
        return prepare(
            self.transformer,
            inputs.to(here),
            self._layout(shots[0].size, size, table),
            keep=table.cacheable,
            cache=kept.to(here, self.transformer.dtype),
            guidance=scale,
        )

    def _denoised(
        self,
        latents: Tensor,
        passes: Sequence[tuple[float, Prepared]],
        steps: int,
        step_end: StepEnd | None,
    ) -> Tensor:
        """Packed latents from noise to a next shot."""
        schedule(self.scheduler, steps, tokens=latents.shape[1], device=latents.device)
        with self.progress_bar(total=steps) as progress:
            for index, time in enumerate(self.scheduler.timesteps):
                # The scheduler counts its times in steps of training.
                t = (time / self.scheduler.config["num_train_timesteps"]).expand(len(latents))
                parts = [weight * prepared.velocity(latents, t) for weight, prepared in passes]
                velocity = torch.stack(parts).sum(dim=0) if len(parts) > 1 else parts[0]
                latents = stepped(self.scheduler, velocity, time, latents)
                if step_end is not None:
                    changed = step_end(self, index, time, {"latents": latents})
                    latents = changed.get("latents", latents)
                progress.update()
        check_finite(latents)
        return latents

    def _noise(
        self,
        latents: Tensor | None,
        count: int,
        size: Size,
        generator: torch.Generator | list[torch.Generator] | None,
    ) -> Tensor:
        """What to begin with, packed; in float32, so that a seed says all in any precision."""
        (height, width), channels = size.tokens, self.transformer.config["in_channels"]
        if latents is not None:
            check_latents(latents, (count, height * width, channels))
            return latents.to(self._execution_device, torch.float32)
        shape = (count, channels // 4, 2 * height, 2 * width)
        return encoding.packed(
            randn_tensor(shape, generator, self._execution_device, torch.float32)
        )

    def _layout(self, current: Size, following: Size, table: SegmentTable | None = None) -> Layout:
        table = table or self.table
        shots = {Segment.CURRENT_SHOT: current.tokens, Segment.NEXT_SHOT: following.tokens}
        prompts = self.prompt_tokens
        return Layout(
            table=table,
            prompt_tokens={part: prompts[part] for part in table.segments if part in prompts},
            shot_sizes={part: shots[part] for part in table.segments if part in shots},
        )

    def _scale(self, guidance_scale: float) -> float | None:
        """The guidance, for weights that it was distilled into; None for others."""
        return guidance_scale if self.transformer.config["guidance_embeds"] else None
