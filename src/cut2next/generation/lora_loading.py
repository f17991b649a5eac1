"""A pipeline and its LoRAs: put on top of the weights, worked into them, written.

Everything is checked before anything is changed, so that a refusal leaves nothing half-loaded.
"""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffusers.loaders.lora_base import LoraBaseMixin

from cut2next.backbones.lora import adapted, lora_config, misfit
from cut2next.conditioning import Segment
from cut2next.film import InputError, WeightsError
from cut2next.generation.lora_file import Lora, Training, read_lora, write_lora
from cut2next.generation.precision import check_mergeable

if TYPE_CHECKING:
    from cut2next.generation.pipeline import Cut2NextPipeline


class LoraLoaderMixin(LoraBaseMixin):
    """What a pipeline can do with LoRAs.

    From diffusers come `set_adapters`, to weigh several, and `unload_lora_weights`.
    """

    _lora_loadable_modules = ["transformer", "text_encoder"]  # noqa: RUF012  # diffusers' own

    transformer: Any

    def load_lora_weights(  # type: ignore[override]  # files only, never what would be unpickled
        self: Any, path: str | os.PathLike[str], adapter_name: str | None = None, **settings: Any
    ) -> None:
        """Puts the LoRA of a file on top of the weights; `set_adapters` weighs several.

        Its name is that of the file (without the ending, a dot being an underscore) unless another
        is given.
        Raises WeightsError when the file is damaged, the LoRA is for another base, or was trained
        under another table or other prompt lengths; InputError for a name that is taken, and where
        PEFT is not installed.
        """
        path = Path(path)
        put_lora(self, path, read_lora(path), adapter_name or lora_name(path), **settings)

    def save_lora_weights(  # type: ignore[override]  # the file tells more than diffusers' own
        self: Any, path: str | os.PathLike[str], adapter_name: str
    ) -> None:
        """Writes the transformer's LoRA of that name, with all that loading it must know.

        Raises InputError when there is none, and OutputError when it cannot be written.
        """
        save_lora(self, Path(path), adapter_name)

    def fuse_lora(
        self, components: list[str] | None = None, *arguments: Any, **settings: Any
    ) -> None:
        """As in diffusers: works the active LoRAs into the weights; `unfuse_lora` undoes it.

        Raises InputError for quantised weights, which cannot take them in.
        """
        check_mergeable(self.transformer)
        super().fuse_lora(components or ["transformer"], *arguments, **settings)

    def unfuse_lora(self, components: list[str] | None = None, **settings: Any) -> None:
        """As in diffusers: undoes `fuse_lora`."""
        super().unfuse_lora(components or self._lora_loadable_modules, **settings)

    def merge_loras(self: Any) -> None:
        """Works the active LoRAs into the weights for good: as fast as none, and less memory.

        Raises InputError as `fuse_lora` does.
        """
        if lora_names(self):
            self.fuse_lora()
            self.unload_lora_weights()


def lora_name(path: str | os.PathLike[str]) -> str:
    """What the LoRA of a file is called, where no other name is given."""
    return Path(path).stem.replace(".", "_")  # PyTorch takes no dots in names


def lora_names(pipe: "Cut2NextPipeline") -> list[str]:
    """The LoRAs on a pipeline's transformer."""
    return list(getattr(pipe.transformer, "peft_config", {}))


def put_lora(pipe: "Cut2NextPipeline", path: Path, lora: Lora, name: str, **settings: Any) -> None:
    """Puts the LoRA of a file on top of a pipeline's weights, under a name.

    Raises WeightsError when it does not fit, InputError for a name that is taken, and where PEFT is
    not installed.
    """
    lora_config(pipe.backbone.lora_targets)  # says so where PEFT is not installed
    _check_fit(pipe, path, lora)
    if name in lora_names(pipe):
        raise InputError(
            f"a second LoRA called {name!r}", expected="another name", hint="rename it"
        )
    tensors = {**pipe.backbone.lora_tensors(lora.adapted, "diffusers"), **lora.others}
    alphas = {key: tensors.pop(key) for key in list(tensors) if key.endswith(".alpha")}
    settings = {"network_alphas": alphas, "adapter_name": name, "_pipeline": pipe, **settings}
    with warnings.catch_warnings():
        # PEFT warns of every LoRA after the first; having several is what names are for.
        warnings.filterwarnings("ignore", message="Already found a `peft_config`")
        # It warns that a LoRA on quantised weights cannot be merged; `fuse_lora` refuses that.
        warnings.filterwarnings("ignore", message="TorchaoLoraLinear was instantiated")
        pipe.transformer.load_lora_adapter(tensors, **settings)
        if lora.others:
            pipe.backbone.put_text_lora(tensors, **settings)


def save_lora(pipe: "Cut2NextPipeline", path: Path, name: str) -> None:
    """Writes the transformer's LoRA of that name, with all that loading it must know.

    Raises InputError when there is none, and OutputError when it cannot be written.
    """
    factors = adapted(pipe.transformer, name)
    if not factors:
        raise InputError(
            f"no LoRA called {name!r}",
            expected=f"one of {', '.join(lora_names(pipe)) or 'those loaded before'}",
            hint="inject or load one first",
        )
    training = Training(table=pipe.table, prompt_tokens=pipe.prompt_tokens, base=pipe.base_name)
    backbone = pipe.backbone.name
    write_lora(Lora(adapted=factors, training=training, others={}, backbone=backbone), path)


def _check_fit(pipe: "Cut2NextPipeline", path: Path, lora: Lora) -> None:
    if reason := misfit(pipe.transformer, lora.adapted):
        raise _unfit(path, reason, "a LoRA for this base")
    if lora.training is None:
        return
    if lora.training.table != pipe.table:
        raise _unfit(
            path,
            f"was trained under the table {lora.training.table.name!r}",
            f"one under {pipe.table.name!r}, as this pipeline",
        )
    if lora.training.prompt_tokens != pipe.prompt_tokens:
        raise _unfit(
            path,
            f"was trained with prompts of {_counts(lora.training.prompt_tokens)} tokens",
            f"{_counts(pipe.prompt_tokens)}, as this pipeline",
        )


def _counts(prompt_tokens: Mapping[Segment, int]) -> str:
    counts = sorted((str(segment), count) for segment, count in prompt_tokens.items())
    return ", ".join(f"{count} ({name})" for name, count in counts)


def _unfit(path: Path, got: str, expected: str) -> WeightsError:
    return WeightsError(
        f"{path}: {got}",
        expected=expected,
        hint="load the model together with the LoRA it shall have (`loras=`), or take another one",
    )
