"""A run that is killed at any moment ends with the bits of one that was not: real processes, real SIGKILL."""

import json
import signal
import subprocess
import sys

import pytest

# Every run is a process of its own, forked once the slow imports are done and before torch has started any thread.
RUNS = """
import json, logging, os, signal, sys, traceback
from pathlib import Path
from vspair.config import Training
from vspair.data import clean_images, make_pairs, scale_for
from vspair.devices import configure
from vspair.models.build import build
from vspair.models.kinds import settings_of
from vspair.training import Checkpoint, ResidentPairs, fit, initialised, save_weights
import torch

root, methods = Path(sys.argv[1]), json.loads(sys.argv[2])
clean, labels = clean_images("digits", None, (16, 16))
made = make_pairs(clean, labels, 40, 8, patches=3, patch_size=5, seed=1)
torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # has imports of its own

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def run(folder, name, kill):
    logging.basicConfig(level=logging.INFO, filename=folder / f"{name}.log", format="%(message)s", force=True)
    configure("cpu", threads=1)
    settings, frame = settings_of(methods[name]), {"qoi_shape": (1, 16, 16), "observation_shape": (1, 16, 16)}
    model = initialised(lambda: build(settings, frame), 3)
    model.to(memory_format=torch.channels_last)  # as scripts/train.py does
    if kill == "in an epoch":
        terms, steps = model.terms, iter(range(1000))
        model.terms = lambda *arguments: die() if next(steps) == 4 * 3 - 1 else terms(*arguments)  # last of epoch 4
    if kill == "in a checkpoint":
        replace, saves = os.replace, iter(range(1000))
        os.replace = lambda *arguments: die() if next(saves) == 1 else replace(*arguments)  # that of epoch 4
    checkpoint = Checkpoint(folder / f"{name}.checkpoint.safetensors", {"model": name})
    history = fit(
        model,
        ResidentPairs.of(made.train, scale_for("symmetric", made.train.qoi), "cpu"),
        Training(epochs=6, batch_size=16, learning_rate=1e-2, checkpoint_every=2),  # steps of 16, 16 and 8 pairs
        settings.factors(),
        seed=3,
        checkpoint=checkpoint,
    )
    save_weights(folder / f"{name}.safetensors", model)
    (folder / f"{name}.json").write_text(json.dumps(history))
    checkpoint.remove()

def in_a_process(folder, name, kill):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            run(folder, name, kill)
            status = 0
        except BaseException:
            traceback.print_exc()
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

report = {}
for kill in ("never", "in an epoch", "in a checkpoint"):
    (root / kill).mkdir()
    for name in methods if kill != "in a checkpoint" else ["vsPAIR"]:
        first = in_a_process(root / kill, name, kill)
        left = sorted(path.name for path in (root / kill).glob(f"{name}.*safetensors"))
        again = in_a_process(root / kill, name, "never") if first else None
        report[f"{name} {kill}"] = [first, left, again]
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory, settings, term_names):
    """Folder of uninterrupted runs and of runs killed in two ways and taken up again, and how their processes ended."""
    root = tmp_path_factory.mktemp("runs")
    methods = {name: settings(name).model_dump(mode="json") for name in term_names}
    command = [sys.executable, "-c", RUNS, str(root), json.dumps(methods)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return root, json.loads(done.stdout), done.stderr


def check(runs, name, kill):
    root, report, errors = runs
    first, left, again = report[f"{name} {kill}"]
    assert first == -signal.SIGKILL, errors
    assert left == [f"{name}.checkpoint.safetensors"]
    assert again == 0, errors
    assert f"{name} continues after epoch 2 of 6" in (root / kill / f"{name}.log").read_text()
    for result in (f"{name}.safetensors", f"{name}.json"):
        assert (root / kill / result).read_bytes() == (root / "never" / result).read_bytes(), result
    assert not (root / kill / f"{name}.checkpoint.safetensors").exists()


def test_a_run_killed_in_an_epoch_ends_with_the_same_bits(runs, model_name):
    """Catches a state that is not kept, and moments that come back in another memory layout than the weights."""
    check(runs, model_name, "in an epoch")


def test_a_run_killed_while_it_writes_a_checkpoint_ends_with_the_same_bits(runs):
    """The checkpoint before it must still be there, whole."""
    check(runs, "vsPAIR", "in a checkpoint")
