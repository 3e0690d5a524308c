"""Time that a method takes for one image."""

import statistics
import time

import torch
from torch import Tensor

REPEATS = 3


def inference_seconds(method, observation: Tensor, generator: torch.Generator) -> float:
    """Seconds per image of `reconstruct`, the median of a few runs over a batch after one that is not counted.

    Arguments:
        method: answers `reconstruct(y, generator)`.
        observation: the batch y, shape (images, *shape of y).
        generator: source of the draws, on the same device.
    """
    wait = torch.cuda.synchronize if observation.is_cuda else lambda: None
    seconds = []
    for _ in range(1 + REPEATS):
        wait()
        started = time.perf_counter()
        method.reconstruct(observation, generator)
        wait()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:]) / len(observation)
