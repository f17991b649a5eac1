"""The model card: Hugging Face reads its header, the command line its command."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from huggingface_hub import ModelCard
from tests.cuts.sample import record

from cut2next.cli.main import COMMANDS
from cut2next.cli.parser import Parser
from cut2next.cuts.dataset import split_files
from cut2next.cuts.writer import CutWriter
from cut2next.generation.framing import Framing, Size
from cut2next.recipes.lora.card import LearntFrom, LoraCard, generating, learnt_from, model_card
from cut2next.training.batches.buckets import Buckets
from cut2next.training.batches.survey import CutSource, survey
from cut2next.training.validation import BANDS, ValidationLoss

CARD = LoraCard(
    lora="lora.safetensors",
    base="black-forest-labs/FLUX.1-dev",
    base_licence="non-commercial",
    table="closed",
    steps=2500,
    numbers={"rank": 256, "learning_rate": 1e-4, "start": None},
    data=[
        LearntFrom(
            folder="my | film",
            cuts=1200,
            films=3,
            licences={"CC-BY-4.0": 1200},
            sources={"a": 1200},
        )
    ],
    before=ValidationLoss(by_band=dict(zip(BANDS, (1.0, 2.0, 3.0, 4.0), strict=True))),
    after=ValidationLoss(by_band=dict.fromkeys(BANDS, 0.5)),
    held_out=8,
    sheet="sheets/step-2500.png",
)


def header(card: LoraCard) -> dict[str, Any]:
    """As Hugging Face reads it."""
    read: dict[str, Any] = ModelCard(model_card(card)).data.to_dict()  # type: ignore[no-untyped-call]
    return read


def test_hugging_face_reads_what_it_is() -> None:
    assert header(CARD) == {
        "base_model": "black-forest-labs/FLUX.1-dev",
        "base_model_relation": "adapter",
        "library_name": "diffusers",
        "license": "other",
        "pipeline_tag": "image-to-image",
        "tags": ["cut2next", "lora", "next-shot-generation", "diffusers"],
    }


def test_where_the_base_asks_nothing_the_licence_is_the_pictures() -> None:
    free = replace(CARD, base="runs/mini: new\n", base_licence="")
    read = header(free)
    assert read["license"] == "cc-by-4.0"
    assert "base_model" not in read
    two = replace(free, data=[*CARD.data, replace(CARD.data[0], licences={"MIT": 1})])
    assert header(two)["license"] == "other"


def test_it_tells_data_figures_numbers_and_licence() -> None:
    text = model_card(CARD)
    for line in (
        "| my \\| film | 1,200 | 3 |",
        "- CC-BY-4.0 (1200)",
        "| 0.00-0.25 | 1.0000 | 0.5000 |",
        "| 0.75-1.00 | 4.0000 | 0.5000 |",
        "| all | 2.5000 | 0.5000 |",
        "| rank | 256 |",
        "| learning rate | 0.0001 |",
        "| start | None |",
        "![Held-out cuts](sheets/step-2500.png)",
        "What base and pictures ask holds for the LoRA too. Of the base: non-commercial.",
    ):
        assert f"{line}\n" in text
    assert "The loss of 8 cuts" in text
    assert "trained for 2,500 steps" in text


def test_without_a_validation_there_are_no_figures() -> None:
    text = model_card(replace(CARD, before=None, after=None, sheet=None))
    assert "Held-out" not in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize("base", ["mini", "my models/it's `new`"])
def test_its_command_is_one_that_generate_takes(base: str) -> None:
    card = replace(CARD, base=base)
    assert f"```sh\n{generating(card)}\n```\n" in model_card(card)
    program, name, *words = shlex.split(generating(card))
    (command,) = [each for each in COMMANDS if name == each.NAME]
    parser = Parser(prog=program)
    command.add_arguments(parser)
    args = parser.parse_args(words)
    assert program == "cut2next"
    assert args.model == base
    assert args.lora == [(Path("lora.safetensors"), 1.0)]


def test_what_was_learnt_from_is_what_the_records_say(tmp_path: Path) -> None:
    records = [
        replace(record(0, film="a"), licence="CC0-1.0"),
        replace(record(1, film="a"), licence="MIT", source="elsewhere"),
        replace(record(2, film="b"), licence="MIT"),
        replace(record(3, film="c", split="test"), licence="secret"),
    ]
    folder = tmp_path / "cuts"
    with CutWriter(folder, with_truth=False) as writer:
        for each in records:
            writer.add(each)
    buckets = Buckets(model=Framing(step=8, only=Size(24, 16)))
    (data,) = learnt_from(survey((CutSource(folder=folder),), buckets))
    assert (data.folder, data.cuts, data.films) == ("cuts", 3, 2)
    assert dict(data.licences) == {"CC0-1.0": 1, "MIT": 2}
    assert dict(data.sources) == {"noise": 2, "elsewhere": 1}


def test_what_was_left_out_is_not_told_of_nor_in_the_way(tmp_path: Path) -> None:
    folder = tmp_path / "cuts"
    with CutWriter(folder, with_truth=False) as writer:
        for number in range(4):
            writer.add(record(number, film=f"film{number}"))
    (file,) = split_files(folder)
    rows = pyarrow.parquet.read_table(file).to_pylist()
    rows[1]["id"] = "not by its shots"
    rows[2] = {**rows[0], "licence": "of a cut that is there twice"}
    _rewrite(file, rows)
    buckets = Buckets(model=Framing(step=8, only=Size(24, 16)))
    found = survey((CutSource(folder=folder),), buckets)
    assert len(found.faults) == 2
    (data,) = learnt_from(found)
    assert (data.cuts, data.films) == (2, 2)
    assert "of a cut that is there twice" not in data.licences


def _rewrite(file: Path, rows: list[dict[str, Any]]) -> None:
    schema = pyarrow.parquet.read_schema(file)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema), file)
