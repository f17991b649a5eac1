"""Folders whose transformer is quantised already, as diffusers saves them."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.quantizers.quantization_config import TorchAoConfig
from safetensors.torch import load_file, save_file
from tests.generation.test_precision import half
from tests.generation.toy import latents, picture, prompt, seeded, toy
from torchao.quantization import Float8WeightOnlyConfig, Int8WeightOnlyConfig

from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.film import InputError, WeightsError
from cut2next.generation.fit import Precision
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.plan import model_in, planned
from cut2next.generation.precision import is_quantised, quantise

NF4: dict[str, Any] = {
    "quant_method": "bitsandbytes",
    "load_in_4bit": True,
    "bnb_4bit_quant_type": "nf4",
    "bnb_4bit_compute_dtype": "bfloat16",
}


@pytest.fixture(params=[Int8WeightOnlyConfig, Float8WeightOnlyConfig])
def quantised(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A model whose transformer diffusers has quantised and saved."""
    pipe = half()
    pipe.save_pretrained(tmp_path / "whole")
    pipe.transformer = Flux1Transformer.from_pretrained(
        tmp_path / "whole" / "transformer",
        quantization_config=TorchAoConfig(request.param()),
        dtype=torch.bfloat16,
    )
    pipe.save_pretrained(tmp_path / "quantised")
    return tmp_path / "quantised"


def test_one_loads_and_generates(quantised: Path) -> None:
    pipe = Cut2NextPipeline.from_pretrained(quantised, dtype=torch.bfloat16)
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    assert is_quantised(pipe.transformer)
    expected = latents(half(), picture(), prompt(), generator=seeded(1)).float()
    found = latents(pipe, picture(), prompt(), generator=seeded(1)).float()
    assert 0 < (found - expected).norm() < 0.1 * expected.norm()


def test_it_is_planned_for_as_it_is(quantised: Path) -> None:
    plan = planned(model_in(quantised), (256, 256))
    stored = sum(path.stat().st_size for path in (quantised / "transformer").glob("*.safetensors"))
    assert plan.needed.weights[Precision.BF16].transformer == stored + plan.needed.widest
    assert {fit.precision for fit in plan.fits(fp8=True, card=True)} == {Precision.BF16}


def test_what_lacks_a_tensor_is_refused(quantised: Path) -> None:
    path = next((quantised / "transformer").glob("*.safetensors"))
    tensors = load_file(path)
    tensors.pop(next(name for name in tensors if "proj_out" in name))
    save_file(tensors, path)
    with pytest.raises(WeightsError, match="install, copy or save the model again"):
        Cut2NextPipeline.from_pretrained(quantised, dtype=torch.bfloat16)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_nf4_asks_for_a_card_in_one_line(tmp_path: Path) -> None:
    toy().save_pretrained(tmp_path / "nf4")
    config = tmp_path / "nf4" / "transformer" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "quantization_config": NF4}))
    with pytest.raises(WeightsError, match=r"GPU"):
        Cut2NextPipeline.from_pretrained(tmp_path / "nf4")


def test_what_was_quantised_here_is_not_saved(tmp_path: Path) -> None:
    pipe = half()
    quantise(pipe.transformer, Precision.INT8)
    with pytest.raises(InputError, match="save it before"):
        pipe.save_pretrained(tmp_path / "model")
    assert not (tmp_path / "model").exists()
