from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.generation.toy import picture
from tests.makers.checkpoints import brief
from torch import Tensor

from cut2next.film import InputError
from cut2next.makers.ic_lora import CLEAN, NOISED, IcLoraMaker, PanelSettings, words
from cut2next.makers.maker import Made

SIZE = (48, 32)
"""Of a panel: three tokens by two."""
PIXELS = 48 * 32


def panels(
    folder: Path, conditioning: str, steps: int = 3
) -> tuple[Made, list[Tensor], list[float], Any]:
    """What is made, latents [2, 6, 64] before each step, the noise levels, and the maker."""
    settings = PanelSettings(conditioning=conditioning, pixels=PIXELS, steps=steps, dtype="float32")
    maker, seen = IcLoraMaker(str(folder), settings), list[Tensor]()
    pipe = maker.load().pipe

    def look(_: object, arguments: object, named: dict[str, Any]) -> None:
        seen.append(named["hidden_states"][0].view(2, 6, -1).clone())

    with torch.no_grad():
        hook = pipe.transformer.register_forward_pre_hook(look, with_kwargs=True)
        (made,) = maker.make([brief(size=SIZE, current=picture(5, SIZE))])
        hook.remove()
    return made, seen, pipe.scheduler.sigmas.tolist(), maker


def clean_panel(maker: IcLoraMaker) -> Tensor:
    """The current shot's latents by the autoencoder's own definition, [2, 3, 64]."""
    vae = maker.load().pipe.vae
    array = torch.frombuffer(bytearray(picture(5, SIZE).tobytes()), dtype=torch.uint8)
    pixels = array.view(1, 32, 48, 3).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        latents = (vae.encode(pixels).latent_dist.mode() - 0.1159) * 0.3611
    whole: Tensor = latents[0].unflatten(2, (3, 2)).unflatten(1, (2, 2)).permute(1, 3, 0, 2, 4)
    return whole.flatten(2)


def test_the_left_panel_is_the_current_shot_without_noise_at_every_step(
    checkpoint: Callable[[str], Path],
) -> None:
    _, seen, _, maker = panels(checkpoint("ic_lora"), CLEAN)
    expected = clean_panel(maker)
    assert len(seen) == 3
    for before in seen:
        torch.testing.assert_close(before[:, :3], expected)
    assert not torch.equal(seen[0][:, 3:], seen[1][:, 3:])


def test_or_it_has_the_noise_of_the_step_always_the_same(
    checkpoint: Callable[[str], Path],
) -> None:
    _, seen, levels, maker = panels(checkpoint("ic_lora"), NOISED)
    clean, noise = clean_panel(maker), seen[0][:, :3]
    assert levels[0] == 1
    for before, level in zip(seen, levels, strict=False):
        torch.testing.assert_close(before[:, :3], (1 - level) * clean + level * noise)


def test_the_two_ways_are_told_and_differ(checkpoint: Callable[[str], Path]) -> None:
    clean, *_ = panels(checkpoint("ic_lora"), CLEAN)
    noised, *_ = panels(checkpoint("ic_lora"), NOISED)
    assert clean.picture.tobytes() != noised.picture.tobytes()
    assert (clean.asked.settings["conditioning"], noised.asked.settings["conditioning"]) == (
        "clean",
        "noised",
    )


def test_the_next_shot_is_the_right_panel(checkpoint: Callable[[str], Path]) -> None:
    maker = IcLoraMaker(str(checkpoint("ic_lora")))
    both = torch.cat([torch.zeros(3, 2, 4), torch.ones(3, 2, 4)], dim=2)
    assert torch.equal(maker.part(both, maker.size((64, 36))._replace(width=4)), both[:, :, 4:])


def test_one_prompt_has_all_three_as_they_are() -> None:
    assert words(brief()) == (
        "a cut-in to <Anna>. [IMAGE1] A wide shot. [IMAGE2] Close-up of <Anna> (red hair)."
    )
    assert words(brief(), relation=False).startswith("[IMAGE1] A wide shot.")


def test_another_conditioning_is_refused() -> None:
    with pytest.raises(InputError, match="conditioning 'blurred'; expected clean or noised"):
        PanelSettings(conditioning="blurred")
