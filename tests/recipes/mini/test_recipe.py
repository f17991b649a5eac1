"""The recipe of the mini model on two sets and two steps: all stages, in and out of a model."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from cut2next.backbones.mini import weights_folder
from cut2next.backbones.mini.architecture import PROMPT_TOKENS
from cut2next.film import InputError, WeightsError
from cut2next.generation import Cut2NextPipeline
from cut2next.recipes.mini import LEARNT, MiniRecipe, film_set_tokenizer, train_mini
from cut2next.recipes.mini import recipe as mini_recipe
from cut2next.recipes.mini.autoencoder import AutoencoderRun
from cut2next.recipes.mini.text_encoders import TextEncodersRun
from cut2next.recipes.mini.transformer import MiniModel, TransformerRun
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.people import held_out_look
from cut2next.soundstage.places import PLACES
from cut2next.soundstage.repertoire import repertoire_named
from cut2next.training.step import Draws

STAGES = [
    "shooting sets",
    "training the autoencoder",
    "encoding",
    "teaching the words",
    "training the transformer",
]
ON_CUTS = STAGES[2::2]
FROM_A_MODEL = [STAGES[0], STAGES[2], "making own pictures", STAGES[4]]
TRANSFORMER = TransformerRun(steps=2, groups=1, each=2, draws=Draws(), compilable=False)


def recipe(folder: Path, start: str | None) -> MiniRecipe:
    autoencoder = AutoencoderRun(steps=2, batch=1)
    return MiniRecipe(
        folder=folder,
        start=start,
        sets=2,
        sets_a_reel=2,
        autoencoder=autoencoder,
        text_encoders=TextEncodersRun(steps=2, batch=2),
        transformer=TRANSFORMER,
        workers=1,
    )


def farthest(one: nn.Module, other: nn.Module) -> float:
    """The largest difference between the parameters of two networks."""
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return max((a.float() - b.float()).abs().max().item() for a, b in pairs)


@pytest.fixture(scope="module")
def stages() -> list[str]:
    """Filled by the run of `folder`."""
    return []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, stages: list[str]) -> Path:
    """Where a model was made from nothing."""
    runs = tmp_path_factory.mktemp("runs")
    stages += [step.stage for step in train_mini(recipe(runs, None), runs / "model")]
    return runs


def test_a_run_tells_where_it_is_before_its_first_reel_is_shot(tmp_path: Path) -> None:
    begun = recipe(tmp_path, None)
    first = next(train_mini(begun, tmp_path / "model"))
    assert (first.stage, first.done) == ("shooting sets", 0)
    assert not list(begun.rushes.folder.glob("*"))


@pytest.mark.slow
def test_from_nothing_to_a_model(folder: Path, stages: list[str]) -> None:
    assert list(dict.fromkeys(stages)) == STAGES
    made = Cut2NextPipeline.from_pretrained(folder / "model")
    assert made.config["knows"].endswith(f"({LEARNT})")
    assert made.prompt_tokens == PROMPT_TOKENS
    assert made.table.name == "closed"
    kept = load_file(folder / "model" / "vae" / "diffusion_pytorch_model.safetensors")
    assert {tensor.dtype for tensor in kept.values()} == {torch.float16}
    assert made.vae.config["scaling_factor"] != 1


def test_the_words_are_those_of_the_whole_film_set_in_looks_that_are_learnt(
    tmp_path: Path, new_model: Callable[[], MiniModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    taught: list[FilmSet] = []

    def noted(*arguments: Any) -> Iterator[tuple[int, float]]:
        taught.extend(arguments[3])
        return iter(())

    monkeypatch.setattr(mini_recipe, "train_text_encoders", noted)
    few = replace(recipe(tmp_path, None), sets=60)
    assert not list(mini_recipe.teach_words(few, new_model(), film_set_tokenizer()))
    assert {film_set.place.name for film_set in taught} == set(PLACES) > set(LEARNT.places)
    assert not any(held_out_look(person.look) for film_set in taught for person in film_set.cast)


@pytest.mark.slow
def test_a_finished_autoencoder_is_read_again_and_not_trained(folder: Path) -> None:
    finished = folder / "vae" / "diffusion_pytorch_model.safetensors"
    written = finished.stat().st_mtime_ns
    stages = [step.stage for step in train_mini(recipe(folder, None), folder / "again")]
    assert "training the autoencoder" not in stages
    assert finished.stat().st_mtime_ns == written
    first, again = (Cut2NextPipeline.from_pretrained(folder / name) for name in ("model", "again"))
    assert farthest(first.vae, again.vae) == 0
    assert first.vae.config["scaling_factor"] == again.vae.config["scaling_factor"]


@pytest.mark.slow
def test_a_damaged_autoencoder_is_told(folder: Path) -> None:
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[:1000])
    with pytest.raises(WeightsError, match="vae: damaged, or of another kind"):
        list(train_mini(recipe(folder, None), folder / "damaged"))
    file.write_bytes(whole)


@pytest.mark.slow
def test_a_folder_belongs_to_one_recipe(folder: Path) -> None:
    other = replace(recipe(folder, None), repertoire=repertoire_named("park"))
    with pytest.raises(InputError, match="begun with other part of the film set"):
        next(train_mini(other, folder / "model"))


@pytest.mark.parametrize("damage", ["garbage", "[]", ""])
def test_a_damaged_record_is_told(tmp_path: Path, damage: str) -> None:
    (tmp_path / "recipe.json").write_text(damage)
    with pytest.raises(InputError, match=r"recipe\.json: is (damaged|no JSON)"):
        next(train_mini(recipe(tmp_path, None), tmp_path / "model"))


@pytest.mark.slow
def test_going_on_from_a_model(tmp_path: Path) -> None:
    transformer = replace(TRANSFORMER, earlier_shots=2)
    run = replace(recipe(tmp_path, "mini"), transformer=transformer, own_share=0.5)
    stages = [step.stage for step in train_mini(run, tmp_path / "model")]
    assert list(dict.fromkeys(stages)) == FROM_A_MODEL
    start, made = (Cut2NextPipeline.from_pretrained(name) for name in ("mini", tmp_path / "model"))
    assert farthest(start.vae, made.vae) < 1e-3  # rounded to float16, and not trained
    assert made.prompt_tokens == start.prompt_tokens
    assert (start.config["earlier_shots"], made.config["earlier_shots"]) == (0, 2)
    assert (tmp_path / "transformer-closed-after-2-shots").is_dir()
    assert start.vae.config["scaling_factor"] == made.vae.config["scaling_factor"]
    assert farthest(start.text_encoder_2, made.text_encoder_2) == 0
    assert start.tokenizer.get_vocab() == made.tokenizer.get_vocab()
    for config in (tmp_path / "model").rglob("config.json"):
        assert str(weights_folder()) not in config.read_text()  # whoever made it keeps their paths
    moved = farthest(start.transformer, made.transformer)
    assert 0 < moved < 0.02  # two small steps away, not another beginning
