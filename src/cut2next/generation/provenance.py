"""How a next shot was made, written into its PNG and read back.

Three readers are served: `cut2next` (JSON) holds every fact in its own field, `parameters` tells
the same in the form that image generators agreed on, and XMP says to archives and platforms that
the picture is synthetic. No torch here.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cut2next import __version__
from cut2next.film import HierarchicalPrompt, InputError, RelationalPrompt
from cut2next.film.keyframe import read_keyframe, write_png
from cut2next.film.png_prompt import (
    CHUNK,
    png_text,
    prompt_from_json,
    prompt_to_json,
    read_png_text,
)

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def source_type_xmp(kind: str) -> str:
    """What says where a picture comes from; `kind` is a word of IPTC's digital source types."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'Iptc4xmpExt:DigitalSourceType="{_SOURCE_TYPES}{kind}"/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )


SYNTHETIC_XMP = source_type_xmp("trainedAlgorithmicMedia")
"""What says that a picture is synthetic."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """How a next shot was made: what it takes, beside the current shot, to make it again."""

    prompt: HierarchicalPrompt
    model: str
    table: str
    """Name of the segment table."""
    seed: int
    steps: int
    elsewhere: bool = False
    """Whether the current shot came from elsewhere than what the model knows."""
    crop: tuple[int, ...] = ()
    """Left, top, right and bottom, in pixels, of what was read of the current shot; empty where it
    was all of it."""
    loras: Mapping[str, float] = field(default_factory=dict)
    """Weights of the LoRAs by name."""
    guidance_scale: float | None = None
    """Of guidance-distilled weights; None for others, which do not hear it."""
    relational_strength: float = 1.0
    current_strength: float = 1.0
    earlier: tuple[str, ...] = ()
    """What the shots before the current one show that it was made from as well."""
    precision: str = ""
    """What a large model's weights were put into; empty for as they come."""
    made_from: str = ""
    """A digest of what no words tell: the current shot's pixels, the weights, the size asked for.
    Empty in pictures of earlier versions."""
    version: str = __version__
    """Of cut2next."""


def write_next_shot(image: Image.Image, path: Path, provenance: Provenance) -> None:
    """Writes a generated PNG with all that made it, whole or not at all.

    Raises OutputError when it cannot be written.
    """
    text = png_text(provenance.prompt.next, {"made": _facts(provenance)})
    text.add_text("parameters", _parameters(provenance, image))
    text.add_itxt("XML:com.adobe.xmp", SYNTHETIC_XMP)
    write_png(image, path, text)


def write_sheet(image: Image.Image, path: Path, provenances: Iterable[Provenance]) -> None:
    """Writes a sheet of generated pictures with all that made each, as `write_next_shot` does."""
    shots = [
        {"made": _facts(each), "shot": prompt_to_json(each.prompt.next)} for each in provenances
    ]
    text = PngInfo()
    text.add_text(CHUNK, json.dumps({"sheet": shots}))
    text.add_itxt("XML:com.adobe.xmp", SYNTHETIC_XMP)
    write_png(image, path, text)


def read_provenance(path: Path) -> Provenance | None:
    """How the picture in a file was made; None, when it was not made by cut2next.

    Raises InputError when it is no picture.
    """
    return provenance_of(read_keyframe(path))


def read_sheet(path: Path) -> list[Provenance]:
    """How each picture on a sheet was made; none where it was not made by cut2next.

    Raises InputError when it is no picture.
    """
    shots = read_png_text(read_keyframe(path)).get("sheet")
    told = (
        [_read(shot) for shot in shots if isinstance(shot, dict)] if isinstance(shots, list) else []
    )
    return [provenance for provenance in told if provenance]


def provenance_of(picture: Image.Image) -> Provenance | None:
    """The same of a picture that `read_keyframe` has read; earlier versions told less."""
    return _read(read_png_text(picture))


