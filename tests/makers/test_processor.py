from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from cut2next.makers.processor import Qwen2Stills, Qwen3Stills, stills_processor


@pytest.mark.parametrize(
    ("name", "kind", "patch"), [("qwen_edit", Qwen2Stills, 14), ("qwen21", Qwen3Stills, 16)]
)
def test_a_folder_s_processor_reads_text_and_a_still(
    name: str, kind: Any, patch: int, checkpoint: Callable[[str], Path]
) -> None:
    processor = stills_processor(kind, checkpoint(name) / "processor")
    still = Image.new("RGB", (4 * patch, 2 * patch), "white")
    slot = "<|vision_start|><|image_pad|><|vision_end|>"
    read = processor(text=[f"a{slot}b"], images=[still], return_tensors="pt")
    rows, columns = read["image_grid_thw"][0, 1:].tolist()
    assert columns == 2 * rows
    pads = (read["input_ids"] == processor.image_token_id).sum()
    assert int(pads) == rows * columns // 4
    # Each patch has its pixels, twice over for the two frames of a film.
    assert read["pixel_values"].shape == (rows * columns, 3 * 2 * patch * patch)
    assert torch.unique(read["pixel_values"]).numel() == 3
    assert processor.chat_template == processor.tokenizer.chat_template
