"""What a model will need is known from its folder, or refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from cut2next.film import Cut2NextError
from cut2next.generation.plan import planned


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("model_index.json", {"prompt_tokens": {"next prompt": 5}}),
        ("model_index.json", {"prompt_tokens": "many"}),
        ("model_index.json", {"prompt_tokens": None}),
        ("model_index.json", {"table": "no such"}),
        ("model_index.json", {"scheduler": []}),
        ("model_index.json", {"default_size": [3]}),
        ("transformer/config.json", {"attention_head_dim": 0}),
        ("transformer/config.json", {"axes_dims_rope": []}),
        ("vae/config.json", {"norm_num_groups": 0}),
        ("vae/config.json", {"block_out_channels": []}),
        ("text_encoder_2/config.json", {"d_model": "q"}),
        ("text_encoder_2/config.json", {"num_heads": 0}),
    ],
)
def test_what_describes_no_model_is_refused(
    file: str, change: dict[str, Any], folder: Path
) -> None:
    path = folder / file
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(Cut2NextError):
        planned(folder, (64, 64))


def test_a_picture_is_planned_for_at_the_size_it_is_brought_to(folder: Path) -> None:
    expected = planned(folder, (64, 48)).needed
    path = folder / "model_index.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "default_size": [64, 48]}))
    assert planned(folder, (6400, 4800)).needed == expected
