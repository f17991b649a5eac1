"""Which vision-language model is asked, as commands name one."""

from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.film import InputError

if TYPE_CHECKING:
    from cut2next.annotation.annotator import Annotator

ANNOTATORS = ("gemini", "openai", "local")
"""By whose protocol; local is a folder of weights."""


def annotator_named(
    kind: str,
    model: str,
    base_url: str | None,
    option: str = "--base-url",
    *,
    late: bool = False,
) -> "Annotator":
    """The annotator that options name; `option` is what the server's address is given by.

    With `late`, weights on this machine are loaded when they are first asked.
    Raises InputError where one is missing, or a library that it needs.
    """
    from cut2next.annotation.gemini import GeminiAnnotator
    from cut2next.annotation.local import LateAnnotator, LocalAnnotator
    from cut2next.annotation.openai_compatible import OpenAICompatibleAnnotator

    if kind == "gemini":
        return GeminiAnnotator(model, base_url=base_url)
    if kind == "local":
        return LateAnnotator(Path(model)) if late else LocalAnnotator(Path(model))
    if base_url is None:
        raise InputError(
            f"no {option}", expected="the server's address", hint="http://localhost:8000/v1, say"
        )
    return OpenAICompatibleAnnotator(model, base_url=base_url)
