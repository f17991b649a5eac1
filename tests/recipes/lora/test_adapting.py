"""What is adapted, from what it goes on, and the file that comes of it, which others read."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from safetensors.torch import load_file, save_file
from tests.cli.running import run
from tests.generation.loras import merged, text_lora, written
from tests.recipes.lora.flux import flux_folder
from tests.recipes.lora.runs import recipe

from cut2next.backbones.lora import adapted
from cut2next.conditioning import Segment
from cut2next.film import InputError, WeightsError
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.fit import Precision
from cut2next.generation.framing import Size
from cut2next.generation.lora_file import read_lora, read_training
from cut2next.generation.precision import is_quantised
from cut2next.recipes.lora.adapting import (
    base,
    begin_lora,
    check_start,
    lora_file,
    optimizer_of,
    settled,
    write,
)
from cut2next.recipes.lora.recipe import LoraRecipe, film
from cut2next.training.fit import Optimizer

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def flux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the shape of FLUX.1-dev's, which tells no table."""
    return flux_folder(tmp_path_factory.mktemp("flux") / "FLUX.1-toy")


@pytest.fixture
def untold(model: Path, tmp_path: Path) -> Path:
    """The toy model, which does not tell how it was trained."""
    folder = tmp_path / "untold"
    shutil.copytree(model, folder)
    index = json.loads((folder / "model_index.json").read_text())
    kept = {name: x for name, x in index.items() if name not in ("table", "prompt_tokens")}
    (folder / "model_index.json").write_text(json.dumps(kept))
    return folder


def lively(pipe: Cut2NextPipeline) -> None:
    chance = torch.Generator().manual_seed(3)
    for parameter in pipe.transformer.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter.data, std=0.1, generator=chance)


def lora_by(recipe: LoraRecipe, path: Path) -> Path:
    """A LoRA as if it had been trained by a recipe."""
    pipe = base(recipe, CPU)
    begin_lora(recipe, pipe, CPU)
    lively(pipe)
    write(pipe, path)
    return path


def small(model: Path, **changes: Any) -> LoraRecipe:
    return recipe(model, **{"prompt_tokens": (5, 6, 7), **changes})


@pytest.mark.parametrize("table", ["closed", "paper"])
def test_a_base_that_tells_no_table_gets_the_recipes(flux: Path, table: str) -> None:
    pipe = base(small(flux, table=table), CPU)
    assert pipe.table.name == table
    assert pipe.prompt_tokens == {
        Segment.RELATIONAL_PROMPT: 5,
        Segment.CURRENT_PROMPT: 6,
        Segment.NEXT_PROMPT: 7,
    }
    assert pipe.backbone.is_distilled


def test_a_base_that_tells_its_table_keeps_it(model: Path) -> None:
    pipe = base(small(model, table="paper", prompt_tokens=(9, 9, 9)), CPU)
    assert pipe.table.name == "closed"
    assert set(pipe.prompt_tokens.values()) == {5, 6, 7}


def test_an_unknown_table_is_refused(flux: Path) -> None:
    with pytest.raises(InputError, match="'open'"):
        base(small(flux, table="open"), CPU)


@pytest.mark.parametrize("goes_on", [False, True])
def test_nothing_but_the_lora_is_trained(flux: Path, file: Path, goes_on: bool) -> None:
    settings = small(flux, start=file if goes_on else None)
    pipe = base(settings, CPU)
    transformer = begin_lora(settings, pipe, CPU)
    assert read_scale(pipe) == 1.0
    learning = {name for name, p in transformer.named_parameters() if p.requires_grad}
    assert learning
    assert all(name.rpartition(".lora_")[2] in ENDINGS for name in learning)
    optimizer = optimizer_of(settings, transformer)
    assert len(optimizer.masters) == len(learning)


def read_scale(pipe: Cut2NextPipeline) -> float:
    """What the product of a new LoRA is multiplied by."""
    (scale,) = {factors.scale for factors in adapted(pipe.transformer, "cuts").values()}
    return scale


ENDINGS = {"A.cuts.weight", "B.cuts.weight"}


def test_a_new_lora_is_drawn_by_the_seed(model: Path) -> None:
    def drawn(seed: int) -> torch.Tensor:
        settings = small(model, seed=seed)
        transformer = begin_lora(settings, base(settings, CPU), CPU)
        learning = [p for p in transformer.parameters() if p.requires_grad]
        return torch.cat([p.detach().flatten() for p in learning])

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))


@pytest.mark.parametrize("kind", Optimizer)
def test_muon_alone_takes_matrices(model: Path, kind: Optimizer) -> None:
    settings = small(model, optimizer=kind)
    optimizer = optimizer_of(settings, begin_lora(settings, base(settings, CPU), CPU))
    assert list(optimizer.parts) == ["muon" if kind is Optimizer.MUON else "adamw"]
    optimizer.step(0.5)  # of the learning rate
    (part,) = optimizer.parts.values()
    assert {group["lr"] for group in part.param_groups} == {0.5 * settings.learning_rate}


