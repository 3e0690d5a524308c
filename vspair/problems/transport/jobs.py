"""Functions of the jobs on paired Wasserstein autoencoders: what each stack trains, and how its runs are scored."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vspair.config.training import Training
from vspair.models.build import build
from vspair.models.kinds import settings_of
from vspair.models.normal_cvae import NormalCVAE
from vspair.models.paired_wae import MeasurementCost, PairedWAE
from vspair.objectives.costs import COSTS
from vspair.problems.transport.draws import FLAT, SPACE, Truth, read_samples, read_truths
from vspair.problems.transport.settings import Networks, Objective
from vspair.problems.transport.stacks import CVAE, PLANE, SPHERE, WAE, settled, sphere_weights
from vspair.training.seeds import derive, initialised
from vspair.training.stacked import Runs


def stack(values: Mapping[str, Any], name: str, data: Path) -> Runs:
    """The runs of a stack with their initial weights, data and objective.

    Arguments:
        values: dotted key inside the problem -> plain value (`stacks.training_keys`).
        name: of the stack.
        data: file of mixtures and samples.

    Raises:
        VspairError: the file is missing or not whole.
    """
    of, values = settled(values, name)
    part = SPHERE if of.startswith(f"{SPHERE}.") else PLANE
    seeds, common = values["seeds"], values["mixtures.seed"]
    qoi, observation = (samples[:, : len(seeds)].contiguous() for samples in read_samples(data, part))
    if of == WAE and values["plane.pairing"] == "shuffled":
        order = torch.Generator().manual_seed(derive(common, "order"))
        observation = observation[torch.randperm(len(observation), generator=order)]
    builds = of_runs(values, of, read_truths(data, part))
    return Runs(builds, qoi, observation, _training(values, of), factors(values, of), common)


def of_runs(values: Mapping[str, Any], of: str, truths: Sequence[Truth]) -> list[Callable[[], nn.Module]]:
    """Of each run, what gives its network with initial weights.

    Arguments:
        values, of: as for `member`.
        truths: law of the data of each run; of a choice the first runs are trained.
    """
    seeds = [derive(values["mixtures.seed"], "initialisation", seed) % 2**32 for seed in values["seeds"]]
    return [
        partial(initialised, partial(member, values, of, truth), seed)
        for seed, truth in zip(seeds, truths, strict=False)
    ]


def member(values: Mapping[str, Any], of: str, truth: Truth) -> nn.Module:
    """The network of one run, with fresh weights from torch's global random state.

    Arguments:
        values: as `stack` has them, those of a choice in their place.
        of: name of the stack, of no choice.
        truth: law of the run's data.
    """
    if of.startswith((SPHERE, WAE)):
        return _paired(values, of, truth)
    if of.startswith(CVAE):
        networks = Networks.model_validate(values["networks"])
        sizes = FLAT, 1, networks.widths, networks.latent
        return NormalCVAE(*sizes, values["plane.noise"], values["objective.reduction"])
    settings = settings_of(values[f"methods.{of.removeprefix(f'{PLANE}.')}"])
    return build(settings, {"qoi_shape": (FLAT,), "observation_shape": (1,)})


def factors(values: Mapping[str, Any], of: str) -> dict[str, float]:
    """The factor of each named term of a stack's objective; arguments as for `member`."""
    if of.startswith((SPHERE, WAE)):
        joint, wae = weights(values, of)
        divergence = wae if values["objective"]["divergence"] == "alone" else joint * wae
        names = ("qoi", "observation")
        return {
            "cost": 1.0,
            **{f"reconstruction_{name}": joint for name in names},
            **{f"divergence_{name}": divergence for name in names},
        }
    if of.startswith(CVAE):
        return {"reconstruction": 1.0, "kl": float(of.removeprefix(CVAE))}
    return settings_of(values[f"methods.{of.removeprefix(f'{PLANE}.')}"]).factors()


def weights(values: Mapping[str, Any], of: str) -> tuple[float, float]:
    """lambda_joint and lambda_WAE of a paired WAE; arguments as for `member`."""
    return tuple(values["plane.weights"]) if of == WAE else sphere_weights(of)


def _paired(values: Mapping[str, Any], of: str, truth: Truth) -> PairedWAE:
    networks, objective = (
        section.model_validate(values[name]) for name, section in (("networks", Networks), ("objective", Objective))
    )
    joint, wae = weights(values, of)
    shared = {
        **{"widths": networks.widths, "latent": networks.latent, "reduction": objective.reduction},
        **{"autoencoding": joint > 0, "matching": wae > 0},
    }
    if of == WAE:
        noise, cost = values["plane.encoder_noise"], MeasurementCost(truth.operator)
        return PairedWAE(FLAT, 1, noise=noise, spherical=False, bounded=False, prior="normal", cost=cost, **shared)
    cost, bounded = COSTS[values["sphere.cost"]], values["sphere.bounded"]
    return PairedWAE(SPACE, SPACE, noise=0, spherical=True, bounded=bounded, prior="uniform", cost=cost, **shared)


def _training(values: Mapping[str, Any], of: str) -> Training:
    method = values.get(f"methods.{of.removeprefix(f'{PLANE}.')}")
    return Training.model_validate(method["training"] if method else values["training"])
