"""FLUX.2 klein: small, distilled to four steps, with reference pictures.

`black-forest-labs/FLUX.2-klein-4B`, Apache-2.0 (9B is non-commercial). Its page asks for 4 steps
and no guidance; the undistilled `-base` for 50 steps and a guidance of 4, and the folder's index
tells which it is. About one megapixel. Qwen3 reads 512 tokens, the chat template among them.
"""

from typing import Any, ClassVar

from cut2next.generation.framing import Size
from cut2next.makers.diffusers_maker import DiffusersMaker, Recommended
from cut2next.makers.maker import Brief
from cut2next.makers.wording import plain, sentences, technique


def words(brief: Brief, *, relation: bool = True) -> str:
    """Prose that begins with the camera.

    Left to itself the model turns the subject and leaves the backdrop, so it is told that the
    camera moves and what that means for what is behind. The prompt of the current shot is left out:
    the model sees that picture.
    """
    how = technique(brief.patterns)
    return sentences(
        f"The same film scene from a new camera position{f', {how}' if how else ''}.",
        plain(brief.prompt.next.text),
        plain(brief.prompt.relational.text) if relation else "",
        "The background is what the camera sees there; people, clothes and light are the same.",
    )


class KleinMaker(DiffusersMaker):
    """FLUX.2 klein."""

    pipeline: ClassVar[str] = "Flux2KleinPipeline"
    title: ClassVar[str] = "FLUX.2 klein"
    most_tokens: ClassVar[int | None] = 512

    @property
    def recommended(self) -> Recommended:
        """See above."""
        distilled = bool(self.index.get("is_distilled"))
        return Recommended(steps=4, guidance=1) if distilled else Recommended(steps=50, guidance=4)

    def words(self, brief: Brief) -> str:
        """Prose."""
        return words(brief, relation=self.settings.relation)

    def tokens(self, pipe: Any, words: str) -> int:
        """Of Qwen3, in the conversation that the pipeline writes around a prompt."""
        conversation = pipe.tokenizer.apply_chat_template(
            [{"role": "user", "content": words}],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,
        )
        return super().tokens(pipe, conversation)

    def call(self, pipe: Any, brief: Brief, words: str, size: Size) -> dict[str, Any]:
        """One reference picture, which the pipeline would make smaller, but never larger."""
        return {
            "image": self.current(brief),
            "prompt": words,
            "width": size.width,
            "height": size.height,
            "guidance_scale": self.guidance,
        }
