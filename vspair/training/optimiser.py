"""What trains a model: torch's fused Adam, with large matrices updated from the factors of their gradients."""

import torch
from torch import Tensor

from vspair.networks.factored import factored_layers
from vspair.training.adam import Adam
from vspair.training.lowrank import update_by_blocks, update_pointwise


class FactoredAdam(Adam):
    """Adam over all parameters of a model; the weights of a `FactoredLinear` have no gradient, but factors.

    A step reads and writes weight and moments, 24 bytes a weight; a stored gradient is 8 bytes more, written by the
    backward pass and read by the step, and 4 bytes of memory. The state is Adam's own, so that checkpoints are too.

    Arguments:
        model: whose parameters are trained; its large layers keep factors from now on.
        learning_rate: step size.
    """

    def __init__(self, model: torch.nn.Module, learning_rate: float):
        parameters = list(model.parameters())
        # A step on a GPU then may be part of a CUDA graph.
        super().__init__(parameters, lr=learning_rate, fused=True, capturable=any(each.is_cuda for each in parameters))
        self.layers = factored_layers(model)
        for layer in self.layers:
            layer.keep_factors()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, those in factors too."""
        super().zero_grad(set_to_none)
        for layer in self.layers:
            layer.zeros.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """One step of Adam on all parameters that have a gradient, stored or in factors; factors are used up."""
        for layer in self.layers:
            factors = layer.take_factors()
            if factors and layer.weight.grad is None:
                self._update(layer.weight, factors)
            elif factors:
                # Some calls of this step had too many rows.
                inputs, outputs = factors
                layer.weight.grad.addmm_(outputs.T, inputs)
        super().step()

    def _update(self, weight: Tensor, factors: tuple[Tensor, Tensor]) -> None:
        state, group = self.state[weight], self.param_groups[0]
        if not state:
            state["step"] = torch.zeros((), device=weight.device)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(weight), torch.zeros_like(weight)
        state["step"] += 1
        options = {"lr": group["lr"], "beta1": group["betas"][0], "beta2": group["betas"][1], "eps": group["eps"]}
        update = update_pointwise if weight.is_cuda else update_by_blocks
        update(weight, (state["exp_avg"], state["exp_avg_sq"]), state["step"], factors, options)


def optimiser_for(model: torch.nn.Module, learning_rate: float) -> torch.optim.Optimizer:
    """The optimiser that trains a model.

    Arguments:
        model: on its device already.
        learning_rate: step size of Adam.
    """
    return FactoredAdam(model, learning_rate)
