"""Hollow networks have the shapes of a folder's and nothing in them."""

from pathlib import Path

import pytest
import torch
from tests.generation.toy import components, toy

from cut2next.backbones.flux1.hollow import hollow_networks


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline's configurations without its weights."""
    folder = tmp_path_factory.mktemp("weights")
    toy().save_pretrained(folder)
    for path in folder.glob("*/*.safetensors"):
        path.unlink()
    return folder


def test_they_have_the_shapes_of_the_folders_own(folder: Path) -> None:
    with torch.device("meta"):
        hollow = hollow_networks(folder)
    for name in ("transformer", "vae", "text_encoder", "text_encoder_2"):
        own, shape = components()[name].state_dict(), hollow[name].state_dict()
        assert {key: x.shape for key, x in own.items()} == {k: x.shape for k, x in shape.items()}
        assert all(tensor.is_meta for tensor in shape.values())


def test_so_many_blocks_of_each_kind_are_made(folder: Path) -> None:
    with torch.device("meta"):
        transformer = hollow_networks(folder, blocks=1)["transformer"]
    assert len(transformer.transformer_blocks) == len(transformer.single_transformer_blocks) == 1
