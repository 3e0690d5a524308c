"""Adam's update of a matrix whose gradient is given by factors, without ever storing the gradient."""

import functools
import math

import torch
from torch import Tensor

from vspair.errors import VspairError

BLOCK = 2**21
"""Weights of a block on the CPU: its gradient, 8 MiB, stays in the last cache, and threads meet some dozens of times in
a large matrix. With 2^17 one thread is 3 % faster, but two that do not spin while they wait are 2.6 times slower."""

KERNELS = 64
"""Compiled kernels that a process may hold: one for each shape of a matrix and number of rows."""


def update_by_blocks(
    weight: Tensor, moments: tuple[Tensor, Tensor], step: Tensor, factors: tuple[Tensor, Tensor], options: dict
) -> None:
    """torch's fused Adam on g^T x, block of rows after block of rows.

    Arguments:
        weight: shape (out, in), changed in place.
        moments: Adam's two, of the same shape, changed in place.
        step: steps taken, this one among them.
        factors: x (rows, in) and g (rows, out).
        options: lr, beta1, beta2 and eps.
    """
    inputs, outputs = factors
    height = max(1, BLOCK // weight.shape[1])
    scratch = torch.empty(min(height, len(weight)), weight.shape[1], dtype=weight.dtype)
    blocks = zip(*(whole.split(height) for whole in (weight, *moments, outputs.T)), strict=True)
    for block, mean, square, columns in blocks:
        gradient = torch.mm(columns, inputs, out=scratch[: len(block)])
        torch._fused_adam_(
            *([block], [gradient], [mean], [square], [], [step]),
            **options,
            weight_decay=0.0,
            amsgrad=False,
            maximize=False,
        )


def update_pointwise(
    weight: Tensor, moments: tuple[Tensor, Tensor], step: Tensor, factors: tuple[Tensor, Tensor], options: dict
) -> None:
    """The same in one compiled kernel, in which each weight's gradient is a sum over the few rows.

    Nothing waits for the device, and once a shape's kernel is there nothing is compiled: fit for a CUDA graph.

    Arguments:
        weight, moments, step, factors, options: as for `update_by_blocks`; all tensors on one device.

    Raises:
        VspairError: the kernel cannot be compiled on this machine.
    """
    scales = bias_corrections(step, options)
    constants = (options["beta1"], options["beta2"], options["eps"])
    with torch._dynamo.config.patch(recompile_limit=KERNELS):
        try:
            _compiled()(weight, *moments, *factors, *scales, *constants)
        except torch._dynamo.exc.TorchDynamoException as error:
            raise VspairError(
                f"the update of a {tuple(weight.shape)} matrix on {weight.device.type} could not be compiled "
                f"({str(error).strip().splitlines()[0]}): torch.compile needs a C compiler (gcc, g++) and Python's "
                "header files; install them, or load their module on a cluster"
            ) from error


@functools.cache
def _compiled():
    # Imports the compiler, which takes seconds: for large matrices on a GPU only. The two thresholds are those at which
    # it would store an intermediate result, of the matrix's size, in the place of computing it in each of its uses.
    options = {"realize_reads_threshold": 1000, "realize_opcount_threshold": 10_000}
    return torch.compile(adam_of_factors, fullgraph=True, dynamic=False, options=options)


def bias_corrections(step: Tensor, options: dict) -> tuple[Tensor, Tensor]:
    """lr / (1 - beta1^t) and sqrt(1 - beta2^t) of step t, computed where `step` is, without cancellation."""
    first, second = (-torch.expm1(step * math.log(options[name])) for name in ("beta1", "beta2"))
    return options["lr"] / first, second.sqrt()


def adam_of_factors(
    weight: Tensor,
    mean: Tensor,
    square: Tensor,
    inputs: Tensor,
    outputs: Tensor,
    rate: Tensor,
    root: Tensor,
    beta1: float,
    beta2: float,
    eps: float,
) -> None:
    """One step of Adam in place, with the gradient sum_k g_k x_k^T inside.

    m <- beta1 m + (1 - beta1) dW, v <- beta2 v + (1 - beta2) dW^2, W <- W - rate m / (sqrt(v) / root + eps).

    Arguments:
        weight, mean, square: W, m and v, shape (out, in).
        inputs, outputs: x (rows, in) and g (rows, out).
        rate, root: of `bias_corrections`.
        beta1, beta2, eps: Adam's.
    """
    gradient = sum(g[:, None] * x for x, g in zip(inputs.unbind(), outputs.unbind(), strict=True))
    mean.mul_(beta1).add_(gradient, alpha=1 - beta1)
    square.mul_(beta2).add_(gradient * gradient, alpha=1 - beta2)
    weight.sub_(rate * mean / (square.sqrt() / root + eps))
