"""Small random checkpoints in the layouts of released models, of their real classes, and briefs."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from diffusers import (
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    AutoencoderKLQwenImage21,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    FluxKontextPipeline,
    FluxPipeline,
    FluxTransformer2DModel,
    QwenImage21Pipeline,
    QwenImage21Transformer2DModel,
    QwenImageEditPlusPipeline,
    QwenImageTransformer2DModel,
)
from tests.generation import toy
from tokenizers import pre_tokenizers
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.utils import logging

from cut2next.film import EditingPattern
from cut2next.film.installation import quiet_libraries
from cut2next.makers.maker import Brief
from cut2next.makers.processor import Qwen2Stills, Qwen3Stills

PIXELS = 96 * 96
"""The area that the tests ask for."""
_MARKS = ("im_start", "im_end", "vision_start", "vision_end", "image_pad", "video_pad")
_ENDS: dict[str, Any] = {"bos_token_id": None, "eos_token_id": None}
_CONVERSATION = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def brief(seed: int = 3, size: tuple[int, int] = (48, 32), **changes: Any) -> Brief:
    """A cut-in to <Anna>."""
    told: dict[str, Any] = {
        "name": f"a cut, {seed}",
        "current": toy.picture(size=(64, 48)),
        "prompt": toy.prompt("Close-up of <Anna> (red hair)", "A wide shot", "a cut-in to <Anna>"),
        "patterns": frozenset({EditingPattern.CUT_IN}),
    }
    return Brief(seed=seed, size=size, **told | changes)


def tokenizer() -> Any:
    """Qwen's, byte by byte, with its marks and a chat template."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = Qwen2Tokenizer(
        vocab={letter: number for number, letter in enumerate(letters)},
        merges=[],
        additional_special_tokens=[f"<|{mark}|>" for mark in _MARKS],
    )
    pieces.chat_template = _CONVERSATION
    return pieces


def _lively(network: Any) -> Any:
    """Random throughout, as the toy pipeline's transformer."""
    return toy.lively(network)


def _flux(pipeline: Any) -> Any:
    vae = toy.autoencoder()
    vae.register_to_config(scaling_factor=0.3611, shift_factor=0.1159)
    transformer = FluxTransformer2DModel(**toy.TRANSFORMER, guidance_embeds=True)
    own = {"vae": toy.evaluated(vae), "transformer": _lively(transformer)}
    return pipeline(**toy.components() | own)


def _processor(kind: Any, stills: Any, pieces: Any) -> Any:
    return kind(stills, pieces, chat_template=pieces.chat_template)


def klein() -> Any:
    """The pipeline asks for layers 9, 18 and 27 of its text encoder."""
    text_encoder = Qwen3ForCausalLM(
        Qwen3Config(
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=28,
            num_attention_heads=2,
            num_key_value_heads=2,
            head_dim=8,
            vocab_size=300,
            **_ENDS,
        )
    )
    transformer = Flux2Transformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=48,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    vae = AutoencoderKLFlux2(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=2,
    )
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=toy.evaluated(vae),
        text_encoder=text_encoder.eval(),
        tokenizer=tokenizer(),
        transformer=_lively(transformer),
        is_distilled=True,
    )


def _vision(**more: Any) -> dict[str, Any]:
    sizes = {"depth": 2, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2}
    return {**sizes, "out_hidden_size": 16, **more}


