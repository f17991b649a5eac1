"""Processors of Qwen's vision-language models, for stills, without torchvision.

transformers 5 refuses to build or load a `Qwen2VLProcessor` or `Qwen3VLProcessor` where there is no
torchvision: they carry a processor of videos, which needs it, and even None in its place fails
(`VIDEO_PROCESSOR_MAPPING has no attribute '_extra_content'`). Stills are prepared by Pillow, as the
same library does it in `Qwen2VLImageProcessorPil`, on every machine alike.
"""

from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, Qwen2VLProcessor, Qwen3VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil


class _Stills:
    """What is left out of a processor: looking for the one of videos."""

    def check_argument_for_proper_class(self, name: str, argument: Any) -> Any:
        """As in transformers, but for what is not there."""
        if argument is None:
            return None
        return super().check_argument_for_proper_class(name, argument)  # type: ignore[misc]


class Qwen2Stills(_Stills, Qwen2VLProcessor):
    """Of Qwen2.5-VL."""


class Qwen3Stills(_Stills, Qwen3VLProcessor):
    """Of Qwen3-VL."""


def stills_processor(kind: type[Qwen2Stills | Qwen3Stills], folder: Path) -> Any:
    """The processor that a folder holds, for text and stills."""
    told, _ = kind.get_processor_dict(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    return kind(
        image_processor=Qwen2VLImageProcessorPil.from_pretrained(folder),
        tokenizer=tokenizer,
        chat_template=told.get("chat_template") or tokenizer.chat_template,
    )
