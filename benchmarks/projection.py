"""Simulation of low-dose scans: ours beside the way that LoDoPaB-CT was made (scikit-image, ODL on astra's CPU).

Both turn the same slices of 362 x 362 into noisy sinograms of 1000 x 513, enlarged to 1000 x 1000 before, on one core.
They are timed in turns; the ratio of each turn is reported as median and range. Their sinograms before noise differ,
because astra places the rays in single precision.

    OMP_NUM_THREADS=1 python benchmarks/projection.py [--device cuda] [--slices 32] [--compared 2] [--rounds 3]
"""

import argparse
import statistics
import time

import numpy as np
import odl
import torch
from skimage.transform import resize

from vspair.data.simulation import FLOOR, simulate
from vspair.data.units import MU_MAX
from vspair.devices import configure
from vspair.operators import Scan

PHOTONS = 4096.0


def phantoms(count, pixels, generator):
    """An ellipse each, filled with random smaller ones: (count, pixels, pixels) float32 in [0, 1]."""
    x = np.linspace(-1, 1, pixels, dtype=np.float32)
    images = np.zeros((count, pixels, pixels), np.float32)
    for size, parts in ((0.8, 1), (0.15, 30)):
        for _ in range(parts):
            middle = generator.uniform(-0.5, 0.5, (2, count, 1, 1)) * (parts > 1)
            a, b = generator.uniform(0.5 * size, size, (2, count, 1, 1))
            inside = ((x[:, None] - middle[0]) / a) ** 2 + ((x - middle[1]) / b) ** 2 < 1
            images[inside] += np.broadcast_to(generator.uniform(-0.1, 0.25, (count, 1, 1)), images.shape)[inside]
    return images.clip(0, 1)


def reference(scan):
    """The published recipe for one slice, as a function of the slice and a random generator."""
    half = scan.side / 2
    space = odl.uniform_discr([-half] * 2, [half] * 2, (scan.enlarged,) * 2)
    geometry = odl.tomo.parallel_beam_geometry(space, num_angles=scan.angles, det_shape=(scan.bins,))
    ray = odl.tomo.RayTransform(space, geometry, impl="astra_cpu")

    def scanned(image, generator, photons=PHOTONS):
        attenuation = ray(resize(image * MU_MAX, (scan.enlarged,) * 2, order=1)).asarray()
        counts = generator.poisson(photons * np.exp(-attenuation))
        return -np.log(np.maximum(counts, FLOOR) / photons) / MU_MAX

    return scanned


def seconds(action):
    """Wall time of an action."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def main():
    """Time both in turns and print seconds a slice, the ratio, and how far they differ without noise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--slices", type=int, default=32, help="slices of one call of ours")
    parser.add_argument("--compared", type=int, default=2, help="slices of the reference in each turn")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    configure(options.device, 1)
    scan, generator = Scan(), np.random.default_rng(0)
    images = phantoms(options.slices, scan.pixels, generator)
    scanned = reference(scan)
    # The first call compiles; with so many photons that no noise is left, the two must agree.
    bright = 1e15
    ours = simulate(images[:1], [0], scan, bright, 0, options.device)[0]
    theirs = scanned(images[0], generator, bright)
    difference = np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)
    times = []
    for _ in range(options.rounds):
        mine = seconds(lambda: simulate(images, range(options.slices), scan, PHOTONS, 0, options.device))
        plain = seconds(lambda: [scanned(image, generator) for image in images[: options.compared]])
        times.append((mine / options.slices, plain / options.compared))
    ratios = [plain / mine for mine, plain in times]
    middle = [statistics.median(column) for column in zip(*times, strict=True)]
    print(f"{options.device}, one thread, torch {torch.__version__}, odl {odl.__version__}, {options.rounds} rounds")
    print(f"ours {middle[0]:.3f} s a slice ({options.slices} at once), scikit-image and ODL {middle[1]:.2f} s a slice")
    print(f"ratio {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})")
    print(f"difference without noise {difference:.1e} of the norm")


if __name__ == "__main__":
    main()
