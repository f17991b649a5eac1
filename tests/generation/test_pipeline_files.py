"""A folder is loaded as ours; a LoRA on a pipeline is written, loaded, weighed, merged, refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tests.generation.loras import ALPHA, RANK, fresh, shot, with_lora, written
from tests.generation.toy import TRANSFORMER, assert_same, components
from torch import Tensor, nn

from cut2next.backbones import backbone_named
from cut2next.backbones.flux1 import Flux1Facts
from cut2next.backbones.lora import adapted, inject, lora_config
from cut2next.film import InputError, WeightsError
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.pipeline_files import with_our_transformer
from cut2next.generation.weights import FORMAT, check_weights

FLUX1 = backbone_named("flux1")


def reindexed(folder: Path, **fields: object) -> Path:
    """The folder with some fields of its index changed; None leaves one out."""
    path = folder / "model_index.json"
    index = {**json.loads(path.read_text()), **fields}
    path.write_text(json.dumps({name: x for name, x in index.items() if x is not None}))
    return folder


def test_the_transformer_of_a_backbones_own_folder_is_ours() -> None:
    config = {"transformer": list(FLUX1.stock_class), "vae": ["diffusers", "AutoencoderKL"]}
    assert with_our_transformer(config) == {
        **config,
        "transformer": ["cut2next.backbones.flux1.transformer", "Flux1Transformer"],
    }
    for other in ({"transformer": ["diffusers", "Flux2Transformer2DModel"]}, {}):
        assert with_our_transformer(dict(other)) == other


def test_a_folder_says_its_format_and_backbone(saved: Path) -> None:
    index = json.loads((saved / "model_index.json").read_text())
    assert (index["format"], index["backbone"]) == (FORMAT, "flux1")


def test_format_1_is_read_and_saved_as_today(copied: Path, tmp_path: Path) -> None:
    pipe = Cut2NextPipeline.from_pretrained(reindexed(copied, format=None, backbone=None))
    assert pipe.backbone.name == "flux1"
    pipe.save_pretrained(tmp_path / "again")
    index = json.loads((tmp_path / "again" / "model_index.json").read_text())
    assert index["format"] == FORMAT


@pytest.mark.parametrize(
    "fields", [{"format": FORMAT + 1}, {"format": "new"}, {"backbone": "flux9"}, {"backbone": []}]
)
def test_what_a_newer_version_saved_is_refused_in_a_line(
    fields: dict[str, object], copied: Path
) -> None:
    with pytest.raises(WeightsError, match="install a newer cut2next") as refused:
        check_weights(reindexed(copied, **fields))
    assert "\n" not in str(refused.value)


def merged(transformer: nn.Module) -> dict[str, Tensor]:
    """Every weight with its LoRA added to it, by the name it had before."""
    for module in transformer.modules():
        if isinstance(module, peft.tuners.tuners_utils.BaseTunerLayer):
            module.merge()
    state = transformer.state_dict()
    return {n.replace(".base_layer", ""): x for n, x in state.items() if ".lora_" not in n}


def stock() -> FluxTransformer2DModel:
    theirs: FluxTransformer2DModel = FluxTransformer2DModel(**TRANSFORMER)
    theirs.load_state_dict(components()["transformer"].state_dict())
    return theirs


def assert_all_close(actual: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert actual.keys() == expected.keys()
    for name, tensor in expected.items():
        torch.testing.assert_close(actual[name], tensor, rtol=0, atol=1e-6)


def changed(path: Path, *, header: dict[str, str], **tensors: Tensor) -> None:
    """Writes a LoRA file again with something else in it."""
    with safe_open(path, framework="pt") as file:
        known = file.metadata()
    save_file({**load_file(path), **tensors}, path, metadata={**known, **header})


def test_what_is_written_loads_and_makes_the_same(tmp_path: Path) -> None:
    plain, original = shot(fresh()), with_lora()
    path = tmp_path / "mine.safetensors"
    original.save_lora_weights(path, "mine")
    loaded = fresh()
    loaded.load_lora_weights(path, "mine")
    assert_same(shot(loaded), shot(original))
    assert (shot(loaded) - plain).abs().max() > 0.01


def test_merged_is_unmerged_and_back(tmp_path: Path) -> None:
    pipe = fresh()
    plain = shot(pipe)
    pipe.load_lora_weights(written(tmp_path), "mine")
    beside = shot(pipe)
    pipe.fuse_lora()
    assert_same(shot(pipe), beside)
    pipe.unfuse_lora()
    assert_same(shot(pipe), beside)
    pipe.unload_lora_weights()  # type: ignore[no-untyped-call]
    assert_same(shot(pipe), plain)


def test_several_are_weighed(tmp_path: Path) -> None:
    one, two = written(tmp_path, "one", 1), written(tmp_path, "two", 2)
    pipe = fresh()
    pipe.load_lora_weights(one, "one")
    pipe.load_lora_weights(two, "two")
    pipe.set_adapters(["one", "two"], [0.5, 0.25])
    together = merged(pipe.transformer)
    for name, weight in components()["transformer"].state_dict().items():
        added = torch.zeros_like(weight)
        for path, share in ((one, 0.5), (two, 0.25)):
            tensors, key = load_file(path), f"transformer.{name.removesuffix('.weight')}"
            if f"{key}.lora_A.weight" in tensors and name.endswith(".weight"):
                product = tensors[f"{key}.lora_B.weight"] @ tensors[f"{key}.lora_A.weight"]
                added += share * ALPHA / RANK * product
        torch.testing.assert_close(together[name], weight + added, rtol=0, atol=1e-6)


def test_diffusers_own_pipeline_loads_it_at_the_same_scale(tmp_path: Path) -> None:
    path = written(tmp_path)
    parts = {**components(), "transformer": stock()}
    theirs = FluxPipeline(**parts)
    theirs.load_lora_weights(path)
    assert_all_close(merged(theirs.transformer), merged(with_lora().transformer))


def test_peft_loads_it_at_the_same_scale(tmp_path: Path) -> None:
    tensors = load_file(written(tmp_path))
    theirs = stock()
    peft.inject_adapter_in_model(lora_config(Flux1Facts.lora_targets, RANK, ALPHA), theirs, "mine")
    plain = {
        name.removeprefix("transformer."): x
        for name, x in tensors.items()
        if not name.endswith(".alpha")
    }
    loaded: Any = peft.set_peft_model_state_dict(theirs, plain, "mine")
    assert not loaded.unexpected_keys
    assert_all_close(merged(theirs), merged(with_lora().transformer))


def test_the_header_says_how_it_was_trained(tmp_path: Path) -> None:
    with safe_open(written(tmp_path), framework="pt") as file:
        header = file.metadata()
        alphas = [name for name in file.keys() if name.endswith(".alpha")]  # noqa: SIM118
        assert all(file.get_tensor(name).item() == ALPHA for name in alphas)
        assert len(alphas) == len([n for n in file.keys() if "lora_A" in n])  # noqa: SIM118
    assert header["modelspec.architecture"] == "flux-1-dev/lora"
    assert header["cut2next.table"] == "closed"
    assert (header["cut2next.format"], header["cut2next.backbone"]) == ("2", "flux1")
    rows = {tuple(row["segment"]): row for row in json.loads(header["cut2next.segments"])}
    assert rows["shot", -1]["place"] == [0, 0, -1]
    assert rows["shot", 0]["clock"] == "noisy"
    assert rows["shot", 0]["pooled_from"] == ["prompt", 0]
    assert json.loads(header["cut2next.prompt_tokens"])["next prompt"] == 7


def test_it_configures_a_folder_that_tells_no_table(
    saved: Path, copied: Path, tmp_path: Path
) -> None:
    pipe = fresh("paper", prompt_tokens=dict.fromkeys(fresh().config["prompt_tokens"], 9))
    inject(pipe.transformer, "mine", RANK)
    path = tmp_path / "mine.safetensors"
    pipe.save_lora_weights(path, "mine")
    with pytest.raises(WeightsError, match="trained under the table 'paper'"):
        Cut2NextPipeline.from_pretrained(saved, loras=[path])
    index = copied / "model_index.json"
    told = json.loads(index.read_text())
    index.write_text(json.dumps({**told, "table": "", "prompt_tokens": None}))
    loaded = Cut2NextPipeline.from_pretrained(copied, loras=[path])
    assert loaded.table.name == "paper"
    assert set(loaded.prompt_tokens.values()) == {9}
    assert list(loaded.transformer.peft_config) == ["mine"]


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def foreign(path: Path) -> None:
    save_file({"conv.weight": torch.zeros(3)}, path)


def other_base(path: Path) -> None:
    name = "transformer.transformer_blocks.0.attn.to_q.lora_A.weight"
    changed(path, header={}, **{name: torch.zeros(RANK, 3072)})


def deeper_base(path: Path) -> None:
    block = "transformer.transformer_blocks.18.attn.to_q"
    pair = {"lora_A": torch.zeros(RANK, 32), "lora_B": torch.zeros(32, RANK)}
    changed(path, header={}, **{f"{block}.{one}.weight": x for one, x in pair.items()})


def misshapen(*shape: int) -> Callable[[Path], None]:
    """Has one factor of some other shape."""
    name = "transformer.transformer_blocks.0.attn.to_q.lora_A.weight"
    return lambda path: changed(path, header={}, **{name: torch.zeros(shape)})


def half_a_pair(path: Path) -> None:
    block = "transformer.transformer_blocks.0.norm1.linear"
    changed(path, header={}, **{f"{block}.lora_B.weight": torch.zeros(32, RANK)})


def other_table(path: Path) -> None:
    pipe = fresh("paper")
    inject(pipe.transformer, "mine", RANK)
    pipe.save_lora_weights(path, "mine")


BAD: list[tuple[Callable[[Path], None], str]] = [
    (Path.unlink, "no such file"),
    (truncated, "damaged"),
    (empty, "damaged"),
    (foreign, "holds no LoRA"),
    (other_base, "made for a matrix of (32, 3072)"),
    (deeper_base, "transformer_blocks.18.attn.to_q, which this transformer does not have"),
    (half_a_pair, "belongs to no pair"),
    (misshapen(), "is no LoRA of FLUX.1"),
    (misshapen(32), "factors of shapes (32,) and"),
    (misshapen(0, 32), "factors of shapes (0, 32) and"),
    (other_table, "trained under the table 'paper'"),
    (lambda path: changed(path, header={"cut2next.segments": "[]"}), "does not have"),
    (lambda path: changed(path, header={"cut2next.prompt_tokens": "5"}), "damaged header"),
    (lambda path: changed(path, header={"cut2next.format": "9"}), "has format 9"),
    (
        lambda path: changed(path, header={"cut2next.prompt_tokens": '{"next prompt": 1}'}),
        "damaged header (prompts of",
    ),
]


@pytest.mark.parametrize(("spoil", "told"), BAD)
def test_what_cannot_be_loaded_is_refused_and_changes_nothing(
    tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    path = written(tmp_path)
    spoil(path)
    pipe = fresh()
    before = shot(pipe)
    with pytest.raises(WeightsError, match=r".*") as refused:
        pipe.load_lora_weights(path, "mine")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not getattr(pipe.transformer, "peft_config", {})
    assert torch.equal(shot(pipe), before)


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    path, pipe = written(tmp_path), fresh()
    pipe.load_lora_weights(path, "mine")
    with pytest.raises(InputError, match="second LoRA called 'mine'"):
        pipe.load_lora_weights(path, "mine")


def test_only_a_lora_that_is_there_is_saved(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no LoRA called 'absent'"):
        with_lora().save_lora_weights(tmp_path / "x.safetensors", "absent")
    assert not list(tmp_path.iterdir())


def test_a_style_without_our_header_goes_with_any_table(tmp_path: Path) -> None:
    path = written(tmp_path)
    save_file(load_file(path), path)
    pipe = fresh("paper")
    pipe.load_lora_weights(path, "style")
    assert adapted(pipe.transformer, "style")


def test_a_folder_is_no_lora(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="damaged, or no safetensors file"):
        fresh().load_lora_weights(tmp_path, "folder")
