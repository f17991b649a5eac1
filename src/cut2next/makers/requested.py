"""A person's request as briefs, and the PNG that is made of one, with all that made it.

The picture is written as cut2next's own are: its prompt travels with it, so that it may be the next
cut's current shot, and archives are told that it is synthetic. No torch here.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL.PngImagePlugin import PngInfo
from pydantic import ValidationError

from cut2next import __version__
from cut2next.film import HierarchicalPrompt, InputError
from cut2next.film.editing_pattern import in_order, parse_pattern
from cut2next.film.keyframe import read_keyframe, write_png
from cut2next.film.png_prompt import png_text, prompt_from_json, read_png_text
from cut2next.generation.provenance import SYNTHETIC_XMP, quoted, spoken, told_prompt
from cut2next.generation.request import NextShotRequest
from cut2next.makers.maker import Asked, Brief, Made, MakerError
from cut2next.makers.named import MakerChoice


@dataclass(frozen=True, kw_only=True)
class MakerProvenance:
    """How a maker made a next shot."""

    prompt: HierarchicalPrompt
    patterns: frozenset[Any]
    maker: str
    """As it is called."""
    asked: Asked
    made_from: str
    """A digest of what was typed of the maker and of the brief's picture and size."""
    version: str = __version__
    """Of cut2next."""


def briefs_of(request: NextShotRequest) -> list[Brief]:
    """One for each next shot that is asked for."""
    return [
        Brief(
            name=f"{Path(request.source).name}, seed {seed}",
            current=request.picture,
            prompt=request.prompt,
            patterns=frozenset(request.patterns),
            size=request.size or request.picture.size,
            seed=seed,
        )
        for seed in request.seeds
    ]


def write_made(made: Made, brief: Brief, choice: MakerChoice, path: Path) -> None:
    """Writes the picture with all that made it.

    Raises MakerError for one of another size than was wanted, and OutputError.
    """
    write_png(made.picture.convert("RGB"), path, _text_of(made, brief, choice))


def made_png(made: Made, brief: Brief, choice: MakerChoice) -> bytes:
    """What `write_made` writes, for whoever keeps it elsewhere. Raises MakerError as that does."""
    text, file = _text_of(made, brief, choice), BytesIO()
    made.picture.convert("RGB").save(file, format="PNG", pnginfo=text)
    return file.getvalue()


def _text_of(made: Made, brief: Brief, choice: MakerChoice) -> PngInfo:
    if made.picture.size != brief.size:
        raise MakerError(
            "{}: a picture of {}x{}".format(brief.name, *made.picture.size),
            expected="{}x{}".format(*brief.size),
            hint="mend the maker",
        )
    facts = {
        **spoken(brief.prompt),
        "maker": choice.name,
        "patterns": [pattern.value for pattern in in_order(brief.patterns)],
        "asked": made.asked.model_dump(mode="json"),
        "made_from": _digest(brief, choice),
        "version": __version__,
    }
    text = png_text(brief.prompt.next, {"made": facts})
    text.add_text("parameters", _parameters(made, choice))
    text.add_itxt("XML:com.adobe.xmp", SYNTHETIC_XMP)
    return text


def read_made(path: Path) -> MakerProvenance | None:
    """How the picture in a file was made; None, when no maker made it.

    Raises InputError when it is no picture.
    """
    chunk = read_png_text(read_keyframe(path))
    made: Any = chunk.get("made")
    try:
        return MakerProvenance(
            prompt=told_prompt(made, prompt_from_json(chunk.get("shot"))),
            patterns=frozenset(map(parse_pattern, made["patterns"])),
            maker=str(made["maker"]),
            asked=Asked.model_validate_json(json.dumps(made["asked"])),
            made_from=str(made["made_from"]),
            version=str(made["version"]),
        )
    except (AttributeError, TypeError, KeyError, ValueError, ValidationError, InputError):
        return None


def is_made(path: Path, brief: Brief, choice: MakerChoice) -> bool:
    """Whether a file holds what the maker was asked for, by all that it says of itself.

    Not by its weights: those are known only when they are loaded.
    """
    if not path.exists():
        return False
    try:
        found = read_made(path)
    except InputError:
        return False
    wanted = brief.prompt, brief.patterns, _digest(brief, choice)
    return found is not None and (found.prompt, found.patterns, found.made_from) == wanted


def _digest(brief: Brief, choice: MakerChoice) -> str:
    """Of the typed text too, which is not told: a URL may hold what is nobody's business."""
    told = [choice.what, brief.size, brief.seed, brief.current.size]
    digest = sha256(json.dumps(told).encode() + brief.current.tobytes())
    for shot in brief.earlier:
        digest.update(json.dumps([shot.prompt.text, shot.picture.size]).encode())
        digest.update(shot.picture.tobytes())
    return digest.hexdigest()[:32]


def _parameters(made: Made, choice: MakerChoice) -> str:
    """The form begun by the AUTOMATIC1111 web UI, with what is known."""
    asked = made.asked
    settings = {
        "Steps": asked.steps,
        "CFG scale": asked.guidance,
        "Seed": asked.seed,
        "Size": "{}x{}".format(*made.picture.size),
        "Model": choice.name,
        "Version": f"cut2next {__version__}",
    }
    line = ", ".join(f"{key}: {quoted(str(at))}" for key, at in settings.items() if at is not None)
    return f"{' '.join(asked.words.split())}\n{line}"
