"""Runs trained as one against the same runs one by one."""

from functools import partial

import pytest
import torch
from torch import nn

from vspair.config import Training
from vspair.errors import VspairError
from vspair.models.build import build
from vspair.models.kinds import settings_of
from vspair.training import Checkpoint, ResidentPairs, fit, save_weights
from vspair.training.seeds import initialised
from vspair.training.stacked import Runs, Stack, restored_runs, train_runs

SCHEDULE = Training(epochs=3, batch_size=5, learning_rate=1e-2, checkpoint_every=1)
FRAME = {"qoi_shape": (2,), "observation_shape": (1,)}
WEIGHTS = {"lambda1": 1.0, "lambda2": 0.5, "lambda3": 1.0, "gamma_x": 1.0, "gamma_y": 0.1}
CHOICES = {"mapping_reduction": "sum", "mapping_gradient": "both"}
KINDS = {
    "vPAIR": {"latent_x": 2, "latent_y": 2, "hidden": 6, "weights": WEIGHTS, "choices": CHOICES},
    "vsPAIR": {
        **{"latent_x": 4, "latent_y": 2, "hidden": 6, "choices": CHOICES, "alpha0": 1.0, "beta0": 3.0},
        **{"rho_start": 0.5, "map_gate": "sigmoid", "weights": {**WEIGHTS, "lambda_rho": 1.0, "lambda_b": 0.05}},
    },
    "CVAE": {"latent_x": 2, "weights": {"lambda1": 1.0, "gamma_x": 1.0}},
}


class Normalised(nn.Module):
    """Batch normalisation and convolutions, with noise; a bias before the norm would be moved by rounding alone."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 1, 3)
        )

    def forward(self, images):
        return self.layers(images)

    def terms(self, qoi, observation, generator):
        noise = torch.randn(qoi.shape, generator=generator, dtype=qoi.dtype)
        return {"error": (self.layers(qoi + noise) - 1).square().flatten(1).sum(1)}


def own(network, seed):
    return initialised(network, seed).double()


def builds(kind, count=3):
    """Networks of several runs with weights of their own, in double precision, so that rounding stays small."""
    if kind == "normalised":
        return [partial(own, Normalised, seed) for seed in range(count)], {"error": 1.0}, (1, 6, 6), (0,)
    settings = settings_of({"kind": kind, "channels": [8, 6], "training": SCHEDULE.model_dump(), **KINDS[kind]})
    made = [partial(own, partial(build, settings, FRAME), seed) for seed in range(count)]
    return made, settings.factors(), FRAME["qoi_shape"], FRAME["observation_shape"]


def runs(kind, count=3, pairs=12):
    made, factors, qoi, observation = builds(kind, count)
    draws = torch.Generator().manual_seed(4)
    x = torch.randn(pairs, count, *qoi, generator=draws, dtype=torch.float64)
    y = torch.randn(pairs, count, *observation, generator=draws, dtype=torch.float64)
    return Runs(made, x, y, SCHEDULE, factors, 7)


@pytest.mark.parametrize("kind", ["vPAIR", "vsPAIR", "CVAE", "normalised"])
def test_each_run_ends_as_it_does_alone(kind):
    """Catches runs that see each other's data, gradients, noise or statistics, and an order of their own."""
    together = runs(kind)
    alone = [build() for build in together.builds]
    stack, history, cost = train_runs(together, "cpu")
    histories = []
    for run, member in enumerate(alone):
        pairs = ResidentPairs(together.qoi[:, run], together.observation[:, run])
        histories.append(fit(member, pairs, SCHEDULE, together.factors, 7))
    for member, found in zip(alone, stack.members(), strict=True):
        assert not found.training
        for (name, value), other in zip(member.state_dict().items(), found.state_dict().values(), strict=True):
            torch.testing.assert_close(other, value, rtol=1e-8, atol=1e-10, msg=name)
    for epoch, row in enumerate(history):
        for term in together.factors:
            assert row[term] == pytest.approx(sum(each[epoch][term] for each in histories), rel=1e-8)
    assert cost.told(SCHEDULE.epochs)["here"] == len(history) == SCHEDULE.epochs


def test_runs_that_are_killed_go_on_to_the_same_bits(tmp_path):
    whole, _, _ = train_runs(runs("vsPAIR"), "cpu")
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors", {})
    shorter = SCHEDULE.model_copy(update={"epochs": 2})
    train_runs(Runs(**{**vars(runs("vsPAIR")), "training": shorter}), "cpu", checkpoint)
    assert checkpoint.path.exists()
    resumed, history, cost = train_runs(runs("vsPAIR"), "cpu", checkpoint)
    assert len(history) == 3 and len(cost.seconds) == 2
    assert all(map(torch.equal, whole.state_dict().values(), resumed.state_dict().values()))


def test_trained_runs_come_back_from_their_weights(tmp_path):
    stack, _, _ = train_runs(runs("normalised"), "cpu")
    save_weights(tmp_path / "weights.safetensors", stack)
    images = torch.ones(2, 1, 6, 6, dtype=torch.float64)
    found = restored_runs(builds("normalised")[0], tmp_path / "weights.safetensors", "cpu")
    for member, again in zip(stack.members(), found, strict=True):
        assert torch.equal(member(images), again(images))
    with pytest.raises(VspairError, match=r"does not hold the weights of Stack"):
        restored_runs(builds("normalised", 2)[0], tmp_path / "weights.safetensors", "cpu")


def test_networks_that_differ_are_refused():
    with pytest.raises(ValueError, match="one architecture"):
        Stack([builds(kind, 1)[0][0]() for kind in ("vPAIR", "vsPAIR")])
    with pytest.raises(ValueError, match="one architecture"):
        Stack([])


class Wide(nn.Module):
    """Weights of terabytes, which may be described and not made."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(2**21, 2**20))

    def terms(self, qoi, observation, generator):
        raise AssertionError("it was made")


def test_what_cannot_be_held_is_refused_before_it_is_made():
    pairs = torch.zeros(4, 3, 2)
    with pytest.raises(VspairError, match=r"training 3 runs of Wide as one needs about \d+\.\d GiB on device=cpu"):
        train_runs(Runs([Wide] * 3, pairs, pairs, SCHEDULE, {}, 0), "cpu")
