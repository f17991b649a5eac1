"""Where a LoRA is found: in folders, and in what was fetched from the hub; nothing is unpickled."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from cut2next.backbones.lora_source import located, opened_config, tensors_of
from cut2next.film import WeightsError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def filled(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        save_file({"x": torch.zeros(1)}, folder / name)
    return folder


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["style.safetensors"], "style.safetensors"),
        (["a.safetensors", "pytorch_lora_weights.safetensors"], "pytorch_lora_weights.safetensors"),
        (["a.safetensors", "adapter_model.safetensors"], "adapter_model.safetensors"),
    ],
)
def test_a_folder_has_one_that_it_must_be(names: list[str], chosen: str, tmp_path: Path) -> None:
    assert located(filled(tmp_path, *names)) == tmp_path / chosen
    assert located(tmp_path, names[0]) == tmp_path / names[0]
    assert located(tmp_path.parent, subfolder=tmp_path.name) == tmp_path / chosen


def test_what_could_be_either_is_asked_for(tmp_path: Path) -> None:
    filled(tmp_path, "b.safetensors", "a.safetensors")
    with pytest.raises(WeightsError, match=r"holds a.safetensors, b.safetensors; .*weight_name="):
        located(tmp_path)


@pytest.mark.parametrize("settings", [{"weight_name": "a.bin"}, {"use_safetensors": False}])
def test_nothing_is_unpickled(settings: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"cos\nsystem\n(S'touch evil'\ntR.")
    with pytest.raises(WeightsError, match="would be unpickled"):
        located(tmp_path, **settings)  # type: ignore[arg-type]
    with pytest.raises(WeightsError, match="holds no safetensors file"):
        located(tmp_path)


def fetched(cache: Path, *names: str) -> Path:
    """What the hub's library leaves of a model that it has fetched."""
    top = cache / "models--studio--style"
    (top / "refs").mkdir(parents=True)
    (top / "refs" / "main").write_text(COMMIT)
    return filled(top / "snapshots" / COMMIT, *names)


@pytest.mark.parametrize("names", [["style.safetensors"], ["adapter_model.safetensors"]])
def test_a_model_of_the_hub_is_found_where_it_was_fetched(names: list[str], tmp_path: Path) -> None:
    folder = fetched(tmp_path, *names)
    assert located("studio/style", cache_dir=tmp_path) == folder / names[0]
    assert located("studio/style", names[0], cache_dir=tmp_path, token=None) == folder / names[0]


def test_one_that_is_not_here_is_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="studio/style: neither a file nor a LoRA of the hub"):
        located("studio/style", cache_dir=tmp_path)
    fetched(tmp_path, "a.safetensors", "b.safetensors")
    with pytest.raises(WeightsError, match="name the file itself"):
        located("studio/style", cache_dir=tmp_path)


def test_a_file_that_is_missing_is_no_model_of_the_hub(tmp_path: Path) -> None:
    path = located("loras/style.safetensors")
    with pytest.raises(
        WeightsError, match=r"loras/style.safetensors: does not exist; .* check the"
    ):
        tensors_of(path)
    assert located(tmp_path / "one" / "two") == tmp_path / "one" / "two"


def test_pefts_configuration_lies_beside_its_file(tmp_path: Path) -> None:
    (filled(tmp_path, "adapter_model.safetensors") / "adapter_config.json").write_text("[1")
    path = tmp_path / "adapter_model.safetensors"
    for damaged in ("[1", "[1]"):
        (tmp_path / "adapter_config.json").write_text(damaged)
        with pytest.raises(WeightsError, match=r"is no JSON|damaged configuration"):
            opened_config(path, {})
    (tmp_path / "adapter_config.json").write_text(json.dumps({"lora_alpha": 8}))
    assert opened_config(path, {}) == {"lora_alpha": 8}
    assert opened_config(path, {"lora_adapter_metadata": '{"lora_alpha": 2}'}) == {"lora_alpha": 2}
    assert opened_config(tmp_path / "other.safetensors", {}) == {}