@pytest.mark.parametrize("whole_run", [False, True])
def test_a_lora_goes_on_from_a_file_or_a_run(flux: Path, tmp_path: Path, whole_run: bool) -> None:
    first = lora_by(small(flux, rank=3, table="paper"), tmp_path / "lora.safetensors")
    start = tmp_path if whole_run else first
    settings = settled(small(flux, start=start, rank=7, prompt_tokens=(9, 9, 9)))
    assert settings.rank == 3
    pipe = base(settings, CPU)
    assert pipe.table.name == "paper"  # as the LoRA tells
    assert set(pipe.prompt_tokens.values()) == {5, 6, 7}
    begin_lora(settings, pipe, CPU)
    write(pipe, tmp_path / "again.safetensors")
    before, after = load_file(first), load_file(tmp_path / "again.safetensors")
    assert before.keys() == after.keys()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_a_lora_says_how_many_earlier_shots_it_went_on_from(model: Path, tmp_path: Path) -> None:
    start = written(tmp_path, earlier_shots=3)
    again = lora_by(settled(small(model, start=start)), tmp_path / "again.safetensors")
    first = lora_by(small(model), tmp_path / "first.safetensors")
    for path, earlier in ((start, 3), (again, 3), (first, 0)):
        assert (training := read_training(path))
        assert training.earlier_shots == earlier


def test_earlier_shots_are_as_many_as_anything_knows(model: Path, tmp_path: Path) -> None:
    """What a model or a LoRA has learnt to read is not to be forgotten."""
    start = written(tmp_path, earlier_shots=3)
    assert settled(small(model, earlier_shots=2)).earlier_shots == 2
    assert settled(small(model, earlier_shots=2, start=start)).earlier_shots == 3
    knowing = shutil.copytree(model, tmp_path / "knowing")
    index = knowing / "model_index.json"
    index.write_text(json.dumps({**json.loads(index.read_text()), "earlier_shots": 4}))
    assert settled(small(knowing)).earlier_shots == 4
    asked = small(knowing, earlier_shots=5)
    assert settled(asked) == asked
    assert base(asked, CPU).config["earlier_shots"] == 5


def test_a_recipe_says_what_its_model_is_and_not_what_was_asked(model: Path) -> None:
    asked = small(model, table="paper", prompt_tokens=(1, 2, 3))
    pipe, now = base(asked, CPU), settled(asked)
    assert now.table == pipe.table.name
    assert now.prompt_lengths == pipe.prompt_tokens
    assert replace(now, table="paper", prompt_tokens=(1, 2, 3)) == asked
    assert settled(film()).size == Size(384, 160)  # of the model in the package


def test_a_recipe_of_a_model_that_tells_nothing_stays_as_it_is(flux: Path) -> None:
    assert settled(small(flux, table="paper")) == small(flux, table="paper")


def test_a_table_that_nobody_knows_is_refused_whatever_the_model_tells(model: Path) -> None:
    with pytest.raises(InputError, match="nonsense"):
        settled(small(model, table="nonsense"))


def refused(settings: LoraRecipe) -> str:
    with pytest.raises((InputError, WeightsError)) as told:
        check_start(settings, base(settled(settings), CPU))
    assert "\n" not in str(told.value)
    return str(told.value)


def test_a_lora_of_another_table_is_refused(untold: Path, model: Path, tmp_path: Path) -> None:
    start = lora_by(small(untold, table="paper"), tmp_path / "lora.safetensors")
    assert "was trained under the table 'paper'" in refused(small(model, start=start))


def test_a_lora_of_other_prompt_lengths_is_refused(
    untold: Path, model: Path, tmp_path: Path
) -> None:
    start = lora_by(small(untold, prompt_tokens=(9, 8, 7)), tmp_path / "lora.safetensors")
    assert "was trained with prompts of 8 (current prompt), " in refused(small(model, start=start))


def test_a_lora_of_another_base_is_refused(flux: Path, model: Path, tmp_path: Path) -> None:
    start = lora_by(small(flux), tmp_path / "lora.safetensors")
    assert "which this transformer does not have" in refused(small(model, start=start))


def test_a_lora_that_adapts_text_encoders_is_refused(model: Path, tmp_path: Path) -> None:
    tensors = {**load_file(written(tmp_path)), **text_lora()}
    save_file(tensors, tmp_path / "both.safetensors")
    said = refused(small(model, start=tmp_path / "both.safetensors"))
    assert "adapts the text encoder too" in said


