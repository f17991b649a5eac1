"""The two stages on the cuts of a real film, by the commands that a person types."""

import json
from pathlib import Path
from typing import Any

import pytest
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from PIL import Image
from safetensors.torch import load_file
from tests.cli.running import run
from tests.recipes.lora.flux import flux_folder
from tests.recipes.lora.runs import Known

from cut2next.cuts.dataset import read_records

pytestmark = [pytest.mark.footage, pytest.mark.slow]
NUMBERS = "--rank 2 --batch 4 --groups 1 --each 2 --steps 2 --held-out 1 --size 96x64"
WORDS = "--prompt-tokens 24 32 32 --checkpoint-every 1"


def annotated(lines: Path) -> None:
    """Writes prompts as a person might, by the number of the cut."""
    cuts = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    for number, cut in enumerate(cuts):
        cut["current_prompt"]["summary"] = f"Shot {number} of <Thom> (dark jacket) on a bridge"
        cut["next_prompt"]["summary"] = f"Shot {number + 1} of <Thom>"
        cut["relational_prompt"]["transition"] = "The transition is a cutaway"
    lines.write_text("".join(f"{json.dumps(cut)}\n" for cut in cuts), encoding="utf-8")


def test_a_film_becomes_cuts_and_these_a_lora_in_two_stages(
    footage: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cut2next.recipes.lora.run.estimated", Known)
    flux_folder(tmp_path / "flux")
    film = str(footage / "tears-of-steel.webm")
    assert run("data", "rawcuts", film, "--out", "found", "--no-text", "--workers", "1") == 0
    assert run("data", "export", "found", "plain") == 0
    annotated(tmp_path / "plain" / "cuts.jsonl")
    assert run("data", "import", "plain", "cuts") == 0
    count = sum(record.annotated for record in read_records(tmp_path / "cuts", split="train"))
    assert count >= 2
    options = ["--model", "flux", *NUMBERS.split(), *WORDS.split()]
    assert run("train", "rawcuts", "cuts", *options) == 0
    assert f"{count - 1} cuts to learn from, 1 held out" in capsys.readouterr().err
    more = ["--from", "runs/rawcuts", "--precision", "int8", "--optimizer", "adamw8bit"]
    assert run("train", "curatedcuts", "cuts", *options, *more) == 0
    lora = "runs/curatedcuts/lora.safetensors"
    picture = next((tmp_path / "plain").rglob("*.jpg"), None) or next(Path("plain").rglob("*.png"))
    made = ["generate", str(picture), "--pattern", "cutaway", "--next", "Close up of <Thom>"]
    more = ["--size", "96x64", "--steps", "2", "-o", "next.png"]
    assert run(*made, "--model", "flux", "--lora", lora, *more) == 0
    with Image.open("next.png") as shot:
        assert shot.size == (96, 64)
    theirs: Any = FluxTransformer2DModel.from_pretrained("flux/transformer")
    theirs.load_lora_adapter(load_file(lora), prefix="transformer", adapter_name="film")
    card = Path("runs/curatedcuts/README.md").read_text(encoding="utf-8")
    assert "tears-of-steel" in card
