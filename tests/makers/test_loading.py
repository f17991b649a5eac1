from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.makers.checkpoints import BUILT, brief
from tests.makers.test_diffusers_maker import maker

from cut2next.film import WeightsError
from cut2next.makers import loading
from cut2next.makers.maker import Made

Checkpoint = Callable[[str], Path]

LAYER = "transformer.transformer_blocks.0.attn.to_q"
"""That all have."""


def lora(path: Path, layer: str, *, width: int = 32) -> Path:
    """A LoRA file as diffusers writes it, of one layer."""
    torch.manual_seed(1)
    pair = {"lora_A": torch.randn(4, width), "lora_B": torch.randn(32, 4)}
    save_file({f"{layer}.{half}.weight": tensor for half, tensor in pair.items()}, path)
    return path


def one(folder: Path, *loras: tuple[Path, float], **settings: Any) -> Made:
    (made,) = maker(folder, loras=loras, **settings).make([brief()])
    return made


@pytest.mark.parametrize("name", BUILT)
def test_a_lora_changes_the_picture_by_its_weight_and_the_digest_with_it(
    name: str, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    file = lora(tmp_path / "mine.v2.safetensors", LAYER)
    without, off, on = (
        one(checkpoint(name)),
        one(checkpoint(name), (file, 0.0)),
        one(checkpoint(name), (file, 0.8)),
    )
    assert off.picture.tobytes() == without.picture.tobytes()
    assert on.picture.tobytes() != without.picture.tobytes()
    assert on.asked.weights != without.asked.weights
    assert on.asked.settings["loras"] == {"mine.v2.safetensors": 0.8}


def test_loras_are_refused_before_weights_are_loaded(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    pickled = tmp_path / "pickled.bin"
    torch.save({}, pickled)
    for path, said in [
        (tmp_path / "none.safetensors", "does not exist"),
        (tmp_path, "is a folder"),
        (pickled, "no safetensors file"),
    ]:
        with pytest.raises(WeightsError, match=said):
            maker(checkpoint("klein"), loras=[(path, 1.0)])


@pytest.mark.parametrize(
    ("layer", "width"),
    [
        ("transformer.no_such_block.to_q", 32),
        ("unet.down.attn.to_q", 32),
        (LAYER, 31),
    ],
)
def test_a_lora_of_other_weights_is_refused_by_its_name(
    layer: str, width: int, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    file = lora(tmp_path / "other.safetensors", layer, width=width)
    with pytest.raises(WeightsError, match=r"other.safetensors: does not fit"):
        one(checkpoint("klein"), (file, 1.0))


def test_a_lora_of_which_only_a_part_fits_is_refused_too(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    file = lora(tmp_path / "part.safetensors", LAYER)
    stray = {f"transformer.no_such_block.lora_{half}.weight": torch.ones(4, 4) for half in "AB"}
    save_file(load_file(file) | stray, file)
    with pytest.raises(WeightsError, match=r"part\.safetensors: does not fit .*no_such_block"):
        one(checkpoint("klein"), (file, 1.0))


def test_weights_that_there_is_no_memory_for_are_not_loaded(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "free_memory", lambda: 1000)
    monkeypatch.setattr(loading, "_pipeline", None)
    with pytest.raises(Exception, match=r"FLUX.2 klein takes .* GiB of the machine's memory"):
        one(checkpoint("klein"))
