"""Localisation search: the batched search beside the loop over images, latents and levels that one would write first.

Both search the same images with the same model of seeded random weights. They are timed in turns; the ratio of each
turn is reported as median and range.

    python benchmarks/localisation.py [--device cuda] [--images 4] [--rounds 3]
"""

import argparse
import statistics
import time
from pathlib import Path

import torch

from vspair.data import clean_images, make_pairs, scale_for
from vspair.devices import configure
from vspair.evaluation import localise
from vspair.models.build import build
from vspair.problems.configuration import resolve
from vspair.training import ResidentPairs, initialised

ROOT = Path(__file__).parents[1]
LEVELS = (-4, -2, 2, 4)


@torch.inference_mode()
def looped(model, observation, lost, samples, generator):
    """Highest ratio of each image, one decoding at a time."""
    highest = []
    for y, holes in zip(observation, lost, strict=True):
        code = model.posterior(y[None]).sample_latent(samples, generator).mean(0)
        base = model.decode(code)[0]
        ratios = []
        for latent in range(code.shape[1]):
            if code[0, latent] == 0:
                continue
            inside = outside = 0.0
            for level in LEVELS:
                moved = code.clone()
                moved[0, latent] *= 1 + level
                change = (model.decode(moved)[0] - base).square()
                inside += change[holes].mean()
                outside += change[~holes].mean()
            ratios.append(inside / outside)
        highest.append(max(ratios))
    return torch.stack(highest)


def seconds(action, device):
    """Wall time of an action and its result, with the device's queue empty before and after."""
    if device == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    result = action()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started, result


def main():
    """Time both searches in turns and print one line per model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    configure(options.device, 1, "float32")
    problem = resolve(ROOT, {"preset": "demo"}).inpainting
    images, labels = clean_images("digits", Path("data"), problem.image)
    data = problem.data
    pairs = make_pairs(images, labels, 100, options.images, data.patches, data.patch_size, data.seed)
    scale = scale_for(data.scale, pairs.train.qoi)
    test = ResidentPairs.of(pairs.test, scale, options.device)
    print(f"{options.images} images, {len(LEVELS)} levels, {options.device}, torch {torch.__version__}")
    frame = dict(zip(("qoi_shape", "observation_shape"), problem.shapes(), strict=True))
    for name in ("vPAIR", "vsPAIR"):
        model = initialised(lambda name=name: build(problem.methods[name], frame), 0)
        model = model.to(options.device, memory_format=torch.channels_last).eval()
        search = (test.observation, test.lost, LEVELS, problem.evaluation.samples, options.images)
        ratios = []
        for _ in range(options.rounds):
            ours, found = seconds(
                lambda model=model, search=search: localise(
                    model, *search, torch.Generator(options.device).manual_seed(0)
                ),
                options.device,
            )
            plain, _ = seconds(
                lambda model=model: looped(
                    model,
                    test.observation,
                    test.lost,
                    problem.evaluation.samples,
                    torch.Generator(options.device).manual_seed(0),
                ),
                options.device,
            )
            ratios.append(plain / ours)
        per_second = found["active"].sum() * len(LEVELS) / ours
        middle = statistics.median(ratios)
        print(
            f"{name}: loop/ours {middle:.1f} ({min(ratios):.1f} to {max(ratios):.1f}), "
            f"{found['active'].mean():.0f} active latents per image, ours {per_second:.0f} decodings/s"
        )


if __name__ == "__main__":
    main()
