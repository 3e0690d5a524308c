"""Short trainings for the determinism check: that they are those of the workflow, and really killed and resumed."""

import dataclasses
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from vspair.training.scans import learn, scan_setting
from vspair.training.trials import Trial, run_trial

from vspair.config import Choices, Model, Training
from vspair.data import Pairs, Split, clean_images, make_pairs, scale_for, write_pairs
from vspair.errors import VspairError
from vspair.evaluation.repeatability import Repeat, compare
from vspair.training import Checkpoint, ResidentPairs, train_model, trials

BUDGET = {"epochs": 3, "batches": 2}
SCHEDULE = {"epochs": 50, "batch_size": 4, "learning_rate": 1e-2, "checkpoint_every": 10}
OPEN = {
    **{"reconstruction_reduction": "sum", "mapping_reduction": "sum"},
    **{"mapping_gradient": "both", "mapping_space": "latent"},
}
WEIGHTS = {"lambda1": 1.0, "lambda2": 0.5, "lambda3": 1.0, "gamma_y": 0.1}
VPAIR = {"channels": [2, 4], "latent_x": 4, "latent_y": 3, "hidden": 5, "weights": WEIGHTS}
UNET = {
    **{"kind": "UNet", "channels": [2, 4], "filter": "hann", "cutoff": 1.0},
    **{"weights": {"lambda1": 1.0}, "training": SCHEDULE},
}
SCAN = {"side": 0.26, "pixels": 16, "enlarged": 16, "angles": 12, "bins": 16, "photons": 1e5, "binning": 1}
CONFIGURATION = {
    "precision": "float32",
    "determinism": BUDGET,
    "images.image": [16, 16],
    "images.data.scale": "symmetric",
    "images.models.vPAIR": VPAIR,
    "images.choices": OPEN,
    "images.training": SCHEDULE,
    "scans.image": [16, 16],
    "scans.observation": [12, 16],
    "scans.scan": SCAN,
    "scans.data.scale": "maximum",
    "scans.methods.mine": UNET,
}


