"""What works with diffusers' FLUX.1 works with this one: files, pipelines, LoRA, offload."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from peft import LoraConfig
from tests.backbones.flux1.toy import CONFIG, inputs, toy

from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.conditioning import CLOSED, PAPER, TABLES, Segment

FLUX1_DEV = {"guidance_embeds": True}
"""FLUX.1-dev's configuration, where it differs from the default."""


class _Pipeline(DiffusionPipeline):
    def __init__(self, transformer: Flux1Transformer) -> None:
        super().__init__()
        self.register_modules(transformer=transformer)  # type: ignore[no-untyped-call]


def test_full_size_has_the_parameters_of_flux1_dev() -> None:
    with torch.device("meta"):
        ours, theirs = Flux1Transformer(**FLUX1_DEV), FluxTransformer2DModel(**FLUX1_DEV)
    assert dict(ours.config) == dict(theirs.config)
    assert {name: x.shape for name, x in ours.state_dict().items()} == {
        name: x.shape for name, x in theirs.state_dict().items()
    }


def test_what_we_save_diffusers_loads(tmp_path: Path) -> None:
    ours = toy(torch.float32)
    ours.save_pretrained(tmp_path)
    theirs = FluxTransformer2DModel.from_pretrained(tmp_path)
    _assert_same_weights(ours, theirs)


def test_what_diffusers_saves_we_load(tmp_path: Path) -> None:
    theirs = FluxTransformer2DModel(**CONFIG)
    theirs.save_pretrained(tmp_path)
    ours = Flux1Transformer.from_pretrained(tmp_path)
    assert isinstance(ours, Flux1Transformer)
    assert len(ours.transformer_blocks) == CONFIG["num_layers"]
    _assert_same_weights(ours, theirs)


def test_a_pipeline_saves_and_loads_it(tmp_path: Path) -> None:
    ours = toy(torch.float32)
    _Pipeline(ours).save_pretrained(tmp_path)
    loaded = _Pipeline.from_pretrained(tmp_path).transformer
    assert type(loaded) is Flux1Transformer
    _assert_same_weights(ours, loaded)


def test_a_lora_trains_alone(tmp_path: Path) -> None:
    model, given = toy(), inputs(PAPER)
    before = given.velocity(model).detach()
    model.requires_grad_(False)
    targets = ["to_q", "add_k_proj", "to_out.0", "norm1.linear", "proj_mlp", "proj_out"]
    model.add_adapter(LoraConfig(r=4, lora_alpha=4, target_modules=targets))
    # PEFT casts its own weights to float32.
    model.double()
    assert torch.equal(given.velocity(model).detach(), before)

    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    assert all("lora_" in name for name in trained)
    optimizer = torch.optim.SGD(trained.values(), lr=0.1)
    given.velocity(model).square().mean().backward()
    optimizer.step()
    after = given.velocity(model).detach()
    assert after.square().mean() < before.square().mean()

    model.save_lora_adapter(tmp_path)
    fresh = toy()
    fresh.load_lora_adapter(tmp_path, prefix=None, use_safetensors=True)
    torch.testing.assert_close(given.velocity(fresh.double()), after, rtol=0, atol=1e-5)


def test_a_prefill_carries_a_lora() -> None:
    model, given = toy(), inputs(CLOSED)
    model.add_adapter(LoraConfig(r=4, target_modules=["to_k"], init_lora_weights=False))
    model.double()
    with torch.no_grad():
        cache = given.cache(model, set(CLOSED.cacheable))
        torch.testing.assert_close(
            given.velocity(model, cache), given.velocity(model), rtol=0, atol=1e-12
        )


def test_compiling_blocks_finds_them() -> None:
    model = toy()
    blocks = [*model.transformer_blocks, *model.single_transformer_blocks]
    assert {type(block).__name__ for block in blocks} == set(model._repeated_blocks)
    assert model._repeated_blocks == model._no_split_modules


@pytest.mark.slow
def test_compiled_blocks_compute_the_same() -> None:
    model, given = toy(torch.float32), inputs(CLOSED)
    given = type(given)(
        tokens={one: x.float() for one, x in given.tokens.items()},
        pooled={one: x.float() for one, x in given.pooled.items()},
        timestep=given.timestep.float(),
        layout=given.layout,
    )
    with torch.no_grad():
        expected = given.velocity(model)
        compile_blocks: Callable[..., None] = model.compile_repeated_blocks
        compile_blocks(fullgraph=True, backend="aot_eager")
        cache = given.cache(model, set(CLOSED.cacheable))
        torch.testing.assert_close(given.velocity(model), expected)
        torch.testing.assert_close(given.velocity(model, cache), expected)
    assert Segment.NEXT_SHOT not in cache.segments


@pytest.mark.slow
def test_the_whole_transformer_compiles_without_a_break_and_minds_its_table() -> None:
    model, compiled = toy(torch.float32), toy(torch.float32)
    torch.nn.Module.compile(compiled, fullgraph=True, backend="eager")
    with torch.no_grad():
        for table in TABLES.values():
            given = inputs(table).to(torch.float32)
            expected = given.velocity(model)
            torch.testing.assert_close(given.velocity(compiled), expected)
            if table.cacheable:
                cache = given.cache(compiled, set(table.cacheable))
                torch.testing.assert_close(given.velocity(compiled, cache), expected)


def _assert_same_weights(ours: torch.nn.Module, theirs: torch.nn.Module) -> None:
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    for name, weight in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weight), name
