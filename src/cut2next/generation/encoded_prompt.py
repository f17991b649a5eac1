"""The prompts of a cut as the model reads them, encoded once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cut2next.conditioning import Segment
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
    tokens: Mapping[Segment, Tensor]
    """T5 states [1, L, D] of each prompt."""
    pooled: Mapping[Segment, Tensor]
    """CLIP vectors [1, P] of each prompt."""

    def of(self, segment: Segment) -> tuple[Tensor, Tensor]:
        """T5 states and CLIP vector of one of them."""
        return self.tokens[segment], self.pooled[segment]

    def to(self, device: torch.device | str) -> "EncodedPrompt":
        """The same on a device."""
        return replace(
            self,
            tokens={one: tensor.to(device) for one, tensor in self.tokens.items()},
            pooled={one: tensor.to(device) for one, tensor in self.pooled.items()},
        )


def prompts_side_by_side(
    prompts: Sequence[EncodedPrompt], segment: Segment
) -> tuple[Tensor, Tensor]:
    """T5 states and pooled vectors of one segment of several prompts, as a batch."""
    tokens, pooled = zip(*(one.of(segment) for one in prompts), strict=True)
    return torch.cat(tokens), torch.cat(pooled)
