"""`Cut2NextPipeline`: the one door for users, a diffusers pipeline over a backbone.

Nothing here knows a segment table or a backbone by name. What is passed once for a current shot,
once for a cut, or at every step is derived from the table that the weights were trained under.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self

import diffusers
import torch
from diffusers.image_processor import VaeImageProcessor
from diffusers.pipelines.pipeline_utils import DiffusionPipeline, ImagePipelineOutput
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from PIL import Image
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from cut2next.backbones import DEFAULT, Backbone, backbone_named
from cut2next.backbones.lora import check_without_loras
from cut2next.conditioning import Segment
from cut2next.film import HierarchicalPrompt, IndividualPrompt
from cut2next.film.fields import check_kind
from cut2next.generation.chain import Chains
from cut2next.generation.checks import (
    check_finite,
    check_forms,
    next_shot_count,
    pairs,
)
from cut2next.generation.conditioned import ConditionedBackbone
from cut2next.generation.encoded import AnyPrompt, AnyShot, CurrentShot, EncodedPrompt, texts_of
from cut2next.generation.framing import Framing, Size
from cut2next.generation.lora_loading import LoraLoaderMixin
from cut2next.generation.lora_scale import loras_scaled
from cut2next.generation.parts import Trained, VaeSwitches, check_absent, check_trained, parts_of
from cut2next.generation.pipeline_files import load_pipeline, with_our_transformer
from cut2next.generation.precision import check_savable
from cut2next.generation.prompt_length import fitting, with_texts
from cut2next.generation.ranges import EARLIER_SHOTS, GUIDANCE, STEPS, STRENGTH
from cut2next.generation.schedule import Denoising, StepEnd, denoised
from cut2next.generation.strengths import PreparedShots, prepared_shots, weighed_passes
from cut2next.generation.weights import FORMAT


class Cut2NextPipeline(DiffusionPipeline, LoraLoaderMixin, Denoising, Chains, Trained, VaeSwitches):
    """Makes the next shot from the current shot and the three prompts of the cut.

    Beside its backbone's components it carries what the weights were trained with: `table`, the
    name of their segment table; `prompt_tokens`, the tokens of each prompt by its segment;
    `default_steps`; `knows`, one line on the limits of what they know, empty for general weights;
    `default_size`, width and height of the pictures they know (see `framing`); `repertoire`, the
    part of the film set that they have seen, written as `--only` takes it; and `earlier_shots`, how
    many before the current one they have learnt to read (`CurrentShot.after`). The first two have
    no default: weights without them, as FLUX.1's own, need them as arguments of `from_pretrained`,
    which raises InputError otherwise.
    """

    model_cpu_offload_seq = "text_encoder->text_encoder_2->transformer->vae"  # type: ignore[assignment]

    scheduler: FlowMatchEulerDiscreteScheduler
    transformer: Any

    def __init__(
        self,
        scheduler: FlowMatchEulerDiscreteScheduler,
        vae: nn.Module,
        text_encoder: nn.Module,
        tokenizer: PreTrainedTokenizerBase,
        text_encoder_2: nn.Module,
        tokenizer_2: PreTrainedTokenizerBase,
        transformer: nn.Module,
        # diffusers loads what has no default as a component, so these two are checked instead.
        table: str = "",
        prompt_tokens: dict[str, int] | None = None,
        default_steps: int = 28,
        default_size: Sequence[int] | None = None,
        knows: str = "",
        repertoire: str = "",
        earlier_shots: int = 0,
        backbone: str = DEFAULT,
        format: int = FORMAT,
        # Of FLUX.1's own pipelines, whose components may be handed over whole.
        image_encoder: Any = None,
        feature_extractor: Any = None,
    ) -> None:
        super().__init__()
        check_trained(table, prompt_tokens)
        check_absent(image_encoder=image_encoder, feature_extractor=feature_extractor)
        self.register_modules(  # type: ignore[no-untyped-call]
            scheduler=scheduler,
            vae=vae,
            text_encoder=text_encoder,
            tokenizer=tokenizer,
            text_encoder_2=text_encoder_2,
            tokenizer_2=tokenizer_2,
            transformer=backbone_named(backbone).imported().adopted(transformer),
        )
        trained = {"table": table, "prompt_tokens": prompt_tokens, "default_steps": default_steps}
        known = {"default_size": default_size, "knows": knows, "repertoire": repertoire}
        earlier = EARLIER_SHOTS.taken(earlier_shots, "earlier_shots")
        settings = {**trained, **known, "earlier_shots": earlier, "backbone": backbone}
        settings |= {"format": FORMAT}
        self.register_to_config(**settings)  # type: ignore[no-untyped-call]
        self.image_processor = VaeImageProcessor(do_resize=False)

    @classmethod
    def from_pretrained(  # type: ignore[override]  # a name of ours is no path
        cls,
        name: str | os.PathLike[str],
        loras: Sequence[str | os.PathLike[str]] = (),
        **settings: Any,
    ) -> Self:
        """The pipeline of a model in the package ("mini"), in a folder, or of the hub (OWNER/NAME).

        A folder is one that `save_pretrained` wrote, or FLUX.1's own together with `table` and
        `prompt_tokens`, or with a LoRA file that tells both; `transformer` may be a single file,
        safetensors or GGUF. Other settings are those of diffusers: a component that is handed in is
        shared, and need not be in the folder.
        Raises InputError for an unknown name, and WeightsError, naming the file, for what is
        missing, damaged or does not fit.
        """
        return load_pipeline(super().from_pretrained, name, loras, settings)

    @classmethod
    def from_pipe(cls, pipeline: DiffusionPipeline, **settings: Any) -> Self:
        """A pipeline over another's networks, with its settings; those that are given take theirs.

        Of one of FLUX.1's own, `table` and `prompt_tokens` must be given. Nothing is cast unless
        `dtype` asks for it. Raises InputError where the two cannot go together.
        """
        dtype = settings.pop("dtype", settings.pop("torch_dtype", None))
        pipe = cls(**parts_of(pipeline, cls.__init__, settings))
        if name := pipeline.config.get("_name_or_path"):
            pipe.register_to_config(_name_or_path=name)  # type: ignore[no-untyped-call]
        return pipe if dtype is None else pipe.to(dtype)

    @classmethod
    def load_config(cls, *arguments: Any, **settings: Any) -> Any:
        """As in diffusers; but the transformer of a backbone's own folder is loaded as ours."""
        config: Any = super().load_config(*arguments, **settings)
        return with_our_transformer(config)

    def save_pretrained(  # type: ignore[override]
        self,
        save_directory: str | os.PathLike[str],
        safe_serialization: bool = True,
        **settings: Any,
    ) -> None:
        """As in diffusers, but always as safetensors: nothing else is loaded.

        Raises InputError for weights that were quantised after loading, since files do not say how,
        and while a LoRA is on them that is not merged.
        """
        check_savable(self.transformer)
        for network in self._networks:
            check_without_loras(network)
        super().save_pretrained(save_directory, safe_serialization=True, **settings)

    @property
    def backbone(self) -> Backbone:
        """The pipeline's components as a backbone."""
        backbone = backbone_named(self.config["backbone"]).imported()
        names = (*backbone.networks(), *backbone.tokenizers)
        return backbone(**{name: getattr(self, name) for name in names})

    @property
    def _networks(self) -> list[Any]:
        return [getattr(self, name) for name in self.backbone.networks()]

    @property
    def framing(self) -> Framing:
        """The sizes of its pictures: whole tokens, as large as their autoencoder has them.

        Weights that know a part of the world know one size, `default_size`: pictures are brought to
        it, and no other is made. General ones make any; larger pictures are scaled down to the area
        of `default_size`, where they have one.
        """
        return self._conditioned.framing

    @property
    def licence(self) -> str:
        """What the weights' licence asks, in a line; empty for weights that ask nothing."""
        return self.backbone.licence

    def overflow(self, prompt: HierarchicalPrompt) -> dict[Segment, str]:
        """The end of each prompt that is longer than the model reads: a call refuses such ones."""
        return {segment: rest for segment, (_, rest) in self._too_long(prompt).items()}

    def shortened(self, prompt: HierarchicalPrompt) -> HierarchicalPrompt:
        """The prompt as far as the model reads it, in whole words, without what `overflow` tells.

        A prompt of a segment that was too long has one field then; the others stay as they are.
        """
        return with_texts(prompt, {at: kept for at, (kept, _) in self._too_long(prompt).items()})

    def unknown_words(self, prompt: HierarchicalPrompt) -> str:
        """The words of the next shot's prompt that a tokenizer of whole words does not know."""
        return ", ".join(self.backbone.unknown_words(prompt.next.text))

    @torch.no_grad()
    def encode_prompt(self, prompt: HierarchicalPrompt) -> EncodedPrompt:
        """The three prompts of a cut, encoded once for as many calls as wanted.

        Raises InputError for one that is too long (see `shortened`), and after the text encoders
        were released.
        """
        check_kind("prompt", prompt, HierarchicalPrompt)
        conditioned = self._conditioned
        (encoded,) = conditioned.encoded_prompts([prompt], self.prompt_tokens)
        read_with = conditioned.read_with(*self.backbone.text_encoders)
        self.maybe_free_model_hooks()  # type: ignore[no-untyped-call]
        return replace(encoded, read_with=read_with)

    def release_text_encoders(self, device: torch.device | str | None = None) -> Self:
        """Frees the text encoders, and puts all else on `device` if one is given.

        Prompts are encoded before anything else happens, so that the text encoders, a third of
        FLUX.1-dev's weights, may leave the card or memory before the transformer comes. From here
        on prompts must come encoded.
        """
        released = dict.fromkeys(self.backbone.text_encoders)
        self.register_modules(**released)  # type: ignore[no-untyped-call]
        return self if device is None else self.to(device)

    @torch.no_grad()
    def prefill(self, image: Image.Image, prompt: IndividualPrompt | EncodedPrompt) -> CurrentShot:
        """A current shot, read once for as many calls as wanted: other patterns, seeds, prompts.

        `prompt` is that of the current shot, or encoded prompts that it is among. The result holds
        for these weights and LoRAs, and a call under others refuses it. Raises InputError for a
        shape that cannot be framed.
        """
        check_kind("image", image, Image.Image, "PIL.Image.open(path)")
        check_kind("prompt", prompt, IndividualPrompt | EncodedPrompt)
        conditioned, before = self._conditioned, dict[str, object]()
        if isinstance(prompt, IndividualPrompt):
            (inputs,) = conditioned.encoded_texts(Segment.CURRENT_PROMPT, [prompt.text])
        else:
            conditioned.check_read([prompt])
            inputs, before, prompt = prompt.inputs, {**prompt.read_with}, prompt.prompt.current
        shot = conditioned.prefilled(image, prompt, inputs)
        read_with = before | conditioned.read_with(*self.backbone.networks())
        self.maybe_free_model_hooks()  # type: ignore[no-untyped-call]
        return replace(shot, read_with=read_with)

    def steps(self, asked: int | None = None) -> int:
        """How many denoising steps a call takes: those asked for, or the model's own number.

        Raises InputError for what is no number of steps.
        """
        asked = self.config["default_steps"] if asked is None else asked
        return STEPS.taken(asked, "num_inference_steps")

    def prefill_bytes(self, width: int, height: int) -> int:
        """How large the keys and values of a current shot are, zero where nothing may be kept.

        Raises InputError for a size that the model does not make.
        """
        size = self.framing.asked((width, height), Size(width, height))
        layout = self._conditioned.layout(size, size)
        kept: int = self.transformer.cache_bytes(layout, self.table.lasting, self.transformer.dtype)
        return kept

    @torch.no_grad()
    def prepare(
        self,
        image: AnyShot | Sequence[AnyShot],
        prompt: AnyPrompt | Sequence[AnyPrompt],
        *,
        height: int | None = None,
        width: int | None = None,
        guidance_scale: float = 3.5,
        relational_strength: float = 1.0,
        current_strength: float = 1.0,
    ) -> PreparedShots:
        """What a call works out before its first step; any sampler can drive its `velocity`.

        Arguments and errors are those of a call. Noise to begin with, and pictures of what comes
        out, are the backbone's (`pipe.backbone.noise`, `decode_image`).
        """
        asked, conditioned = pairs(image, prompt), self._conditioned
        scale = GUIDANCE.taken(guidance_scale, "guidance_scale")
        relational = STRENGTH.taken(relational_strength, "relational_strength")
        current = STRENGTH.taken(current_strength, "current_strength")
        conditioned.check_read(each for pair in asked for each in pair)
        prompts = conditioned.prompts(asked)
        shots = conditioned.current_shots([shot for shot, _ in asked], prompts)
        table = conditioned.table_after(shots)
        weighed = weighed_passes(table, relational=relational, current=current)
        size = self.framing.asked((width, height), shots[0].size)
        guidance = scale if self.backbone.is_distilled else None
        passes = [
            (weight, conditioned.prepared(shots, prompts, size, guidance, left_out))
            for left_out, weight in weighed
        ]
        return prepared_shots(size, passes)

    @torch.no_grad()
    def __call__(
        self,
        image: AnyShot | Sequence[AnyShot],
        prompt: AnyPrompt | Sequence[AnyPrompt],
        num_inference_steps: int | None = None,
        height: int | None = None,
        width: int | None = None,
        num_images_per_prompt: int = 1,
        generator: torch.Generator | list[torch.Generator] | None = None,
        latents: Tensor | None = None,
        guidance_scale: float = 3.5,
        relational_strength: float = 1.0,
        current_strength: float = 1.0,
        joint_attention_kwargs: Mapping[str, float] | None = None,
        output_type: str = "pil",
        return_dict: bool = True,
        callback_on_step_end: StepEnd | None = None,
        callback_on_step_end_tensor_inputs: Sequence[str] = ("latents",),
    ) -> ImagePipelineOutput:
        """The next shots, `num_images_per_prompt` of each prompt, those of a prompt side by side.

        There are as many images as prompts, or one image for all prompts. An image may be a
        `CurrentShot`, a prompt an `EncodedPrompt`. A picture is framed to a size that the model
        makes, by a centre crop and without stretching (see `framing`); `height` and `width`, in
        pixels, are of the next shot, and by default the framed current shot's. `latents` is the
        noise to begin with, packed, [B, L, C]; `generator` one for all, or one for each image.
        `guidance_scale` is used by guidance-distilled weights only, for what is noisy.
        `relational_strength` and `current_strength` turn the relational prompt, or current shot and
        prompt, down towards 0 or up beyond 1 (see `strengths`); each other than 1 costs one more
        pass a step. LoRAs weigh `joint_attention_kwargs["scale"]` times what they are set to, for
        this call.

        The callback gets (pipeline, step, timestep, {"latents": ...}) after each step, may return
        other latents, and sets `pipe._interrupt` for the steps to end there. Returns `.images` as
        PIL, arrays [B, H, W, 3] or tensors [B, 3, H, W] in 0 .. 1, or packed latents [B, L, C]; the
        same in a tuple without `return_dict`. Raises InputError for what cannot be used, and
        WeightsError for weights that make no picture.
        """
        self._interrupt, self._guidance_scale = False, guidance_scale
        step_end, seen = callback_on_step_end, callback_on_step_end_tensor_inputs or ()
        steps = self.steps(num_inference_steps)
        check_forms(output_type, step_end, seen)
        count = next_shot_count(pairs(image, prompt), num_images_per_prompt, generator)
        with loras_scaled(self._networks, joint_attention_kwargs):
            prepared = self.prepare(
                image,
                prompt,
                height=height,
                width=width,
                guidance_scale=guidance_scale,
                relational_strength=relational_strength,
                current_strength=current_strength,
            )
            noise = self._conditioned.noise(latents, count, prepared.size, generator)
            made, size = denoised(self, noise, prepared, steps, step_end, seen), prepared.size
        del prepared  # keys and values make room for the picture
        images = self._shown(made, size, output_type)
        self.maybe_free_model_hooks()  # type: ignore[no-untyped-call]
        return ImagePipelineOutput(images=images) if return_dict else (images,)  # type: ignore[return-value]

    def _too_long(self, prompt: HierarchicalPrompt) -> dict[Segment, tuple[str, str]]:
        """Of the prompts that are too long, what fits and what does not."""
        check_kind("prompt", prompt, HierarchicalPrompt)
        fits = partial(fitting, self.backbone, self.prompt_tokens)
        texts = texts_of(prompt).items()
        return {segment: parts for segment, text in texts if (parts := fits(segment, text))[1]}

    @property
    def _conditioned(self) -> ConditionedBackbone:
        return ConditionedBackbone(
            backbone=self.backbone,
            table=self.table,
            prompt_tokens=self.prompt_tokens,
            earlier_shots=self.config["earlier_shots"],
            default_size=self.config["default_size"],
            knows=self.config["knows"],
            device=self._execution_device,
        )

    def _shown(self, latents: Tensor, size: Size, output_type: str) -> Any:
        """Packed latents in the form that was asked for."""
        if output_type == "latent":
            return latents
        decoded = self.backbone.decode_image(latents, size.in_tokens(self.framing.step))
        check_finite(decoded, "a next shot", "autoencoder")
        return self.image_processor.postprocess(decoded, output_type=output_type)


# `DiffusionPipeline.from_pretrained` looks in diffusers itself for the class that a folder names.
setattr(diffusers, Cut2NextPipeline.__name__, Cut2NextPipeline)
