"""Which vision-language model is asked, as commands name one."""

from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.film import InputError

if TYPE_CHECKING:
    from cut2next.annotation.annotator import Annotator

ANNOTATORS = ("gemini", "openai", "local")
"""By whose protocol; local is a folder of weights."""


def annotator_named(
    kind: str, model: str, base_url: str | None, option: str = "--base-url"
) -> "Annotator":
    """The annotator that options name; `option` is what the server's address is given by.

    Raises InputError where one is missing, or a library that it needs.
    """
    from cut2next.annotation.gemini import GeminiAnnotator
    from cut2next.annotation.local import LocalAnnotator
    from cut2next.annotation.openai_compatible import OpenAICompatibleAnnotator

    if kind == "gemini":
        return GeminiAnnotator(model, base_url=base_url)
    if kind == "local":
        return LocalAnnotator(Path(model))
    if base_url is None:
        raise InputError(
            f"no {option}", expected="the server's address", hint="http://localhost:8000/v1, say"
        )
    return OpenAICompatibleAnnotator(model, base_url=base_url)
