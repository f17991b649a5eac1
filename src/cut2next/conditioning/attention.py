"""Attention over segments, the paper's hierarchical attention mask (HAM), without a mask.

A dense mask makes the kernels compute, and store, what it then throws away. Here each stretch of
queries attends to the keys it reads, in one call of the ordinary fast kernel; where those keys are
adjacent in the sequence they are a view.
"""

from collections.abc import Callable, Mapping

from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from cut2next.conditioning.cache import KeysValues
from cut2next.conditioning.layout import Pass, Span, joined
from cut2next.conditioning.table import Segment

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Full attention of queries [B, L, N, H] on keys and values [B, K, N, H]."""


def plain_attention(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """PyTorch's own; its kernels want heads before tokens."""
    q, k, v = (x.transpose(1, 2) for x in (queries, keys, values))
    return scaled_dot_product_attention(q, k, v).transpose(1, 2)


def segment_attention(
    queries: Tensor,
    running: KeysValues,
    plan: Pass,
    cached: Mapping[Segment, KeysValues],
    attend: Attend = plain_attention,
) -> Tensor:
    """Each running segment attends to what its rule reads.

    Reading [B, L, N, H] are of the running sequence, as are the keys and values in `running`;
    `cached` holds those of the segments of `plan.cached`, of as many samples or of fewer that
    neighbours share. `attend` is the kernel. Returns [B, L, N, H].
    """
    attended = []
    lengths = [reading.length for reading in plan.readings]
    for stretch, reading in zip(queries.split(lengths, dim=1), plan.readings, strict=True):
        # [B, L_stretch, N, H] on [B, L_read, N, H]; of keys of fewer samples one layer's copy at a
        # time is made here, so that the cache itself never is.
        sources = [
            _slice(running, source)
            if isinstance(source, Span)
            else cached[source].of_batch(len(queries))
            for source in reading.sources
        ]
        keys = joined([source.keys for source in sources])
        attended.append(attend(stretch, keys, joined([source.values for source in sources])))
    return joined(attended)


def _slice(running: KeysValues, span: Span) -> KeysValues:
    # The backward pass of a slice fills a whole tensor, even where the slice is all of it.
    if span == (0, running.keys.shape[1]):
        return running
    return KeysValues(*(tensor[:, span.start : span.stop] for tensor in running))
