"""Training speed: a step as one would write it first beside ours, gain by gain, in one run, as ratios.

The plain loop is eager over a shuffling `DataLoader`, with torch's own defaults for memory format, optimiser,
arithmetic and up-sampling. The others are `vspair.training.fit`, each with one gain more. All train the same method on
the same pairs with the same batch size; they are timed in turns, and the ratio of each turn is reported as median and
range, so that a machine that slows down meanwhile slows all.

    python benchmarks/training.py [--device cuda] [--models PAIR vsPAIR "CT LPD"] [--steps 8] [--rounds 5] [--json PATH]
"""

import argparse
import json
import logging
import platform
import statistics
import time
from pathlib import Path

import torch
from subjects import MNIST, subject, upsample
from torch.utils.data import DataLoader, TensorDataset

from vspair.devices import configure, device_name
from vspair.objectives import total
from vspair.training import Cost, Execution, fit

GAINS = {
    "cpu": {
        "layout and fused Adam": (True, Execution()),
        "coarse grid": (False, Execution()),
        "bfloat16": (False, Execution("bfloat16")),
    },
    "cuda": {
        "layout and fused Adam": (True, Execution()),
        "coarse grid": (False, Execution()),
        "captured": (False, Execution(captured=True)),
        "captured, tf32": (False, Execution("tf32", captured=True)),
        "captured, bfloat16": (False, Execution("bfloat16", captured=True)),
        "captured, tf32, compiled": (False, Execution("tf32", captured=True, compiled=True)),
        "captured, bfloat16, compiled": (False, Execution("bfloat16", captured=True, compiled=True)),
    },
}
"""What `fit` is asked for: whether decoders up-sample in two operations, and how steps are run."""


class Plain:
    """An epoch as one would write it down first."""

    def __init__(self, subject, pairs, device):
        self.subject, self.pairs, self.device = subject, pairs, device
        self.model = subject.model(device, channels_last=False)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=subject.settings.training.learning_rate)

    def seconds(self):
        """Of one epoch, in torch's own arithmetic: nothing of our determinism."""
        upsample(in_two=True)
        torch.set_deterministic_debug_mode("default")
        torch.backends.cudnn.allow_tf32 = True
        data = TensorDataset(self.pairs.qoi.cpu(), self.pairs.observation.cpu())
        started = time.perf_counter()
        for qoi, observation in DataLoader(data, self.subject.batch_size, shuffle=True):
            terms = self.model.terms(qoi.to(self.device), observation.to(self.device))
            loss = total(terms, self.subject.settings.factors()).mean()
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            loss.item()
        return time.perf_counter() - started


class Ours:
    """An epoch of `fit`; what it does before its first step, a capture and its warm-up, is not timed."""

    def __init__(self, subject, pairs, device, in_two, execution):
        self.subject, self.pairs, self.device = subject, pairs, device
        self.in_two, self.execution = in_two, execution
        self.model = subject.model(device)

    def seconds(self):
        """Of one epoch."""
        upsample(self.in_two)
        configure(self.device, torch.get_num_threads(), self.execution.precision)
        schedule = self.subject.settings.training.model_copy(update={"epochs": 1})
        cost = Cost()
        fit(self.model, self.pairs, schedule, self.subject.settings.factors(), 0, cost=cost, execution=self.execution)
        return cost.seconds[-1]


def compare(name, steps, rounds, device, wanted):
    """Milliseconds per step of each way, and its ratios plain / way, one per round."""
    chosen = subject(name)
    pairs = chosen.pairs(steps * chosen.batch_size, device)
    ways = {"plain": Plain(chosen, pairs, device)}
    gains = {gain: given for gain, given in GAINS[device].items() if not wanted or gain in wanted}
    ways |= {gain: Ours(chosen, pairs, device, *given) for gain, given in gains.items()}
    for way in ways.values():
        way.seconds()
    turns = [{name: way.seconds() for name, way in ways.items()} for _ in range(rounds)]
    rows = []
    for way in ways:
        ratios = sorted(turn["plain"] / turn[way] for turn in turns)
        rows.append(
            {
                "model": name,
                "way": way,
                "ms_per_step": 1e3 * statistics.median(turn[way] for turn in turns) / steps,
                "ratio_median": statistics.median(ratios),
                "ratio_lowest": ratios[0],
                "ratio_highest": ratios[-1],
            }
        )
    return rows


def main():
    """Print one line per model and way and, with --json, write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--models", nargs="+", default=MNIST)
    parser.add_argument("--gains", nargs="+", help="only these ways beside the plain one")
    parser.add_argument("--steps", type=int, default=8, help="steps of an epoch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    logging.disable(logging.INFO)
    configure(arguments.device, arguments.threads)
    place = f"{device_name(arguments.device)} of {platform.machine()}, {arguments.threads} threads"
    print(f"{place}, torch {torch.__version__}")
    results = []
    for name in arguments.models:
        for row in compare(name, arguments.steps, arguments.rounds, arguments.device, arguments.gains):
            results.append(row)
            print(
                "{model:9} {way:28} {ms_per_step:8.2f} ms/step, plain/this {ratio_median:.2f} "
                "({ratio_lowest:.2f} to {ratio_highest:.2f})".format(**row),
                flush=True,
            )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
