"""What generation and training ask of a diffusion transformer and of what comes with it.

A backbone is a view of a pipeline's components: `backbone.encode_text(...)` runs the text encoders
that the pipeline holds. What holds for all weights of a family is known without torch:
`backbone_named("flux1").longest_prompt`. Nothing here names a segment table.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from cut2next.backbones.configuration import Configuration
    from cut2next.backbones.lora import Adapted
    from cut2next.backbones.lora_reading import Networks
    from cut2next.conditioning import Layout, SegmentInputs

    Generators = torch.Generator | list[torch.Generator] | None


class EncodedText(NamedTuple):
    """Some texts as a transformer reads them."""

    tokens: "Tensor"
    """[B, L, D]"""
    pooled: "Tensor | None"
    """[B, P]; None of a backbone that has no pooled vectors."""


class BackboneFacts:
    """What holds for all weights of a family, and is known without torch."""

    name: ClassVar[str]
    """In files."""
    title: ClassVar[str]
    """In what people read."""
    backbone_class: ClassVar[tuple[str, str]]
    """Module and name of the `Backbone`."""
    transformer_class: ClassVar[tuple[str, str]]
    """Likewise, as a saved pipeline tells them; loaded in place of `stock_class`."""
    stock_class: ClassVar[tuple[str, str]]
    """The class of diffusers that has the same weights."""
    longest_prompt: ClassVar[int]
    """Tokens; for weights that do not say how they were trained."""
    text_encoders: ClassVar[tuple[str, ...]]
    """Components that prompts need, and nothing else."""
    large_text_encoder: ClassVar[str]
    """The one of them that is as heavy as a transformer."""
    tokenizers: ClassVar[tuple[str, ...]]
    lora_targets: ClassVar[str]
    """What a LoRA adapts, as a pattern of modules."""
    lora_architecture: ClassVar[str]
    """What a LoRA file says it is for (modelspec)."""
    released: ClassVar[Mapping[str, Mapping[str, Mapping[str, Any]]]]
    """Models of the hub, by name, whose configurations are known without it, by component."""

    @classmethod
    @abstractmethod
    def kinds(cls) -> "Mapping[str, Mapping[tuple[str, str], type[Configuration]]]":
        """By component, the classes that it may be of, each with what its settings may say.

        Classes are (library, name), as an index names them; no other is ever loaded.
        """

    @classmethod
    @abstractmethod
    def check_together(cls, configurations: "Mapping[str, Configuration]") -> None:
        """Raises ValueError for components, by name, that do not go together."""

    @classmethod
    @abstractmethod
    def token_pixels(cls, configurations: Mapping[str, Mapping[str, Any]]) -> int:
        """Pixels a side of one token of a shot, for networks of these configurations."""

    @classmethod
    def networks(cls) -> tuple[str, ...]:
        """The components that have weights."""
        return ("vae", *cls.text_encoders, "transformer")

    @classmethod
    def imported(cls) -> "type[Backbone]":
        """The backbone; its transformer too, for diffusers loads only what was imported before."""
        module, name = cls.backbone_class
        backbone: type[Backbone] = getattr(import_module(module), name)
        return backbone

    @classmethod
    @abstractmethod
    def read_lora(cls, tensors: "Mapping[str, Tensor]", config: Mapping[str, Any]) -> "Networks":
        """What a LoRA file adds to which component; `config` is PEFT's, empty where it has none.

        Raises ValueError for tensors that are no LoRA of this backbone, or not only one.
        """

    @classmethod
    @abstractmethod
    def lora_tensors(cls, networks: "Networks", naming: str) -> "dict[str, Tensor]":
        """A LoRA's tensors in a naming: "diffusers", or another that programs know for it."""


class Backbone(BackboneFacts, ABC):
    """A family of weights: how they encode, decode and run."""

    transformer_type: ClassVar[Any]
    """What `transformer_class` names."""
    transformer: Any
    """A `SegmentTransformer` (see `prepared`), and a module of PyTorch."""
    vae: Any
    """Its autoencoder."""

    @property
    def pixels_per_token(self) -> int:
        """Pixels a side of one token of a shot, as its autoencoder has them."""
        return self.token_pixels({"vae": self.vae.config})

    @property
    @abstractmethod
    def is_distilled(self) -> bool:
        """Whether guidance was distilled into the weights, which then take it as an input."""

    @property
    def licence(self) -> str:
        """What the weights' licence asks, in a line; empty for weights that ask nothing."""
        return ""

    @abstractmethod
    def encode_text(self, texts: Sequence[str], length: int) -> EncodedText:
        """Each text in `length` tokens, padded or cut."""

    @abstractmethod
    def token_count(self, text: str) -> int:
        """How many tokens a text has, whatever of them is read."""

    @abstractmethod
    def cut_off(self, text: str, length: int) -> str:
        """The end of a text that does not fit into `length` tokens; empty when all of it does."""

    @abstractmethod
    def unknown_words(self, text: str) -> list[str]:
        """The words of a text that its tokenizer has no number for."""

    @abstractmethod
    def encode_image(self, pixels: "Tensor") -> "Tensor":
        """Pictures [B, 3, H, W] in -1 .. 1 to packed latents [B, L, C], the same each time."""

    @abstractmethod
    def decode_image(self, latents: "Tensor", size: tuple[int, int]) -> "Tensor":
        """Undoes `encode_image`; `size` is height and width in tokens."""

    @property
    @abstractmethod
    def channels(self) -> int:
        """C of packed latents."""

    @abstractmethod
    def noise(
        self, count: int, size: tuple[int, int], generator: "Generators", device: "torch.device"
    ) -> "Tensor":
        """Packed noise [B, L, C] of `count` shots, float32: a seed says all in any precision."""

    @abstractmethod
    def tile(self) -> None:
        """Has pictures encoded and decoded in tiles: memory does not grow with their size."""

    @classmethod
    @abstractmethod
    def adopted(cls, transformer: Any) -> Any:
        """One of `stock_class` as one of ours over the same weights; all else as it is.

        Raises InputError for one that is more than its weights.
        """

    @classmethod
    @abstractmethod
    def transformer_from_file(cls, path: Path, config: Path, dtype: "torch.dtype | None") -> Any:
        """The transformer whose weights are in one file, its configuration in a folder.

        Raises WeightsError when they do not go together.
        """

    @abstractmethod
    def lora_module(self, component: str, module: str) -> str:
        """What a component calls a module here, by the name that it has in LoRA files."""

    @abstractmethod
    def put_text_lora(self, component: str, lora: "Adapted", name: str, **settings: Any) -> None:
        """Puts a LoRA on a text encoder; settings are diffusers'."""

    @classmethod
    @abstractmethod
    def hollow(
        cls, configurations: Mapping[str, Mapping[str, Any]], *, blocks: int | None = None
    ) -> Self:
        """Networks of these configurations, by component, with nothing in them.

        They have all blocks, or so many of each kind.
        """

    @abstractmethod
    def blank_inputs(self, layout: "Layout") -> "SegmentInputs":
        """Inputs of the right shapes for every segment, one sample each."""

    @abstractmethod
    def encode_blank(self, length: int) -> object:
        """What encoding a prompt of `length` tokens runs, where there is no tokenizer."""
