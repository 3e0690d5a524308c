"""Runs of a small network trained as one, beside one process a run: the same steps, in one go, as ratios.

Each side is started as a user's job is: a process that imports, builds its networks, trains and ends. The separate runs
follow each other, one thread each, as does the stack; ratios are of whole processes and of their training steps alone.

    python benchmarks/stacks.py [--subjects transport interventions] [--steps 400] [--rounds 3] [--json PATH]
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = {"transport": 5, "interventions": 10}
"""Runs of one stack at the paper's size."""

SLOW = {"interventions": 10}
"""Of how many steps one is taken where a step takes long."""


def members(subject, runs):
    """Networks of the paper's sizes, one for each run, and the shapes of one x and one y, with the factors of terms."""
    import torch

    from vspair.training.seeds import initialised

    if subject == "transport":
        from vspair.models.paired_wae import MeasurementCost, PairedWAE

        names = ("cost", "reconstruction_qoi", "reconstruction_observation", "divergence_qoi", "divergence_observation")
        settings = {"noise": 2, "spherical": False, "bounded": False, "prior": "normal"}

        def build():
            return PairedWAE(2, 1, (256, 128), 2, cost=MeasurementCost(torch.ones(1, 2)), **settings)

        shapes = (2,), (1,)
    else:
        from vspair.models.image_vae import DenseVAE

        names, shapes = ("reconstruction", "kl"), ((1, 28, 28), (0,))

        def build():
            return DenseVAE(400, 20)

    return [initialised(build, seed) for seed in runs], shapes, dict.fromkeys(names, 1.0)


def train(subject, runs, steps):
    """Seconds of the training of these runs, one alone or several as one."""
    import torch

    from vspair.config import Training
    from vspair.devices import configure
    from vspair.training import ResidentPairs, fit
    from vspair.training.stacked import Stack

    configure("cpu", 1)
    networks, shapes, factors = members(subject, runs)
    draws, pairs = torch.Generator().manual_seed(0), 256 * steps
    alone = len(runs) == 1
    model = networks[0] if alone else Stack(networks)
    data = ResidentPairs(
        *(torch.rand(pairs, *(() if alone else (len(runs),)), *shape, generator=draws) for shape in shapes)
    )
    started = time.perf_counter()
    fit(model, data, Training(epochs=1, batch_size=256, learning_rate=1e-3, checkpoint_every=1), factors, 0)
    return time.perf_counter() - started


def timed(subject, runs, steps):
    """Seconds of one process, from its start to its end, and of its steps."""
    command = [sys.executable, __file__, "--subjects", subject, "--steps", str(steps), "--train", *map(str, runs)]
    started = time.perf_counter()
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - started, float(printed)


def compared(subject, steps, rounds):
    """Ratios of each round: processes and steps of the runs one by one over those of the stack."""
    runs, found = range(RUNS[subject]), []
    for _ in range(rounds):
        alone = [timed(subject, [run], steps) for run in runs]
        together = timed(subject, runs, steps)
        sums = [sum(each[part] for each in alone) for part in (0, 1)]
        found.append(
            {"alone": sums, "together": together, "ratio": [a / b for a, b in zip(sums, together, strict=True)]}
        )
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subjects", nargs="+", choices=RUNS, default=list(RUNS))
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--train", nargs="+", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        print(train(options.subjects[0], options.train, options.steps))
        return
    results = {}
    for subject in options.subjects:
        steps = max(1, options.steps // SLOW.get(subject, 1))
        found = results[subject] = compared(subject, steps, options.rounds)
        for part, name in enumerate(("processes", "training steps alone")):
            ratios = [each["ratio"][part] for each in found]
            spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            seconds = [statistics.median(each[side][part] for each in found) for side in ("alone", "together")]
            print(
                f"{subject}, {RUNS[subject]} runs of {steps} steps, {name}: one by one {seconds[0]:.1f} s, as one "
                f"{seconds[1]:.1f} s, {spread} times as fast"
            )
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
