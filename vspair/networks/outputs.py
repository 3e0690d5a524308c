"""Type of the networks' outputs under mixed precision."""

import torch
from torch import Tensor


def at_least_float32(values: Tensor) -> Tensor:
    """The values in float32, or in float64 if that is what they are in.

    Distributions, divergences and losses are computed from them, for which bfloat16 is too coarse.
    """
    return values.to(torch.promote_types(values.dtype, torch.float32))
