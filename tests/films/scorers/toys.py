"""Models for scorers, tiny and untrained, written as the public ones lie on the hub."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel, ViTConfig, ViTForImageClassification
from transformers import CLIPImageProcessorPil as CLIPImageProcessor
from transformers import ViTImageProcessorPil as ViTImageProcessor

SIDE, WIDTH = 32, 8
"""Pixels that the models take, and features that CLIP gives."""
_TOWER: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
}
_SIGHT = {**_TOWER, "image_size": SIDE, "patch_size": 16}


def clip(folder: Path) -> Path:
    """Both towers, as OpenAI's are."""
    words = {**_TOWER, "vocab_size": 99, "bos_token_id": 1, "eos_token_id": 2}
    sight = {**_SIGHT, "projection_dim": WIDTH}
    torch.manual_seed(0)
    model = CLIPModel(CLIPConfig(text_config=words, vision_config=sight, projection_dim=WIDTH))
    model.save_pretrained(folder)
    CLIPImageProcessor(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
    ).save_pretrained(folder)
    return folder


def classifier(folder: Path, *labels: str) -> Path:
    """A vision transformer that tells these labels apart."""
    numbered = dict(enumerate(labels))
    torch.manual_seed(0)
    config = ViTConfig(**_SIGHT, id2label=numbered, label2id={v: k for k, v in numbered.items()})
    ViTForImageClassification(config).save_pretrained(folder)
    ViTImageProcessor(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return folder


def linear_head(path: Path, width: int = WIDTH) -> Path:
    """LAION's first predictor: one layer."""
    torch.manual_seed(0)
    save_file({"weight": torch.randn(1, width), "bias": torch.randn(1)}, path)
    return path


def deep_head(path: Path) -> Path:
    """The improved one: five layers with dropout between them, which leaves gaps in their names."""
    torch.manual_seed(0)
    tensors, width = {}, WIDTH
    for number, wide in ((0, 1024), (2, 128), (4, 64), (6, 16), (7, 1)):
        tensors[f"layers.{number}.weight"] = torch.randn(wide, width) / width**0.5
        tensors[f"layers.{number}.bias"] = torch.randn(wide)
        width = wide
    save_file(tensors, path)
    return path
