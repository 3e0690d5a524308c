"""Seeds: one run seed gives separate streams for initialisation, order and noise."""

import zlib
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch

Purpose = Literal["initialisation", "order", "noise", "evaluation"]


def derive(seed: int, purpose: Purpose, *counters: int) -> int:
    """A 63-bit seed for one purpose of one run, independent of all others.

    Arguments:
        seed: the run's seed.
        purpose: what the stream is for.
        counters: for example the epoch, so that a stream can be taken up in the middle of a run.
    """
    # The number of counters keeps apart what SeedSequence would pad with zeros to the same entropy.
    entropy = [seed, zlib.crc32(purpose.encode()), len(counters), *counters]
    words = np.random.SeedSequence(entropy).generate_state(1, np.uint64)
    return int(words[0] >> 1)


def generator_for(device: str, seed: int, purpose: Purpose, *counters: int) -> torch.Generator:
    """A torch generator on `device`, seeded by `derive`."""
    return torch.Generator(device).manual_seed(derive(seed, purpose, *counters))


def initialised(build: Callable[[], torch.nn.Module], seed: int) -> torch.nn.Module:
    """Build a module on the CPU with the initial weights of run `seed`; the global random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "initialisation"))
        return build()
