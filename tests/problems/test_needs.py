"""What jobs take at least: below what they take, far above what is small, and compared with this machine."""

import numpy as np
import pytest
import torch

from vspair.errors import VspairError
from vspair.models.build import build
from vspair.networks.unet import ResidualUNet
from vspair.networks.unrolled import PrimalDual
from vspair.problems import needs
from vspair.problems.needs import least, require_room

SHAPES = [((1, 16, 16), (1, 16, 16)), ((1, 8, 16), (1, 24, 8)), ((20,), (30,))]


def parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(("qoi", "observation"), SHAPES)
@pytest.mark.parametrize("kind", ["PAIR", "vPAIR", "sVAE", "vsPAIR", "CVAE", "Ensemble", "Flow"])
def test_a_method_has_at_least_the_weights_that_its_settings_say(settings, kind, qoi, observation):
    """By the model itself; a third of them, else the bound would be of no use."""
    if kind in ("CVAE", "Flow") and len(qoi) > 1:
        observation = qoi
    for sizes in ({}, {"steps" if kind == "Flow" else "latent_x": 60}, {"channels": (8, 32, 16)}):
        method = settings(kind, **sizes)
        with torch.device("meta"):
            model = build(method, {"qoi_shape": qoi, "observation_shape": observation})
        said = method.least_weights(qoi, observation)
        assert said <= parameters(model) <= 4 * said


@pytest.mark.parametrize("channels", [(8, 16), (8, 16, 64), (64, 8)])
def test_a_u_net_has_at_least_these_weights(settings, channels):
    said = settings("UNet", channels=channels).least_weights((1, 16, 16), (1, 9, 9))
    assert said <= parameters(ResidualUNet((16, 16), channels)) <= 20 * said


@pytest.mark.parametrize("sizes", [(1, 2, 1, 4), (3, 5, 5, 16), (2, 9, 3, 64)])
def test_learned_primal_dual_has_at_least_these_weights(settings, sizes):
    method = settings("LPD", **dict(zip(("iterations", "primal", "dual", "width"), sizes, strict=True)))
    said = method.least_weights((1, 16, 16), (1, 9, 9))
    assert said <= parameters(PrimalDual(*sizes)) <= 2 * said


def test_the_paper_fits_a_machine_of_a_usual_size(resolved):
    """Else a run that is meant would be refused: 10^9 weights of CT with Adam's moments are some 12 GB."""
    config = resolved("paper")
    problems = config.inverse_problems.items()
    most = {name: max(least(p, "train", method).memory for method in p.methods) for name, p in problems}
    assert 1e9 < most["tomography"] < 32e9
    assert 50e6 < most["inpainting"] < 8e9


def test_pairs_and_samples_count(resolved):
    """By hand: 1797 pairs of twice 28 x 28 numbers; 39 samples of a batch of 90 test images."""
    problem = resolved().inpainting
    assert least(problem, "pairs", None) == (1797 * 2 * 784,) * 2
    # 60 new observations of 28 x 28 numbers, and 19 samples of each, in one batch.
    again, other = (least(problem, rule, "CVAE").memory for rule in ("repeat", "evaluate"))
    assert again - other == 4 * 60 * (1 + 19) * 784
    weights = 4 * problem.methods["vPAIR"].least_weights(*problem.shapes())
    assert least(problem, "train", "vPAIR") == (1797 * 2 * 784 + 3 * weights, weights)
    assert least(problem, "calibrate", "vPAIR").memory == 1797 * 2 * 784 + weights + 4 * 39 * 90 * 784
    assert least(problem, "calibrate", "PAIR").memory == 1797 * 2 * 784 + 4 * problem.methods["PAIR"].least_weights(
        *problem.shapes()
    )
    assert least(problem, "localise", "vPAIR") == least(problem, "train", "nobody") == (0, 0)


@pytest.fixture
def machine(monkeypatch):
    """A machine with so much memory of each device, and so much free disk."""

    def machine(cpu=10**15, cuda=None, disk=10**15):
        monkeypatch.setattr(needs, "memory_of", lambda device: {"cpu": cpu, "cuda": cuda}[device])
        monkeypatch.setattr(needs, "free_space", lambda folder: disk)

    return machine


JOBS = [("pairs", "inpainting", None), ("train", "inpainting", "vsPAIR"), ("train", "inpainting", "PAIR")]


def test_jobs_are_compared_with_memory_one_by_one_and_with_the_disk_together(resolved, machine, tmp_path):
    problems = resolved().problems
    found = [least(problems[name], rule, method) for rule, name, method in JOBS]
    memory, disk = max(need.memory for need in found), sum(need.disk for need in found)
    machine(cpu=memory, disk=disk)
    require_room(problems, JOBS, tmp_path, "cpu")
    machine(cpu=memory - 1, disk=disk)
    with pytest.raises(VspairError, match=r"train of inpainting, vsPAIR, needs at least .* on device=cpu: lower"):
        require_room(problems, JOBS, tmp_path, "cpu")
    machine(disk=disk - 1)
    with pytest.raises(VspairError, match=r"the jobs write at least .* are free on the disk of"):
        require_room(problems, JOBS, tmp_path, "cpu")


def test_methods_are_compared_with_the_gpu_if_they_are_to_run_there(resolved, machine, tmp_path):
    problems = resolved().problems
    machine(cpu=least(problems["inpainting"], "pairs", None).memory, cuda=10**12)
    require_room(problems, JOBS, tmp_path, "cuda")
    machine(cuda=1000)
    with pytest.raises(VspairError, match="on device=cuda"):
        require_room(problems, JOBS, tmp_path, "cuda")
    # What is not known refuses nothing.
    machine(cuda=None)
    require_room(problems, JOBS, tmp_path, "cuda")


def test_this_machine_has_room_for_the_demo(resolved, tmp_path):
    require_room(resolved().problems, JOBS, tmp_path / "not/yet", "cpu")
    assert np.isfinite(needs.memory_of("cpu"))
