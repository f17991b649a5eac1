"""What a model will need for a picture, and the fit for it, from its files' configurations."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub.errors import StrictDataclassError

from cut2next.backbones import BACKBONES, BackboneFacts
from cut2next.conditioning import CLOSED, Layout, Segment, SegmentTable
from cut2next.film import WeightsError
from cut2next.film.errors import one_line
from cut2next.generation.conditioned import cut_layout
from cut2next.generation.fit import ONE_SHOT, Demand, Fit, Held, Placement, Precision, fits
from cut2next.generation.framing import Framing, Size
from cut2next.generation.lora_file import read_training
from cut2next.generation.memory import Configurations, Making, demand
from cut2next.generation.weights import (
    NETWORKS,
    backbone_in,
    check_configurations,
    comes_quantised,
    configurations,
    earlier_shots_in,
    framing_in,
    model_folder,
    trained_under,
)

LARGE = 2**30
"""From so many bytes of weights on, memory is looked at before they are loaded."""

_UNBUILDABLE = (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError)
"""What networks say of sizes that cannot be."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a model needs for one picture."""

    layout: Layout
    needed: Demand
    quantised: bool
    """The transformer comes in fewer bits already, and stays as it is."""

    def fits(self, *, fp8: bool, card: bool) -> list[Fit]:
        """What can be chosen from, the best first; without a card there is nowhere to move to."""
        among = list(fits(fp8=fp8))
        if self.quantised:
            among = [
                fit
                for fit in among
                if fit.precision is Precision.BF16 and fit.placement is not Placement.GROUP
            ]
        return among if card else [fit for fit in among if fit.placement is Placement.RESIDENT]


@dataclass(frozen=True, kw_only=True)
class KnownModel:
    """What is known of a model without its weights."""

    name: str
    backbone: type[BackboneFacts]
    configurations: Configurations
    framing: Framing
    """The sizes of its pictures."""
    training: tuple[SegmentTable, Mapping[Segment, int]] | None = None
    """Its table and prompt lengths, where it tells them."""
    earlier_shots: int = 0
    """How many before the current one it has learnt to read."""
    stored: int | None = None
    """Bytes of a transformer that comes quantised."""


def model_in(folder: Path) -> KnownModel:
    """What a model's folder tells. Raises WeightsError for what is missing or damaged."""
    check_configurations(folder)
    backbone, stored = backbone_in(folder), None
    if comes_quantised(folder / "transformer"):
        files = (folder / "transformer").glob("*.safetensors")
        stored = sum(path.stat().st_size for path in files)
    return KnownModel(
        name=str(folder),
        backbone=backbone,
        configurations=configurations(folder),
        training=trained_under(folder),
        earlier_shots=earlier_shots_in(folder),
        framing=framing_in(folder),
        stored=stored,
    )


def model_named(name: str) -> KnownModel:
    """What is known of a model by its name; of FLUX.1's own nothing is fetched.

    Raises InputError and WeightsError as `model_folder` does, and those of `model_in`.
    """
    for backbone in BACKBONES.values():
        if name in backbone.released and not os.path.isdir(name):  # noqa: PTH112
            known = backbone.released[name]
            framing = Framing(step=backbone.token_pixels(known))
            return KnownModel(name=name, backbone=backbone, configurations=known, framing=framing)
    return model_in(model_folder(name, handed_in=NETWORKS))


def planned(
    model: KnownModel,
    picture: tuple[int, int],
    following: Size | None = None,
    *,
    table: SegmentTable = CLOSED,
    prompt_tokens: Mapping[Segment, int] | None = None,
    loras: Sequence[Path] = (),
    transformer: Path | None = None,
    pictures: int = 1,
    held: Held = ONE_SHOT,
    tilings: Sequence[bool] = (False, True),
) -> Plan:
    """What a model needs for a current shot of so many pixels; no weights are read.

    The next shot is as large unless `following` tells another size. `loras` tell how the model was
    trained where it does not, and failing that `table` and `prompt_tokens`; they are taken to be
    merged. `transformer` is a single file that its weights will come from. `pictures` are made at a
    time, with shots `held`, whole or in tiles (`tilings`). Raises WeightsError for configurations
    that describe no model, and a file that is missing.
    """
    table, prompt_tokens = _trained(model, loras, table, prompt_tokens)
    layout = _layout(model, picture, following, table, prompt_tokens)
    making = Making(layout, pictures, held)
    try:
        needed = demand(model.backbone.imported(), model.configurations, making, tilings)
    except (*_UNBUILDABLE, StrictDataclassError) as error:
        raise WeightsError(
            f"{model.name}: has configurations that describe no model ({one_line(error)})",
            expected=f"those of {model.backbone.title}'s networks",
            hint="copy the folder again",
        ) from error
    stored = model.stored if transformer is None else _quantised_bytes(transformer)
    if stored is not None:
        # Its matrices are unpacked one at a time.
        whole = needed.weights[Precision.BF16]
        weights = whole._replace(transformer=stored + needed.widest)
        needed = replace(needed, weights={Precision.BF16: weights})
    return Plan(layout=layout, needed=needed, quantised=stored is not None)


def layout_for(
    model: KnownModel,
    picture: tuple[int, int],
    following: Size | None = None,
    *,
    loras: Sequence[Path] = (),
) -> Layout:
    """Where the tokens of such a picture lie, as `planned` takes them."""
    return _layout(model, picture, following, *_trained(model, loras, CLOSED, None))


def _layout(
    model: KnownModel,
    picture: tuple[int, int],
    following: Size | None,
    table: SegmentTable,
    prompt_tokens: Mapping[Segment, int],
) -> Layout:
    step, size = model.framing.step, model.framing.size(*picture)
    return cut_layout(
        table,
        prompt_tokens,
        current=size.in_tokens(step),
        following=(following or size).in_tokens(step),
    )


def _trained(
    model: KnownModel,
    loras: Sequence[Path],
    table: SegmentTable,
    prompt_tokens: Mapping[Segment, int] | None,
) -> tuple[SegmentTable, Mapping[Segment, int]]:
    """Table and prompt lengths: the model's own, a LoRA's, or what is usual."""
    trainings = [read_training(path) for path in loras]  # all, so that what is missing is told
    if model.training:
        return model.training
    for training in filter(None, trainings):
        return training.table, dict(training.prompt_tokens)
    longest = dict.fromkeys(table.prompts, model.backbone.longest_prompt)
    return table, prompt_tokens or longest


def _quantised_bytes(transformer: Path) -> int | None:
    """The size of a file with a transformer that is quantised; None for one that is not."""
    if not transformer.is_file():
        raise WeightsError(
            f"{transformer}: no such file",
            expected="a transformer's weights in one file",
            hint="check the name",
        )
    return transformer.stat().st_size if transformer.suffix == ".gguf" else None


def is_large(folder: Path, transformer: Path | None = None) -> bool:
    """Whether a model's weights take more than a moment to load."""
    networks = backbone_in(folder).networks()
    files = [path for name in networks for path in (folder / name).glob("*.safetensors")]
    if transformer is not None:
        files.append(transformer)
    return sum(path.stat().st_size for path in files if path.exists()) >= LARGE
