"""`cut2next train film`, `rawcuts` and `curatedcuts`, as typed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors import SafetensorError
from tests.cli.running import refused, run
from tests.generation.loras import with_lora
from tests.generation.loras import written as lora_written
from tests.generation.toy import toy
from tests.recipes.lora.runs import make_quick, saved_toy
from tests.training.batches.sets import cut, film, shot, written
from tests.training.batches.test_survey import bare

from cut2next.cli.train import lora
from cut2next.cli.train.lora import described
from cut2next.generation.device import Device
from cut2next.generation.fit import Precision
from cut2next.generation.framing import Size
from cut2next.recipes.lora.keeping import keep_latents
from cut2next.recipes.lora.recipe import RECIPES, LoraRecipe
from cut2next.recipes.lora.watching import Watching
from cut2next.training.fit import Optimizer

NUMBERS = "--rank 2 --batch 2 --each 2 --groups 1 --steps 2 --held-out 1 --size 64x48"
OPTIONS = ["--model", "model", *NUMBERS.split()]
LOOP = "data/train-00000.parquet"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, cuts to train it on, and cuts that nothing can be trained on."""
    folder = tmp_path_factory.mktemp("shelf")
    saved_toy(folder / "model")
    film(folder / "cuts")
    _other_words(shutil.copytree(folder / "model", folder / "worded"))
    film(folder / "single", 1)
    written(folder / "bare", map(bare, range(2)))
    (folder / "looped" / "data").mkdir(parents=True)
    (folder / "looped" / LOOP).symlink_to(Path(LOOP).name)
    (folder / "empty").mkdir()
    (folder / "taken").write_text("a file")
    (folder / "torn.safetensors").write_text("half")
    lora_written(folder)
    paper = folder / "paper"
    paper.mkdir()
    other = toy("paper", transformer=with_lora().transformer)
    other.save_lora_weights(paper / "lora.safetensors", "mine")
    return folder


def _other_words(model: Path) -> None:
    """A model whose tokenizers have words that its text encoders have not."""
    for file in model.glob("tokenizer*/tokenizer.json"):
        told = json.loads(file.read_text())
        words = told["model"]["vocab"]
        told["model"]["vocab"] = words | {"fox": 10**6}
        file.write_text(json.dumps(told))


