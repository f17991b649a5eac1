import json
import pickle
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file, save_file
from tests.makers.checkpoints import BUILT, PIXELS, brief

from cut2next.film import InputError, WeightsError
from cut2next.makers.diffusers_maker import DiffusersMaker
from cut2next.makers.maker import Made, MakerError
from cut2next.makers.pipelines import PIPELINES, maker_for
from cut2next.makers.settings import Settings

Checkpoint = Callable[[str], Path]

STEPS = 2


def maker(folder: Path, **settings: Any) -> DiffusersMaker:
    asked = {"pixels": PIXELS, "steps": STEPS, "dtype": "float32", **settings}
    return maker_for(str(folder))(str(folder), Settings(**asked))


def made(folder: Path, *seeds: int, **settings: Any) -> list[Made]:
    return list(maker(folder, **settings).make([brief(seed) for seed in seeds]))


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.tobytes() == other.tobytes()


@pytest.mark.parametrize("name", BUILT)
def test_a_maker_gives_pictures_of_the_size_that_is_wanted_by_their_seeds(
    name: str, checkpoint: Checkpoint
) -> None:
    one, other, again = made(checkpoint(name), 3, 4, 3)
    assert one.picture.size == (48, 32)
    assert one.picture.mode == "RGB"
    assert same(one.picture, again.picture)
    assert not same(one.picture, other.picture)
    assert (one.asked.seed, one.asked.steps) == (3, STEPS)
    assert one.asked.size > (64, 64)
    assert one.asked.settings["model"] == str(checkpoint(name))


# What each pipeline's own documentation calls it with; the truth beside which a maker is held.
CALLS: dict[str, dict[str, Any]] = {
    "kontext": {
        "image": brief().current,
        "guidance_scale": 2.5,
        "max_area": 112 * 80,
        "_auto_resize": False,
    },
    "klein": {"image": brief().current.resize((112, 80)), "guidance_scale": 1.0},
    "qwen_edit": {
        "image": [brief().current],
        "true_cfg_scale": 4.0,
        "negative_prompt": " ",
    },
    "qwen21": {"image": brief().current, "output_resolution": 96},
}


@pytest.mark.parametrize("name", CALLS)
def test_it_is_the_picture_that_diffusers_makes_when_it_is_asked_by_hand(
    name: str, checkpoint: Checkpoint
) -> None:
    wide = brief(size=(56, 40)) if name in ("kontext", "klein") else brief(size=(96, 96))
    (whole,) = (mine := maker(checkpoint(name))).make([wide])
    pipe = mine.load().pipe
    call = CALLS[name]
    if name == "klein":
        call = {**call, "image": ImageOps.fit(wide.current, (112, 80), Image.Resampling.LANCZOS)}
    if name == "qwen21":
        call = {**call, "sigmas": [1.0, 0.5]}
    array = pipe(
        prompt=whole.asked.words,
        width=whole.asked.size[0],
        height=whole.asked.size[1],
        num_inference_steps=STEPS,
        generator=torch.Generator().manual_seed(3),
        output_type="np",
        **call,
    ).images[0]
    colours = array[..., :3] * array[..., 3:] if array.shape[-1] == 4 else array
    by_hand = Image.fromarray((colours * 255).round().astype(np.uint8))
    assert same(whole.picture, ImageOps.fit(by_hand, wide.size, Image.Resampling.LANCZOS))


@pytest.mark.parametrize("name", BUILT)
def test_what_is_not_told_is_as_the_model_s_page_recommends(
    name: str, checkpoint: Checkpoint
) -> None:
    unset = maker_for(str(checkpoint(name)))(str(checkpoint(name)))
    recommended = {
        "kontext": (28, 2.5),
        "klein": (4, 1),
        "qwen_edit": (40, 4),
        "qwen21": (3, 1),  # the folder names three noise levels
        "ic_lora": (28, 3.5),
    }
    assert (unset.steps, unset.guidance) == recommended[name]
    assert unset.settings.dtype == "bfloat16"
    area = unset.size((1920, 1080))[0] * unset.size((1920, 1080))[1]
    assert area == pytest.approx(1024 * 576 if name == "ic_lora" else 1024 * 1024, rel=0.05)


def test_an_undistilled_klein_takes_its_steps_and_its_guidance(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    base = _changed(checkpoint("klein"), tmp_path, is_distilled=False)
    unset = maker_for(str(base))(str(base))
    assert (unset.steps, unset.guidance) == (50, 4)


def test_in_bfloat16_it_makes_pictures_too(checkpoint: Checkpoint) -> None:
    (one,) = made(checkpoint("qwen21"), 3, dtype="bfloat16")
    assert one.asked.settings["dtype"] == "bfloat16"


def test_to_another_process_goes_what_was_named(checkpoint: Checkpoint) -> None:
    mine = maker(checkpoint("klein"))
    (one,) = mine.make([brief()])
    (other,) = pickle.loads(pickle.dumps(mine)).make([brief()])
    assert same(one.picture, other.picture)
    assert one.asked == other.asked


def test_the_digest_tells_weights_apart(checkpoint: Checkpoint, tmp_path: Path) -> None:
    (before,) = made(checkpoint("klein"), 3)
    other = _copy(checkpoint("klein"), tmp_path)
    file = other / "transformer" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    save_file({name: tensor + 0.01 for name, tensor in tensors.items()}, file)
    (after,) = made(other, 3)
    assert len(before.asked.weights) == 32
    assert before.asked.weights != after.asked.weights


def test_another_pipeline_s_weights_are_refused_before_they_are_loaded(
    checkpoint: Checkpoint,
) -> None:
    with pytest.raises(InputError, match=r"weights of Flux2KleinPipeline; expected FLUX.1 Kontext"):
        PIPELINES["FluxKontextPipeline"](str(checkpoint("klein")))


def test_a_folder_says_who_reads_it(checkpoint: Checkpoint, tmp_path: Path) -> None:
    for name in BUILT:
        assert maker_for(str(checkpoint(name))).__module__ == f"cut2next.makers.{name}"
    (tmp_path / "model_index.json").write_text('{"_class_name": "WanPipeline"}')
    with pytest.raises(InputError, match="weights of WanPipeline; expected those of FluxKontext"):
        maker_for(str(tmp_path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "model_index.json: does not exist"),
        ("{", "model_index.json: is no JSON"),
        ("[]", "no settings in it"),
        ("{}", "names no pipeline"),
    ],
)
def test_a_damaged_index_is_told_by_its_name(
    content: str | None, said: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "model_index.json").write_text(content)
    with pytest.raises(WeightsError, match=said):
        maker_for(str(tmp_path))


