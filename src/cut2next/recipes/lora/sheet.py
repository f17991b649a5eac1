"""A sheet of held-out cuts every so often: beside the true next shot the one that is made now.

All of its pictures come out of the autoencoder, which is in memory for that moment alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers.image_processor import VaeImageProcessor
from diffusers.utils.logging import disable_progress_bar
from PIL import Image, ImageOps
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from cut2next.backbones import Backbone
from cut2next.conditioning import Segment
from cut2next.film import WeightsError
from cut2next.film.errors import one_line
from cut2next.film.paths import checked
from cut2next.film.writing import make_folder, whole_file
from cut2next.generation import Cut2NextPipeline
from cut2next.pages.contact_sheet import GROUND, SheetRow, contact_sheet
from cut2next.recipes.cut_sheet import readable
from cut2next.training.step import Batch
from cut2next.training.validation import BANDS, ValidationLoss

SHEETS = "sheets"
"""The folder of a run that holds them."""
_WIDTH, _HEIGHT = 384, 384
"""Pixels that a picture has at most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownCuts:
    """The cuts of a batch, with next shots: packed latents [B, L, C]."""

    batch: Batch
    summaries: Sequence[str]
    """Of what each next shot shows."""
    now: Tensor
    beginning: Tensor | None = None
    """What was made before the first step, where that is told."""


@contextmanager
def lent_autoencoder(
    pipe: Cut2NextPipeline, device: torch.device | str, dtype: torch.dtype | None = None
) -> Iterator[None]:
    """Gives a pipeline without one its autoencoder, out of its folder, and takes it away again.

    One that it has stays as it is. Raises WeightsError, naming the file, for one that does not
    load.
    """
    if pipe.vae is not None:
        yield
        return
    settings: dict[str, Any] = dict.fromkeys(set(pipe.components) - {"vae"})
    settings |= {name: pipe.config[name] for name in ("table", "prompt_tokens")}
    disable_progress_bar()
    lent = Cut2NextPipeline.from_pretrained(
        pipe.config["_name_or_path"], dtype=dtype or torch.float32, **settings
    )
    pipe.register_modules(vae=torch.nn.Module.to(lent.vae, device))  # type: ignore[no-untyped-call]
    del lent
    try:
        yield
    finally:
        pipe.register_modules(vae=None)  # type: ignore[no-untyped-call]
        torch.cuda.empty_cache()


def kept_beginning(folder: Path, made: Sequence[Tensor]) -> list[Tensor]:
    """What was made at the beginning of the run in a folder: `made`, when first asked.

    Raises OutputError when it cannot be written, WeightsError when it is damaged.
    """
    path = folder / SHEETS / "beginning.safetensors"
    make_folder(path.parent)
    if not path.exists():
        with whole_file(path, fault=SafetensorError) as partial:
            save_file({str(at): each.cpu().contiguous() for at, each in enumerate(made)}, partial)
    try:
        kept = load_file(checked(path, _damaged))
        return [kept[str(at)] for at in range(len(made))]
    except (SafetensorError, OSError, LookupError) as error:
        raise _damaged(path, f"is damaged, or of other cuts ({one_line(error)})") from error


def _damaged(path: Path, got: str) -> WeightsError:
    return WeightsError(
        f"{path}: {got}",
        expected="next shots from the beginning of this run",
        hint="delete it to have the next ones taken for that",
    )


def write_sheet(
    folder: Path,
    step: int,
    backbone: Backbone,
    shown: Sequence[ShownCuts],
    loss: ValidationLoss,
    before: ValidationLoss | None = None,
) -> Path:
    """Writes the sheet of held-out cuts after so many steps, whole; returns its file.

    The backbone has an autoencoder; `before` is the loss of the beginning, where that is told.
    Raises OutputError when it cannot be written.
    """
    path = folder / SHEETS / f"step-{step}.png"
    make_folder(path.parent)
    # Near noise it is decided what a shot shows; of its grain, elsewhere, a sheet tells little.
    near_noise = BANDS[-1]
    title = f"Step {step:,}: loss of held-out cuts near noise {loss.by_band[near_noise]:.4f}"
    if before is not None:
        title += f", at the beginning {before.by_band[near_noise]:.4f}"
    with whole_file(path) as partial:
        _sheet(backbone, shown, title).save(partial)
    return path


@torch.no_grad()
def _sheet(backbone: Backbone, shown: Sequence[ShownCuts], title: str) -> Image.Image:
    """A row for each cut; the column of the beginning is there where every cut has one."""
    begun = all(cuts.beginning is not None for cuts in shown)
    columns = ["Current shot", "True next shot", *(["At the beginning"] if begun else []), "Now"]
    rows = [row for cuts in shown for row in _rows(backbone, cuts, begun=begun)]
    size = ImageOps.contain(rows[0].pictures[0], (_WIDTH, _HEIGHT)).size
    framed = [
        SheetRow(label=row.label, pictures=[_framed(picture, size) for picture in row.pictures])
        for row in rows
    ]
    return contact_sheet(framed, columns=columns, title=title, picture_size=size)


def _rows(backbone: Backbone, cuts: ShownCuts, *, begun: bool) -> list[SheetRow]:
    batch, sizes = cuts.batch, cuts.batch.layout.shot_sizes
    following = sizes[Segment.NEXT_SHOT]
    read = batch.inputs.tokens[Segment.CURRENT_SHOT]  # one for several neighbours
    shots = _decoded(backbone, read, sizes[Segment.CURRENT_SHOT])
    current = [shot for shot in shots for _ in range(len(batch.clean) // len(read))]
    columns = [current, _decoded(backbone, batch.clean, following)]
    if begun and cuts.beginning is not None:
        columns.append(_decoded(backbone, cuts.beginning, following))
    columns.append(_decoded(backbone, cuts.now, following))
    return [
        SheetRow(label=readable(summary), pictures=pictures)
        for summary, *pictures in zip(cuts.summaries, *columns, strict=True)
    ]


def _decoded(backbone: Backbone, latents: Tensor, size: tuple[int, int]) -> list[Image.Image]:
    """The pictures of packed latents [B, L, C], height and width in tokens; one at a time."""
    shown = VaeImageProcessor(do_resize=False).postprocess
    return [
        picture
        for each in latents.split(1)
        for picture in shown(backbone.decode_image(each, size).float(), output_type="pil")
    ]


def _framed(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scaled to a size, and of another shape between bars: nothing is stretched."""
    return ImageOps.pad(picture, size, Image.Resampling.LANCZOS, GROUND)
