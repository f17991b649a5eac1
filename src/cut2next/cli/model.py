"""How a command gets its model: on the best device there is, without its libraries' own chatter."""

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.cli.arguments import WeightedFile

if TYPE_CHECKING:
    from cut2next.generation.pipeline import Cut2NextPipeline


def check_model(name: str, handed_in: Collection[str] = ()) -> None:
    """Refuses, before anything large is imported, a model that is unknown, missing or damaged.

    Weights of components that are handed in need not be there.
    """
    from cut2next.generation.weights import check_weights, model_folder

    check_weights(model_folder(name, handed_in), handed_in)


def load_model(
    name: str,
    *,
    steps_shown: bool,
    transformer: Path | None = None,
    loras: Sequence[WeightedFile] = (),
) -> "Cut2NextPipeline":
    """The pipeline called `name`, its transformer from a file or its own, under weighted LoRAs.

    `steps_shown` gives each picture a progress bar of its own.
    """
    import torch
    from diffusers.utils import logging as diffusers
    from transformers.utils import logging as transformers

    from cut2next.generation.loading import lora_name
    from cut2next.generation.pipeline import Cut2NextPipeline

    for library in (diffusers, transformers):
        library.set_verbosity_error()
        library.disable_progress_bar()
    handed_in = {} if transformer is None else {"transformer": transformer}
    paths = [lora.path for lora in loras]
    pipe = Cut2NextPipeline.from_pretrained(name, loras=paths, **handed_in)
    if loras:
        names, weights = [lora_name(lora.path) for lora in loras], [lora.weight for lora in loras]
        pipe.set_adapters(names, weights)
    shown = steps_shown and sys.stderr.isatty()
    pipe.set_progress_bar_config(disable=not shown, leave=False)  # type: ignore[no-untyped-call]
    return pipe.to("cuda" if torch.cuda.is_available() else "cpu")
