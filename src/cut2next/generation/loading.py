"""How a pipeline gets its weights: a model's folder, and LoRAs on top of it.

Everything is checked before anything is changed, so that a refusal leaves nothing half-loaded.
"""

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, cast

from diffusers.loaders.lora_pipeline import FluxLoraLoaderMixin
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from transformers import CLIPTextModel

from cut2next.backbones.flux1 import Flux1Transformer
from cut2next.backbones.flux1.lora import adapted, lora_config, misfit
from cut2next.backbones.flux1.lora_naming import Naming
from cut2next.backbones.flux1.single_file import transformer_from_file
from cut2next.conditioning import Segment, SegmentTable, table_named
from cut2next.film import InputError, WeightsError
from cut2next.generation import weights
from cut2next.generation.lora_file import Lora, Training, read_lora, write_lora
from cut2next.generation.precision import is_quantised

_STOCK = ["diffusers", "FluxTransformer2DModel"]
_OURS = [Flux1Transformer.__module__, Flux1Transformer.__name__]


class LoadedPipeline(DiffusionPipeline, FluxLoraLoaderMixin):
    """A pipeline under a segment table that loads its own weights and LoRAs.

    From diffusers come `set_adapters`, to weigh several LoRAs, `fuse_lora`, `unfuse_lora` and
    `unload_lora_weights`.
    """

    _lora_loadable_modules = ["transformer", "text_encoder"]  # noqa: RUF012  # diffusers' own
    transformer: Flux1Transformer
    text_encoder: CLIPTextModel

    @classmethod
    def from_pretrained(  # type: ignore[override]  # a name of ours is no path
        cls,
        name: str | os.PathLike[str],
        loras: Sequence[str | os.PathLike[str]] = (),
        **settings: Any,
    ) -> Self:
        """The pipeline of a model in the package ("mini"), in a folder, or of the hub (OWNER/NAME).

        A folder is one that `save_pretrained` wrote, or FLUX.1's own together with `table` and
        `prompt_tokens`, or with a LoRA file that tells both; `transformer` may be a single file,
        safetensors or GGUF. Other settings are those of diffusers: a component that is handed in is
        shared, and need not be in the folder.
        Raises InputError for an unknown name, and WeightsError, naming the file, for what is
        missing, damaged or does not fit.
        """
        folder = weights.model_folder(name, handed_in=settings)
        weights.check_weights(folder, handed_in=settings)
        read = [(path, read_lora(path)) for path in map(Path, loras)]
        known = [lora.training for _, lora in read if lora.training]
        if known and weights.trained_under(folder) is None:
            settings = {**_configuration(known[0]), **settings}
        elif "table" not in settings and weights.trained_under(folder) is None:
            raise InputError(
                f"{name}, which does not say how a model for next shots was trained",
                expected="a LoRA of cut2next with it, or its table and prompt lengths",
                hint="`--lora FILE`; in Python `loras=[…]`, or `table=` and `prompt_tokens=`",
            )
        settings.pop("use_safetensors", None)
        if isinstance(one := settings.get("transformer"), str | os.PathLike):
            kind = settings.get("dtype", settings.get("torch_dtype"))
            config = folder / "transformer"
            settings["transformer"] = transformer_from_file(Path(one), config, kind)
        with weights.loading(folder):
            if "transformer" not in settings and weights.comes_quantised(folder / "transformer"):
                settings["transformer"] = _quantised(folder / "transformer", settings)
            # Never what would be unpickled.
            pipe: Self = super().from_pretrained(folder, **settings, use_safetensors=True)
        for component in set(weights.NETWORKS).difference(settings):
            weights.check_whole(folder / component, getattr(pipe, component))
        if "transformer" not in settings:
            weights.check_nothing_left(folder / "transformer", pipe.transformer)
        for path, lora in read:
            pipe._add_lora(path, lora, lora_name(path))
        return pipe

    @classmethod
    def load_config(cls, *arguments: Any, **settings: Any) -> Any:
        """As in diffusers; but the transformer of FLUX.1's own folder is loaded as ours."""
        config: Any = super().load_config(*arguments, **settings)
        if list(config.get("transformer", ())) == _STOCK:
            config["transformer"] = _OURS
        return config

    def save_pretrained(self, *arguments: Any, **settings: Any) -> None:
        """As in diffusers.

        Raises InputError for weights that were quantised after loading: files do not say how.
        """
        if getattr(self.transformer, "hf_quantizer", None) is None and is_quantised(
            self.transformer
        ):
            raise InputError(
                "weights that were quantised after loading",
                expected="weights as they were loaded",
                hint="save it before, and quantise it each time it is loaded",
            )
        super().save_pretrained(*arguments, **settings)

    @property
    def table(self) -> SegmentTable:
        """The segment table that the weights were trained under."""
        return table_named(self.config["table"])

    @property
    def prompt_tokens(self) -> dict[Segment, int]:
        """How many tokens of each prompt the model reads."""
        return {Segment.named(name): count for name, count in self.config["prompt_tokens"].items()}

    def load_lora_weights(  # type: ignore[override]  # files only, never what would be unpickled
        self, path: str | os.PathLike[str], adapter_name: str | None = None, **settings: Any
    ) -> None:
        """Puts the LoRA of a file on top of the weights; `set_adapters` weighs several.

        Its name is that of the file (without the ending, a dot being an underscore) unless another
        is given.
        Raises WeightsError when the file is damaged, the LoRA is for another base, or was trained
        under another table or other prompt lengths; InputError for a name that is taken, and where
        PEFT is not installed.
        """
        path = Path(path)
        self._add_lora(path, read_lora(path), adapter_name or lora_name(path), **settings)

    def fuse_lora(self, *arguments: Any, **settings: Any) -> None:
        """As in diffusers: works the active LoRAs into the weights; `unfuse_lora` undoes it.

        Raises InputError for quantised weights, which cannot take them in.
        """
        if is_quantised(self.transformer):
            raise InputError(
                "a LoRA to merge into quantised weights",
                expected="weights as they were trained",
                hint="merge first (`cut2next lora merge`), then quantise",
            )
        super().fuse_lora(*arguments, **settings)

    def merge_loras(self) -> None:
        """Works the active LoRAs into the weights for good: as fast as none, and less memory.

        Raises InputError as `fuse_lora` does.
        """
        if self._lora_names:
            self.fuse_lora()
            self.unload_lora_weights()  # type: ignore[no-untyped-call]

    def save_lora_weights(  # type: ignore[override]  # the file tells more than diffusers' own
        self, path: str | os.PathLike[str], adapter_name: str
    ) -> None:
        """Writes the transformer's LoRA of that name, with all that loading it must know.

        Raises InputError when there is none, and OutputError when it cannot be written.
        """
        lora = adapted(self.transformer, adapter_name)
        if not lora:
            raise InputError(
                f"no LoRA called {adapter_name!r}",
                expected=f"one of {', '.join(self._lora_names) or 'those loaded before'}",
                hint="inject or load one first",
            )
        training = Training(table=self.table, prompt_tokens=self.prompt_tokens, base=self.base_name)
        write_lora(Lora(adapted=lora, training=training, others={}), Path(path))

    @property
    def licence(self) -> str:
        """What the weights' licence asks, in a line; empty for weights that ask nothing."""
        if not self.transformer.config["guidance_embeds"]:
            return ""
        return (
            "weights distilled for guidance are those of FLUX.1-dev and its kin, whose licence is "
            "non-commercial"
        )

    @property
    def base_name(self) -> str:
        """The name or folder that the weights came from."""
        return Path(self.config.get("_name_or_path") or "unknown").name

    @property
    def _lora_names(self) -> list[str]:
        return list(getattr(self.transformer, "peft_config", {}))

    def _add_lora(self, path: Path, lora: Lora, name: str, **settings: Any) -> None:
        lora_config()  # says so where PEFT is not installed
        self._check_lora(path, lora)
        if name in self._lora_names:
            raise InputError(
                f"a second LoRA called {name!r}", expected="another name", hint="rename it"
            )
        with warnings.catch_warnings():
            # PEFT warns of every LoRA after the first; having several is what names are for.
            warnings.filterwarnings("ignore", message="Already found a `peft_config`")
            # It warns that a LoRA on quantised weights cannot be merged; `fuse_lora` refuses that.
            warnings.filterwarnings("ignore", message="TorchaoLoraLinear was instantiated")
            self._put(lora, adapter_name=name, **settings)

    def _put(self, lora: Lora, **settings: Any) -> None:
        tensors = {**Naming.DIFFUSERS.tensors(lora.adapted), **lora.others}
        alphas = {name: tensors.pop(name) for name in list(tensors) if name.endswith(".alpha")}
        settings = {"network_alphas": alphas, "_pipeline": self, **settings}
        self.load_lora_into_transformer(tensors, transformer=self.transformer, **settings)
        if lora.others:
            self.load_lora_into_text_encoder(
                tensors, text_encoder=self.text_encoder, prefix="text_encoder", **settings
            )

    def _check_lora(self, path: Path, lora: Lora) -> None:
        if reason := misfit(self.transformer, lora.adapted):
            raise _unfit(path, reason, "a LoRA for this base")
        if lora.training is None:
            return
        if lora.training.table != self.table:
            raise _unfit(
                path,
                f"was trained under the table {lora.training.table.name!r}",
                f"one under {self.table.name!r}, as this pipeline",
            )
        if lora.training.prompt_tokens != self.prompt_tokens:
            raise _unfit(
                path,
                f"was trained with prompts of {_counts(lora.training.prompt_tokens)} tokens",
                f"{_counts(self.prompt_tokens)}, as this pipeline",
            )


