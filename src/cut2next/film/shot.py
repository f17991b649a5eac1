"""A shot: the frames between two cuts, here with the still that stands for it."""

from dataclasses import dataclass

from PIL import Image

from cut2next.film.prompts import IndividualPrompt


@dataclass(frozen=True, kw_only=True, eq=False)
class Shot:
    """One shot, as next shot generation sees it."""

    name: str
    """Unique within its film."""
    keyframe: Image.Image
    """The still that stands for the shot, RGB."""
    prompt: IndividualPrompt
