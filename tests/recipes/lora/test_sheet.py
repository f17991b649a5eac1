"""Sheets of held-out cuts; the autoencoder is there for them alone."""

import json
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tests.generation.toy import SIZE, picture, toy
from torch import Tensor

from cut2next.conditioning import CLOSED, Segment, SegmentInputs
from cut2next.film import WeightsError
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.conditioned import cut_layout
from cut2next.pages.contact_sheet import GROUND, MARGIN, SheetRow, sheet_size
from cut2next.recipes.lora.sheet import ShownCuts, kept_beginning, lent_autoencoder, write_sheet
from cut2next.training.step import Batch
from cut2next.training.validation import BANDS, ValidationLoss

LOSS, BEFORE = (
    ValidationLoss(by_band={**dict.fromkeys(BANDS, 0.25), BANDS[-1]: near}) for near in (0.4, 0.9)
)
TOKENS = (2, 3)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    toy().save_pretrained(folder)
    return folder


def without_autoencoder(folder: Path, **settings: Any) -> Cut2NextPipeline:
    pipe = Cut2NextPipeline.from_pretrained(folder, **settings)
    pipe.register_modules(vae=None)  # type: ignore[no-untyped-call]
    return pipe


def test_a_lent_autoencoder_is_gone_afterwards(saved: Path) -> None:
    pipe, own = without_autoencoder(saved), toy()
    latents = torch.randn(1, 6, 64, generator=torch.Generator().manual_seed(0))
    with lent_autoencoder(pipe, "cpu"):
        there = weakref.ref(pipe.vae)
        decoded = pipe.backbone.decode_image(latents, TOKENS)
    assert there() is None
    assert pipe.vae is None
    assert torch.equal(decoded, own.backbone.decode_image(latents, TOKENS))


def test_it_is_gone_after_a_failure_too_and_comes_in_the_type_asked_for(saved: Path) -> None:
    pipe = without_autoencoder(saved)
    lent = lent_autoencoder(pipe, "cpu", torch.bfloat16)
    lent.__enter__()
    assert pipe.vae.dtype == torch.bfloat16
    assert not lent.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    assert pipe.vae is None


def test_an_autoencoder_that_is_there_stays(saved: Path) -> None:
    pipe = Cut2NextPipeline.from_pretrained(saved)
    before = pipe.vae
    with lent_autoencoder(pipe, "cpu"):
        assert pipe.vae is before
    assert pipe.vae is before


def test_a_folder_that_does_not_tell_how_it_was_trained_lends_its_own(
    saved: Path, tmp_path: Path
) -> None:
    """As FLUX.1's do, where table and prompt lengths are told beside it."""
    index = json.loads((saved / "model_index.json").read_text())
    trained = {name: index.pop(name) for name in ("table", "prompt_tokens")}
    for part in saved.iterdir():
        (tmp_path / part.name).symlink_to(part)
    (tmp_path / "model_index.json").unlink()
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    pipe = without_autoencoder(tmp_path, **trained)
    with lent_autoencoder(pipe, "cpu"):
        assert pipe.vae is not None
    assert pipe.vae is None


def latents_of(pipe: Cut2NextPipeline, pictures: list[Image.Image]) -> Tensor:
    pixels = pipe.image_processor.preprocess(pictures)
    with torch.no_grad():
        return pipe.backbone.encode_image(pixels)


def shown(pipe: Cut2NextPipeline, *, beginning: bool, upright: bool = False) -> ShownCuts:
    """Two cuts from one shot; every picture another."""
    size, tokens = (SIZE[::-1], TOKENS[::-1]) if upright else (SIZE, TOKENS)
    current, *following = (latents_of(pipe, [picture(seed, size)]) for seed in range(7))
    layout = cut_layout(CLOSED, pipe.prompt_tokens, current=tokens, following=tokens)
    return ShownCuts(
        batch=Batch(
            layout=layout,
            inputs=SegmentInputs({Segment.CURRENT_SHOT: current}),
            clean=torch.cat(following[:2]),
            weights=torch.ones(2, 6),
        ),
        summaries=["Close up of <Anna> (red bob)", "the clock"],
        now=torch.cat(following[2:4]),
        beginning=torch.cat(following[4:]) if beginning else None,
    )


@pytest.mark.parametrize("beginning", [False, True])
def test_a_sheet_has_a_row_for_each_cut(tmp_path: Path, beginning: bool) -> None:
    pipe = toy()
    cuts = shown(pipe, beginning=beginning)
    path = write_sheet(tmp_path, 500, pipe.backbone, [cuts], LOSS)
    assert path == tmp_path / "sheets" / "step-500.png"
    with Image.open(path) as sheet:
        assert sheet.size == sheet_size(2, 3 + beginning, (384, 256))


def test_pictures_stand_in_their_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, seen = toy(), list[tuple[Sequence[SheetRow], dict[str, Any]]]()

    def look(rows: Sequence[SheetRow], **settings: Any) -> Image.Image:
        seen.append((rows, settings))
        return Image.new("L", (1, 1))

    monkeypatch.setattr("cut2next.recipes.lora.sheet.contact_sheet", look)
    cuts = shown(pipe, beginning=True)
    write_sheet(tmp_path, 1500, pipe.backbone, [cuts], LOSS, BEFORE)
    ((rows, settings),) = seen
    assert settings["columns"] == ["Current shot", "True next shot", "At the beginning", "Now"]
    assert settings["title"] == (
        "Step 1,500: loss of held-out cuts near noise 0.4000, at the beginning 0.9000"
    )
    assert [row.label for row in rows] == ["Close up of Anna", "the clock"]
    current = cuts.batch.inputs.tokens[Segment.CURRENT_SHOT]
    assert cuts.beginning is not None
    for number, row in enumerate(rows):
        parts = (current[0], cuts.batch.clean[number], cuts.beginning[number], cuts.now[number])
        for shot, latents in zip(row.pictures, parts, strict=True):
            with torch.no_grad():
                decoded = pipe.backbone.decode_image(latents[None], TOKENS)[0]
            expected = (decoded / 2 + 0.5).clamp(0, 1).mean(dim=(1, 2)) * 255
            found = np.asarray(shot).mean(axis=(0, 1))
            np.testing.assert_allclose(found, expected.numpy(), atol=1.5)


def test_cuts_of_another_shape_are_not_stretched(tmp_path: Path) -> None:
    pipe = toy()
    both = [shown(pipe, beginning=False, upright=upright) for upright in (False, True)]
    with Image.open(write_sheet(tmp_path, 0, pipe.backbone, both, LOSS)) as sheet:
        assert sheet.size == sheet_size(4, 3, (384, 256))
        foot = np.asarray(sheet)[-MARGIN - 1, MARGIN : MARGIN + 384]  # of the last current shot
    bars = (foot == GROUND).all(axis=-1)
    wide = 256 * 32 / 48
    assert (~bars).sum() == pytest.approx(wide, abs=2)
    assert bars[: int((384 - wide) / 2) - 2].all()


def test_the_beginning_is_kept_through_a_run(tmp_path: Path) -> None:
    first, later = [torch.zeros(1, 2, 3)], [torch.ones(1, 2, 3)]
    assert torch.equal(kept_beginning(tmp_path, first)[0], first[0])
    assert torch.equal(kept_beginning(tmp_path, later)[0], first[0])
    with pytest.raises(WeightsError, match="is damaged, or of other cuts"):
        kept_beginning(tmp_path, later * 2)
