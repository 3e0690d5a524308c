"""The gates of a sparse posterior fixed one by one: which, when fixed, removes how much error.

An intervention of Mueller et al. replaces one latent's draw by its mean. What is drawn for a spike-and-slab
latent is first of all its gate, and a gate has no mean that a draw could have: it is fixed at its likelier state.
"""

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from vspair.distributions import Conditioned, SpikeSlab
from vspair.models.posterior import LatentPosterior


@dataclass(frozen=True)
class Intervened:
    """Errors of each image, means over the same draws with and without a gate fixed.

    Arguments:
        sampled: mean squared error of x over pixels and draws, shape (images,).
        fixed: with all gates at their likelier state, the slabs drawn as before, same shape.
        undecided: sum of omega (1 - omega) over the latents, same shape.
        latent: the most undecided latents, shape (images, top), the most undecided first.
        gate: their omega, same shape.
        one_fixed: the error with the gate of this one latent fixed, same shape.
    """

    sampled: Tensor
    fixed: Tensor
    undecided: Tensor
    latent: Tensor
    gate: Tensor
    one_fixed: Tensor

    def frame(self) -> pd.DataFrame:
        """One line an image: `mse`, `mse_fixed`, `undecided`, and `latent_k`, `gate_k`, `mse_k` from k = 1 on."""
        columns = {"mse": self.sampled, "mse_fixed": self.fixed, "undecided": self.undecided}
        for rank in range(self.latent.shape[1]):
            parts = {"latent": self.latent, "gate": self.gate, "mse": self.one_fixed}
            columns |= {f"{name}_{rank + 1}": values[:, rank] for name, values in parts.items()}
        return pd.DataFrame({name: values.cpu().numpy() for name, values in columns.items()})


@torch.inference_mode()
def fix_gates(
    posterior: LatentPosterior, qoi: Tensor, top: int, samples: int, generator: torch.Generator | None = None
) -> Intervened:
    """Fix the gates of the most undecided latents one by one, under the draws of gates and slabs of the baseline.

    Arguments:
        posterior: of a spike-and-slab latent, which may carry a condition, for the observations of these images.
        qoi: x, shape (images, *qoi_shape).
        top: latents of each image whose gates are fixed.
        samples: draws for each image.
        generator: source of the draws.

    Raises:
        ValueError: the latent has no gates, or fewer of them than `top`.
    """
    conditioned = isinstance(posterior.latent, Conditioned)
    latent = posterior.latent.latent if conditioned else posterior.latent
    if not isinstance(latent, SpikeSlab):
        raise ValueError(f"expected a spike-and-slab latent, whose gates can be fixed, found {type(latent).__name__}")
    if top > latent.gate.shape[-1]:
        raise ValueError(f"expected at most the {latent.gate.shape[-1]} gates of the latent, found top={top}")
    shape, like = (samples, *latent.gate.shape), latent.gate
    uniform = torch.rand(shape, generator=generator, device=like.device, dtype=like.dtype)
    slab, likelier = latent.slab.rsample(generator, (samples,)), (latent.gate >= 0.5).to(like.dtype)
    drawn = (uniform < latent.gate).to(like.dtype)

    def error(gates: Tensor) -> Tensor:
        codes = gates * slab
        if conditioned:
            known = posterior.latent.condition
            codes = torch.cat([codes, known.expand(samples, *known.shape)], dim=-1)
        decoded = posterior.decode(codes.flatten(0, 1)).unflatten(0, slab.shape[:2])
        return (decoded - qoi).double().square().flatten(2).mean(2).mean(0)

    doubt = latent.gate * (1 - latent.gate)
    chosen = doubt.topk(top, dim=-1).indices
    one_fixed = []
    for number in range(top):
        this = torch.zeros_like(like, dtype=torch.bool).scatter_(-1, chosen[:, number : number + 1], True)
        one_fixed.append(error(torch.where(this, likelier, drawn)))
    return Intervened(
        error(drawn),
        error(likelier.expand_as(drawn)),
        doubt.sum(-1),
        chosen,
        latent.gate.gather(-1, chosen),
        torch.stack(one_fixed, dim=1),
    )
