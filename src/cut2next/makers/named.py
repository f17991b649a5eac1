"""Makers by name: what a person types becomes a choice, which any process can load.

mini, a folder, OWNER/NAME             weights; a folder tells by itself whose they are
…+FILE.safetensors, …+FILE:0.8         with LoRAs on top
https://host/v1/images/edits?model=…   a server that speaks OpenAI's edits
comfyui:WORKFLOW.json                  a workflow on ComfyUI's server; ?server=http://host:8188
FILE.py:FUNCTION                       a Python function
command:PROGRAM WORDS                  a command
…?steps=8&guidance=3                   with settings
NAME=…                                 under another name in reports
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from cut2next.film import InputError
from cut2next.film.png_prompt import printable
from cut2next.generation.model_choice import ModelChoice
from cut2next.makers.comfyui import COMFYUI, ComfyMaker, comfyui_named
from cut2next.makers.command import CommandMaker
from cut2next.makers.function import FunctionMaker, check_function, load_function
from cut2next.makers.maker import Maker
from cut2next.makers.pipelines import through_diffusers
from cut2next.makers.server import ServerMaker, server_named, told_of
from cut2next.makers.settings import OurSettings, read_settings

COMMAND = "command:"
_FUNCTION = re.compile(r"(?P<file>.+\.py):(?P<function>[A-Za-z_]\w*)")
_URL = re.compile(r"https?://", re.IGNORECASE)
_LORA = re.compile(r"(?P<path>.+?)(:(?P<weight>-?[0-9]*\.?[0-9]+))?")
_NAME = re.compile(r"\w[\w .-]{0,39}")


@dataclass(frozen=True, kw_only=True)
class MakerChoice:
    """Which maker, in words that any process can read."""

    name: str
    """As reports call it; also of its folder."""
    what: str
    """What was typed, without the name."""

    @property
    def told(self) -> str:
        """What was typed, as others may read it: without what a URL holds for its server alone."""
        return told_of(self.what) if _URL.match(self.what) else self.what

    def check(self) -> None:
        """Refuses what can be seen to be wrong before weights are loaded. Raises as `load`."""
        if function := _FUNCTION.fullmatch(self.what):
            check_function(Path(function["file"]), function["function"])
            return
        if self._light() is not None:
            return
        model, loras, settings = _parts(self.what)
        if through_diffusers(model, loras, settings) is None:
            read_settings(OurSettings, settings)
            ModelChoice(name=model, loras=loras).check()

    def load(self) -> Maker:
        """The maker, ready. Raises what loading raises: InputError, WeightsError, MakerError."""
        maker = self._light() or _weights(*_parts(self.what))
        if isinstance(maker, ServerMaker | ComfyMaker):
            maker.check()
        return maker

    def ours(self) -> tuple[ModelChoice, OurSettings] | None:
        """This project's weights, and settings; None for another maker. Raises as `check`."""
        if self._light() is not None:
            return None
        model, loras, settings = _parts(self.what)
        if through_diffusers(model, loras, settings) is not None:
            return None
        return ModelChoice(name=model, loras=loras), read_settings(OurSettings, settings)

    def _light(self) -> Maker | None:
        """A maker that is ready at once; None where there are weights to load."""
        if self.what.startswith(COMMAND):
            return CommandMaker(self.what.removeprefix(COMMAND))
        if self.what.startswith(COMFYUI):
            return comfyui_named(self.what)
        if function := _FUNCTION.fullmatch(self.what):
            return FunctionMaker(load_function(Path(function["file"]), function["function"]))
        return server_named(self.what) if _URL.match(self.what) else None


def maker_named(text: str) -> MakerChoice:
    """The choice that a person typed. Raises InputError for what is none."""
    name, equals, what = text.strip().partition("=")
    if not equals or not _NAME.fullmatch(name):
        name, what = "", text.strip()
    name = name or _short(what)
    if not what or not _NAME.fullmatch(name):
        raise InputError(
            f"a maker called {printable(text)!r}",
            expected="mini, a folder, OWNER/NAME, a URL, comfyui:WORKFLOW.json, "
            "FILE.py:FUNCTION or command:…",
            hint="NAME=… gives it a short name",
        )
    return MakerChoice(name=name, what=what)


def _short(what: str) -> str:
    """What a maker is called that was given no name."""
    if function := _FUNCTION.fullmatch(what):
        return function["function"]
    if what.startswith(COMMAND):
        return _safe(Path(what.removeprefix(COMMAND).split(" ")[0]).name)
    if what.startswith(COMFYUI):
        return _safe(Path(what.removeprefix(COMFYUI).partition("?")[0]).stem)
    if _URL.match(what):
        parts = urlsplit(what)
        told = dict(parse_qsl(parts.query)).get("model") or parts.hostname or what
        return _safe(told)
    whole, _, _ = what.partition("?")
    model, *loras = whole.split("+")
    names = [Path(model).name, *(Path(lora.partition(":")[0]).stem for lora in loras)]
    return _safe(" ".join(names))


def _safe(name: str) -> str:
    """A name as that of a folder."""
    return re.sub(r"[^\w .-]", "-", name).lstrip(" .-")[:40]


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
    if (theirs := through_diffusers(model, loras, settings)) is not None:
        theirs.load()
        return theirs
    from cut2next.makers.cut2next_model import Cut2NextMaker

    chosen = read_settings(OurSettings, settings)
    return Cut2NextMaker(ModelChoice(name=model, loras=loras), chosen)
