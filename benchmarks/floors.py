"""Floors: what a training step and a posterior draw ask for (arithmetic, bytes, launches), and what machines allow.

Operations are counted as torch dispatches them, views apart, from the real step in which no tensor has content, so that
the counts are the same on every machine. Arithmetic is that of convolutions and matrix products (torch's own counter;
two operations a stored entry and column for sparse matrices). Bytes are all tensors that operations read and write,
each as if it came from memory: caches and compilers can do better.

    python benchmarks/floors.py [--threads 1] [--json PATH]
"""

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from subjects import MNIST, subject
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from vspair.devices import arithmetic
from vspair.objectives import total
from vspair.training.optimiser import optimiser_for

ADAM_BYTES = 28
"""A parameter in the update: weight, gradient and two moments read, weight and moments written, in float32."""

ADAM_LAUNCHES = 2
"""Of the fused update: the count of steps, and the weights; each large matrix has one of its own."""

GRADIENT_BYTES = 4
"""A weight of a large matrix, whose gradient is formed inside the update and not read."""

CARDS = {"H100": (67e12, 494e12, 989e12, 3.35e12), "H200": (67e12, 494e12, 989e12, 4.8e12)}
"""Peak of float32, TF32 and bfloat16 products in operations a second, dense, and of memory in bytes a second: NVIDIA's
data sheets of the SXM modules (which print twice the dense rate of tensor cores, for sparse ones)."""

FREE = ("empty", "new_empty", "empty_like", "empty_strided", "new_empty_strided")


@dataclass(frozen=True)
class Work:
    """What one step asks for.

    Arguments:
        parameters: trained weights.
        operations: dispatched, optimiser included.
        arithmetic: additions and multiplications.
        bytes: read and written, optimiser included.
    """

    parameters: int
    operations: int
    arithmetic: int
    bytes: int


class Traffic(TorchDispatchMode):
    """Counts operations that launch something, and the bytes of their tensors."""

    def __init__(self):
        super().__init__()
        self.operations, self.bytes, self.sparse = 0, 0, 0

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        result = function(*arguments, **(keywords or {}))
        space, name = function._schema.name.split("::")
        views = any(each.alias_info and not each.alias_info.is_write for each in function._schema.returns)
        if space == "aten" and not views and name not in FREE:
            self.operations += 1
            for tensor in tree_leaves((arguments, keywords, result)):
                if isinstance(tensor, torch.Tensor):
                    self.bytes += size(tensor)
                    if tensor.layout == torch.sparse_csr:
                        columns = result.shape[1] if result.ndim > 1 else 1
                        self.sparse += 2 * tensor.values().numel() * columns
        return result


def size(tensor):
    """Bytes of a tensor, all three parts of a sparse one."""
    if tensor.layout == torch.sparse_csr:
        return sum(size(part) for part in (tensor.crow_indices(), tensor.col_indices(), tensor.values()))
    return tensor.numel() * tensor.element_size()


def work_of(subject, precision="float32"):
    """The work of one step of `subject`; nothing is computed."""
    with FakeTensorMode(allow_non_fake_inputs=True):
        model = subject.build().train()
        # Asks large layers for the factors of their gradients.
        large = optimiser_for(model, 1e-4).layers
        batch = [torch.empty(subject.batch_size, *shape) for shape in subject.shapes]
        with FlopCounterMode(display=False) as counter, Traffic() as traffic:
            with arithmetic("cpu", precision):
                terms = model.terms(*batch, None)
            total(terms, subject.settings.factors()).mean().backward()
    parameters = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    unstored = sum(layer.weight.numel() for layer in large)
    return Work(
        parameters,
        traffic.operations + ADAM_LAUNCHES + len(large),
        counter.get_total_flops() + traffic.sparse,
        traffic.bytes + ADAM_BYTES * parameters - GRADIENT_BYTES * unstored,
    )


