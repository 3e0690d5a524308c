"""Networks through torch's compiler, which fuses normalisation, activation and pooling into single kernels."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import nn

from vspair.networks.convolutional import Decoder, Encoder
from vspair.networks.mappers import ParameterMap
from vspair.networks.unet import ResidualUNet

COMPILED = (Encoder, Decoder, ParameterMap, ResidualUNet)


@contextmanager
def compiled(model: nn.Module, wanted: bool = True) -> Iterator[None]:
    """Call a model's encoders, decoders, maps and U-Nets through the compiler while the context lasts.

    They are compiled at their first call, for one shape: some ten seconds each. Rounding differs from the eager
    networks', weights and names do not.

    Arguments:
        model: of any kind; what has no such network stays as it is.
        wanted: whether to do it at all.
    """
    networks = [module for module in model.modules() if isinstance(module, COMPILED)] if wanted else []
    for network in networks:
        # A network that the compiler cannot take whole is an error and not half compiled.
        network.compile(fullgraph=True, dynamic=False)
    try:
        yield
    finally:
        for network in networks:
            network._compiled_call_impl = None


def as_written(wanted: bool) -> AbstractContextManager:
    """Leave the compiler aside for calls of another shape, each of which it would compile anew.

    Arguments:
        wanted: whether anything is compiled.
    """
    return torch.compiler.set_stance("force_eager") if wanted else nullcontext()