@pytest.mark.parametrize("what", ["absent.safetensors", "folder", "config.json"])
def test_what_is_no_lora_is_refused(model: Path, tmp_path: Path, what: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "config.json").write_text("{}")
    assert what in refused(small(model, start=tmp_path / what))


def test_a_runs_folder_stands_for_its_lora_once_it_has_ended(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="go on with that run first"):
        lora_file(tmp_path)
    (tmp_path / "lora.safetensors").touch()
    assert lora_file(tmp_path) == tmp_path / "lora.safetensors"
    assert lora_file(tmp_path / "a.safetensors") == tmp_path / "a.safetensors"


@pytest.fixture(scope="module")
def file(flux: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA as a run leaves it."""
    return lora_by(small(flux), tmp_path_factory.mktemp("lora") / "lora.safetensors")


def weights_with(flux: Path, file: Path) -> dict[str, torch.Tensor]:
    """What the LoRA makes of the weights, by the arithmetic of its file."""
    weights = load_file(flux / "transformer" / "diffusion_pytorch_model.safetensors")
    for module, factors in read_lora(file).adapted.items():
        added = factors.scale * factors.up.float() @ factors.down.float()
        weights[f"{module}.weight"] = weights[f"{module}.weight"] + added
    return weights


def assert_like(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name].float(), tensor, rtol=0, atol=2e-3)


def test_it_tells_how_it_was_trained(flux: Path, file: Path) -> None:
    training = read_training(file)
    assert training is not None
    assert (training.table.name, training.base) == ("closed", flux.name)


def test_our_pipeline_loads_it(flux: Path, file: Path) -> None:
    counts = {"relational prompt": 5, "current prompt": 6, "next prompt": 7}
    pipe = Cut2NextPipeline.from_pretrained(flux, table="closed", prompt_tokens=counts)
    plain = {name: tensor.clone() for name, tensor in pipe.transformer.state_dict().items()}
    pipe.load_lora_weights(file)
    changed = merged(pipe.transformer)
    assert_like(changed, weights_with(flux, file))
    assert any(not torch.equal(changed[name], tensor) for name, tensor in plain.items())


@pytest.mark.parametrize("way", ["adapter", "pipeline"])
def test_diffusers_loads_it(flux: Path, file: Path, way: str) -> None:
    """By its own classes."""
    transformer: Any = FluxTransformer2DModel.from_pretrained(flux / "transformer")
    if way == "adapter":
        transformer.load_lora_adapter(load_file(file), prefix="transformer", adapter_name="cuts")
    else:
        pipe: Any = FluxPipeline.from_pretrained(flux, transformer=transformer)
        pipe.load_lora_weights(load_file(file))
    assert_like(merged(transformer), weights_with(flux, file))


def test_comfyui_finds_its_names_for_it(flux: Path, file: Path, tmp_path: Path) -> None:
    """As `cut2next lora` writes it: queries, keys and values in one, and the rest of a block."""
    path = tmp_path / "kohya.safetensors"
    assert run("lora", "convert", str(file), "--to", "kohya", "-o", str(path)) == 0
    kohya = load_file(path)
    plain = load_file(flux / "transformer" / "diffusion_pytorch_model.safetensors")
    expected = weights_with(flux, file)
    ours = {name: tensor - plain[name] for name, tensor in expected.items()}
    stream, single = "transformer_blocks.1.attn", "single_transformer_blocks.1"
    wholes = {
        "double_blocks_1_img_attn_qkv": [f"{stream}.to_{part}" for part in "qkv"],
        "double_blocks_1_txt_attn_proj": [f"{stream}.to_add_out"],
        "single_blocks_1_linear1": [
            *(f"{single}.attn.to_{x}" for x in "qkv"),
            f"{single}.proj_mlp",
        ],
        "single_blocks_1_linear2": [f"{single}.proj_out"],
    }
    for name, parts in wholes.items():
        up, down, alpha = (
            kohya[f"lora_unet_{name}.{kind}"].float()
            for kind in ("lora_up.weight", "lora_down.weight", "alpha")
        )
        whole = torch.cat([ours[f"{part}.weight"] for part in parts])
        torch.testing.assert_close(alpha / len(down) * up @ down, whole, rtol=0, atol=2e-3)
        assert whole.abs().max() > 0.01


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.NF4, Precision.FP8])
def test_the_base_may_have_fewer_bits(flux: Path, precision: Precision, tmp_path: Path) -> None:
    settings = small(flux, precision=precision)
    pipe = base(settings, CPU)
    learning = [p for p in begin_lora(settings, pipe, CPU).parameters() if p.requires_grad]
    assert is_quantised(pipe.transformer)
    write(pipe, tmp_path / "lora.safetensors")
    factors = read_lora(tmp_path / "lora.safetensors").adapted.values()
    written = sum(each.down.numel() + each.up.numel() for each in factors)
    assert written == sum(p.numel() for p in learning)
