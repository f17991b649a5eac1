"""The mini model: FLUX.1's classes at toy size, with weights in the package. No torch here."""

from pathlib import Path


def weights_folder() -> Path:
    """The folder of the weights in the package, in the layout of a diffusers pipeline."""
    return Path(__file__).parent / "weights"
