"""A training step of large matrices: gradients kept as factors beside gradients that are stored, in one run, as ratios.

Both train the same weights with Adam on the same pairs; stored is torch's fused Adam on `.grad`, factored what
`vspair.training.fit` takes (`optimiser_for`). One matrix by default, the decoder's of vsPAIR at the paper's CT size;
with --model the whole vsPAIR of config/tomography.yaml. The two are timed in turns; memory is that of each alone. The
floor is the time of 32 bytes a weight of large matrices (40 where gradients are stored, 46 of these in bfloat16) at the
speed of a copy in this run.

    python benchmarks/factored.py [--model --latent 8192] [--device cuda] [--precision bfloat16] [--json FILE]

The model takes 28 bytes a parameter for both: 28 GB with --latent 8192, 3 GB with the default.
"""

import argparse
import gc
import json
import platform
import statistics
import time
from pathlib import Path

import torch
from torch import nn

from vspair.devices import arithmetic, configure, device_name, peak_memory
from vspair.models.build import build
from vspair.networks.factored import FactoredLinear, factored_layers
from vspair.objectives import total
from vspair.problems.configuration import resolve
from vspair.training import initialised
from vspair.training.optimiser import optimiser_for

ROOT = Path(__file__).parents[1]
INPUTS, OUTPUTS = 8192, 128 * 11 * 11
BYTES = {"float32": {"factored": 32, "stored": 40}, "bfloat16": {"factored": 32, "stored": 46}}
BYTES["tf32"] = BYTES["float32"]
"""Read and written for each weight of a large matrix in a step: docs/performance.md has the sum."""

COPIED = 2**27
"""Numbers of the tensor whose copying gives the speed of memory."""


def stored(model, rate):
    """What a user would take."""
    return torch.optim.Adam(model.parameters(), lr=rate, fused=True)


class Matrix(nn.Module):
    """One large layer under inputs that have a gradient, as inside a network."""

    def __init__(self):
        super().__init__()
        self.layer = FactoredLinear(INPUTS, OUTPUTS)

    def terms(self, qoi, observation, generator=None):
        return {"mapping": self.layer(qoi.requires_grad_()).square().sum(1)}


def one_matrix(arguments):
    """Builder, batch and factors of the single layer."""
    return Matrix, torch.randn(2, arguments.rows, INPUTS), {"mapping": 1.0}


def whole_model(arguments):
    """Builder, batch and factors of vsPAIR with latents of the chosen size."""
    problem = resolve(ROOT, {"preset": "paper"}).tomography
    sizes = {"latent_x": arguments.latent, "latent_y": arguments.latent // 4}
    settings, (qoi, observation) = problem.methods["vsPAIR"].model_copy(update=sizes), problem.shapes()
    batch = [torch.rand(arguments.rows, *shape) for shape in (qoi, observation)]
    frame = {"qoi_shape": qoi, "observation_shape": observation}
    return lambda: build(settings, frame), batch, settings.factors()


def step_of(make, optimiser_of, batch, factors, arguments):
    """A model with its optimiser, and the action of one step."""
    model = initialised(make, 0).to(arguments.device, memory_format=torch.channels_last).train()
    optimiser = optimiser_of(model, 1e-5)

    def step():
        with arithmetic(arguments.device, arguments.precision):
            terms = model.terms(*batch, None)
        optimiser.zero_grad()
        total(terms, factors).mean().backward()
        optimiser.step()

    return model, step


def seconds(action, device):
    """Wall time of an action, with the device's queue empty before and after."""
    if device == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    action()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def peak(prepare, device):
    """Most bytes held in three steps of a model that is made for it, beyond what was held before."""
    gc.collect()
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
    else:
        # The peak begins anew from what is held now.
        Path("/proc/self/clear_refs").write_text("5")
        before = peak_memory(device)
    _, step = prepare()
    for _ in range(3):
        step()
    return peak_memory(device) - before


def copying(device):
    """Bytes a second, read and written, of the best of ten copies."""
    source, target = torch.ones(COPIED, device=device), torch.zeros(COPIED, device=device)
    return 8 * COPIED / min(seconds(lambda: target.copy_(source), device) for _ in range(10))


def compare(arguments):
    """Milliseconds a step, peak of memory and share of the floor of both, and their ratios."""
    make, batch, factors = (whole_model if arguments.model else one_matrix)(arguments)
    batch = [values.to(arguments.device) for values in batch]
    ways = {"stored": stored, "factored": optimiser_for}
    for _ in range(2):
        # What the libraries keep from the first time on is not the step's memory: the second time counts.
        peaks = {
            name: peak(lambda way=way: step_of(make, way, batch, factors, arguments), arguments.device)
            for name, way in ways.items()
        }
    made = {name: step_of(make, way, batch, factors, arguments) for name, way in ways.items()}
    for _, step in made.values():
        step(), step()
    times = [
        {name: seconds(step, arguments.device) for name, (_, step) in made.items()} for _ in range(arguments.rounds)
    ]
    model, _ = made["factored"]
    large = sum(layer.weight.numel() for layer in factored_layers(model))
    speed = copying(arguments.device)
    ratios = sorted(each["stored"] / each["factored"] for each in times)
    results = {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "in_large_matrices": large,
        "copy_gb_per_s": speed / 1e9,
        "ratio_median": statistics.median(ratios),
        "ratio_lowest": ratios[0],
        "ratio_highest": ratios[-1],
        "bytes_saved_per_weight": (peaks["stored"] - peaks["factored"]) / large,
    }
    for name in ways:
        median = statistics.median(each[name] for each in times)
        results[name] = {
            "ms_per_step": 1e3 * median,
            "floor_ms": 1e3 * BYTES[arguments.precision][name] * large / speed,
            "peak_gb": peaks[name] / 1e9,
        }
    return results


def main():
    """Print the comparison and, with --json, write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="store_true", help="the whole vsPAIR in the place of one matrix")
    parser.add_argument("--latent", type=int, default=1024, help="latent_x of the model; latent_y is a quarter of it")
    parser.add_argument("--rows", type=int, default=2, help="pairs of a batch")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--precision", choices=("float32", "tf32", "bfloat16"), default="float32")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    configure(arguments.device, arguments.threads, arguments.precision)
    # torch's defaults, for both alike.
    torch.set_deterministic_debug_mode("default")
    print(f"{platform.machine()}, {device_name(arguments.device)}, {arguments.precision}, torch {torch.__version__}")
    results = compare(arguments)
    print(
        "{in_large_matrices:,} of {parameters:,} parameters in large matrices; copies {copy_gb_per_s:.0f} GB/s\n"
        "stored/factored {ratio_median:.2f} ({ratio_lowest:.2f} to {ratio_highest:.2f}), "
        "{bytes_saved_per_weight:.1f} bytes a weight saved".format(**results)
    )
    for name in BYTES[arguments.precision]:
        print(
            "{0:8} {ms_per_step:8.1f} ms/step, floor {floor_ms:.1f}, peak {peak_gb:.2f} GB".format(
                name, **results[name]
            )
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