def test_what_is_neither_a_folder_nor_a_name_of_the_hub_is_refused() -> None:
    with pytest.raises(InputError, match="unknown model 'no/such/folder'"):
        maker_for("no/such/folder")


def test_of_a_model_of_the_hub_the_index_alone_is_fetched_first(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[str]] = []

    def snapshot(name: str, allow_patterns: Sequence[str], **_: Any) -> str:
        asked.append(allow_patterns)
        return str(checkpoint("klein"))

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    mine = maker_for("owner/klein")("owner/klein", Settings(pixels=PIXELS, steps=1))
    assert asked == [["model_index.json"]] * 2
    mine.load()
    assert {"*/*.safetensors", "*/*.jinja"} < set(asked[2])


def test_a_missing_or_damaged_file_is_told_by_its_name(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    folder = _copy(checkpoint("klein"), tmp_path)
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(WeightsError, match=r"vae/diffusion_pytorch_model.safetensors: damaged"):
        made(folder, 3)
    file.unlink()
    with pytest.raises(WeightsError, match=r"vae/\*.safetensors: missing"):
        made(folder, 3)


@pytest.mark.parametrize(
    ("component", "name"),
    [("transformer", "x_embedder.weight"), ("text_encoder", "layers.3.mlp.down_proj.weight")],
)
def test_a_tensor_that_the_files_lack_is_told_by_its_name(
    component: str, name: str, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    folder = _copy(checkpoint("klein"), tmp_path)
    (file,) = (folder / component).glob("*.safetensors")
    tensors = load_file(file)
    (whole,) = [each for each in tensors if each.endswith(name)]
    del tensors[whole]
    save_file(tensors, file, {"format": "pt"})
    with pytest.raises(WeightsError, match=f"{component}: lacks .*{name}"):
        made(folder, 3)


def test_what_would_be_unpickled_is_not_loaded(checkpoint: Checkpoint, tmp_path: Path) -> None:
    folder = _copy(checkpoint("klein"), tmp_path)
    (file,) = (folder / "vae").glob("*.safetensors")
    torch.save(load_file(file), folder / "vae" / "diffusion_pytorch_model.bin")
    file.unlink()
    with pytest.raises(WeightsError, match=r"vae/\*.safetensors: missing"):
        made(folder, 3)


def test_what_is_no_picture_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    folder = _copy(checkpoint("klein"), tmp_path)
    (file,) = (folder / "vae").glob("*.safetensors")
    tensors = load_file(file)
    tensors["decoder.conv_out.bias"].fill_(float("nan"))
    save_file(tensors, file)
    with pytest.raises(MakerError, match="at a cut, 3: made a picture that is not of finite"):
        made(folder, 3)


def test_what_fails_within_the_library_is_one_line(checkpoint: Checkpoint) -> None:
    wide = brief(current=Image.new("RGB", (900, 100)))
    with pytest.raises(MakerError, match=r"failed .ValueError: Image too small") as told:
        list(maker(checkpoint("klein")).make([wide]))
    assert "\n" not in str(told.value)


def test_what_a_text_encoder_would_cut_off_is_left_out_in_whole_words_and_told(
    checkpoint: Checkpoint,
) -> None:
    from tests.generation.toy import prompt

    words = " ".join(f"word{number}" for number in range(90))
    long = brief(prompt=prompt(following=words))
    (one,) = (mine := maker(checkpoint("klein"))).make([long])
    left_out = one.asked.settings["left out"]
    assert isinstance(left_out, str)
    assert f"{one.asked.words} {left_out}" == mine.words(long)
    assert mine.tokens(mine.load().pipe, one.asked.words) <= 512
    assert mine.tokens(mine.load().pipe, f"{one.asked.words} {left_out.split()[0]}") > 512


def test_there_is_such_a_pipeline_in_diffusers() -> None:
    assert all(hasattr(diffusers, name) for name in PIPELINES)


def _copy(folder: Path, place: Path) -> Path:
    return Path(shutil.copytree(folder, place / "copy"))


def _changed(folder: Path, place: Path, **facts: object) -> Path:
    copy = _copy(folder, place)
    index = json.loads((copy / "model_index.json").read_text())
    (copy / "model_index.json").write_text(json.dumps(index | facts))
    return copy