@pytest.fixture(autouse=True)
def arithmetic_as_before(monkeypatch):
    """A trial sets torch's arithmetic for its whole process, which here is that of the other tests too."""
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    deterministic, fill = (
        torch.are_deterministic_algorithms_enabled(),
        torch.utils.deterministic.fill_uninitialized_memory,
    )
    yield
    torch.use_deterministic_algorithms(deterministic)
    torch.utils.deterministic.fill_uninitialized_memory = fill


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Prepared pairs: digits with holes, and noise in the sizes of a scan."""
    folder = tmp_path_factory.mktemp("pairs")
    images = make_pairs(*clean_images("digits", None, (16, 16)), 12, 4, patches=3, patch_size=5, seed=1)
    write_pairs(folder / "images.safetensors", images)
    generator = np.random.default_rng(2)

    def split(size):
        parts = (generator.random((size, 1, *shape), np.float32) for shape in ((16, 16), (12, 16)))
        return Split(*parts, None, np.arange(size), np.arange(size))

    write_pairs(folder / "scans.safetensors", Pairs(split(9), split(2)))
    return folder


@pytest.fixture
def trial(files, tmp_path):
    """A trial of a model or of a method, with a checkpoint of its own."""

    def trial(problem, name, device="cpu"):
        checkpoint, pairs = tmp_path / f"{name}.safetensors", files / f"{problem}.safetensors"
        return Trial(problem, name, CONFIGURATION, 5, str(pairs), str(checkpoint), device, 1)

    return trial


def left(outcome):
    """All that a trial leaves, by name."""
    history = {
        f"history.{name}": torch.tensor([row[name] for row in outcome.history], dtype=torch.float64)
        for name in outcome.history[0]
    }
    return outcome.model.state_dict() | history


@pytest.mark.parametrize(("problem", "name"), [("images", "vPAIR"), ("scans", "mine")])
def test_a_killed_and_resumed_trial_ends_with_the_same_bits(trial, problem, name, caplog):
    """The process that is killed is a real one; both are of the same three epochs."""
    caplog.set_level("INFO", "vspair")
    described = trial(problem, name)
    whole, resumed = run_trial(described, interrupted=False), run_trial(described, interrupted=True)
    assert (whole.continued_after, resumed.continued_after) == (0, 1)
    assert len(whole.history) == 3
    # Batches of 4 pairs, the second of which is half full.
    assert whole.pairs == resumed.pairs == 6
    assert compare(left(whole), left(resumed)) == Repeat(0, 0.0)
    assert f"{name} was killed after its first checkpoint" in caplog.text
    # What the killed process said is not lost, and it said nothing of a second epoch.
    assert caplog.text.count("epoch 1/3") == 2
    assert caplog.text.count("epoch 2/3") == 2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("problem", "name"), [("images", "vPAIR"), ("scans", "mine")])
def test_on_a_gpu_a_trial_again_and_a_resumed_one_end_with_the_same_bits(trial, problem, name):
    described = trial(problem, name, "cuda")
    whole, *others = (left(run_trial(described, interrupted=each)) for each in (False, False, True))
    assert [compare(whole, other) for other in others] == [Repeat(0, 0.0)] * 2


def test_a_trial_of_a_model_is_its_training_but_for_the_length(trial):
    """Bit by bit beside what scripts/train.py does; catches settings that do not reach the short training."""
    outcome = run_trial(trial("images", "vPAIR"), interrupted=False)
    split = make_pairs(*clean_images("digits", None, (16, 16)), 12, 4, patches=3, patch_size=5, seed=1).train
    pairs = ResidentPairs.of(split, scale_for("symmetric", split.qoi), "cpu", 6)
    schedule = Training(**SCHEDULE | {"epochs": 3})
    model, history = train_model("vPAIR", Model(**VPAIR), {"image": (16, 16)}, pairs, schedule, Choices(**OPEN), 5)
    assert outcome.history == history
    assert compare(model.state_dict(), outcome.model.state_dict()) == Repeat(0, 0.0)


def test_a_trial_of_a_method_is_its_training_but_for_the_length(trial, files):
    """Bit by bit beside `learn`, which scripts/ct_train.py calls, on the first six pairs."""
    outcome = run_trial(trial("scans", "mine"), interrupted=False)
    short = CONFIGURATION | {"scans.methods.mine": UNET | {"training": SCHEDULE | {"epochs": 3}}}
    setting = scan_setting("mine", "scans", short, files / "scans.safetensors", "cpu")
    train = setting.stored.train
    first = Split(train.qoi[:6], train.observation[:6], None, train.index[:6], train.label[:6])
    model, history, _ = learn(dataclasses.replace(setting, stored=Pairs(first, setting.stored.test)), None, 5)
    assert outcome.history == history
    assert compare(model.state_dict(), outcome.model.state_dict()) == Repeat(0, 0.0)


def test_an_uninterrupted_trial_does_not_continue_what_an_earlier_try_left(trial):
    described = trial("images", "vPAIR")
    trials._train_and_die(described)
    assert Path(described.checkpoint).exists()
    assert run_trial(described, interrupted=False).continued_after == 0


def test_a_resumed_trial_that_starts_over_is_an_error(trial, monkeypatch):
    """It would end with the right bits, and so look right in the comparison."""
    monkeypatch.setattr(Checkpoint, "restore", lambda *_: [])
    with pytest.raises(VspairError, match="expected the training of vPAIR to continue after epoch 1 of 3, found that "):
        run_trial(trial("images", "vPAIR"), interrupted=True)


def test_moments_that_are_not_restored_make_a_resumed_trial_differ(trial, monkeypatch):
    """A planted fault: Adam starts anew beside the weights of the first epoch."""
    described, restore = trial("images", "vPAIR"), Checkpoint.restore

    def forgetful(self, model, optimiser):
        return restore(self, model, torch.optim.Adam(model.parameters()))

    whole = left(run_trial(described, interrupted=False))
    monkeypatch.setattr(Checkpoint, "restore", forgetful)
    resumed = left(run_trial(described, interrupted=True))
    found = compare(whole, resumed)
    assert found.differing > 100
    assert found.largest > 1e-3


def test_a_process_that_ends_before_it_can_be_killed_is_an_error(trial, tmp_path):
    """It fails by itself, here for lack of data; its last words are told."""
    (tmp_path / "pairs.safetensors").write_bytes(b"no pairs")
    described = dataclasses.replace(trial("images", "vPAIR"), pairs=str(tmp_path / "pairs.safetensors"))
    with pytest.raises(VspairError, match=r"killed at its first checkpoint.*status 1 \(.*is not a whole file"):
        run_trial(described, interrupted=True)


@pytest.mark.parametrize(("status", "written"), [(-9, False), (0, True), (-15, True)])
def test_only_a_kill_after_the_first_checkpoint_counts(trial, monkeypatch, status, written):
    """Killed for its memory before there was a checkpoint, ended with one, or ended by another signal."""
    described = trial("images", "vPAIR")

    def run(command, **_):
        if written:
            Path(described.checkpoint).touch()
        return subprocess.CompletedProcess(command, status, "", "")

    monkeypatch.setattr(trials.subprocess, "run", run)
    with pytest.raises(VspairError, match=rf"found that it ended with status {status} \(without a message\)"):
        run_trial(described, interrupted=True)
