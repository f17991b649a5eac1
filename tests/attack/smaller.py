"""Makes runs of training and of makers small enough for many kills; for a process that runs one."""

from multiprocessing import get_context
from typing import Any, cast


def make_smaller() -> None:
    """What training takes is known, sheets are small, the mini model sees two sets, and the process
    of a maker is forked from one that has loaded everything.
    """
    import pytest
    from tests.recipes.lora.runs import make_quick

    from cut2next.makers import apart
    from cut2next.recipes.mini import MiniRecipe
    from cut2next.recipes.mini.autoencoder import AutoencoderRun
    from cut2next.recipes.mini.text_encoders import TextEncodersRun
    from cut2next.recipes.mini.transformer import TransformerRun
    from cut2next.training.step import Draws

    patch = pytest.MonkeyPatch()
    make_quick(patch)
    patch.setattr(apart, "get_context", lambda _: get_context("fork"))
    usual = cast(Any, MiniRecipe.__init__).__kwdefaults__
    usual |= {
        "size": (96, 48),
        "sets": 2,
        "sets_a_reel": 1,
        "autoencoder": AutoencoderRun(steps=2, batch=1, crop=32, checkpoint_every=1),
        "text_encoders": TextEncodersRun(steps=2, batch=2, checkpoint_every=1),
        "transformer": TransformerRun(
            steps=2, groups=1, each=2, draws=Draws(), compiled=False, checkpoint_every=1
        ),
        "workers": 1,
    }
