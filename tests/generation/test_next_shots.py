"""A request and a model give pictures one by one, each with its provenance, and notes beside."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.formats.made import FORMATS
from tests.generation.test_request import CARRIED, asked
from tests.generation.toy import TRANSFORMER, lively, picture, seeded, toy

from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.film import IndividualPrompt, InputError
from cut2next.film.keyframe import read_keyframe, write_png
from cut2next.film.png_prompt import png_text, prompt_to_json
from cut2next.generation import pipeline, schedule
from cut2next.generation.fit import Fit
from cut2next.generation.model_choice import LoadedModel, ModelChoice
from cut2next.generation.next_shots import NextShots, read_request
from cut2next.generation.provenance import Provenance
from cut2next.generation.request import NextShotRequest
from cut2next.soundstage.wording import may_be_learnt

CHOICE = ModelChoice(name="a/toy", loras=[(Path("x.y.safetensors"), 0.5)])
DISTILLED = lively(Flux1Transformer(**TRANSFORMER, guidance_embeds=True))
MODEL = LoadedModel(choice=CHOICE, pipe=toy())


def read(request: NextShotRequest, model: LoadedModel = MODEL) -> NextShots:
    return read_request(request, model, may_be_learnt)


def test_each_is_what_the_pipeline_makes_under_its_seed() -> None:
    request = asked(seed=3, count=2, steps=1, size=(32, 64), relational_strength=0.5)
    made = dict(zip(request.seeds, read(request), strict=True))
    assert list(made) == [3, 4]
    for seed, (image, provenance) in made.items():
        (expected,) = MODEL.pipe(
            request.picture,
            request.prompt,
            num_inference_steps=1,
            height=64,
            width=32,
            generator=seeded(seed),
            relational_strength=0.5,
        ).images
        assert image.tobytes() == expected.tobytes()
        assert len(provenance.made_from) == 32
        assert replace(provenance, made_from="") == Provenance(
            prompt=request.prompt,
            model="toy",
            table="closed",
            seed=seed,
            steps=1,
            elsewhere=True,
            loras={"x.y": 0.5},
            relational_strength=0.5,
        )


def test_none_is_made_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, calls = toy(), []
    shots = iter(read(asked(count=1000), LoadedModel(choice=CHOICE, pipe=pipe)))
    denoised = schedule.denoised

    def counted(*given: Any) -> Any:
        calls.append(1)
        return denoised(*given)

    monkeypatch.setattr(pipeline, "denoised", counted)
    next(shots)
    next(shots)
    assert len(calls) == 2


@pytest.mark.parametrize(("lora", "was_taught"), [("lora-diffusers", False), ("lora-1", True)])
def test_notes_say_what_a_person_should_know(lora: str, was_taught: bool) -> None:
    """What a LoRA of ours was taught nobody tells, so with one no picture is a stranger."""
    pipe = toy(knows="toys", prompt_tokens={**toy().config["prompt_tokens"], "next prompt": 3})
    choice = replace(CHOICE, loras=[(FORMATS / f"{lora}.safetensors", 1.0)])
    request = asked(
        picture=picture(size=(50, 32)), next="red alien meets one dog", relation="near", patterns=[]
    )
    stranger = "a/toy knows only toys; a.png seems to come from elsewhere"
    assert list(read(request, LoadedModel(choice=choice, pipe=pipe)).notes()) == [
        "a.png, 50x32, was cropped to 48x32 around its centre",
        "too long for the model, left out of the next prompt: 'meets one dog.'",
        "the model does not know, and reads over: alien",
        *([] if was_taught else [stranger]),
    ]


def test_a_shot_that_there_is_no_memory_for_is_read_smaller_and_said_so() -> None:
    model = LoadedModel(choice=CHOICE, pipe=toy(), fit=Fit(most_pixels=64 * 48))
    shots = read(asked(picture=picture(size=(256, 192)), steps=1), model)
    assert "a.png, 256x192, was scaled to 64x48, the most that there is memory for" in shots.notes()
    ((image, _),) = shots
    assert image.size == (64, 48)


def test_what_a_model_of_one_size_read_of_another_picture_is_told() -> None:
    pipe = toy(knows="toys", default_size=[48, 32], default_steps=1)
    model = LoadedModel(choice=CHOICE, pipe=pipe)
    shots = read(asked(picture=picture(size=(320, 180))), model)
    assert next(shots.notes()) == (
        "a.png, 320x180, was cropped to 270x180 around its centre and scaled to 48x32, "
        "the one size that a/toy knows"
    )
    told = {"image": "a.png", "size": (320, 180), "crop": (25, 0, 295, 180), "to": (48, 32)}
    assert shots.framed == told
    ((image, provenance),) = shots
    assert [image.size, tuple(shots.shot.size)] == [(48, 32), (48, 32)]
    assert [*provenance.crop] == [*shots.shot.box] == [25, 0, 295, 180]
    scaled = read(asked(picture=picture(size=(96, 64))), model)
    note = "a.png, 96x64, was scaled to 48x32, the one size that a/toy knows"
    assert next(scaled.notes()) == note
    assert scaled.provenances[0].crop == ()
    assert read(asked(), model).framed == {}
    with pytest.raises(InputError, match="a size of 96x64; expected 48x32"):
        read(asked(size=(96, 64)), model)


def test_guidance_is_told_of_weights_that_hear_it_alone() -> None:
    hears = LoadedModel(choice=CHOICE, pipe=toy(transformer=DISTILLED))
    for model, told in ((MODEL, None), (hears, 5.0)):
        shots = read(asked(steps=1, guidance=5.0), model)
        ((_, provenance),) = shots
        assert provenance.guidance_scale == told
        notes = [note for note in shots.notes() if "hears none" in note]
        assert notes == ["a/toy was not distilled for guidance, and hears none"][: told is None]
    assert not [note for note in read(asked()).notes() if "hears none" in note]


def ours(path: Path, summary: str, **more: Any) -> Image.Image:
    write_png(picture(), path, png_text(IndividualPrompt(summary=summary), more))
    return read_keyframe(path)


FIRST_FORMAT = {
    "relational": {"transition": "a cut"},
    "current": prompt_to_json(CARRIED),
    "model": "mini",
    "table": "closed",
    "seed": 1,
    "steps": 8,
    "version": "0.1",
}
"""What the first version wrote of a picture."""


@pytest.mark.parametrize(
    ("summary", "more", "elsewhere"),
    [
        ("Close up of <Rex> in the café", {}, False),
        ("Close up of <Rex> in the kitchen", {}, True),
        ("Close up of <Rex>", {"made": FIRST_FORMAT}, False),
        ("Close up of <Rex>", {"made": {**FIRST_FORMAT, "elsewhere": False}}, False),
        ("Close up of <Rex> in the café", {"made": {**FIRST_FORMAT, "elsewhere": True}}, True),
        ("Close up of <Rex> in the café", {"made": "by hand"}, False),
    ],
)
def test_a_place_that_was_not_learnt_is_elsewhere_too(
    summary: str, more: dict[str, object], elsewhere: bool, tmp_path: Path
) -> None:
    shot = ours(tmp_path / "shot.png", summary, **more)
    model = LoadedModel(choice=CHOICE, pipe=toy(repertoire="café,park"))
    assert read(asked(picture=shot), model).provenances[0].elsewhere is elsewhere


def test_a_model_of_everything_knows_all_of_ours_and_no_stranger(tmp_path: Path) -> None:
    kitchen = ours(tmp_path / "a.png", "<Rex> in the kitchen")
    assert not read(asked(picture=kitchen)).provenances[0].elsewhere
    assert read(asked(picture=picture())).provenances[0].elsewhere
