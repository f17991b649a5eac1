"""Attention over segments, the paper's hierarchical attention mask (HAM), without a mask.

A dense mask makes the kernels compute, and store, what it then throws away. Here each stretch of
queries attends to the keys it reads, in one call of the ordinary fast kernel; where those keys are
adjacent in the sequence they are a view.
"""

from collections.abc import Callable, Mapping

from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from cut2next.conditioning.cache import KeysValues
from cut2next.conditioning.layout import Part, Span, joined
from cut2next.conditioning.segments import Segment

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Full attention of queries [B, L, N, H] on keys and values [B, K, N, H]."""


def full_attention(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """PyTorch's own; its kernels want heads before tokens."""
    q, k, v = (x.transpose(1, 2) for x in (queries, keys, values))
    return scaled_dot_product_attention(q, k, v).transpose(1, 2)


def segment_attention(
    queries: Tensor,
    running: KeysValues,
    part: Part,
    stored: Mapping[Segment, KeysValues],
    attend: Attend = full_attention,
) -> Tensor:
    """Each running segment attends to what its rule reads.

    Queries [B, L, N, H] are of the running sequence, as are the keys and values in `running`;
    `stored` holds those of the segments of `part.stored`. `attend` is the kernel. Returns
    [B, L, N, H].
    """
    stretches = queries.split([reading.length for reading in part.readings], dim=1)
    attended = []
    for stretch, reading in zip(stretches, part.readings, strict=True):
        read = [
            _slice(running, source) if isinstance(source, Span) else stored[source]
            for source in reading.sources
        ]
        keys, values = joined([one.keys for one in read]), joined([one.values for one in read])
        attended.append(attend(stretch, keys, values))
    return joined(attended)


def _slice(running: KeysValues, span: Span) -> KeysValues:
    # The backward pass of a slice fills a whole tensor, even where the slice is all of it.
    if span == (0, running.keys.shape[1]):
        return running
    return KeysValues(*(tensor[:, span.start : span.stop] for tensor in running))
