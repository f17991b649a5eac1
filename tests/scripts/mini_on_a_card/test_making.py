"""The whole way at toy size, on a CPU: without graphs, nothing compiled."""

from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
from scripts.mini_on_a_card import deadline, transformer
from scripts.mini_on_a_card.making import AUTOENCODER, TRANSFORMER, CardRun, make

from cut2next.backbones.mini.architecture import PROMPT_TOKENS
from cut2next.film import InputError
from cut2next.generation import Cut2NextPipeline
from cut2next.recipes.mini import LEARNT, MiniRecipe
from cut2next.recipes.mini.text_encoders import TextEncodersRun


def toy(folder: Path) -> CardRun:
    recipe = MiniRecipe(
        folder=folder,
        sets=2,
        sets_a_reel=1,
        autoencoder=replace(AUTOENCODER, batch=1),
        text_encoders=TextEncodersRun(steps=2, batch=2),
        transformer=replace(TRANSFORMER, groups=1, each=2),
    )
    return CardRun(
        recipe=recipe, minutes=20, autoencoder_minutes=0, shooters=1, first_sets=1, room=2
    )


@pytest.mark.slow
def test_from_nothing_to_a_model_until_a_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transformer, "_PUBLISH_EVERY", 0.0)
    monkeypatch.setattr(transformer, "_STEPS_AT_ONCE", 3)
    monkeypatch.setattr(transformer, "_JUDGED", 1)
    told = []
    for row in make(toy(tmp_path)):
        told.append(row)
        if "cuts" in row:  # the time is up
            monkeypatch.setattr(deadline, "monotonic", lambda: monotonic() + 3600)
    assert [row["stage"] for row in told] == [
        "training the autoencoder",
        *["training the transformer"] * 2,
    ]
    assert [row["cuts"] for row in told[1:]] == [6, 12]
    assert told[-1]["loss on other sets"] > 0
    made = Cut2NextPipeline.from_pretrained(tmp_path / "model")
    assert made.prompt_tokens == PROMPT_TOKENS
    assert made.config["knows"].endswith(f"({LEARNT})")
    assert made.vae.config["scaling_factor"] != 1
    assert not list(tmp_path.glob("reels-*"))


def test_text_encoders_that_read_other_lengths_are_refused(tmp_path: Path) -> None:
    other = {str(segment): 1 + count for segment, count in PROMPT_TOKENS.items()}
    known = Cut2NextPipeline.from_pretrained("mini")
    known.register_to_config(prompt_tokens=other)  # type: ignore[no-untyped-call]
    known.save_pretrained(tmp_path / "known")
    run = replace(toy(tmp_path / "run"), words=tmp_path / "known")
    with pytest.raises(InputError, match="for prompts of other lengths"):
        next(make(run))
