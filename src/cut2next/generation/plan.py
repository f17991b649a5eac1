"""What a model will need for a picture, and the fit for it, from its files' configurations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub.errors import StrictDataclassError

from cut2next.conditioning import CLOSED, Layout, Segment, SegmentTable
from cut2next.film import WeightsError
from cut2next.film.errors import one_line
from cut2next.generation.conditioned import cut_layout
from cut2next.generation.fit import Demand, Fit, Placement, Precision, fits
from cut2next.generation.framing import Size, framed_size
from cut2next.generation.lora_file import read_training
from cut2next.generation.memory import demand
from cut2next.generation.weights import (
    backbone_in,
    check_configurations,
    comes_quantised,
    default_pixels,
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


def planned(
    folder: Path,
    picture: tuple[int, int],
    following: Size | None = None,
    *,
    loras: Sequence[Path] = (),
    transformer: Path | None = None,
) -> Plan:
    """What the model in a folder needs for a current shot of so many pixels; no weights are read.

    The next shot is as large unless `following` tells another size. `loras` tell how the model was
    trained where its folder does not; they are taken to be merged. `transformer` is a single file
    that its weights will come from. Raises WeightsError for what is missing or damaged.
    """
    check_configurations(folder)
    table, prompt_tokens = _trained(folder, loras)
    step = backbone_in(folder).pixels_per_token
    size = framed_size(*picture, default_pixels(folder), step=step)
    layout = cut_layout(
        table,
        prompt_tokens,
        current=size.in_tokens(step),
        following=(following or size).in_tokens(step),
    )
    try:
        needed = demand(folder, layout)
    except (*_UNBUILDABLE, StrictDataclassError) as error:
        raise WeightsError(
            f"{folder}: has configurations that describe no model ({one_line(error)})",
            expected=f"those of {backbone_in(folder).title}'s networks",
            hint="copy the folder again",
        ) from error
    stored = _quantised_bytes(folder, transformer)
    if stored is not None:
        # Its matrices are unpacked one at a time.
        whole = needed.weights[Precision.BF16]
        weights = whole._replace(transformer=stored + needed.widest)
        needed = replace(needed, weights={Precision.BF16: weights})
    return Plan(layout=layout, needed=needed, quantised=stored is not None)


def _trained(folder: Path, loras: Sequence[Path]) -> tuple[SegmentTable, dict[Segment, int]]:
    """Table and prompt lengths: the folder's own, a LoRA's, or what is usual."""
    trainings = [read_training(path) for path in loras]  # all, so that what is missing is told
    if training_of_folder := trained_under(folder):
        return training_of_folder
    for training in filter(None, trainings):
        return training.table, dict(training.prompt_tokens)
    longest = backbone_in(folder).longest_prompt
    return CLOSED, dict.fromkeys(CLOSED.prompts, longest)


def _quantised_bytes(folder: Path, transformer: Path | None) -> int | None:
    """The size of a transformer that comes quantised; None for one that does not."""
    if transformer is not None:
        if not transformer.is_file():
            raise WeightsError(
                f"{transformer}: no such file",
                expected="a transformer's weights in one file",
                hint="check the name",
            )
        return transformer.stat().st_size if transformer.suffix == ".gguf" else None
    if not comes_quantised(folder / "transformer"):
        return None
    return sum(path.stat().st_size for path in (folder / "transformer").glob("*.safetensors"))


def is_large(folder: Path, transformer: Path | None = None) -> bool:
    """Whether a model's weights take more than a moment to load."""
    networks = backbone_in(folder).networks()
    files = [path for name in networks for path in (folder / name).glob("*.safetensors")]
    if transformer is not None:
        files.append(transformer)
    return sum(path.stat().st_size for path in files if path.exists()) >= LARGE
