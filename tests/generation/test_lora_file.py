"""A LoRA file tells what it was trained under; formats and backbones from elsewhere are refused."""

import json
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tests.formats.made import FORMATS
from tests.generation.loras import ALPHA, written

from cut2next.conditioning import CLOSED, PAPER, Segment
from cut2next.film import WeightsError
from cut2next.generation.lora_file import Lora, read_lora, read_training, write_lora


def header_of(path: Path) -> dict[str, str]:
    with safe_open(path, framework="pt") as file:
        return dict(file.metadata())


def changed(path: Path, **fields: str) -> Path:
    """The file with some fields of ours in its header changed."""
    header = {**header_of(path), **{f"cut2next.{name}": text for name, text in fields.items()}}
    save_file(load_file(path), path, metadata=header)
    return path


def test_the_table_is_written_in_full(tmp_path: Path) -> None:
    header = header_of(written(tmp_path))
    assert (header["cut2next.format"], header["cut2next.backbone"]) == ("2", "flux1")
    rows = json.loads(header["cut2next.segments"])
    assert [row["segment"] for row in rows] == [[s.kind, s.index] for s in CLOSED.segments]
    shot = next(row for row in rows if row["segment"] == ["shot", -1])
    assert (shot["clock"], shot["pooled_from"]) == ("clean", ["prompt", -1])
    assert (shot["reads"], shot["place"]) == ([["prompt", -1], ["shot", -1]], [0, 0, -1])


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    lora = read_lora(written(tmp_path))
    write_lora(lora, tmp_path / "again.safetensors")
    again = read_lora(tmp_path / "again.safetensors")
    assert (again.training, again.backbone) == (lora.training, lora.backbone)
    assert again.adapted.keys() == lora.adapted.keys()
    assert {factors.alpha for factors in again.adapted.values()} == {ALPHA}
    assert again.training == read_training(tmp_path / "again.safetensors")
    assert again.training is not None
    assert again.training.prompt_tokens[Segment.NEXT_PROMPT] == 7


@pytest.mark.parametrize(
    ("name", "table"), [("lora-1", CLOSED), ("lora-1-paper", PAPER), ("lora-diffusers", None)]
)
def test_format_1_is_read(name: str, table: object) -> None:
    lora = read_lora(FORMATS / f"{name}.safetensors")
    assert (lora.training and lora.training.table) == table
    assert lora.backbone == "flux1"


def test_how_many_earlier_shots_were_learnt_is_told_and_older_files_tell_none(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, earlier_shots=3)
    assert (training := read_training(path))
    assert training.earlier_shots == 3
    header = header_of(path)
    del header["cut2next.earlier_shots"]
    save_file(load_file(path), path, metadata=header)
    assert (training := read_training(path))
    assert training.earlier_shots == 0


def test_one_without_training_is_written_without(tmp_path: Path) -> None:
    style = Lora(networks=read_lora(written(tmp_path)).networks, training=None)
    write_lora(style, tmp_path / "style.safetensors")
    assert read_training(tmp_path / "style.safetensors") is None
    assert not any(
        name.startswith("cut2next.") for name in header_of(tmp_path / "style.safetensors")
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"format": "3"}, "has format 3, this version reads 1 and 2"),
        ({"format": "1"}, "a table 'closed' that this version does not have"),
        ({"backbone": "flux9"}, "is for the backbone 'flux9', which this version does not have"),
        ({"prompt_tokens": '{"prompt of old": 3}'}, "has a damaged header"),
        ({"earlier_shots": "9"}, "has a damaged header"),
        ({"earlier_shots": "many"}, "has a damaged header"),
    ],
)
def test_what_another_version_wrote_is_refused_in_a_line(
    fields: dict[str, str], said: str, tmp_path: Path
) -> None:
    path = changed(written(tmp_path), **fields)
    with pytest.raises(WeightsError) as refused:
        read_lora(path)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
