"""Networks that read, tiny and untrained, written as the public ones lie on the hub."""

from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer, Dinov2Config, Dinov2Model
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from cut2next.cutbench.features.inception_layers import InceptionLayers

SIDE, WIDTH, WINDOW = 28, 16, 77
"""Pixels that they take, features that they give, tokens that CLIP reads."""
_TOWER: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    # Weights as large as training makes them; with the usual .02 all pictures are read alike.
    "initializer_range": 0.3,
}
_SIGHT: dict[str, Any] = {"image_size": SIDE, "patch_size": 14}
_CROP: dict[str, Any] = {
    "size": {"shortest_edge": 32},
    "crop_size": {"height": SIDE, "width": SIDE},
}


def dinov2(folder: Path) -> Path:
    """As facebook/dinov2-base."""
    torch.manual_seed(0)
    Dinov2Model(Dinov2Config(**_TOWER, **_SIGHT, mlp_ratio=2)).save_pretrained(folder)
    BitImageProcessorPil(**_CROP).save_pretrained(folder)
    return folder


def clip(folder: Path) -> Path:
    """As openai/clip-vit-base-patch32, with an alphabet for its vocabulary."""
    letters = sorted(ByteLevel.alphabet())
    marks = ["<|startoftext|>", "<|endoftext|>"]
    names = [*letters, *(f"{letter}</w>" for letter in letters), *marks]
    vocabulary = {name: number for number, name in enumerate(names)}
    tower = {**_TOWER, "intermediate_size": 32}
    words = {
        **tower,
        "vocab_size": len(names),
        "max_position_embeddings": WINDOW,
        "bos_token_id": len(names) - 2,
        "eos_token_id": len(names) - 1,
    }
    torch.manual_seed(1)
    model = CLIPModel(
        CLIPConfig(text_config=words, vision_config={**tower, **_SIGHT}, projection_dim=WIDTH)
    )
    model.save_pretrained(folder)
    CLIPImageProcessorPil(**_CROP).save_pretrained(folder)
    CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=WINDOW).save_pretrained(folder)
    return folder


def inception_numbers(name: str, shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What stands for a tensor of FID's Inception: of the size that training gives such a tensor.

    From numpy's legacy generator, whose numbers never change.
    """
    numbers = np.random.RandomState(crc32(name.encode())).standard_normal(shape)
    if name.endswith("conv.weight"):
        numbers *= (2 / np.prod(shape[1:])) ** 0.5
    elif name.endswith("running_var"):
        numbers = 1 + 0.1 * np.abs(numbers)
    else:
        numbers = 0.1 * numbers + name.endswith("bn.weight")
    return numbers.astype(np.float32)


def inception(path: Path) -> Path:
    """As pytorch-fid's weights, with the classifier that nobody uses here."""
    wanted = {name: tuple(one.shape) for name, one in InceptionLayers().state_dict().items()}
    wanted |= {"fc.weight": (1008, 2048), "fc.bias": (1008,)}
    tensors = {
        name: torch.from_numpy(inception_numbers(name, shape))
        for name, shape in wanted.items()
        if not name.endswith("num_batches_tracked")
    }
    save_file(tensors, path)
    return path
