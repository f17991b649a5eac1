"""A current shot as the model has seen it: encoded once, and where the table allows, passed once.

How much of a pass may be kept is derived from the segment table. In one that lets the current
prompt and the current shot read only each other, their keys and values serve every step, seed,
pattern and next prompt; in the paper's own, nothing is kept, and a watched shot saves only its
encoding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cut2next.conditioning import KeysValues, KeyValueStore, Segment, SegmentTable
from cut2next.film import IndividualPrompt, InputError
from cut2next.generation.framing import Size

CURRENT = frozenset({Segment.CURRENT_PROMPT, Segment.CURRENT_SHOT})


@dataclass(frozen=True, kw_only=True, eq=False)
class CurrentShot:
    """What `Cut2NextPipeline.watch` returns; hand it to the pipeline in place of an image."""

    prompt: IndividualPrompt
    size: Size
    """What the picture was framed to."""
    tokens: Mapping[Segment, Tensor]
    """T5 states [1, L, D] of the prompt, packed latents [1, L, 4C] of the shot."""
    pooled: Mapping[Segment, Tensor]
    """The prompt's CLIP vector [1, P]."""
    store: KeyValueStore
    """Keys and values of the segments that `lasting` names."""
    guidance_scale: float | None
    """What the store was filled at; None for weights that are not guidance-distilled."""

    @property
    def bytes(self) -> int:
        """What it holds: keys and values above all."""
        tensors = [*self.tokens.values(), *self.pooled.values()]
        return self.store.bytes + sum(tensor.nbytes for tensor in tensors)

    def to(
        self, device: torch.device | str | None = None, store_dtype: torch.dtype | None = None
    ) -> "CurrentShot":
        """The same, parked elsewhere; in float8 keys and values take half the room of bfloat16.

        A pipeline brings back what it is handed, for as long as the call lasts.
        """
        return replace(
            self,
            tokens={one: tensor.to(device) for one, tensor in self.tokens.items()},
            pooled={one: tensor.to(device) for one, tensor in self.pooled.items()},
            store=self.store.to(device, store_dtype),
        )

    def check(self, prompt: IndividualPrompt, guidance_scale: float | None) -> None:
        """Raises InputError unless it was watched under this prompt and guidance."""
        if self.prompt != prompt:
            raise InputError(
                f"a current prompt {prompt.text!r}",
                expected=f"the one that its current shot was watched under, {self.prompt.text!r}",
                hint="pass prompt.current = shot.prompt, or watch the image again",
            )
        if self.guidance_scale != guidance_scale:
            raise InputError(
                f"guidance_scale={guidance_scale}",
                expected=f"that of the watched current shot, {self.guidance_scale}",
                hint="watch the image again",
            )


def lasting(table: SegmentTable) -> frozenset[Segment]:
    """The segments that stay the same for as long as current shot and current prompt do."""
    return frozenset(one for one in table.cacheable if table.depends_on(one) <= CURRENT)


def side_by_side(tensors: Sequence[Mapping[Segment, Tensor]]) -> dict[Segment, Tensor]:
    """Tensors of several shots as one batch."""
    return {one: torch.cat([each[one] for each in tensors]) for one in tensors[0]}


def stores_side_by_side(stores: Sequence[KeyValueStore]) -> KeyValueStore:
    """Stores of several shots as one batch."""
    if all(store is stores[0] for store in stores):
        return stores[0].expand(len(stores)) if len(stores) > 1 else stores[0]
    return KeyValueStore(
        {
            layer: {one: _joined([store.at(layer)[one] for store in stores]) for one in held}
            for layer, held in stores[0].layers.items()
        }
    )


def _joined(several: Sequence[KeysValues]) -> KeysValues:
    keys, values = zip(*several, strict=True)
    return KeysValues(torch.cat(keys), torch.cat(values))
