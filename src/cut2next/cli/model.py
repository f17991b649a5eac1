"""How a command gets its model: on the best device there is, in the way that fits it.

The libraries' own chatter is left out.
"""

import logging
import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.cli.arguments import WeightedFile
from cut2next.cli.fit import best_device

if TYPE_CHECKING:
    from cut2next.generation.fit import Fit
    from cut2next.generation.pipeline import Cut2NextPipeline


def hush() -> None:
    """Only errors from the libraries; to be called before they are imported."""
    os.environ |= {"DIFFUSERS_VERBOSITY": "error", "TRANSFORMERS_VERBOSITY": "error"}
    for library in ("bitsandbytes", "torchao", "torch.utils._pytree"):
        logging.getLogger(library).setLevel(logging.ERROR)


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
    fit: "Fit | None" = None,
) -> "Cut2NextPipeline":
    """The pipeline called `name`, its transformer from a file or its own, under weighted LoRAs.

    LoRAs are merged, unless the weights are quantised.

    `steps_shown` gives each picture a progress bar of its own. `fit` is for a large model, which is
    loaded in bfloat16.
    """
    import torch
    from diffusers.utils import logging as diffusers
    from transformers.utils import logging as transformers

    from cut2next.generation.loading import lora_name
    from cut2next.generation.pipeline import Cut2NextPipeline
    from cut2next.generation.placing import fitted
    from cut2next.generation.precision import is_quantised

    for library in (diffusers, transformers):
        library.disable_progress_bar()
    settings: dict[str, object] = {} if transformer is None else {"transformer": transformer}
    if fit is not None:
        settings["dtype"] = torch.bfloat16
    paths = [lora.path for lora in loras]
    pipe = Cut2NextPipeline.from_pretrained(name, loras=paths, **settings)
    if loras:
        names, weights = [lora_name(lora.path) for lora in loras], [lora.weight for lora in loras]
        pipe.set_adapters(names, weights)
        if not is_quantised(pipe.transformer):
            pipe.merge_loras()
    shown = steps_shown and sys.stderr.isatty()
    pipe.set_progress_bar_config(disable=not shown, leave=False)  # type: ignore[no-untyped-call]
    device = best_device().name
    return pipe.to(device) if fit is None else fitted(pipe, fit, device)
