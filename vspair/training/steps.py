"""Optimiser steps over resident pairs, launched operation by operation or replayed as one graph."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from vspair.devices import arithmetic
from vspair.networks.compilation import as_written
from vspair.objectives import total
from vspair.training.execution import Execution
from vspair.training.graphs import captured
from vspair.training.resident import ResidentPairs


class EagerSteps:
    """One pass after another over the pairs, each operation of a step launched by itself; on any device.

    The terms are summed on the device, and nothing waits for it until the sums are read.

    Arguments:
        model: in training mode, on the device of `pairs`.
        optimiser: of its parameters.
        pairs: all training pairs.
        batch_size: pairs per step; the last step of a pass takes what is left.
        factors: of the objective's named terms.
        execution: precision of the forward passes, and whether networks are compiled.
        noise: source of the latent noise, on the device of `pairs`.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        optimiser: torch.optim.Optimizer,
        pairs: ResidentPairs,
        batch_size: int,
        factors: Mapping[str, float],
        execution: Execution,
        noise: torch.Generator,
    ):
        self.model, self.optimiser, self.pairs = model, optimiser, pairs
        self.batch_size, self.factors, self.execution, self.noise = batch_size, factors, execution, noise
        self._sums: dict[str, Tensor] = {}

    def over(self, order: Tensor) -> Iterator[int]:
        """Take the steps of one pass; gives the number of pairs of each, once it is launched.

        Arguments:
            order: indices of the pairs, int64 of shape (pairs,).
        """
        self._forget()
        for chosen in order.to(self.pairs.qoi.device).split(self.batch_size):
            self._step(chosen)
            yield len(chosen)

    def means(self, pairs: int) -> dict[str, float]:
        """The sums of the terms and of the objective in this pass so far, divided by `pairs`; waits for the device."""
        return dict(zip(self._sums, (torch.stack(list(self._sums.values())) / pairs).tolist(), strict=True))

    def _forget(self) -> None:
        for value in self._sums.values():
            value.zero_()

    def _step(self, chosen: Tensor) -> None:
        short = len(chosen) < self.batch_size
        with (
            arithmetic(chosen.device.type, self.execution.precision),
            as_written(self.execution.compiled and short),
        ):
            terms = self.model.terms(self.pairs.qoi[chosen], self.pairs.observation[chosen], self.noise)
        self.optimiser.zero_grad(set_to_none=True)
        loss = total(terms, self.factors)
        loss.mean().backward()
        self.optimiser.step()
        for name, value in {**terms, "total": loss}.items():
            value = value.detach().sum()
            if name not in self._sums:
                self._sums[name] = torch.zeros_like(value)
            self._sums[name].add_(value)


class CapturedSteps(EagerSteps):
    """The same steps, each replayed as one captured graph, with the same bits.

    The order of the pairs and the place in it lie on the device too. A last step of fewer pairs is launched operation
    by operation. Arguments are those of `EagerSteps`; the optimiser must be capturable.
    """

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        device, whole = self.pairs.qoi.device, len(self.pairs) // self.batch_size
        self._rows = torch.arange(whole * self.batch_size, device=device).view(whole, self.batch_size)
        self._row = torch.zeros(1, dtype=torch.int64, device=device)
        if whole:
            before = {name: value.clone() for name, value in self._state().items()}
            noise = self.noise.get_state()
            self._replay = captured(self._next, self.noise, lambda: self._put_back(before, noise))

    def over(self, order: Tensor) -> Iterator[int]:
        """See `EagerSteps.over`."""
        self._forget()
        self._rows.copy_(order[: self._rows.numel()].view_as(self._rows))
        self._row.zero_()
        for _ in range(len(self._rows)):
            self._replay()
            yield self.batch_size
        if len(rest := order[self._rows.numel() :]):
            self._step(rest.to(self._row.device))
            yield len(rest)

    def _next(self) -> None:
        self._step(self._rows.index_select(0, self._row)[0])
        # At the end of the rows to the first again, which is where a warm-up goes.
        self._row.add_(1).remainder_(len(self._rows))

    def _put_back(self, before: Mapping[tuple, Tensor], noise: Tensor) -> None:
        for name, value in self._state().items():
            # What the first step makes, Adam's moments and count, starts from zero.
            value.copy_(before[name]) if name in before else value.zero_()
        self.noise.set_state(noise)
        # So that the graph makes gradients of its own.
        self.optimiser.zero_grad(set_to_none=True)

    @torch.no_grad()
    def _state(self) -> dict[tuple, Tensor]:
        """Weights, running statistics and moments: what a step changes beside the noise."""
        state = {("model", name): value for name, value in self.model.state_dict().items()}
        for index, moments in enumerate(self.optimiser.state.values()):
            state |= {("optimiser", index, name): value for name, value in moments.items()}
        return state
