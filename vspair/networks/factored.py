"""Large linear layers under few rows: the gradient of their weights is kept as its two factors."""

import torch
from torch import Tensor, nn
from torch.nn import functional

LARGE = 2**24
"""Weights from which on a layer can keep factors: the gradient, 64 MiB, then no longer fits in a GPU's cache (50 MB of
an H100), so that to write and to read it costs time, and one kernel more for the layer is nothing beside it."""

ROWS = 16
"""Rows of a step up to which factors are kept: the update reads and multiplies 2 numbers a weight and row from the
cache, which hides behind its 24 bytes a weight from memory; with many rows a product of matrices is better."""


class FactoredLinear(nn.Linear):
    """y = x W^T + b, whose gradient dW = g^T x with g = dL/dy can be kept as (x, g) and is then never stored.

    dW has the rank of the batch: `rows (in + out)` numbers in the place of `in out`. An optimiser that wants factors
    asks for them with `keep_factors`, and takes them after a backward pass with `take_factors`; without it, in
    evaluation mode, without gradients and beyond `ROWS` rows the layer is a `nn.Linear` with its `.grad`.

    Where factors are kept, x, g, the product and y are of the weights' type under autocast too: with few rows a
    product takes the time of reading the weights, and a bfloat16 copy costs 6 bytes a weight to save 4.

    x is copied in the forward pass, and g is the gradient of zeros that are added to y: nothing here is hidden from
    torch's compiler or from a CUDA graph.
    """

    def __init__(self, in_features: int, out_features: int):
        super().__init__(in_features, out_features)
        self.inputs: Tensor | None = None
        self.zeros: Tensor | None = None
        self.rows = 0

    def keep_factors(self) -> None:
        """From now on give the gradient of the weights as factors where that pays; the layer is on its device."""
        self.inputs = self.weight.detach().new_zeros(ROWS, self.in_features)
        self.zeros = self.weight.detach().new_zeros(ROWS, self.out_features).requires_grad_()
        self.rows = 0

    def keep_gradient(self) -> None:
        """From now on be a `nn.Linear` again."""
        self.inputs, self.zeros, self.rows = None, None, 0

    def take_factors(self) -> tuple[Tensor, Tensor] | None:
        """x (rows, in) and g (rows, out) of all calls since the last time, if there was a backward pass; uses them up.

        What is given holds until the next forward pass. dW is g^T x, beside what is in `weight.grad`.
        """
        rows, gradient = self.rows, self.zeros.grad
        self.rows, self.zeros.grad = 0, None
        return None if gradient is None else (self.inputs[:rows], gradient[:rows])

    def forward(self, inputs: Tensor) -> Tensor:
        """Map (..., in) to (..., out)."""
        begin, end = self.rows, self.rows + inputs.numel() // self.in_features
        wanted = self.inputs is not None and self.training and self.weight.requires_grad and torch.is_grad_enabled()
        if not wanted or end > ROWS:
            return super().forward(inputs)
        rows = inputs.reshape(-1, self.in_features).to(self.weight.dtype)
        # Each call has rows of its own, so that the gradients of several add up to all of their factors.
        self.inputs[begin:end].copy_(rows.detach())
        self.rows = end
        with torch.autocast(rows.device.type, enabled=False):
            outputs = functional.linear(rows, self.weight.detach(), self.bias) + self.zeros[begin:end]
        return outputs.reshape(*inputs.shape[:-1], self.out_features)


def linear(inputs: int, outputs: int) -> nn.Linear:
    """A linear layer with bias: `FactoredLinear` from `LARGE` weights on, else `nn.Linear`; both begin alike."""
    return (FactoredLinear if inputs * outputs >= LARGE else nn.Linear)(inputs, outputs)


def factored_layers(model: nn.Module) -> list[FactoredLinear]:
    """The layers of a model that can keep factors."""
    return [layer for layer in model.modules() if isinstance(layer, FactoredLinear)]
