"""Pictures and prompts as numbers."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from cut2next.backbones.mini import architecture
from cut2next.film import EditingPattern, IndividualPrompt, OutputError
from cut2next.recipes.mini.encoding import (
    PATTERNS,
    dropped,
    latents_of,
    pattern_bits,
    pixel_weights,
    to_model,
    token_ids,
    token_weights,
    write_tensors,
)
from cut2next.soundstage.truth import PIXEL_KINDS


def test_bytes_become_floats_around_zero_channels_first() -> None:
    pictures = np.zeros((1, 2, 3, 3), np.uint8)
    pictures[0, 1, 2] = (255, 0, 255)
    made = to_model(pictures)
    assert made.shape == (1, 3, 2, 3)
    assert made[0, :, 1, 2].tolist() == [1, -1, 1]


def test_a_token_is_32_pixels_a_side_of_128_numbers() -> None:
    torch.manual_seed(0)
    autoencoder = architecture.autoencoder().eval()
    pictures = np.zeros((2, 64, 96, 3), np.uint8)
    before = latents_of(autoencoder, pictures)
    assert before.shape == (2, 6, 128)
    pictures[0, :, 80:] = 255  # inside the last of three columns
    changed = (latents_of(autoencoder, pictures) - before).abs().sum(dim=-1)
    assert changed[0, [2, 5]].min() > changed[0, [0, 3]].max()
    assert not changed[1].any()


def test_a_token_counts_as_its_pixels_do_on_average_row_by_row() -> None:
    kinds = np.zeros((1, 32, 48), np.uint8)
    kinds[0, :16, 16:24] = PIXEL_KINDS.index("people")  # half of the second token
    kinds[0, 16:, 32:] = PIXEL_KINDS.index("props")  # all of the last one
    assert token_weights(pixel_weights(kinds), 16).tolist() == [[1, 2, 1, 1, 1, 10]]


def test_patterns_are_bits() -> None:
    assert pattern_bits(()) == 0
    for bit, pattern in enumerate(PATTERNS):
        assert pattern_bits({pattern}) == 1 << bit
    assert pattern_bits(list(EditingPattern)) == 0b11111


def test_ids_are_padded_or_cut_to_their_length() -> None:
    tokenizer = architecture.tokenizer(["green red"])
    ids = token_ids(tokenizer, ["red", "red green red green", "blue"], 3)
    vocabulary = tokenizer.get_vocab()
    red, end, pad = vocabulary["red"], vocabulary["</s>"], vocabulary["<pad>"]
    assert ids.dtype == torch.int16
    assert ids[0].tolist() == [red, end, pad]
    assert ids[1].tolist()[:2] == [red, vocabulary["green"]]
    assert ids[2].tolist() == [architecture.UNKNOWN, end, pad]


def test_the_summary_is_never_dropped() -> None:
    prompt = IndividualPrompt(summary="s", description="d", attributes={"a": "b"})
    chance = Random(0)
    made = [dropped(prompt, chance) for _ in range(2000)]
    assert all(other.summary == "s" for other in made)
    for field in ("description", "attributes"):
        share = sum(not getattr(other, field) for other in made) / len(made)
        assert share == pytest.approx(0.2, abs=0.03)


def test_tensors_are_written_whole_or_told_of(tmp_path: Path) -> None:
    path = tmp_path / "some.safetensors"
    write_tensors({"x": torch.ones(2)}, path)
    assert load_file(path)["x"].tolist() == [1, 1]
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OutputError):
        write_tensors({"x": torch.ones(2)}, tmp_path / "missing" / "some.safetensors")
