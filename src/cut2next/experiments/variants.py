"""What is compared: variants of the method, each a table, a recipe, or what is learnt from.

All begin from one text-to-image model (`BASE`) and see as many cuts; where they learn from the same
sets, the same cuts at the same times with the same noise. A variant is data: nothing in the model
knows of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from cut2next.backbones.mini import architecture
from cut2next.conditioning import CLOSED, FULL_ATTENTION, PAPER, SYNC_COND, SegmentTable
from cut2next.conditioning.ablations import (
    ALIGNED,
    INDEX_AXIS,
    NO_PROMPT_BRIDGE,
    NO_RELATIONAL_PROMPT,
    NO_SHOT_BRIDGE,
    NOISY_RELATION,
    ONE_PROMPT,
    TEXT_TO_IMAGE,
)
from cut2next.experiments.lessons import (
    ALL_SETS,
    BASE_SETS,
    DISAGREEING,
    FEW_SETS,
    ROUGH,
    WITH_ACTION,
    WITH_EXTREMES,
    Lessons,
)
from cut2next.experiments.unet.mini import MiniUNet
from cut2next.experiments.unet.model import unet
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.recipes.mini.transformer import MiniModel
from cut2next.training.step import Draws

BASE = "base"
"""The variant that those of the transformer begin as."""


def by_transformer(shipped: Cut2NextPipeline) -> MiniModel:
    """FLUX.1's transformer with 192 channels: half the work of the mini model's own."""
    channels = shipped.transformer.config.in_channels
    transformer = architecture.transformer(channels, heads=6)
    return MiniModel(transformer, shipped.text_encoder_2, shipped.text_encoder)


def by_unet(shipped: Cut2NextPipeline) -> MiniModel:
    """Stable Diffusion 1.5's U-Net, of about the same size."""
    words, pooled = shipped.text_encoder_2, shipped.text_encoder
    channels = shipped.transformer.config.in_channels
    network = unet(channels, words.config.d_model, pooled.config.hidden_size)
    return MiniUNet(network, words, pooled)


