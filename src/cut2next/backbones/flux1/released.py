"""The sizes of FLUX.1's released networks, so that a plan needs nothing of the hub. No torch here.

FLUX.1-dev's configurations lie behind its licence there. These are the numbers in them that decide
about memory; those of the transformer are the defaults of its class. A test counts the weights.
"""

from collections.abc import Mapping
from typing import Any

_VAE = {
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "block_out_channels": [128, 256, 512, 512],
    "layers_per_block": 2,
    "latent_channels": 16,
    "scaling_factor": 0.3611,
    "shift_factor": 0.1159,
    "use_quant_conv": False,
    "use_post_quant_conv": False,
}
_CLIP_L = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
}
_T5_XXL = {
    "d_model": 4096,
    "d_ff": 10240,
    "d_kv": 64,
    "num_heads": 64,
    "num_layers": 24,
    "feed_forward_proj": "gated-gelu",
}


def _networks(*, distilled: bool) -> Mapping[str, Mapping[str, Any]]:
    return {
        "vae": _VAE,
        "text_encoder": _CLIP_L,
        "text_encoder_2": _T5_XXL,
        "transformer": {"guidance_embeds": distilled},
    }


RELEASED = {
    "black-forest-labs/FLUX.1-dev": _networks(distilled=True),
    "black-forest-labs/FLUX.1-Kontext-dev": _networks(distilled=True),
    "black-forest-labs/FLUX.1-schnell": _networks(distilled=False),
}
"""Configurations of networks, by their component, of a model by its name on the hub."""
