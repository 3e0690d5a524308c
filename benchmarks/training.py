"""Training speed: our step and epoch beside the plain loop that a user would write, in one run, as ratios.

The plain loop is eager float32 over a shuffling `DataLoader` with default memory format and optimiser; ours is
`vspair.training.fit`. Both train the same model on the same pairs with the same batch size. The two are timed in turns
and the ratio of each turn is reported as median and range, so that a machine that slows down meanwhile slows both.

    python benchmarks/training.py [--device cuda] [--pairs 1024] [--rounds 5]
"""

import argparse
import json
import logging
import platform
import statistics
import time
from pathlib import Path

import torch
from torch.utils.data import DataLoader, TensorDataset

from vspair.data import clean_images, make_pairs, scale_for
from vspair.devices import configure
from vspair.models.build import build
from vspair.objectives import total
from vspair.problems.configuration import resolve
from vspair.training import ResidentPairs, fit, initialised

ROOT = Path(__file__).parents[1]


def plain_epoch(model, optimiser, pairs, training, factors, device):
    """One epoch as one would write it down first."""
    data = TensorDataset(pairs.qoi.cpu(), pairs.observation.cpu())
    for qoi, observation in DataLoader(data, training.batch_size, shuffle=True):
        terms = model.terms(qoi.to(device), observation.to(device))
        loss = total(terms, factors).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss.item()


def seconds(action, device):
    """Wall time of an action, with the device's queue empty before and after."""
    if device == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    action()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def compare(name, config, pairs, rounds, device):
    """Median seconds per step of both loops and the ratios plain / ours, one per round."""
    problem = config.inpainting
    settings, (qoi, observation) = problem.methods[name], problem.shapes()
    training = settings.training.model_copy(update={"epochs": 1, "batch_size": 64})
    frame, factors = {"qoi_shape": qoi, "observation_shape": observation}, settings.factors()
    plain = initialised(lambda: build(settings, frame), 0).to(device)
    optimiser = torch.optim.Adam(plain.parameters(), lr=training.learning_rate)
    ours = initialised(lambda: build(settings, frame), 0).to(device, memory_format=torch.channels_last)

    def plain_round():
        # torch's defaults, as a user finds them: nothing of our determinism settings.
        torch.use_deterministic_algorithms(False)
        plain_epoch(plain, optimiser, pairs, training, factors, device)
        torch.use_deterministic_algorithms(True)

    def our_round():
        fit(ours, pairs, training, factors, 0)

    plain_round(), our_round()
    times = [(seconds(plain_round, device), seconds(our_round, device)) for _ in range(rounds)]
    steps = -(-len(pairs) // training.batch_size)
    ratios = sorted(before / after for before, after in times)
    return {
        "model": name,
        "plain_ms_per_step": 1e3 * statistics.median(before for before, _ in times) / steps,
        "ours_ms_per_step": 1e3 * statistics.median(after for _, after in times) / steps,
        "ratio_median": statistics.median(ratios),
        "ratio_lowest": ratios[0],
        "ratio_highest": ratios[-1],
    }


def main():
    """Print one line per model and, with --json, write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--pairs", type=int, default=512, help="training pairs (at most 1797)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    logging.disable(logging.INFO)
    configure(arguments.device, arguments.threads)
    config = resolve(ROOT, {"preset": "demo"})
    data = config.inpainting.data
    images, labels = clean_images("digits", ROOT, config.inpainting.image)
    split = make_pairs(images, labels, arguments.pairs, 1, data.patches, data.patch_size, 0).train
    pairs = ResidentPairs.of(split, scale_for(data.scale, split.qoi), arguments.device)
    print(f"{platform.machine()}, {arguments.device}, {arguments.threads} threads, torch {torch.__version__}")
    results = []
    for name in config.inpainting.methods:
        results.append(compare(name, config, pairs, arguments.rounds, arguments.device))
        print(
            "{model:7} plain {plain_ms_per_step:7.1f} ms/step, ours {ours_ms_per_step:7.1f} ms/step, "
            "plain/ours {ratio_median:.2f} ({ratio_lowest:.2f} to {ratio_highest:.2f})".format(**results[-1]),
            flush=True,
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
