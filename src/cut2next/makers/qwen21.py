"""Qwen-Image-2.1: one sequence of words and pictures, causal by blocks.

`Qwen/Qwen-Image-2.1`, under the Qwen Research licence: research and evaluation, nothing commercial.
Its makers recommend 40 steps and no guidance (diffusers' defaults say so); a folder may name its
own noise levels, whose number is that of the steps. About one megapixel, RGBA, of which what is
transparent is laid over black, as everywhere here.
"""

from math import isqrt
from pathlib import Path
from typing import Any, ClassVar

from cut2next.generation.framing import Size
from cut2next.makers.diffusers_maker import DiffusersMaker, Recommended
from cut2next.makers.maker import Brief
from cut2next.makers.wording import plain, sentences, technique

_NOTHING = " "


def words(brief: Brief, *, relation: bool = True) -> str:
    """An instruction: its pipeline writes the picture's slot before it.

    It reads prompts of any length; what holds across the cut comes before the next shot, since a
    causal model reads the one in the light of the other. The prompt of the current shot is left
    out: the model sees that picture.
    """
    how = technique(brief.patterns)
    return sentences(
        f"Show the next shot of this film scene{f', after {how}' if how else ''}.",
        plain(brief.prompt.relational.text) if relation else "",
        f"The next shot: {plain(brief.prompt.next.text)}",
    )


class Qwen21Maker(DiffusersMaker):
    """Qwen-Image-2.1."""

    pipeline: ClassVar[str] = "QwenImage21Pipeline"
    title: ClassVar[str] = "Qwen-Image-2.1"
    step: ClassVar[int] = 32

    @property
    def recommended(self) -> Recommended:
        """See above."""
        return Recommended(steps=len(self.index.get("sample_sigmas") or ()) or 40, guidance=1)

    def words(self, brief: Brief) -> str:
        """An instruction."""
        return words(brief, relation=self.settings.relation)

    def components(self, folder: Path) -> dict[str, Any]:
        """Its processor, without videos."""
        from cut2next.makers.processor import Qwen3Stills, stills_processor

        return {"processor": stills_processor(Qwen3Stills, folder / "processor")}

    def call(self, pipe: Any, brief: Brief, words: str, size: Size) -> dict[str, Any]:
        """Steps that are asked for take the place of the folder's own noise levels."""
        count = self.settings.steps
        levels = [1 - step / count for step in range(count)] if count else None
        return {
            "image": [brief.current],
            "prompt": words,
            "negative_prompt": _NOTHING if self.guidance > 1 else None,
            "true_cfg_scale": self.guidance,
            "width": size.width,
            "height": size.height,
            "output_resolution": isqrt(size.width * size.height),
            "sigmas": levels,
        }

    def part(self, made: Any, size: Size) -> Any:
        """RGB, over black."""
        return made[:3] * made[3:] if len(made) == 4 else made
