"""Memory that a training will take, known before it starts and from little of it."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.random import fork_rng

from vspair.devices import arithmetic, available
from vspair.errors import VspairError
from vspair.networks.factored import factored_layers

GIB = 2**30

MOMENTS = 2
"""Numbers that Adam keeps for each weight."""

LIBRARIES = GIB // 4
"""Allowance in bytes for the workspaces of the libraries that compute convolutions and products."""

SLACK = 0.05
"""Allowance for gaps between tensors and for what is small, as a share of all that is counted."""

SMALL = 2**26
"""Bytes of weights up to which a model is made and run to be measured: what is without content needs torch's compiler,
whose import takes longer."""

HELD = 2
"""Allowance for the gradients that come into a layer and go out of it, in activations as large as the largest."""


@dataclass(frozen=True)
class Memory:
    """Bytes that the training of a model takes on its device.

    Arguments:
        weights: parameters and buffers, operators included.
        gradients: one for each parameter whose gradient is stored: not for the large ones of a `FactoredLinear`.
        optimiser: Adam's two moments of each trained parameter.
        activations: what one batch's forward pass keeps for the backward pass, in mixed precision with the
            lower-precision copies of the weights.
        workspace: an allowance, `LIBRARIES` + `SLACK` x all of the above + `HELD` x the largest activation.
    """

    weights: int
    gradients: int
    optimiser: int
    activations: int
    workspace: int

    @property
    def total(self) -> int:
        """All of it; the pairs that lie on the device come on top."""
        return self.weights + self.gradients + self.optimiser + self.activations + self.workspace


def memory_needed(
    build: Callable[[], torch.nn.Module],
    qoi: Sequence[int],
    observation: Sequence[int],
    batch_size: int,
    precision: str = "float32",
) -> Memory:
    """Bytes that training the model of `build` with Adam takes.

    Activations are the tensors that autograd saves, each storage once, without parameters and buffers; gradients those
    that are there after the backward pass. A small model is run on two and on three pairs, which tell what each
    activation has for each pair and what apart from that; one of more than `SMALL` bytes, or with layers that keep
    factors, is not made: its step is of tensors without content.

    Arguments:
        build: gives the model. What it refers to from outside is used as it is, so that an operator comes ready made,
            with its norm known if the model asks for it.
        qoi, observation: shape of one x and of one y.
        batch_size: pairs per step.
        precision: as for `fit`. In mixed precision activations are halved, but weights are copied, except those of a
            layer that keeps factors.
    """
    # On this device a tensor has a shape and no content.
    with torch.device("meta"):
        model = build()
    parameters = list(model.parameters())
    weights = _bytes([*parameters, *model.buffers()])
    trained = _bytes(parameter for parameter in parameters if parameter.requires_grad)
    shapes = qoi, observation
    if _bytes(parameters) <= SMALL and not factored_layers(model):
        sizes, largest = _of_two_and_three(build, shapes, batch_size, precision)
        gradients = trained
    else:
        sizes, largest, gradients = _without_content(build, shapes, batch_size, precision)
    moments = MOMENTS * trained
    counted = weights + gradients + moments + sum(sizes)
    workspace = LIBRARIES + math.ceil(SLACK * counted) + HELD * largest
    return Memory(weights, gradients, moments, sum(sizes), workspace)


def _of_two_and_three(
    build: Callable[[], torch.nn.Module], shapes: Sequence[Sequence[int]], batch_size: int, precision: str
) -> tuple[list[int], int]:
    """Bytes of each activation of a batch, and of the largest that grows with it, from two passes of few pairs."""
    # No number of the global generator is used up.
    with fork_rng(devices=[]):
        model = build().train()
        passes = [_saved(model, shapes, pairs, precision)[0] for pairs in (2, 3)]
    two, three = ([tensor.untyped_storage().nbytes() for tensor in saved] for saved in passes)
    sizes = [less + (more - less) * (batch_size - 2) for less, more in zip(two, three, strict=True)]
    # Copies of weights are kept in mixed precision, but have no gradients of their own for long.
    growing = [size for size, less, more in zip(sizes, two, three, strict=True) if more > less]
    return sizes, max(growing, default=0)


def _without_content(
    build: Callable[[], torch.nn.Module], shapes: Sequence[Sequence[int]], batch_size: int, precision: str
) -> tuple[list[int], int, int]:
    """The same from a whole step whose tensors take no memory, and the bytes of the gradients that it leaves."""
    with FakeTensorMode(allow_non_fake_inputs=True):
        model = build().train()
        for layer in factored_layers(model):
            layer.keep_factors()
        saved, terms = _saved(model, shapes, batch_size, precision)
        sum(term.sum() for term in terms.values()).backward()
    sizes = [tensor.untyped_storage().nbytes() for tensor in saved]
    growing = [size for size, tensor in zip(sizes, saved, strict=True) if tensor.shape[:1] == (batch_size,)]
    gradients = _bytes(parameter.grad for parameter in model.parameters() if parameter.grad is not None)
    return sizes, max(growing, default=0), gradients


def _saved(
    model: torch.nn.Module, shapes: Sequence[Sequence[int]], pairs: int, precision: str
) -> tuple[list[Tensor], dict[str, Tensor]]:
    """One tensor of each storage that a forward pass keeps for the backward pass, in its order; and the terms."""
    saved: dict[int, Tensor] = {}

    def note(tensor: Tensor) -> Tensor:
        # The tensor is held, so that no later storage gets the same number.
        saved[tensor.untyped_storage()._cdata] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor), arithmetic("cpu", precision):
        terms = model.terms(*(torch.zeros(pairs, *shape) for shape in shapes), None)
    for own in _dense([*model.parameters(), *model.buffers()]):
        saved.pop(own.untyped_storage()._cdata, None)
    return list(saved.values()), terms


def _dense(tensors: Iterable[Tensor]) -> list[Tensor]:
    """The tensors, each sparse one replaced by the three that it consists of."""
    return [
        part
        for tensor in tensors
        for part in (
            (tensor.crow_indices(), tensor.col_indices(), tensor.values())
            if tensor.layout == torch.sparse_csr
            else (tensor,)
        )
    ]


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in _dense(tensors))


def require_memory(needed: int, device: str, what: str) -> None:
    """Refuse what would not fit, before anything of it is allocated.

    Arguments:
        needed: bytes, such as `Memory.total` and the pairs.
        device: `cpu` or `cuda`.
        what: what needs them, such as "training vsPAIR".

    Raises:
        VspairError: the device has less left.
    """
    left = available(device)
    if needed > left:
        raise VspairError(
            f"{what} needs about {needed / GIB:.1f} GiB on device={device}, but {left / GIB:.1f} GiB are left there: "
            "lower the model's sizes (latent_x, latent_y, channels, width) or batch_size, or take a device with more"
        )
