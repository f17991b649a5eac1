"""Jobs and candidates for tests of stores."""

from dataclasses import replace
from typing import Any

from cut2next.film import HierarchicalPrompt, IndividualPrompt, RelationalPrompt
from cut2next.studio.board import Candidate, Picture, Way, new_id
from cut2next.studio.store import Asked, Job

PICTURE = Picture(sha256="0" * 64, width=64, height=36)
PROMPT = HierarchicalPrompt(
    relational=RelationalPrompt(transition="cut"),
    current=IndividualPrompt(summary="a hall"),
    next=IndividualPrompt(summary="a door"),
)
ASKED = Asked(maker="mini", picture=PICTURE, prompt=PROMPT, way=Way(seed=7), size=(64, 36))


def job(id: str | None = None, **more: Any) -> Job:
    """A job of the panel p."""
    return replace(Job(id=id or new_id(), panel="p", asked=ASKED), **more)


def result(of: Job) -> Candidate:
    """What comes of a job."""
    return Candidate(
        id=of.id,
        panel=of.panel or "p",
        picture=PICTURE,
        maker="mini",
        prompt=PROMPT,
        way=Way(seed=7),
    )
