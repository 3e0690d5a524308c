"""Large linear layers under few rows: the gradient of their weights is kept as its two factors."""

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

LARGE = 2**24
"""Weights from which on a layer can keep factors: the gradient, 64 MiB, then no longer fits in a GPU's cache (50 MB of
an H100), so that to write and to read it costs time, and one kernel more for the layer is nothing beside it."""

ROWS = 16
"""Rows of a batch up to which factors are kept: the update reads and multiplies 2 numbers a weight and row from the
cache, which hides behind its 24 bytes a weight from memory; with many rows a product of matrices is better."""


class FactoredLinear(nn.Linear):
    """y = x W^T + b, whose gradient dW = g^T x with g = dL/dy can be kept as (x, g) and is then never stored.

    dW has the rank of the batch: `rows (in + out)` numbers in the place of `in out`. An optimiser that wants factors
    asks for them with `keep_factors`, finds them in `factors` after a backward pass and clears that list; without it,
    in evaluation mode, without gradients and with more than `ROWS` rows the layer is a `nn.Linear` with its `.grad`.

    Where factors are kept, x, g, the products and y are of the weights' type under autocast too: with few rows a
    product takes the time of reading the weights, and a bfloat16 copy costs 6 bytes a weight to save 4.

    Attributes:
        factors: None, or the pairs (x, g) of shapes (rows, in) and (rows, out) since the list was cleared, one for
            each backward pass through each call; dW is the sum of g^T x over them.
    """

    def __init__(self, in_features: int, out_features: int):
        super().__init__(in_features, out_features)
        self.factors: list[tuple[Tensor, Tensor]] | None = None

    def keep_factors(self) -> None:
        """From now on give the gradient of the weights as factors where that pays (`factored`)."""
        self.factors = []

    def factored(self, rows: int) -> bool:
        """Whether a training step with `rows` rows gives factors, and not `weight.grad`."""
        return self.factors is not None and self.training and self.weight.requires_grad and rows <= ROWS

    def forward(self, inputs: Tensor) -> Tensor:
        """Map (..., in) to (..., out)."""
        if not (torch.is_grad_enabled() and self.factored(inputs.numel() // self.in_features)):
            return super().forward(inputs)
        rows = inputs.reshape(-1, self.in_features).to(self.weight.dtype)
        return _Product.apply(rows, self.weight, self.bias, self.factors).reshape(*inputs.shape[:-1], -1)


class _Product(torch.autograd.Function):
    """x W^T + b, whose backward pass appends (x, g) to a list in the place of a gradient of W."""

    @staticmethod
    def forward(ctx, inputs: Tensor, weight: Tensor, bias: Tensor, factors: list[tuple[Tensor, Tensor]]) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        ctx.factors = factors
        with torch.autocast(weight.device.type, enabled=False):
            return functional.linear(inputs, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor):
        inputs, weight = ctx.saved_tensors
        ctx.factors.append((inputs, gradient))
        with torch.autocast(weight.device.type, enabled=False):
            return gradient @ weight if ctx.needs_input_grad[0] else None, None, gradient.sum(0), None


def linear(inputs: int, outputs: int) -> nn.Linear:
    """A linear layer with bias: `FactoredLinear` from `LARGE` weights on, else `nn.Linear`; both begin alike."""
    return (FactoredLinear if inputs * outputs >= LARGE else nn.Linear)(inputs, outputs)


def factored_layers(model: nn.Module) -> list[FactoredLinear]:
    """The layers of a model that can keep factors."""
    return [layer for layer in model.modules() if isinstance(layer, FactoredLinear)]
