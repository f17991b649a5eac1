"""FLUX.1 Kontext: an instruction about a picture, which lies beside the one that is made.

`black-forest-labs/FLUX.1-Kontext-dev`, under FLUX's non-commercial licence for weights; its page
asks for a guidance of 2.5 (distilled), diffusers takes 28 steps. It makes about one megapixel. T5
reads 512 tokens; CLIP, which gives the one pooled vector, the first 77.
"""

from typing import Any, ClassVar

from cut2next.generation.framing import Size
from cut2next.makers.diffusers_maker import DiffusersMaker, Recommended
from cut2next.makers.maker import Brief
from cut2next.makers.wording import plain, sentences, technique


def words(brief: Brief, *, relation: bool = True) -> str:
    """An instruction, as in its training: what is to happen, then what shall stay.

    The next shot comes first, for CLIP hears no more; then what holds across the cut. The prompt of
    the current shot is left out: the model sees that picture.
    """
    how = technique(brief.patterns)
    return sentences(
        f"Show the next shot of this film scene{f', after {how}' if how else ''}:",
        plain(brief.prompt.next.text),
        plain(brief.prompt.relational.text) if relation else "",
        "Keep the same people, clothes, place, light and style.",
    )


class KontextMaker(DiffusersMaker):
    """FLUX.1 Kontext."""

    pipeline: ClassVar[str] = "FluxKontextPipeline"
    title: ClassVar[str] = "FLUX.1 Kontext"
    most_tokens: ClassVar[int | None] = 512

    @property
    def recommended(self) -> Recommended:
        """See above."""
        return Recommended(steps=28, guidance=2.5)

    def words(self, brief: Brief) -> str:
        """An instruction."""
        return words(brief, relation=self.settings.relation)

    def tokens(self, pipe: Any, words: str) -> int:
        """Of T5."""
        return len(pipe.tokenizer_2(words).input_ids)

    def call(self, pipe: Any, brief: Brief, words: str, size: Size) -> dict[str, Any]:
        """The current shot is brought to one of the shapes of its training, unless told an area."""
        area = size.width * size.height
        return {
            "image": brief.current,
            "prompt": words,
            "width": size.width,
            "height": size.height,
            "max_area": area,
            "guidance_scale": self.guidance,
            "_auto_resize": self.settings.pixels is None,
        }
