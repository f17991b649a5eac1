"""Makes runs of training and of makers small enough for many kills; for a process that runs one."""

from collections.abc import Callable, Iterable
from functools import partial
from multiprocessing import get_context
from typing import Any, cast


def make_smaller() -> None:
    """What training takes is known, sheets are small, and the mini model sees two sets and their
    words; workers and makers are forked from a process that has loaded everything.
    """
    import pytest
    from tests.recipes.lora.runs import make_quick

    from cut2next.backbones.mini import architecture
    from cut2next.experiments.laboratory import Laboratory
    from cut2next.film import workers
    from cut2next.makers import apart
    from cut2next.recipes.mini import MiniRecipe, recipe
    from cut2next.recipes.mini.autoencoder import AutoencoderRun
    from cut2next.recipes.mini.text_encoders import TextEncodersRun
    from cut2next.recipes.mini.transformer import TransformerRun
    from cut2next.training.step import Draws

    patch = pytest.MonkeyPatch()
    make_quick(patch)
    for module in (apart, workers):
        patch.setattr(module, "get_context", lambda _: get_context("fork"))
    patch.setattr(recipe, "film_set_tokenizer", partial(few_words, architecture.tokenizer))
    usual = cast(Any, MiniRecipe.__init__).__kwdefaults__
    usual |= {
        "size": (96, 64),
        "sets": 2,
        "sets_a_reel": 1,
        "autoencoder": AutoencoderRun(steps=2, batch=1, crop=32, checkpoint_every=1),
        "text_encoders": TextEncodersRun(steps=2, batch=2, checkpoint_every=1),
        "transformer": TransformerRun(
            steps=2, groups=1, each=2, draws=Draws(), compilable=False, checkpoint_every=1
        ),
        "workers": 1,
    }
    cast(Any, Laboratory.__init__).__kwdefaults__ |= {"withheld_sets": 1, "sets_a_reel": 1}


def few_words(tokenizer: Callable[[Iterable[str]], Any]) -> Any:
    """A tokenizer that knows what is said of a few sets."""
    from random import Random

    from cut2next.recipes.mini.labelled_prompts import labelled_prompts
    from cut2next.soundstage.film_set import build_set

    told = (labelled_prompts(build_set(seed), Random(seed)) for seed in range(2))
    return tokenizer(prompt.text for prompts in told for _, prompt in prompts)
