"""From a model's name to a pipeline on this machine: weights, LoRAs on top, in the way that fits.

`ModelChoice` says which model; it is checked before torch is imported, and loaded when asked.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.film import InputError
from cut2next.film.fields import check_fields
from cut2next.generation.fit import ONE_SHOT, Fit, Held, Placement, Precision, chosen
from cut2next.generation.framing import Framing, Size
from cut2next.generation.weights import (
    check_weights,
    earlier_shots_in,
    framing_in,
    model_folder,
)

if TYPE_CHECKING:
    from cut2next.film import HierarchicalPrompt
    from cut2next.generation.device import Device
    from cut2next.generation.encoded import EncodedPrompt
    from cut2next.generation.pipeline import Cut2NextPipeline
    from cut2next.generation.plan import Plan

_LARGE_PICTURE = 2**20
"""Pixels from which on it is looked at what a picture takes, whatever the model."""
_AREAS = (2**21, 2**20, 2**19, 2**18)
"""Pixels that a current shot is brought down to, one after the other, until it fits."""


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """Which weights make pictures, and what they may take of the machine.

    Raises InputError for what is not of the kind that is written here.
    """

    name: str
    """"mini", a folder, or OWNER/NAME on the hub."""
    transformer: Path | None = None
    """A file with the transformer's weights, instead of the model's own."""
    loras: Sequence[tuple[Path, float]] = ()
    """Files and their weights; merged, unless the model's weights are quantised."""
    vram: float | None = None
    """GiB that a large model stays within; None for what is free."""
    precision: Precision | None = None
    """Of a large model's weights; None for what fits. Likewise the placement."""
    placement: Placement | None = None

    def __post_init__(self) -> None:
        check_fields(self)

    def check(self) -> None:
        """Refuses a model that is unknown, missing or damaged, before anything large is imported.

        Raises InputError or WeightsError. Fetches what is named on the hub.
        """
        check_weights(self._folder, self._handed_in)

    @property
    def framing(self) -> Framing:
        """The sizes of its pictures. Raises WeightsError for a folder that does not tell."""
        return framing_in(self._folder)

    @property
    def earlier_shots(self) -> int:
        """How many before the current one the model and its LoRAs have learnt to read."""
        from cut2next.generation.lora_file import read_training

        told = [read_training(path) for path, _ in self.loras]
        of_loras = [training.earlier_shots for training in told if training]
        return max([earlier_shots_in(self._folder), *of_loras])

    def fit(
        self,
        picture: tuple[int, int],
        following: tuple[int, int] | None = None,
        held: Held = ONE_SHOT,
    ) -> Fit | None:
        """How the model is to be loaded for a current shot of a size; None if it fits anywhere.

        The next shot is as large unless `following` tells another size. A shot that there is no
        memory for, with all that are `held`, is made smaller, unless that is told or the model has
        a size of its own. Raises InputError when nothing fits, or nothing that was asked for.
        """
        from cut2next.generation.device import best_device
        from cut2next.generation.plan import is_large, model_in, planned

        asked = (self.vram, self.precision, self.placement) != (None, None, None)
        if not asked and not is_large(self._folder, self.transformer):
            self._check_room(picture, following, held)
            return None
        device, loras = best_device(), [path for path, _ in self.loras]
        size = Size(*following) if following else None
        model, room = model_in(self._folder), device.room(self.vram)
        smaller = [area for area in _AREAS if area < picture[0] * picture[1]]
        own = model.framing.only or model.framing.most_pixels
        areas = [None, *smaller] if size is None and not own else [None]
        for area in areas:
            framing = model.framing if area is None else replace(model.framing, most_pixels=area)
            known = replace(model, framing=framing)
            transformer = self.transformer
            plan = planned(known, picture, size, loras=loras, transformer=transformer, held=held)
            among = self._possible(plan, device)
            try:
                fit = chosen(plan.needed, room, among, card=device.is_card)
            except InputError:
                loads = device.is_card or plan.needed.host <= room
                if area == areas[-1] or not loads:
                    raise
            else:
                return replace(fit, most_pixels=area)
        return None

    def seconds(
        self, picture: tuple[int, int], following: tuple[int, int] | None, steps: int
    ) -> float | None:
        """What a next shot takes at the very least; None on a card, and where that is a moment."""
        from cut2next.generation.device import best_device
        from cut2next.generation.plan import is_large, layout_for, model_in

        small = not (is_large(self._folder, self.transformer) or self._is_large(picture, following))
        if small or best_device().is_card:
            return None
        import torch

        from cut2next.generation.arithmetic import making_flops, matrix_rate
        from cut2next.generation.memory import Making

        known, loras = model_in(self._folder), [path for path, _ in self.loras]
        layout = layout_for(known, picture, Size(*following) if following else None, loras=loras)
        flops = making_flops(known.backbone.imported(), known.configurations, Making(layout), steps)
        return flops / matrix_rate("cpu", dtype=torch.float32)

    def _is_large(self, picture: tuple[int, int], following: tuple[int, int] | None) -> bool:
        """Whether pictures take more than a moment, whatever the model."""
        read = self.framing.size(*picture)
        return max(prod(read), prod(following or read)) >= _LARGE_PICTURE

    def _check_room(
        self, picture: tuple[int, int], following: tuple[int, int] | None, held: Held
    ) -> None:
        """Refuses a picture that there is no memory for, made by a small model in float32."""
        from cut2next.generation.device import best_device
        from cut2next.generation.plan import model_in, planned

        if not self._is_large(picture, following):
            return
        size, loras = Size(*following) if following else None, [path for path, _ in self.loras]
        known, transformer = model_in(self._folder), self.transformer
        plan = planned(
            known,
            picture,
            size,
            loras=loras,
            transformer=transformer,
            held=held,
            tilings=[False],
        )
        needed = 2 * plan.needed.peak(Fit())
        if needed > (room := best_device().room()):
            raise InputError(
                f"{room / 2**30:.1f} GiB of memory",
                expected=f"{needed / 2**30:.1f} GiB for a picture of that size",
                hint="make a smaller one",
            )

    def load(self, fit: Fit | None = None, *, progress: bool = False) -> "LoadedModel":
        """The model, checked, on the best device there is; with a `Fit` in bfloat16, in that way.

        `progress` gives each picture a bar of its own; the libraries draw none. Raises InputError
        or WeightsError, naming the file, for what does not load or does not go together.
        """
        self.check()
        from cut2next.generation.device import best_device
        from cut2next.generation.placing import fitted

        device = best_device()
        if fit is not None and self.vram is not None:
            device.hold_to(device.room(self.vram))
        pipe = self._pipeline(in_bfloat16=fit is not None)
        pipe.set_progress_bar_config(disable=not progress, leave=False)  # type: ignore[no-untyped-call]
        pipe = pipe.to(device.name) if fit is None else fitted(pipe, fit, device.name)
        return LoadedModel(choice=self, pipe=pipe, fit=fit)

    @property
    def _handed_in(self) -> frozenset[str]:
        return frozenset({"transformer"} if self.transformer else ())

    @cached_property
    def _folder(self) -> Path:
        return model_folder(self.name, self._handed_in)

    def _possible(self, plan: "Plan", device: "Device") -> list[Fit]:
        """What the device and the choice allow, the best first; something, or InputError."""
        among = [
            fit
            for fit in plan.fits(fp8=device.computes_fp8, card=device.is_card)
            if self.precision in (None, fit.precision) and self.placement in (None, fit.placement)
        ]
        if among:
            return among
        if plan.quantised:
            raise InputError(
                f"quantised weights, asked for in {self.precision or self.placement}",
                expected="them as they are, and not block by block",
                hint="leave --precision out, or take another --placement",
            )
        raise InputError(
            f"{self.precision or 'weights'}, {self.placement or 'placed'} on this machine",
            expected="precision and placement that go together",
            hint="`cut2next plan` shows which do; placements need a CUDA card",
        )

    def _pipeline(self, *, in_bfloat16: bool) -> "Cut2NextPipeline":
        """The weights in the machine's memory, LoRAs weighed and, where possible, merged."""
        import torch
        from diffusers.utils import logging as diffusers
        from transformers.utils import logging as transformers

        from cut2next.generation.lora_loading import lora_name
        from cut2next.generation.pipeline import Cut2NextPipeline
        from cut2next.generation.precision import is_quantised

        for library in (diffusers, transformers):
            library.disable_progress_bar()
        settings: dict[str, object] = {"transformer": self.transformer} if self.transformer else {}
        if in_bfloat16:
            settings["dtype"] = torch.bfloat16
        paths, weights = [path for path, _ in self.loras], [weight for _, weight in self.loras]
        pipe = Cut2NextPipeline.from_pretrained(self.name, loras=paths, **settings)
        if paths:
            pipe.set_adapters([lora_name(path) for path in paths], weights)
            if not is_quantised(pipe.transformer):
                pipe.merge_loras()
        return pipe


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A pipeline that is ready, and what its pictures tell of the weights that made them."""

    choice: ModelChoice
    pipe: "Cut2NextPipeline"
    fit: Fit | None = None

    @property
    def framing(self) -> Framing:
        """The sizes of its pictures, as large as there is memory for."""
        framing = self.pipe.framing
        most = None if self.fit is None else self.fit.most_pixels
        return framing if most is None else replace(framing, most_pixels=most)

    @property
    def loras(self) -> Mapping[str, float]:
        """Weights of the LoRAs by name."""
        return {path.stem: weight for path, weight in self.choice.loras}

    @property
    def was_taught(self) -> bool:
        """Whether a LoRA on it was trained by cut2next: what of the world that knows, none tells.

        Raises WeightsError for a file that is gone.
        """
        from cut2next.generation.lora_file import read_training

        return any(read_training(path) is not None for path, _ in self.choice.loras)

    @property
    def precision(self) -> str:
        """What a large model's weights were put into here; empty for those that came quantised."""
        came_so = getattr(self.pipe.transformer, "hf_quantizer", None) is not None
        return "" if self.fit is None or came_so else str(self.fit.precision)

    def encode(self, prompt: "HierarchicalPrompt") -> "EncodedPrompt":
        """A cut's prompts; where the fit says so, text encoders then make room for all else."""
        return next(self.encode_all([prompt]))

    def encode_all(self, prompts: Iterable["HierarchicalPrompt"]) -> Iterator["EncodedPrompt"]:
        """The prompts of several cuts: one after the other, unless text encoders have to go."""
        from cut2next.generation.device import best_device

        encoded = map(self.pipe.encode_prompt, prompts)
        if self.fit is None or self.fit.placement is not Placement.RELEASED:
            return encoded
        parked = [each.to("cpu") for each in encoded]
        self.pipe.release_text_encoders(best_device().name)
        return iter(parked)
