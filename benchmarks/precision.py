"""Precision: the four models of Section 4.1 trained in each arithmetic on the same pairs, order and noise.

What float32 and a coarser arithmetic give is compared seed by seed, beside the spread of the seeds and the relative
tolerance with which a verdict is given: if a difference is lost in both, no verdict depends on the arithmetic.

    python benchmarks/precision.py --data DIR [--device cuda] [--pairs 3000] [--epochs 3] [--seeds 3] [--json PATH]
"""

import argparse
import json
import logging
import time
from pathlib import Path

import pandas as pd
import torch

from vspair.config import Training
from vspair.data import clean_images, make_pairs, scale_for
from vspair.devices import configure, device_name
from vspair.evaluation import UNDEFINED, evaluate
from vspair.metrics import require_measured
from vspair.problems.configuration import resolve
from vspair.published import read_published
from vspair.training import Execution, ResidentPairs, generator_for, train_model

ROOT = Path(__file__).parents[1]
MODELS = ("PAIR", "vPAIR", "sVAE", "vsPAIR")
MEASURES = ("mse", "mse30", "nnz")


def run(name, config, parts, schedule, execution, seed, samples):
    """Means over the test pairs of one training, and its seconds."""
    train, test = parts
    qoi, observation = config.inpainting.shapes()
    frame = {"qoi_shape": qoi, "observation_shape": observation}
    configure(train.qoi.device.type, torch.get_num_threads(), execution.precision)
    started = time.perf_counter()
    model, history = train_model(config.inpainting.methods[name], frame, train, seed, schedule, execution=execution)
    seconds = time.perf_counter() - started
    draws = generator_for(train.qoi.device.type, seed, "evaluation")
    images = evaluate(model, test.qoi, test.observation, test.lost, samples, 250, draws).images
    require_measured(images[[measure for measure in MEASURES if measure in images]], UNDEFINED)
    means = {measure: float(images[measure].mean()) for measure in MEASURES if measure in images}
    return means | {"total": history[-1]["total"], "seconds": seconds}


def compared(rows, tolerances):
    """One line per model, arithmetic and measure: differences from float32 over seeds, relative to float32's mean."""
    frame = pd.DataFrame(rows).melt(["model", "precision", "seed"], var_name="measure").dropna()
    wide = frame.pivot(index=["model", "measure", "seed"], columns="precision", values="value")
    lines = []
    for (model, measure), group in wide.groupby(["model", "measure"], sort=False):
        full = group["float32"]
        for precision in (column for column in group if column != "float32"):
            difference = (group[precision] - full) / full.mean()
            lines.append(
                {
                    "model": model,
                    "measure": measure,
                    "precision": precision,
                    "float32": full.mean(),
                    "difference": difference.mean(),
                    "standard error": difference.std() / len(group) ** 0.5,
                    "sd of float32's seeds": full.std() / full.mean(),
                    "tolerance": tolerances.get((model, measure)),
                }
            )
    return pd.DataFrame(lines)


def main():
    """Train, print the table and, with --json, write the runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with MNIST as torchvision keeps it")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--pairs", type=int, default=3000)
    parser.add_argument("--test", type=int, default=500)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    logging.disable(logging.INFO)
    configure(arguments.device, arguments.threads)
    config = resolve(ROOT, {"preset": "paper", "device": arguments.device})
    data = config.inpainting.data
    images, labels = clean_images("mnist", arguments.data, config.inpainting.image)
    pairs = make_pairs(images, labels, arguments.pairs, arguments.test, data.patches, data.patch_size, data.seed)
    scale = scale_for(data.scale, pairs.train.qoi)
    parts = [ResidentPairs.of(part, scale, arguments.device) for part in (pairs.train, pairs.test)]
    schedule = Training(
        epochs=arguments.epochs, batch_size=arguments.batch, learning_rate=arguments.rate, checkpoint_every=1
    )
    precisions = ("float32", "bfloat16") if arguments.device == "cpu" else ("float32", "tf32", "bfloat16")
    print(f"{device_name(arguments.device)}, torch {torch.__version__}, {vars(arguments)}")
    rows = []
    for seed in range(arguments.seeds):
        for name in MODELS:
            for precision in precisions:
                execution = Execution(precision, captured=arguments.device == "cuda")
                found = run(name, config, parts, schedule, execution, seed, config.inpainting.evaluation.samples)
                rows.append({"model": name, "precision": precision, "seed": seed, **found})
                print(rows[-1], flush=True)
                if arguments.json:
                    arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    published = read_published(ROOT / "config/published/vspair.yaml", "table3").values
    tolerances = {cell: tolerance / number for cell, (number, tolerance) in published.items()}
    print(compared(rows, tolerances).to_string(index=False, float_format=lambda value: f"{value:.4f}"))


if __name__ == "__main__":
    main()
