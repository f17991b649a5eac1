"""A folder of the shape of FLUX.1-dev's, small and random: distilled, and untold how to train it.

It is written by diffusers' own pipeline, so class and key names are those of the released one.
"""

from pathlib import Path

import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from tests.generation.toy import TRANSFORMER, autoencoder
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer, T5Config, T5EncoderModel
from transformers import T5Tokenizer as Tokenizer

LETTERS = [chr(number) for number in range(33, 127)]
SCHEDULE = {"use_dynamic_shifting": True, "base_shift": 0.5, "max_shift": 1.15}
CONFIG = {**TRANSFORMER, "guidance_embeds": True, "num_layers": 2}


def flux_folder(folder: Path) -> Path:
    """Such a folder; the same at each call."""
    torch.manual_seed(0)
    clip, t5 = clip_tokenizer(), t5_tokenizer()
    pipe = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, **SCHEDULE),
        vae=autoencoder(),
        text_encoder=CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(clip),
                hidden_size=128,
                intermediate_size=64,
                num_hidden_layers=1,
                num_attention_heads=2,
                max_position_embeddings=77,
                bos_token_id=clip.bos_token_id,
                eos_token_id=clip.eos_token_id,
            )
        ),
        tokenizer=clip,
        text_encoder_2=T5EncoderModel(
            T5Config(vocab_size=len(t5), d_model=128, d_kv=16, d_ff=64, num_layers=1, num_heads=2)
        ),
        tokenizer_2=t5,
        transformer=FluxTransformer2DModel(**CONFIG),
    )
    pipe.save_pretrained(folder)
    return folder


def clip_tokenizer() -> CLIPTokenizer:
    """CLIP's, of letters."""
    special = ["<|startoftext|>", "<|endoftext|>"]
    pieces = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), *special]
    vocab = {piece: number for number, piece in enumerate(pieces)}
    return CLIPTokenizer(vocab=vocab, merges=[], model_max_length=77)


def t5_tokenizer() -> Tokenizer:
    """T5's, of letters."""
    pieces = ["<pad>", "</s>", "<unk>", "▁", *LETTERS]
    vocab = [(piece, -float(number)) for number, piece in enumerate(pieces)]
    return Tokenizer(vocab=vocab, extra_ids=0, model_max_length=512)