def _language(**more: Any) -> dict[str, Any]:
    heads = {"num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2}
    return {"hidden_size": 16, "intermediate_size": 16, "vocab_size": 300, **heads, **_ENDS, **more}


def _numbered(pieces: Any) -> dict[str, Any]:
    """The numbers of the marks, under the names of a configuration."""
    names = {"image_token_id": "image_pad", "video_token_id": "video_pad"}
    names |= {f"vision_{end}_token_id": f"vision_{end}" for end in ("start", "end")}
    return {name: pieces.convert_tokens_to_ids(f"<|{mark}|>") for name, mark in names.items()}


def qwen_edit() -> Any:
    pieces, channels = tokenizer(), 4
    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 2]}
    text_encoder = Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config=_language(rope_parameters=rope),
            vision_config=_vision(),
            **_numbered(pieces),
        )
    )
    transformer = QwenImageTransformer2DModel(
        in_channels=4 * channels,
        out_channels=channels,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=16,
        axes_dims_rope=(8, 4, 4),
    )
    vae = AutoencoderKLQwenImage(
        base_dim=4,
        z_dim=channels,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
        latents_mean=[0.0] * channels,
        latents_std=[1.0] * channels,
    )
    stills = Qwen2VLImageProcessorPil(min_pixels=28 * 28, max_pixels=56 * 56)
    return QwenImageEditPlusPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=toy.evaluated(vae),
        text_encoder=text_encoder.eval(),
        tokenizer=pieces,
        processor=_processor(Qwen2Stills, stills, pieces),
        transformer=_lively(transformer),
    )


def qwen21() -> Any:
    """One slot of its VLM covers 32 pixels, four latents of 16."""
    pieces, channels = tokenizer(), 8
    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 2]}
    vision = _vision(
        patch_size=16,
        spatial_merge_size=2,
        temporal_patch_size=2,
        num_position_embeddings=64,
        deepstack_visual_indexes=[0],
    )
    text_encoder = Qwen3VLForConditionalGeneration(
        Qwen3VLConfig(
            text_config=_language(rope_parameters=rope, head_dim=8),
            vision_config=vision,
            **_numbered(pieces),
        )
    )
    transformer = QwenImage21Transformer2DModel(
        patch_size=1,
        in_channels=channels,
        out_channels=channels,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        context_in_dim=16,
        mlp_ratio=2,
        axes_dims_rope=(4, 6, 6),
    )
    vae = AutoencoderKLQwenImage21(
        base_dim=4,
        decoder_base_dim=4,
        z_dim=channels,
        dim_mult=[1, 1, 1, 1, 1],
        num_res_blocks=1,
        attn_scales=[],
        temperal_downsample=[False, True, True, True],
        latents_mean=[0.0] * channels,
        latents_std=[1.0] * channels,
    )
    stills = Qwen2VLImageProcessorPil(
        patch_size=16, merge_size=2, temporal_patch_size=2, min_pixels=32 * 32, max_pixels=96 * 96
    )
    return QwenImage21Pipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=toy.evaluated(vae),
        text_encoder=text_encoder.eval(),
        processor=_processor(Qwen3Stills, stills, pieces),
        transformer=_lively(transformer),
        sample_sigmas=[1.0, 0.6, 0.2],
    )


BUILT: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "kontext": lambda: _flux(FluxKontextPipeline),
        "klein": klein,
        "qwen_edit": qwen_edit,
        "qwen21": qwen21,
        "ic_lora": lambda: _flux(FluxPipeline),
    }
)
"""By the names of the makers' files."""


def save(name: str, folder: Path) -> Path:
    """A checkpoint as its released one lies."""
    logging.disable_progress_bar()
    torch.manual_seed(0)
    pipe: Any = BUILT[name]()
    processor, pipe.processor = getattr(pipe, "processor", None), None
    with quiet_libraries():
        pipe.save_pretrained(folder)
    if processor is not None:
        _save_processor(processor, folder)
    return folder


def _save_processor(processor: Any, folder: Path) -> None:
    """Part by part, under the name of the released class: as a whole it needs torchvision."""
    for part in (processor.image_processor, processor.tokenizer):
        part.save_pretrained(folder / "processor")
    index = json.loads((folder / "model_index.json").read_text())
    index["processor"] = ["transformers", type(processor).__mro__[2].__name__]
    (folder / "model_index.json").write_text(json.dumps(index))
