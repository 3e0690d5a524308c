"""Several runs of one small network trained as one: stacked parameters (torch.func), the same numbers as run by run.

A step of a small network is mostly the cost of starting its operations. The runs of a stack share the order of their
batches and their noise, as runs started with one seed do; their data and their initial weights may differ.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from vspair.config.training import Training
from vspair.training.checkpoint import Checkpoint, load_weights
from vspair.training.execution import PLAIN, Execution
from vspair.training.loop import Cost, fit
from vspair.training.memory import require_memory
from vspair.training.resident import ResidentPairs

COPIES = 4
"""Of the weights that a training holds at least: the weights, their gradients and Adam's two moments."""


@dataclass(frozen=True)
class Runs:
    """What the runs of a stack are trained on, and how.

    Arguments:
        builds: of each run, what gives its network with initial weights, all of one architecture, with
            `terms(qoi, observation, generator)`, name -> (batch,).
        qoi: x of each run, float32 of shape (pairs, runs, *qoi_shape).
        observation: y of each run, shape (pairs, runs, *observation_shape); (pairs, runs, 0) where there is none.
        training: the training loop.
        factors: of the objective's named terms.
        seed: of batch order and noise, which the runs share.
    """

    builds: Sequence[Callable[[], nn.Module]]
    qoi: Tensor
    observation: Tensor
    training: Training
    factors: Mapping[str, float]
    seed: int


class _Terms(nn.Module):
    """A member whose call gives its terms, as `functional_call` wants it."""

    def __init__(self, member: nn.Module):
        super().__init__()
        self.member = member

    def forward(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None) -> dict[str, Tensor]:
        return self.member.terms(qoi, observation, generator)


class Stack(nn.Module):
    """The networks of several runs as one, each parameter with the runs in front: shape (runs, *shape).

    Arguments:
        members: of one architecture, with their weights, on one device.

    Raises:
        ValueError: there are none, or they differ in more than the values of their weights.
    """

    def __init__(self, members: Sequence[nn.Module]):
        super().__init__()
        forms = [{name: value.shape for name, value in member.state_dict().items()} for member in members]
        if not members or any(form != forms[0] for form in forms):
            raise ValueError("expected members of one architecture, one for each run, found none or several")
        self.runs = len(members)
        # In a list, so that its own parameters are not the stack's.
        self._one = [_Terms(deepcopy(members[0]))]
        parameters, buffers = stack_module_state([_Terms(member) for member in members])
        for name, value in parameters.items():
            self.register_parameter(_stored(name), nn.Parameter(value.detach()))
        for name, value in buffers.items():
            self.register_buffer(_stored(name), value)

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The members' terms summed over runs, each of shape (batch,), so that each run has its own gradient.

        Arguments:
            qoi: x, shape (batch, runs, *qoi_shape).
            observation: y, shape (batch, runs, *observation_shape).
            generator: source of the noise, the same for every run.
        """
        one = self._one[0].train(self.training)
        parameters = {_plain(name): value for name, value in self.named_parameters()}
        buffers = {_plain(name): value for name, value in self.named_buffers()}

        def member_terms(parameters, buffers, x, y):
            return functional_call(one, (parameters, buffers), (x, y, generator))

        of_runs = vmap(member_terms, in_dims=(0, 0, 1, 1), randomness="same")
        return {name: value.sum(0) for name, value in of_runs(parameters, buffers, qoi, observation).items()}

    @torch.no_grad()
    def members(self) -> list[nn.Module]:
        """The network of each run with its weights, in evaluation mode."""
        found = []
        for run in range(self.runs):
            one = deepcopy(self._one[0])
            one.load_state_dict({_plain(name): value[run] for name, value in self.state_dict().items()})
            found.append(one.member.eval().to(next(self.parameters()).device))
        return found


def train_runs(
    runs: Runs, device: str, checkpoint: Checkpoint | None = None, execution: Execution = PLAIN
) -> tuple[Stack, list[dict[str, float]], Cost]:
    """Train the runs as one on a device; the history has the sum of each term over the runs.

    Arguments:
        runs: what is trained, and on what.
        device: `cpu` or `cuda`.
        checkpoint, execution: as for `fit`.

    Raises:
        VspairError: the runs take more memory than there is, a term is not finite, or the disk is full.
    """
    _require_room(runs, device)
    stack, cost = Stack([build() for build in runs.builds]).to(device), Cost()
    pairs = ResidentPairs(runs.qoi.to(device), runs.observation.to(device))
    return stack, fit(stack, pairs, runs.training, runs.factors, runs.seed, checkpoint, cost, execution), cost


def restored_runs(builds: Sequence[Callable[[], nn.Module]], weights: Path, device: str) -> list[nn.Module]:
    """The trained network of each run, in evaluation mode.

    Arguments:
        builds: as for `Runs`, of the architecture that was trained, one for each run.
        weights: file of the stack, written by `save_weights`.
        device: `cpu` or `cuda`.

    Raises:
        VspairError: the file is missing, truncated, or of other networks or another number of runs.
    """
    stack = Stack([build() for build in builds])
    load_weights(weights, stack)
    return stack.to(device).members()


def _require_room(runs: Runs, device: str) -> None:
    """Refuse runs whose weights and data alone are too much, before anything of them is made."""
    # On this device a tensor has a shape and no content.
    with torch.device("meta"):
        one = runs.builds[0]()
    weights = sum(tensor.numel() * tensor.element_size() for tensor in one.state_dict().values())
    pairs = runs.qoi.nbytes + runs.observation.nbytes
    what = f"training {len(runs.builds)} runs of {type(one).__name__} as one"
    require_memory(COPIES * len(runs.builds) * weights + pairs, device, what)


def _stored(name: str) -> str:
    # A parameter's name must not hold dots.
    return name.replace(".", "/")


def _plain(name: str) -> str:
    return name.replace("/", ".")
