"""The prompt a PNG carries: a text chunk named `cut2next`, in JSON, that travels with the picture.

`{"shot": {"summary": ..., "description": ..., "attributes": {...}}}` is what the picture shows;
other keys say how it was made and are left to whoever wrote them. So a picture from the film set,
or a generated one, can be handed on as the next cut's current shot without its prompt being typed
again. Pictures without the chunk, or with one that makes no sense, simply carry no prompt.
"""

import json
from collections.abc import Mapping
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cut2next.film.prompts import IndividualPrompt

CHUNK = "cut2next"


def png_text(prompt: IndividualPrompt, more: Mapping[str, Any] | None = None) -> PngInfo:
    """What to hand to `Image.save(..., pnginfo=)`: the shot's prompt, and `more` keys beside it."""
    chunk = {**(more or {}), "shot": prompt_to_json(prompt)}
    text = PngInfo()
    text.add_text(CHUNK, json.dumps(chunk))
    return text


def read_png_text(picture: Image.Image) -> dict[str, Any]:
    """Everything the chunk says; empty where a picture has none, or none that can be read."""
    try:
        chunk = json.loads(picture.info.get(CHUNK, "{}"))
    except (ValueError, TypeError, RecursionError):
        return {}
    return chunk if isinstance(chunk, dict) else {}


def read_png_prompt(picture: Image.Image) -> IndividualPrompt | None:
    """The prompt of the shot that a picture shows; None where it carries none."""
    return prompt_from_json(read_png_text(picture).get("shot"))


def prompt_to_json(prompt: IndividualPrompt) -> dict[str, Any]:
    """The three fields of an individual prompt, as JSON knows them."""
    return {**vars(prompt), "attributes": dict(prompt.attributes)}


def prompt_from_json(fields: Any) -> IndividualPrompt | None:
    """The prompt that `prompt_to_json` wrote; None where a stranger wrote something else."""
    match fields:
        case {"summary": str(summary), "description": str(description), "attributes": dict(given)}:
            prompt = IndividualPrompt(
                summary=printable(summary),
                description=printable(description),
                attributes={printable(str(key)): printable(str(at)) for key, at in given.items()},
            )
            return prompt if prompt.summary.strip() else None
    return None


def printable(text: str) -> str:
    """Text that can be put on a terminal: what would steer it becomes a space."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