def _read(shot: dict[str, Any]) -> Provenance | None:
    """From what a chunk says of one next shot."""
    made: Any = shot.get("made")
    try:
        facts = {name: kind(made[name]) for name, kind in _FACTS.items() if name in made}
        prompt = told_prompt(made, prompt_from_json(shot.get("shot")))
        return Provenance(prompt=prompt, version=str(made["version"]), **facts)
    except (AttributeError, TypeError, KeyError, ValueError):
        return None


def is_made(path: Path, provenance: Provenance) -> bool:
    """Whether a file holds the very picture, by all that it says of itself."""
    if not path.exists():
        return False
    try:
        return read_provenance(path) == provenance
    except InputError:
        return False


def _facts(provenance: Provenance) -> dict[str, object]:
    """Every field under its name; what the picture shows stands beside them."""
    facts = {**vars(provenance), "loras": dict(provenance.loras)}
    del facts["prompt"]
    for name in ("guidance_scale", "earlier"):
        if facts[name] in (None, ()):
            del facts[name]
    return spoken(provenance.prompt) | facts


def spoken(prompt: HierarchicalPrompt) -> dict[str, object]:
    """The prompts beside that of the picture itself, as `told_prompt` reads them."""
    return {"relational": vars(prompt.relational), "current": prompt_to_json(prompt.current)}


def _pixels(sides: Any) -> tuple[int, ...]:
    return tuple(map(int, sides))


def _texts(told: Any) -> tuple[str, ...]:
    return tuple(map(str, told))


def _weights(loras: Any) -> dict[str, float]:
    return {str(name): float(weight) for name, weight in loras.items()}


_FACTS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        **dict.fromkeys(("model", "table", "precision", "made_from"), str),
        **dict.fromkeys(("seed", "steps"), int),
        "elsewhere": bool,
        "crop": _pixels,
        "earlier": _texts,
        "loras": _weights,
        **dict.fromkeys(("guidance_scale", "relational_strength", "current_strength"), float),
    }
)
"""What earlier versions did not write is left to its default."""


def told_prompt(made: Any, shot: Any) -> HierarchicalPrompt:
    """The prompts that were written. Raises what a stranger's writing does to whoever reads it."""
    current = prompt_from_json(made["current"])
    if current is None or shot is None:
        raise ValueError("a prompt is missing")
    relational = {key: str(value) for key, value in dict(made["relational"]).items()}
    return HierarchicalPrompt(relational=RelationalPrompt(**relational), current=current, next=shot)


def _parameters(provenance: Provenance, image: Image.Image) -> str:
    """The form begun by the AUTOMATIC1111 web UI: the prompt, then one line of settings."""
    settings = {
        "Steps": provenance.steps,
        "Sampler": "Euler",
        "Seed": provenance.seed,
        "Size": f"{image.width}x{image.height}",
        "Model": provenance.model,
        "Table": provenance.table,
        "Version": f"cut2next {provenance.version}",
    }
    if provenance.guidance_scale is not None:
        settings["Distilled CFG Scale"] = f"{provenance.guidance_scale:g}"  # as Forge calls it
    if provenance.loras:
        settings["Loras"] = " ".join(
            f"{name}={weight:g}" for name, weight in provenance.loras.items()
        )
    for name in ("relational_strength", "current_strength"):
        if (strength := getattr(provenance, name)) != 1:
            settings[name.replace("_", " ").capitalize()] = f"{strength:g}"
    if provenance.earlier:
        settings["Earlier shots"] = len(provenance.earlier)
    if provenance.precision:
        settings["Precision"] = provenance.precision
    line = ", ".join(f"{key}: {quoted(str(value))}" for key, value in settings.items())
    return f"{provenance.prompt.text}\n{line}"  # of one line: a break would end the prompt


def quoted(value: str) -> str:
    """A setting; a JSON string where readers, which cut at commas, would take it for several."""
    if value.startswith('"') or any(sign in value for sign in ",:\n"):
        return json.dumps(value, ensure_ascii=False)
    return value