def machine(threads):
    """Measured peaks of this CPU: float32 and bfloat16 products a second, and bytes a second."""
    torch.set_num_threads(threads)
    peaks = []
    for dtype in (torch.float32, torch.bfloat16):
        square = torch.rand(2048, 2048).to(dtype)
        peaks.append(2 * 2048**3 / fastest(lambda square=square: square @ square))
    there, back = torch.empty(2**26), torch.empty(2**26)
    memory = 2 * 2**28 / fastest(lambda: back.copy_(there))
    return {"float32": peaks[0], "bfloat16": peaks[1], "memory": memory}


def fastest(action, rounds=7):
    """Least seconds of several rounds."""
    action()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


def floors(full, half, here):
    """Milliseconds that each machine allows: the larger of arithmetic and memory.

    Arguments:
        full, half: the work in float32 and in mixed precision.
        here: what `machine` measured.
    """
    found = {
        "CPU float32": max(full.arithmetic / here["float32"], full.bytes / here["memory"]),
        "CPU bfloat16": max(half.arithmetic / here["bfloat16"], half.bytes / here["memory"]),
    }
    for card, (*peaks, memory) in CARDS.items():
        for name, work, peak in zip(("float32", "tf32", "bfloat16"), (full, full, half), peaks, strict=True):
            found[f"{card} {name}"] = max(work.arithmetic / peak, work.bytes / memory)
    return {name: 1e3 * seconds for name, seconds in found.items()}


def host(name):
    """Seconds that this CPU needs to launch a step: the same operations on next to nothing."""
    small = subject(name, channels=(1,) * 3, latent_x=1, **({} if name == "sVAE" else {"latent_y": 1}))
    model, (qoi, observation) = small.model("cpu"), (torch.rand(2, *shape) for shape in small.shapes)
    optimiser = torch.optim.Adam(model.parameters(), fused=True)

    def step():
        optimiser.zero_grad()
        total(model.terms(qoi, observation, None), small.settings.factors()).mean().backward()
        optimiser.step()

    return fastest(lambda: [step() for _ in range(20)]) / 20


def drawing(subject, here, observations=32, draws=30):
    """Arithmetic of one posterior draw of x, draws a second on this CPU, and how many its float32 peak allows."""
    model = subject.model("cpu").eval()
    code = torch.zeros(1, model.latents)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.decode(code)
    posterior = model.posterior(subject.pairs(observations, "cpu").observation)
    seconds = fastest(lambda: posterior.moments(draws, torch.Generator().manual_seed(0)), rounds=3)
    allowed = here["float32"] / counter.get_total_flops()
    return {
        "model": subject.name,
        "arithmetic": counter.get_total_flops(),
        "draws_per_second": observations * draws / seconds,
        "allowed": allowed,
    }


def main():
    """Print one line per model and, with --json, write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    here = machine(arguments.threads)
    print(", ".join(f"{name} {value:.3g}" for name, value in here.items()), f"({arguments.threads} threads)")
    results = []
    for name in (*MNIST, "CT vsPAIR", "CT LPD", "CT UNet"):
        work, half = work_of(subject(name)), work_of(subject(name), "bfloat16")
        allowed = floors(work, half, here)
        results.append({"model": name, "float32": asdict(work), "bfloat16": asdict(half), "floors": allowed})
        counts = f"{work.parameters:,} | {work.operations:,} | {work.arithmetic / 1e9:.1f}"
        traffic = f"{work.bytes / 1e9:.2f} | {half.bytes / 1e9:.2f}"
        times = " | ".join(f"{value:.2f}" for value in allowed.values())
        print(f"| {name} | {counts} | {traffic} | {times} |", flush=True)
    launches = {name: 1e3 * host(name) for name in MNIST}
    print("milliseconds to launch a step:", ", ".join(f"{name} {value:.1f}" for name, value in launches.items()))
    draws = [drawing(subject(name), here) for name in MNIST if name != "PAIR"]
    for row in draws:
        print(
            "{model}: {arithmetic:,} operations a draw, {draws_per_second:.0f} draws/s of {allowed:.0f}".format(**row)
        )
    if arguments.json:
        found = {"machine": here, "models": results, "launches": launches, "draws": draws}
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