Network = Callable[[Cut2NextPipeline], MiniModel]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to have it, and how it is learnt."""

    name: str
    meaning: str
    table: SegmentTable
    lessons: Lessons = ALL_SETS
    """What it learns from."""
    network: Network = by_transformer
    """What is learnt, knowing nothing yet; who goes on from another has the same."""
    after: str = BASE
    """The variant that it goes on from, with the same seed; empty for nothing."""
    share: float = 1.0
    """Of the steps of a run: who goes on from another has the rest."""
    earlier_shots: int = 0
    """Shots before the current one that it learns to read, at most."""
    draws: Draws = field(default_factory=lambda: Draws(at_noise=0.5))


def _variants(*variants: Variant) -> Mapping[str, Variant]:
    return MappingProxyType({variant.name: variant for variant in variants})


ON_A_UNET = (
    Variant(name="paper", meaning="CACI and HAM, as far as a U-Net has room", table=PAPER),
    Variant(name="sync-cond", meaning="every shot gets the step's clock", table=SYNC_COND),
    Variant(
        name="full-attention",
        meaning="a shot reads all shots and prompts",
        table=FULL_ATTENTION,
    ),
)

WITH_WRONG_PROMPTS = (
    Variant(name="paper", meaning="CACI and HAM as published", table=PAPER),
    Variant(name="full-attention", meaning="every segment reads every other", table=FULL_ATTENTION),
    Variant(name="closed", meaning="nothing clean reads anything noisy", table=CLOSED),
    Variant(
        name="one-prompt",
        meaning="IC-LoRA-Cond: the prompts as one, full attention, one clock",
        table=ONE_PROMPT,
    ),
)

WITH_EXTREME_CUTS = (
    Variant(name="paper", meaning="CACI and HAM as published", table=PAPER),
    Variant(name="full-attention", meaning="every segment reads every other", table=FULL_ATTENTION),
    Variant(name="closed", meaning="nothing clean reads anything noisy", table=CLOSED),
    Variant(
        name="no-relational-prompt",
        meaning="there is no relational prompt to ask for it",
        table=NO_RELATIONAL_PROMPT,
    ),
)

VARIANTS = _variants(
    Variant(
        name=BASE,
        meaning="text to image: next prompt and next shot alone",
        table=TEXT_TO_IMAGE,
        lessons=BASE_SETS,
        after="",
    ),
    Variant(name="paper", meaning="CACI and HAM as published", table=PAPER),
    Variant(name="closed", meaning="nothing clean reads anything noisy; what ships", table=CLOSED),
    Variant(name="sync-cond", meaning="every segment gets the step's clock", table=SYNC_COND),
    Variant(
        name="noisy-relation",
        meaning="the relational prompt alone gets the step's clock",
        table=NOISY_RELATION,
    ),
    Variant(name="full-attention", meaning="every segment reads every other", table=FULL_ATTENTION),
    Variant(
        name="no-shot-bridge", meaning="the shots do not read each other", table=NO_SHOT_BRIDGE
    ),
    Variant(
        name="no-prompt-bridge",
        meaning="the relational prompt reads no shot",
        table=NO_PROMPT_BRIDGE,
    ),
    Variant(
        name="no-relational-prompt",
        meaning="there is no relational prompt",
        table=NO_RELATIONAL_PROMPT,
    ),
    Variant(
        name="one-prompt",
        meaning="IC-LoRA-Cond: the prompts as one, full attention, one clock",
        table=ONE_PROMPT,
    ),
    *(
        replace(
            variant,
            name=f"disagreeing-{variant.name}",
            meaning=f"{variant.meaning}; other prompts are now and then about other people",
            lessons=DISAGREEING,
        )
        for variant in WITH_WRONG_PROMPTS
    ),
    Variant(name="aligned", meaning="the current shot at the next one's positions", table=ALIGNED),
    Variant(
        name="index-axis",
        meaning="the current shot one further on the first axis",
        table=INDEX_AXIS,
    ),
    Variant(
        name="relation-dropped",
        meaning="one step in ten without the relational prompt, one without the current half",
        table=PAPER,
        draws=Draws(at_noise=0.5, left_out=0.1),
    ),
    Variant(
        name="earlier-shots",
        meaning="closed, learnt with none to three shots before the current one",
        table=CLOSED,
        earlier_shots=3,
    ),
    Variant(
        name="rough",
        meaning="from many sets, roughly annotated and badly cut, as films give them",
        table=PAPER,
        lessons=ROUGH,
    ),
    Variant(
        name="few", meaning="from a ninth of the sets, all right", table=PAPER, lessons=FEW_SETS
    ),
    Variant(
        name="rough-half",
        meaning="the first half of rough-then-few",
        table=PAPER,
        lessons=ROUGH,
        share=0.5,
    ),
    Variant(
        name="rough-then-few",
        meaning="half of the steps from the rough sets, then half from the few",
        table=PAPER,
        lessons=FEW_SETS,
        after="rough-half",
        share=0.5,
    ),
    Variant(
        name="with-action",
        meaning="a quarter of the cuts from sets in action: poses, and what moves is blurred",
        table=PAPER,
        lessons=WITH_ACTION,
    ),
    *(
        replace(
            variant,
            name=f"extremes-{variant.name}",
            meaning=f"{variant.meaning}; half of the cuts are extreme",
            lessons=WITH_EXTREMES,
        )
        for variant in WITH_EXTREME_CUTS
    ),
    Variant(
        name="unet-base",
        meaning="text to image by a U-Net",
        table=TEXT_TO_IMAGE,
        lessons=BASE_SETS,
        network=by_unet,
        after="",
    ),
    *(
        replace(variant, name=f"unet-{variant.name}", network=by_unet, after="unet-base")
        for variant in ON_A_UNET
    ),
)


def began_as(name: str) -> str:
    """The variant that knew nothing, at the beginning of another's lineage."""
    while after := VARIANTS[name].after:
        name = after
    return name
