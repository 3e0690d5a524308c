"""What posterior draws of an image take: time and arithmetic."""

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from vspair.evaluation.speed import inference_seconds

DRAWS = 30
"""Draws whose cost is measured, as many as the paper's means take (Section 4.1)."""

TOGETHER = 8
"""Images of the batch in which they are drawn together, or fewer where there are not so many."""


def sampling_cost(method, observation: Tensor, generator: torch.Generator) -> dict[str, Any]:
    """What `DRAWS` posterior draws of an image take, from y on, alone and in a batch.

    Arguments:
        method: answers `posterior(y)` with `sample(n, generator)`.
        observation: y, shape (images, *shape of y), of which the first are taken.
        generator: source of the draws, on the same device.

    Returns:
        `sampling_seconds` of one image alone and `sampling_seconds_batched` of one in a batch of `sampling_batch`, both
        as `inference_seconds`; `sampling_draws`; and `sampling_gflop`, the floating-point operations of one image alone
        in 1e9: of convolutions and products of matrices, sparse ones by their entries, two for each multiplication. The
        operations depend on no machine and on nothing that runs beside.
    """
    drawn = SimpleNamespace(reconstruct=lambda y, generator: method.posterior(y).sample(DRAWS, generator))
    alone, together = observation[:1], observation[:TOGETHER]
    with FlopCounterMode(display=False, custom_mapping={torch.ops.aten.mm: _product}) as counter:
        drawn.reconstruct(alone, generator)
    return {
        "sampling_seconds": inference_seconds(drawn, alone, generator),
        "sampling_seconds_batched": inference_seconds(drawn, together, generator),
        "sampling_batch": len(together),
        "sampling_draws": DRAWS,
        "sampling_gflop": counter.get_total_flops() / 1e9,
    }


def _product(first: Tensor, second: Tensor, **_) -> int:
    """Operations of a product of two matrices, of which the first may be sparse."""
    return 2 * (first.numel() if first.layout == torch.strided else first._nnz()) * second.shape[1]


# Else the counter hands over shapes alone, which tell nothing of zeros.
_product._get_raw = True
