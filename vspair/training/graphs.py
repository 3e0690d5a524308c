"""Graphs of CUDA operations: recorded once, launched as one."""

from collections.abc import Callable

import torch

WARM_UP = 3
"""Runs before a recording, in which libraries choose their algorithms and take their workspaces."""


def captured(function: Callable[[], None], noise: torch.Generator, put_back: Callable[[], None]) -> Callable[[], None]:
    """Record what `function` launches and return what replays it, with fresh noise each time.

    Arguments:
        function: launches operations on the current device alone, on tensors that stay where they are, and never waits
            for it; it is run `WARM_UP` times before it is recorded.
        noise: the generator that it draws from, on that device.
        put_back: undoes those runs; what is recorded is not executed.
    """
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARM_UP):
            function()
    torch.cuda.current_stream().wait_stream(aside)
    put_back()
    graph = torch.cuda.CUDAGraph()
    graph.register_generator_state(noise)
    with torch.cuda.graph(graph):
        function()
    return graph.replay
