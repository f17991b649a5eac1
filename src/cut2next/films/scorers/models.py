"""Models of transformers for scorers: complete or refused, from safetensors, without a word."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cut2next.film import WeightsError
from cut2next.film.errors import one_line


def load_model(kind: Any, name: str) -> tuple[Any, Any]:
    """A model of transformers, complete, and what makes its input of a picture."""
    import torch
    from transformers import AutoImageProcessor

    with loading(name), _quiet():
        model, info = kind.from_pretrained(
            name, use_safetensors=True, dtype=torch.float32, output_loading_info=True
        )
        processor = AutoImageProcessor.from_pretrained(name, backend="pil")
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
        raise WeightsError(
            f"{name}: cannot be loaded ({one_line(error, 120)})",
            expected="weights as safetensors, in a folder or on the hub",
            hint="name where they are",
        ) from error


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
