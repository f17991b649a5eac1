"""What a pipeline is put together from: its components, and how its weights were trained."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cut2next.conditioning import Segment, SegmentTable, table_named
from cut2next.film import InputError
from cut2next.generation.weights import check_prompt_tokens


def check_trained(table: str, prompt_tokens: Mapping[str, int] | None) -> None:
    """Raises InputError unless it is told under which table and prompt lengths weights learnt."""
    if not table or not prompt_tokens:
        raise InputError(
            f"a pipeline without {'prompt_tokens=' if table else 'table='}",
            expected="table= and prompt_tokens= that its weights were trained under",
            hint="components do not tell; `Cut2NextPipeline.from_pipe(pipe)` takes them along",
        )
    check_prompt_tokens(table_named(table), prompt_tokens)


def check_absent(**components: object) -> None:
    """Raises InputError for a component that only other pipelines of the family work with."""
    for name, component in components.items():
        # Of a folder that has one, diffusers hands over what its index says of it: a list.
        if component is not None and not isinstance(component, list):
            raise InputError(
                f"{name}, a {type(component).__name__}",
                expected="None: pictures come in as shots, and there are no IP adapters",
                hint="leave it out",
            )


def parts_of(pipeline: Any, constructor: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a pipeline's constructor that another one has, or that are given."""
    held = {**pipeline.config, **pipeline.components, **settings}
    return {name: held[name] for name in inspect.signature(constructor).parameters if name in held}


class Trained:
    """How a pipeline's weights were trained, and where they came from."""

    config: Any

    @property
    def table(self) -> SegmentTable:
        """The segment table that the weights were trained under."""
        return table_named(self.config["table"])

    @property
    def prompt_tokens(self) -> dict[Segment, int]:
        """How many tokens of each prompt the model reads."""
        return {Segment.named(name): count for name, count in self.config["prompt_tokens"].items()}

    @property
    def base_name(self) -> str:
        """The name or folder that the weights came from."""
        return Path(self.config.get("_name_or_path") or "unknown").name


class VaeSwitches:
    """Switches of the autoencoder, under the names that diffusers' pipelines gave them."""

    vae: Any

    def enable_vae_tiling(self) -> None:
        """Has pictures encoded and decoded in tiles: memory does not grow with their size."""
        self.vae.enable_tiling()

    def disable_vae_tiling(self) -> None:
        """Undoes `enable_vae_tiling`."""
        self.vae.disable_tiling()

    def enable_vae_slicing(self) -> None:
        """Has the pictures of a call encoded and decoded one at a time."""
        self.vae.enable_slicing()

    def disable_vae_slicing(self) -> None:
        """Undoes `enable_vae_slicing`."""
        self.vae.disable_slicing()
