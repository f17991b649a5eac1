"""Qwen-Image-Edit-2511 (and 2509): an instruction about "Picture 1", which its VLM sees too.

`Qwen/Qwen-Image-Edit-2511`, Apache-2.0. Its page asks for 40 steps, a true guidance of 4 and a
negative prompt of one space; about one megapixel. LoRAs that the maker knows by their files' names:

- "next scene" (`lovis93/next-scene-qwen-image-lora-2509`, MIT; weight .7 to .8) was trained on
  prompts that begin with "Next Scene:". Its v2 on the hub has ComfyUI's keys, which diffusers
  refuses or converts by its version; a mirror has diffusers' own.
- "multiple angles" (`fal/Qwen-Image-Edit-2511-Multiple-Angles-LoRA`, Apache-2.0) was trained on
  fixed words, `<sks> [azimuth] [elevation] [distance]`. A cut tells no azimuth, so it follows from
  the pattern here: 45° for another angle, the other side for an answer, else from the front.

Fast ones (Lightning, 4 steps) take `steps=4` and `guidance=1`.
"""

from pathlib import Path
from typing import Any, ClassVar

from cut2next.film import EditingPattern
from cut2next.generation.framing import Size
from cut2next.makers.diffusers_maker import DiffusersMaker, Recommended
from cut2next.makers.maker import Brief
from cut2next.makers.wording import plain, sentences, technique

_NEXT_SCENE, _ANGLES = "nextscene", "multipleangles"
_AZIMUTH = {
    EditingPattern.MULTI_ANGLE: "front-right quarter view",
    EditingPattern.SHOT_REVERSE_SHOT: "back view",
}
_DISTANCE = {EditingPattern.CUT_IN: "close-up", EditingPattern.CUT_OUT: "wide shot"}
_NOTHING = " "
"""The negative prompt; an empty one would switch guidance off in some versions."""


def words(brief: Brief, *, relation: bool = True, loras: tuple[str, ...] = ()) -> str:
    """What the LoRAs of these names begin with, then an instruction.

    The pipeline itself writes "Picture 1:" before it, and a system prompt that asks to keep what is
    not spoken of. The prompt of the current shot is left out: the model sees that picture.
    """
    how, names = technique(brief.patterns), [_letters(name) for name in loras]
    after = f", after {how}" if how else ""
    asked = f"Show the next shot of the film scene in Picture 1{after}:"
    if any(_NEXT_SCENE in name for name in names):
        asked = f"Next Scene: {how[:1].upper()}{how[1:]}." if how else "Next Scene:"
    return sentences(
        _angle(brief) if any(_ANGLES in name for name in names) else "",
        asked,
        plain(brief.prompt.next.text),
        plain(brief.prompt.relational.text) if relation else "",
    )


class QwenEditMaker(DiffusersMaker):
    """Qwen-Image-Edit-2509 and later."""

    pipeline: ClassVar[str] = "QwenImageEditPlusPipeline"
    title: ClassVar[str] = "Qwen-Image-Edit"
    step: ClassVar[int] = 32

    @property
    def recommended(self) -> Recommended:
        """See above."""
        return Recommended(steps=40, guidance=4)

    def words(self, brief: Brief) -> str:
        """An instruction."""
        loras = tuple(path.stem for path, _ in self.settings.loras)
        return words(brief, relation=self.settings.relation, loras=loras)

    def components(self, folder: Path) -> dict[str, Any]:
        """Its processor, without videos."""
        from cut2next.makers.processor import Qwen2Stills, stills_processor

        return {"processor": stills_processor(Qwen2Stills, folder / "processor")}

    def call(self, pipe: Any, brief: Brief, words: str, size: Size) -> dict[str, Any]:
        """Without guidance no negative prompt either: it would be told of, and not used."""
        return {
            "image": [brief.current],
            "prompt": words,
            "negative_prompt": _NOTHING if self.guidance > 1 else None,
            "true_cfg_scale": self.guidance,
            "width": size.width,
            "height": size.height,
        }


def _angle(brief: Brief) -> str:
    """The fixed words of "multiple angles"."""
    azimuth = next((_AZIMUTH[x] for x in _AZIMUTH if x in brief.patterns), "front view")
    distance = next((_DISTANCE[x] for x in _DISTANCE if x in brief.patterns), "medium shot")
    angle = brief.prompt.next.attributes.get("Camera Angle", "").casefold()
    elevation = next((f"{x}-angle" for x in ("low", "high") if x in angle), "eye-level")
    return f"<sks> {azimuth} {elevation} shot {distance}"


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalpha())
