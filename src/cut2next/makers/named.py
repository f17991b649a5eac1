"""Makers by name: what a person types becomes a choice, which any process can load.

mini, a folder, OWNER/NAME             weights; a folder tells by itself whose they are
…+FILE.safetensors, …+FILE:0.8         with LoRAs on top
https://host/v1/images/edits?model=…   a server that speaks OpenAI's edits
FILE.py:FUNCTION                       a Python function
command:PROGRAM WORDS                  a command
…?steps=8&guidance=3                   with settings
NAME=…                                 under another name in reports
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from cut2next.film import InputError
from cut2next.film.png_prompt import printable
from cut2next.makers.maker import Maker

COMMAND = "command:"
_FUNCTION = re.compile(r"(?P<file>.+\.py):(?P<function>[A-Za-z_]\w*)")
_LORA = re.compile(r"(?P<path>.+?)(:(?P<weight>-?[0-9]*\.?[0-9]+))?")
_NAME = re.compile(r"[\w.-][\w .-]{0,39}")


@dataclass(frozen=True, kw_only=True)
class MakerChoice:
    """Which maker, in words that any process can read."""

    name: str
    """As reports call it; also of its folder."""
    what: str
    """What was typed, without the name."""

    def load(self) -> Maker:
        """The maker, ready. Raises what loading raises: InputError, WeightsError, MakerError."""
        if self.what.startswith(COMMAND):
            from cut2next.makers.command import CommandMaker

            return CommandMaker(self.what.removeprefix(COMMAND))
        if function := _FUNCTION.fullmatch(self.what):
            from cut2next.makers.function import FunctionMaker, load_function

            return FunctionMaker(load_function(Path(function["file"]), function["function"]))
        return _weights(*_parts(self.what))


def maker_named(text: str) -> MakerChoice:
    """The choice that a person typed. Raises InputError for what is none."""
    name, equals, what = text.strip().partition("=")
    if not equals or not _NAME.fullmatch(name):
        name, what = "", text.strip()
    name = name or _short(what)
    if not what or not _NAME.fullmatch(name):
        raise InputError(
            f"a maker called {printable(text)!r}",
            expected="mini, a folder, OWNER/NAME, a URL, FILE.py:FUNCTION or command:…",
            hint="NAME=… gives it a short name",
        )
    return MakerChoice(name=name, what=what)


def _short(what: str) -> str:
    """What a maker is called that was given no name."""
    if function := _FUNCTION.fullmatch(what):
        return function["function"]
    if what.startswith(COMMAND):
        return Path(what.removeprefix(COMMAND).split(" ")[0]).name
    whole, _, _ = what.partition("?")
    model, *loras = whole.split("+")
    names = [Path(model).name, *(Path(lora.partition(":")[0]).stem for lora in loras)]
    return " ".join(re.sub(r"[^\w.-]", "-", name) for name in names)[:40]


def _parts(what: str) -> tuple[str, list[tuple[Path, float]], dict[str, str]]:
    """Name or folder, LoRAs and their weights, settings."""
    whole, _, settings = what.partition("?")
    model, *texts = whole.split("+")
    found = [_LORA.fullmatch(text) for text in texts]
    if None in found:
        raise InputError(f"{what!r}: an empty LoRA", expected="+FILE or +FILE:0.8", hint="name it")
    loras = [(Path(lora["path"]), float(lora["weight"] or 1)) for lora in found if lora]
    return model, loras, dict(parse_qsl(settings, keep_blank_values=True))


def _weights(model: str, loras: list[tuple[Path, float]], settings: Mapping[str, str]) -> Maker:
    """Weights of ours or through diffusers."""
    from cut2next.generation.model_choice import ModelChoice
    from cut2next.makers.cut2next_model import Cut2NextMaker

    numbers = {"steps": int, "guidance": float}
    if unknown := sorted(settings.keys() - numbers.keys()):
        raise InputError(
            f"{model}: a setting {unknown[0]!r}", expected=" or ".join(numbers), hint="leave it out"
        )
    try:
        chosen = {name: numbers[name](text) for name, text in settings.items()}
    except ValueError as error:
        raise InputError(
            f"{model}: {error}", expected="numbers in settings", hint="for example ?steps=8"
        ) from error
    return Cut2NextMaker(ModelChoice(name=model, loras=loras), **chosen)
