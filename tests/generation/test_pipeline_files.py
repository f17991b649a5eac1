"""A folder is loaded as ours; a LoRA on a pipeline is written, loaded, weighed, merged, refused."""

import json
from pathlib import Path

import pytest
from tests.generation.loras import RANK, fresh, written

from cut2next.backbones import backbone_named
from cut2next.backbones.lora import inject
from cut2next.film import WeightsError
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


@pytest.mark.parametrize(("model", "lora", "known"), [(0, 3, 3), (2, 0, 2), (1, 2, 2)])
def test_a_model_reads_as_many_earlier_shots_as_it_or_its_lora_has_learnt_to(
    model: int, lora: int, known: int, copied: Path, tmp_path: Path
) -> None:
    reindexed(copied, earlier_shots=model)
    path = written(tmp_path, earlier_shots=lora)
    loaded = Cut2NextPipeline.from_pretrained(copied, loras=[path])
    assert loaded.config["earlier_shots"] == known
    own = Cut2NextPipeline.from_pretrained(copied, loras=[path], earlier_shots=1)
    assert own.config["earlier_shots"] == 1
