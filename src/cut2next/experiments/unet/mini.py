"""The U-Net in the place of the mini model's transformer, for whatever trains that."""

from cut2next.backbones.mini.architecture import PooledEncoder, WordsEncoder
from cut2next.experiments.unet.model import SegmentUNet
from cut2next.recipes.mini.transformer import MiniModel


class MiniUNet(MiniModel):
    """A U-Net, and the encoders of the prompts that it reads."""

    transformer: SegmentUNet  # type: ignore[assignment]  # called as FLUX.1's transformer is

    def __init__(
        self, transformer: SegmentUNet, words_encoder: WordsEncoder, pooled_encoder: PooledEncoder
    ) -> None:
        super().__init__(transformer, words_encoder, pooled_encoder)  # type: ignore[arg-type]

    @property
    def matrices(self) -> list[str]:
        """The matrices and kernels inside the U-Net's blocks, which Muon takes."""
        return [f"transformer.{name}" for name in self.transformer.matrices]
