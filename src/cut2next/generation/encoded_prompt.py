"""The prompts of a cut as the model reads them, encoded once."""

from dataclasses import dataclass, replace

import torch

from cut2next.conditioning import Segment, SegmentInputs
from cut2next.film import HierarchicalPrompt


def texts_of(prompt: HierarchicalPrompt) -> dict[Segment, str]:
    """What the encoders read, by the segment it becomes."""
    return {
        Segment.RELATIONAL_PROMPT: prompt.relational.text,
        Segment.CURRENT_PROMPT: prompt.current.text,
        Segment.NEXT_PROMPT: prompt.next.text,
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class EncodedPrompt:
    """What `Cut2NextPipeline.encode_prompt` returns; hand it to the pipeline in place of a prompt.

    The text encoders are not needed any more once every prompt is one of these.
    """

    prompt: HierarchicalPrompt
    inputs: SegmentInputs
    """Of each prompt, one sample."""

    def to(self, device: torch.device | str) -> "EncodedPrompt":
        """The same on a device."""
        return replace(self, inputs=self.inputs.to(device))