def _quantised(folder: Path, settings: Mapping[str, Any]) -> Flux1Transformer:
    """A transformer that comes quantised, all of it: its names tell what only loading can."""
    kind = settings.get("dtype", settings.get("torch_dtype"))
    model, info = Flux1Transformer.from_pretrained(
        folder, dtype=kind, use_safetensors=True, output_loading_info=True
    )
    for told in ("missing", "unexpected", "mismatched"):
        if names := info[f"{told}_keys"]:
            raise weights.damaged(folder, f"{told}: {names[0]} and {len(names) - 1} more")
    return cast(Flux1Transformer, model)


def lora_name(path: str | os.PathLike[str]) -> str:
    """What the LoRA of a file is called, where no other name is given."""
    return Path(path).stem.replace(".", "_")  # PyTorch takes no dots in names


def _configuration(training: Training) -> dict[str, Any]:
    """What a LoRA says about the pipeline that it belongs to."""
    counts = {str(segment): count for segment, count in training.prompt_tokens.items()}
    return {"table": training.table.name, "prompt_tokens": counts}


def _counts(prompt_tokens: Mapping[Segment, int]) -> str:
    return ", ".join(f"{count} ({one})" for one, count in sorted(prompt_tokens.items()))


def _unfit(path: Path, got: str, expected: str) -> WeightsError:
    return WeightsError(
        f"{path}: {got}",
        expected=expected,
        hint="load the model together with the LoRA it shall have (`loras=`), or take another one",
    )
