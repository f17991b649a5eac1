"""Models of transformers for scorers: complete or refused, from safetensors, without a word."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cut2next.film import WeightsError
from cut2next.film.errors import one_line
from cut2next.film.model_files import check_folder

_SAFELY = {"use_safetensors": True, "trust_remote_code": False}
"""Nothing is unpickled, no code of a model is run, and nobody is asked whether it may be."""


def load_model(kind: Any, name: str) -> tuple[Any, Any]:
    """A model of transformers, complete, and what makes its input of a picture."""
    import torch
    from transformers import AutoImageProcessor

    if os.path.isdir(name):  # noqa: PTH112  # a name may be too long to ask
        check_folder(Path(name), _refused)
    with loading(name), _quiet():
        model, info = kind.from_pretrained(
            name, **_SAFELY, dtype=torch.float32, output_loading_info=True
        )
        processor = AutoImageProcessor.from_pretrained(name, backend="pil", trust_remote_code=False)
    if missing := sorted(info["missing_keys"]):  # they would be made up
        raise WeightsError(
            f"{name}: lacks {missing[0]}",
            expected=f"all weights of {type(model).__name__}",
            hint="name a model that was trained for this",
        )
    return model, processor


@contextmanager
def loading(name: str) -> Iterator[None]:
    """Turns what loading may raise into one line."""
    try:
        yield
    except Exception as error:
        raise _refused(Path(name), f"cannot be loaded ({one_line(error, 120)})") from error


def _refused(path: Path, got: str) -> WeightsError:
    return WeightsError(
        f"{path}: {got}",
        expected="weights as safetensors, in a folder or on the hub",
        hint="name where they are",
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' progress bar, and its report of what a file holds beside the model."""
    from transformers.utils import logging

    level, shown = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()
