"""IC-LoRA-Cond, the paper's one baseline: two panels side by side, one prompt, full attention.

FLUX.1-dev (non-commercial) with a LoRA that was trained on such pairs, through diffusers' own
`FluxPipeline`: the current shot is the left panel, the next one the right. In-context LoRA (arXiv
2410.23775) puts pictures side by side into one, describes them in one prompt, and conditions by
keeping a panel while the other is denoised. The paper (section 4) says: the first picture clean,
full attention, the loss on the second. It leaves open, and is decided here:

- *Where the first picture lies*: to the left, as in-context LoRA has it, two panels of one size.
- *How it stays*: `clean` writes its latents, without noise, over the left panel before each step,
  as the paper trains; `noised` writes them with that step's noise, the training-free way of
  in-context LoRA, for LoRAs that were trained to make both panels (`film-storyboard`).
- *The timestep*: FLUX has one for a whole sequence, so the clean panel is told t as well.
- *The one prompt*: the three of a cut in the published order, `[IMAGE1]` and `[IMAGE2]` between.
- *Size*: each panel about 1024×576, as the paper's shots. *Steps and guidance*: 28 and 3.5, as
  diffusers has them for FLUX.1-dev.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from cut2next.film import InputError
from cut2next.generation.framing import Size
from cut2next.makers.diffusers_maker import DiffusersMaker, Recommended
from cut2next.makers.maker import Brief, brought_to
from cut2next.makers.settings import Settings
from cut2next.makers.wording import sentences

CLEAN, NOISED = "clean", "noised"


@dataclass(frozen=True, kw_only=True)
class PanelSettings(Settings):
    """Settings of two panels."""

    conditioning: str = CLEAN
    """How the left panel stays: "clean" or "noised"."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.conditioning not in (CLEAN, NOISED):
            raise InputError(
                f"conditioning {self.conditioning!r}",
                expected=f"{CLEAN} or {NOISED}",
                hint="as the LoRA was trained",
            )


def words(brief: Brief, *, relation: bool = True) -> str:
    """One prompt of all three, in the order that the paper prints; brackets and all.

    A LoRA of pairs was trained on these very prompts, so nothing of them is changed.
    """
    prompt = brief.prompt
    return sentences(
        prompt.relational.text if relation else "",
        f"[IMAGE1] {prompt.current.text}",
        f"[IMAGE2] {prompt.next.text}",
    )


class IcLoraMaker(DiffusersMaker):
    """IC-LoRA-Cond on FLUX.1."""

    pipeline: ClassVar[str] = "FluxPipeline"
    title: ClassVar[str] = "IC-LoRA-Cond"
    settings_kind: ClassVar[type[Settings]] = PanelSettings
    most_tokens: ClassVar[int | None] = 512

    def __init__(self, name: str, settings: Settings | None = None) -> None:
        """As of any; plain settings condition by a clean panel."""
        super().__init__(name, settings)
        self._conditioning = getattr(self.settings, "conditioning", CLEAN)

    @property
    def recommended(self) -> Recommended:
        """See above; the area is that of one panel."""
        return Recommended(steps=28, guidance=3.5, pixels=1024 * 576)

    def words(self, brief: Brief) -> str:
        """One prompt."""
        return words(brief, relation=self.settings.relation)

    def tokens(self, pipe: Any, words: str) -> int:
        """Of T5."""
        return len(pipe.tokenizer_2(words).input_ids)

    def call(self, pipe: Any, brief: Brief, words: str, size: Size) -> dict[str, Any]:
        """Latents to begin with, and what is written over the left panel after each step."""
        import torch

        generator = torch.Generator("cpu").manual_seed(brief.seed)
        clean = _latents(pipe, brought_to(brief.current, size))
        wide = (*clean.shape[:-1], 2 * clean.shape[-1])
        noise = torch.randn(wide, generator=generator, dtype=torch.float32).to(clean)
        left = torch.cat([clean, torch.zeros_like(clean)], dim=-1)
        kept, drawn = _packed(pipe, left), _packed(pipe, noise)
        where = _packed(pipe, torch.cat([torch.ones_like(clean), torch.zeros_like(clean)], -1))

        def over(level: float, latents: Any) -> Any:
            """The panel with so much noise, from 0 to 1, over latents."""
            panel = kept if self._conditioning == CLEAN else (1 - level) * kept + level * drawn
            return torch.where(where.bool(), panel, latents).to(latents.dtype)

        def after(pipe: Any, step: int, time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            level = float(pipe.scheduler.sigmas[step + 1])
            return {"latents": over(level, tensors["latents"])}

        return {
            "prompt": words,
            "width": 2 * size.width,
            "height": size.height,
            "guidance_scale": self.guidance,
            "latents": over(1.0, drawn),
            "callback_on_step_end": after,
        }

    def part(self, made: Any, size: Size) -> Any:
        """The right panel."""
        return made[:, :, size.width :]

    def more(self) -> Mapping[str, Any]:
        """How the left panel stayed."""
        return {"conditioning": self._conditioning}


def _latents(pipe: Any, picture: Any) -> Any:
    """A panel's, [1, channels, height / 8, width / 8], as FLUX scales them."""
    import torch

    pixels = pipe.image_processor.preprocess(picture).to(pipe._execution_device, pipe.vae.dtype)
    with torch.no_grad():
        latents = pipe.vae.encode(pixels).latent_dist.mode()
    return (latents - pipe.vae.config.shift_factor) * pipe.vae.config.scaling_factor


def _packed(pipe: Any, latents: Any) -> Any:
    return pipe._pack_latents(latents, *latents.shape)
