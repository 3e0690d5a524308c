"""Short trainings for the determinism check: that they are those of the workflow, and really killed and resumed."""

import dataclasses
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from vspair.data import Pairs, Split, clean_images, make_pairs, write_pairs
from vspair.data.pairs import PARTS
from vspair.errors import VspairError
from vspair.evaluation.repeatability import Repeat, compare
from vspair.problems import trials
from vspair.problems.learning import learn
from vspair.problems.setting import open_setting
from vspair.problems.trials import Trial, run_trial
from vspair.training import Checkpoint

BUDGET = {"epochs": 3, "batches": 2}
SCHEDULE = {"epochs": 50, "batch_size": 4, "learning_rate": 1e-2, "checkpoint_every": 10}
SCAN = {"side": 0.26, "pixels": 16, "enlarged": 16, "angles": 12, "bins": 16, "photons": 1e5, "binning": 1}
METHODS = [("inpainting", "vPAIR"), ("tomography", "UNet")]


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
    write_pairs(folder / "inpainting.safetensors", images)
    generator = np.random.default_rng(2)

    def split(size):
        parts = (generator.random((size, 1, *shape), np.float32) for shape in ((16, 16), (12, 16)))
        return Split(*parts, None, np.arange(size), np.arange(size))

    write_pairs(folder / "tomography.safetensors", Pairs(split(9), split(2)))
    return folder


@pytest.fixture
def configuration(settings):
    """What trials of one method of each problem are told."""
    loop = {"channels": [2, 4], "training": SCHEDULE}
    return {
        "precision": "float32",
        "captured": None,
        "compiled": False,
        "determinism": BUDGET,
        "inpainting.image": [16, 16],
        "inpainting.data.scale": "symmetric",
        "inpainting.methods.vPAIR": settings("vPAIR", **loop).model_dump(mode="json"),
        "tomography.image": [16, 16],
        "tomography.observation": [12, 16],
        "tomography.scan": SCAN,
        "tomography.data.scale": "maximum",
        "tomography.methods.UNet": settings("UNet", **loop).model_dump(mode="json"),
    }


@pytest.fixture
def trial(files, tmp_path, configuration):
    """A trial of a method of a problem, with a checkpoint of its own."""

    def trial(problem, name, device="cpu"):
        checkpoint, pairs = tmp_path / f"{name}.safetensors", files / f"{problem}.safetensors"
        return Trial(problem, name, configuration, 5, str(pairs), str(checkpoint), device, 1)

    return trial


def left(outcome):
    """All that a trial leaves, by name."""
    history = {
        f"history.{name}": torch.tensor([row[name] for row in outcome.history], dtype=torch.float64)
        for name in outcome.history[0]
    }
    return outcome.model.state_dict() | history


@pytest.mark.parametrize(("problem", "name"), METHODS)
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
@pytest.mark.parametrize(("problem", "name"), METHODS)
def test_on_a_gpu_a_trial_again_and_a_resumed_one_end_with_the_same_bits(trial, problem, name):
    described = trial(problem, name, "cuda")
    whole, *others = (left(run_trial(described, interrupted=each)) for each in (False, False, True))
    assert [compare(whole, other) for other in others] == [Repeat(0, 0.0)] * 2


@pytest.mark.parametrize(("problem", "name"), METHODS)
def test_a_trial_is_the_real_training_but_for_its_length(trial, files, configuration, problem, name):
    """Bit by bit beside `learn` with the settings of the method, on a data set of the first six pairs alone."""
    outcome = run_trial(trial(problem, name), interrupted=False)
    setting = open_setting(problem, name, configuration, files / f"{problem}.safetensors", "cpu")
    train = {part: None if (a := getattr(setting.stored.train, part)) is None else a[:6] for part in PARTS}
    schedule = setting.method.training.model_copy(update={"epochs": 3})
    short = dataclasses.replace(
        setting,
        stored=Pairs(Split(**train), setting.stored.test),
        method=setting.method.model_copy(update={"training": schedule}),
    )
    model, history, _ = learn(short, 5)
    assert outcome.history == history
    assert compare(model.state_dict(), outcome.model.state_dict()) == Repeat(0, 0.0)


@pytest.mark.slow
def test_an_uninterrupted_trial_does_not_continue_what_an_earlier_try_left(trial):
    described = trial("inpainting", "vPAIR")
    trials._train_and_die(described)
    assert Path(described.checkpoint).exists()
    assert run_trial(described, interrupted=False).continued_after == 0


@pytest.mark.slow
def test_a_resumed_trial_that_starts_over_is_an_error(trial, monkeypatch):
    """It would end with the right bits, and so look right in the comparison."""
    monkeypatch.setattr(Checkpoint, "restore", lambda *_: [])
    with pytest.raises(VspairError, match="expected the training of vPAIR to continue after epoch 1 of 3, found that "):
        run_trial(trial("inpainting", "vPAIR"), interrupted=True)


def test_moments_that_are_not_restored_make_a_resumed_trial_differ(trial, monkeypatch):
    """A planted fault: Adam starts anew beside the weights of the first epoch."""
    described, restore = trial("inpainting", "vPAIR"), Checkpoint.restore

    def forgetful(self, model, optimiser):
        return restore(self, model, torch.optim.Adam(model.parameters()))

    whole = left(run_trial(described, interrupted=False))
    monkeypatch.setattr(Checkpoint, "restore", forgetful)
    resumed = left(run_trial(described, interrupted=True))
    found = compare(whole, resumed)
    assert found.differing > 100
    assert found.largest > 1e-3


@pytest.mark.slow
def test_a_process_that_ends_before_it_can_be_killed_is_an_error(trial, tmp_path):
    """It fails by itself, here for lack of data; its last words are told."""
    (tmp_path / "pairs.safetensors").write_bytes(b"no pairs")
    described = dataclasses.replace(trial("inpainting", "vPAIR"), pairs=str(tmp_path / "pairs.safetensors"))
    with pytest.raises(VspairError, match=r"killed at its first checkpoint.*status 1 \(.*is not a whole file"):
        run_trial(described, interrupted=True)


@pytest.mark.parametrize(("status", "written"), [(-9, False), (0, True), (-15, True)])
def test_only_a_kill_after_the_first_checkpoint_counts(trial, monkeypatch, status, written):
    """Killed for its memory before there was a checkpoint, ended with one, or ended by another signal."""
    described = trial("inpainting", "vPAIR")

    def run(command, **_):
        if written:
            Path(described.checkpoint).touch()
        return subprocess.CompletedProcess(command, status, "", "")

    monkeypatch.setattr(trials.subprocess, "run", run)
    with pytest.raises(VspairError, match=rf"found that it ended with status {status} \(without a message\)"):
        run_trial(described, interrupted=True)
