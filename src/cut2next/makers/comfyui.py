"""Any model through ComfyUI's own server: a workflow, exported in the API format, is the maker.

Named `comfyui:WORKFLOW.json`, with `?server=http://HOST:PORT` for one that is not on this machine's
usual port. What of a brief is put where is said in `comfyui_workflow.py`. No torch here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from PIL import Image

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.fields import check_fields
from cut2next.makers.comfyui_server import LOCAL, ComfyServer, Job, Patience
from cut2next.makers.comfyui_workflow import NEXT, Filling, Graph, read_workflow
from cut2next.makers.maker import Asked, Brief, Made, MakerError, brought_to
from cut2next.makers.picture_bytes import picture_of, png_of
from cut2next.makers.server import words
from cut2next.makers.settings import read_settings
from cut2next.makers.wording import plain, technique

COMFYUI = "comfyui:"
_LONGEST = 86_400.0
"""Seconds."""
Place = Mapping[str, str]
"""Of a picture on the server: `filename`, `subfolder`, `type`."""


@dataclass(frozen=True, kw_only=True)
class ComfySettings:
    """What is told beside the workflow."""

    server: str = LOCAL
    """Its URL."""
    wait: float = Patience.wait
    """Seconds for one picture, in the queue and at work."""
    relation: bool = True
    """Whether the relational prompt is among the words."""

    def __post_init__(self) -> None:
        check_fields(self)
        if not (isfinite(self.wait) and 0 < self.wait <= _LONGEST):
            raise InputError(
                f"wait={self.wait:g}", expected="seconds, up to a day", hint="leave it out"
            )


class ComfyMaker:
    """One workflow on one server."""

    def __init__(self, path: Path, settings: ComfySettings | None = None) -> None:
        """Nothing is asked yet. Raises InputError for no such workflow, or no such URL."""
        self.settings = settings or ComfySettings()
        self._workflow = read_workflow(path)
        self._server = ComfyServer(self.settings.server, Patience(wait=self.settings.wait))

    def check(self) -> None:
        """Looks whether the server is there. Raises InputError otherwise."""
        self._server.check()

    def make(self, briefs: Sequence[Brief]) -> Iterator[Made]:
        """See `Maker`."""
        for brief in briefs:
            if (made := self.made_while(brief, lambda: True)) is not None:
                yield made

    def made_while(self, brief: Brief, goes_on: Callable[[], bool]) -> Made | None:
        """See `StoppableMaker`; what is stopped leaves the server's queue."""
        said = _texts(brief, relation=self.settings.relation)

        def graph(image: str) -> Graph:
            return self._workflow.filled(
                Filling(words=said, image=image, size=brief.size, seed=brief.seed)
            )

        job = Job(picture=png_of(brief.current), graph=graph, chosen=self._chosen)
        try:
            if (data := self._server.made(job, goes_on)) is None:
                return None
            picture = picture_of(data, _unfit)
        except MakerError as error:
            told = error.got.removeprefix(f"{self._server.origin}: ")
            got = f"{self._server.origin} at {brief.name}: {told}"
            raise MakerError(got, expected=error.expected, hint=error.hint) from error
        return Made(
            picture=brought_to(picture, brief.size), asked=self._asked(brief, said, picture)
        )

    def _chosen(self, outputs: Mapping[str, Any]) -> Place:
        """The next shot among what nodes gave: of the node titled so, else the only one saved."""
        places = {id: found for id, given in outputs.items() if (found := _place(given))}
        for is_wanted in (
            self._workflow.is_next,
            lambda id: places[id]["type"] == "output",
            lambda id: True,  # previews, where nothing is saved
        ):
            if wanted := list(filter(is_wanted, places)):
                break
        else:
            raise _unfit("no node gave a picture")
        if len(wanted) > 1:
            raise _unfit(f"pictures of {', '.join(map(self._workflow.node, wanted))}")
        return places[wanted[0]]

    def _asked(self, brief: Brief, said: Mapping[str, str], picture: Image.Image) -> Asked:
        return Asked(
            words=self._workflow.said(said),
            size=picture.size,
            seed=brief.seed if self._workflow.is_seeded else None,
            weights=self._workflow.digest,
            settings={
                "server": self._server.url,
                "workflow": self._workflow.name,
                "relational prompt": self.settings.relation,
            },
        )


def comfyui_named(text: str) -> ComfyMaker:
    """The maker of `comfyui:WORKFLOW.json?server=URL`. Raises InputError for what is none."""
    path, _, told = text.removeprefix(COMFYUI).partition("?")
    settings = dict(parse_qsl(told, keep_blank_values=True))
    return ComfyMaker(Path(path), read_settings(ComfySettings, settings))


def _texts(brief: Brief, *, relation: bool) -> Mapping[str, str]:
    """What stands for a workflow's places, without the brackets that are ours."""
    prompt = brief.prompt
    return {
        "prompt": words(brief, relation=relation),
        "next": plain(prompt.next.text),
        "relational": plain(prompt.relational.text) if relation else "",
        "current": plain(prompt.current.text),
        "pattern": technique(brief.patterns),
    }


def _place(given: Any) -> Place | None:
    """Where a node's first picture is; None where it gave none."""
    images = given.get("images") if isinstance(given, dict) else None
    match images:
        case [{"filename": str(name), "subfolder": str(folder), "type": str(kind)}, *_]:
            return {"filename": name, "subfolder": folder, "type": kind}
    return None


def _unfit(got: str) -> MakerError:
    return MakerError(
        one_line(got),
        expected="one picture of the workflow",
        hint=f"title the node that saves the next shot {NEXT!r}",
    )