@pytest.fixture
def desk(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with all that is on the shelf; nobody is asked what a run takes."""
    for path in shelf.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    make_quick(monkeypatch)
    return tmp_path


def told(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of a run that is refused."""
    return refused(["train", *arguments, "--quiet"], capsys)


BAD: list[tuple[list[str], str]] = [
    (["nothing"], "nothing: no such folder"),
    (["empty"], "empty"),
    (["looped"], f"looped/{LOOP}: cannot be read (Too many levels of symbolic links)"),
    (["cuts", "looped"], f"looped/{LOOP}: cannot be read (Too many levels"),
    (["bare"], "none of 2 cuts in split train can be trained on (they are not annotated)"),
    (["bare", "cuts"], "by hand, it is `export` and `import`"),
    (["single"], "1 cuts to train on, of which none is left"),
    (["cuts", "bare"], "bare: none of 2 cuts"),
    (["cuts:0"], "cuts with a share of 0"),
    (["cuts:nan"], "got 'cuts:nan'; expected a folder, or FOLDER:SHARE"),
    (["cuts:-1"], "cuts with a share of -1"),
    (["cuts:much"], "got 'cuts:much'; expected a folder, or FOLDER:SHARE"),
    (["cuts", "--batch", "6", "--groups", "4"], "a batch of 6, 4 current shots at a time"),
    (["cuts", "--track", "tensorbord"], "a tracker 'tensorbord'; expected aim"),
    (["cuts", "--from", "nowhere"], "nowhere: does not exist"),
    (["cuts", "--from", "empty"], "empty: holds no lora.safetensors"),
    (["cuts", "--from", "torn.safetensors"], "torn.safetensors: "),
    (["cuts", "--from", "paper"], "was trained under the table 'paper'"),
    (["cuts", "--from", "model/vae/diffusion_pytorch_model.safetensors"], "is no LoRA"),
    (["cuts", "--from", "mine.safetensors", "--model", "mini"], "mine.safetensors"),
    (["cuts", "--model", "worded"], "says number 1000000 to an encoder of "),
    (["cuts", "--model", "worded", "--cached-texts"], "says number 1000000 to an encoder of "),
    (["cuts", "--model", "FLUX.1-dev"], "did you mean black-forest-labs/FLUX.1-dev?"),
    (["cuts", "--model", "nobody"], "unknown model 'nobody'"),
    (["cuts", "--model", "empty"], "model_index.json: does not exist"),
    (["cuts", "--out", "taken"], "taken: is a file"),
    (["cuts", "--out", "/proc/nothing/run"], "/proc/nothing/run: cannot be written"),
    (["cuts", "--precision", "int4"], "int4"),
    (["cuts", "--optimizer", "prodigy"], "prodigy"),
    (["cuts", "--device", "abacus"], "abacus"),
    (["cuts", "--prompt-tokens", "1", "2"], "--prompt-tokens"),
    (["cuts", "--size", "large"], "large"),
    (["cuts", "--size", "4x4"], "pictures of 16 pixels"),
    ([], "DIR"),
]


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_input_is_one_line_and_begins_no_run(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own = [] if "--model" in arguments else ["--model", "model"]
    assert message in told("film", *NUMBERS.split(), *own, *arguments, capsys=capsys)
    assert not Path("runs").exists()
    assert Path("taken").read_text() == "a file"


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("bad", [["nothing"], ["cuts", "nothing"], ["cuts", "--model", "empty"]])
def test_what_is_known_at_once_is_refused_before_a_run_tells_of_itself(
    bad: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    own = [] if "--model" in bad else ["--model", "model"]
    assert refused(["train", "curatedcuts", *NUMBERS.split(), *own, *bad], capsys)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
@pytest.mark.usefixtures("desk")
def test_a_card_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no CUDA device" in told("film", "cuts", *OPTIONS, "--device", "cuda", capsys=capsys)


NUMERIC = {field.name: field for field in fields(LoraRecipe) if field.type not in (str, bool)}
for _other in ("start", "optimizer", "precision"):
    NUMERIC.pop(_other)
MAY_BE_ZERO = {"weight_decay", "warmup", "cooldown", "average", "dropped", "left_out", "at_noise"}
MAY_BE_ZERO |= {"guidance", "checkpointed", "seed", "earlier_shots"}


@pytest.mark.parametrize("name", NUMERIC)
def test_no_number_that_cannot_be_gets_any_further(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ["word", "nan", "inf", "-inf", "-1", "9" * 400, "1e400"]
    wrong += [] if name in MAY_BE_ZERO else ["0"]
    times = 3 if name == "prompt_tokens" else 1
    for number in wrong:
        given = [f"--{name.replace('_', '-')}", *[number] * times]
        said = told("film", "cuts", *given, capsys=capsys)
        assert name.replace("_", "-") in said.replace("_", "-"), number


@pytest.mark.parametrize("kind", RECIPES)
def test_every_number_of_a_recipe_is_an_option_with_its_words(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", kind, "--help") == 0
    shown = " ".join(capsys.readouterr().out.split())
    for field in fields(LoraRecipe):
        option = {"start": "from"}.get(field.name, field.name).replace("_", "-")
        assert f"--{option}" in shown
        words = " ".join(described(LoraRecipe)[field.name].split())
        assert words[1:-1] in shown


def test_options_make_the_recipe(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def noted(*arguments: Any, **settings: Any) -> Any:
        asked.append((*arguments, settings))
        return iter(())

    monkeypatch.setattr("cut2next.recipes.lora.run.train_lora", noted)
    given = "--optimizer adamw8bit --precision nf4 --size 64x32 --prompt-tokens 1 2 3 --epochs 1.5 "
    given += "--steps 7 --cached-texts --no-compiled --average 0 --model model -o out --track aim"
    assert run("train", "rawcuts", "cuts:0.5", "single", *given.split()) == 0
    ((recipe, sources, folder, settings),) = asked
    assert recipe == replace(
        RECIPES["rawcuts"]("model"),
        optimizer=Optimizer.ADAMW_8BIT,
        precision=Precision.NF4,
        size=Size(64, 32),
        prompt_tokens=(5, 6, 7),  # as the model tells, whatever was asked
        epochs=1.5,
        steps=7,
        cached_texts=True,
    )
    assert [(str(source.folder), source.share) for source in sources] == [
        ("cuts", 0.5),
        ("single", 1.0),
    ]
    assert folder == Path("out")
    assert settings == {"device": None, "cache": None, "trackers": ["aim"]}


@pytest.mark.usefixtures("desk")
def test_a_folder_may_have_a_colon(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a:b").mkdir()
    assert lora._shared("a:b") == (Path("a:b"), 1)
    assert lora._shared("a:b:2") == (Path("a:b"), 2)


@pytest.mark.usefixtures("desk")
def test_a_run_tells_its_numbers_and_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("train", "film", "cuts", *OPTIONS) == 0
    out, err = capsys.readouterr()
    assert out == "runs/film/lora.safetensors\n"
    assert "rank 2, " in err
    assert "3 cuts to learn from, 1 held out" in err
    assert "it will take 1.0 GiB of memory in each process" in err
    assert "runs/film/sheets/step-2.png" in err
    assert all(line.startswith("cut2next: ") for line in err.splitlines())
    assert run("train", "film", "cuts", *OPTIONS, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["outputs"] == ["runs/film/lora.safetensors"]
    assert facts["recipe"]["rank"] == 2


@pytest.mark.usefixtures("desk")
def test_a_run_goes_on_from_a_run_and_another_recipes_folder_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("train", "rawcuts", "cuts", *OPTIONS) == 0
    more = ["--from", "runs/rawcuts", "--rank", "8"]
    assert run("train", "curatedcuts", "cuts", *OPTIONS, *more) == 0
    assert "rank 2, " in capsys.readouterr().err.split("model model,")[-1]
    said = told("curatedcuts", "cuts", *OPTIONS, "-o", "runs/rawcuts", *more, capsys=capsys)
    assert "runs/rawcuts: begun with other start" in said
    said = told("film", "cuts", *OPTIONS, "-o", "runs/rawcuts", capsys=capsys)
    assert "runs/rawcuts: begun with other " in said


def full(*_: Any, **__: Any) -> None:
    raise SafetensorError("Error while serializing: No space left on device (os error 28)")


def no_room_for_metrics(self: Watching, done: Any) -> None:
    path = self.metrics.path
    path.unlink()
    path.symlink_to("/dev/full")
    self.metrics.add(done)


NO_ROOM: dict[str, tuple[str, Callable[..., None]]] = {
    "latents": ("cut2next.training.batches.store.save_file", full),
    "checkpoints": ("cut2next.training.checkpoint.save_file", full),
    "metrics": ("cut2next.recipes.lora.watching.Watching.step", no_room_for_metrics),
    "lora": ("cut2next.generation.lora_file.save_file", full),
}


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("what", ["latents", "checkpoints", "metrics", "lora"])
def test_a_full_disk_is_one_line_and_what_was_saved_stands(
    what: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [*OPTIONS, "--checkpoint-every", "1"]
    place, fails = NO_ROOM[what]
    with monkeypatch.context() as patch:
        patch.setattr(place, fails)
        said = told("film", "cuts", *options, capsys=capsys)
    assert "cannot be written" in said
    assert "o space left on device" in said
    Path("runs/film/metrics.jsonl").unlink(missing_ok=True)
    assert not Path("runs/film/lora.safetensors").exists()
    assert run("train", "film", "cuts", *options) == 0
    assert Path("runs/film/lora.safetensors").exists()


@pytest.mark.usefixtures("desk")
def test_cuts_that_vanish_before_they_are_read_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = film(Path("gone"))

    def vanished(*arguments: Any) -> Any:
        for file in folder.rglob("*.parquet"):
            file.unlink()
        return keep_latents(*arguments)

    monkeypatch.setattr("cut2next.recipes.lora.run.keep_latents", vanished)
    assert "gone" in told("film", "gone", *OPTIONS, capsys=capsys)


def loaded_by(*arguments: str) -> tuple[set[str], int]:
    """Modules that a command has imported in the end, and its exit code."""
    asked = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules));"
        f"from cut2next.cli.main import main; sys.exit(main({list(arguments)}))"
    )
    ended = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    return set(ended.stdout.split()), ended.returncode


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--help"], 0), (["cuts", "--rank", "0"], 2), (["cuts", "--table"], 2)]
)
def test_help_and_refusals_are_instant(arguments: list[str], code: int) -> None:
    loaded, exit_code = loaded_by("train", "film", *arguments)
    assert exit_code == code
    assert "cut2next.recipes.lora.recipe" in loaded
    assert not loaded & {"torch", "numpy", "diffusers", "transformers", "accelerate", "datasets"}


@pytest.mark.slow
def test_what_flux_takes_is_told_without_fetching_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fetched(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.chdir(tmp_path)
    film(tmp_path / "cuts")
    monkeypatch.setattr("huggingface_hub.snapshot_download", fetched)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(Device, "room", lambda *_: 16 * 2**30)
    said = told("rawcuts", "cuts", capsys=capsys)
    assert "16.0 GiB of memory, and no CUDA card; expected 5" in said
    assert "plan --train" in said
    assert [path.name for path in tmp_path.iterdir()] == ["cuts"]


@pytest.mark.slow
def test_two_shapes_of_one_film_are_enough_for_every_recipe(desk: Path) -> None:
    tall = [cut(n, current=shot(n, (72, 96)), next=shot(n + 1, (72, 96))) for n in (10, 11)]
    written(desk / "both", [*map(cut, range(2)), *tall])
    for kind in RECIPES:
        assert run("train", kind, "both", *OPTIONS, "--steps", "1") == 0
        with Image.open(desk / "runs" / kind / "sheets" / "step-1.png") as sheet:
            assert sheet.width > 0
