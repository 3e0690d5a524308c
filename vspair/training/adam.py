"""Torch's own optimisers without its compiler, whose import takes as long as that of all the rest of torch."""

import inspect

import torch
from torch.optim import Optimizer


class Eager:
    """The methods of `torch.optim.Optimizer` as they are written, for a class that stands before one of torch's.

    Torch wraps them in functions that keep its compiler out of them, and for that import it at the first call; with
    it comes SymPy. What is wrapped is untouched, so that every number stays what it is.
    """

    add_param_group = inspect.unwrap(Optimizer.add_param_group)
    load_state_dict = inspect.unwrap(Optimizer.load_state_dict)
    state_dict = inspect.unwrap(Optimizer.state_dict)
    zero_grad = inspect.unwrap(Optimizer.zero_grad)


class Adam(Eager, torch.optim.Adam):
    """Adam (Kingma and Ba, 2015), with the arguments, the state and the bits of `torch.optim.Adam`.

        m <- b1 m + (1 - b1) g,    v <- b2 v + (1 - b2) g^2,
        w <- w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

    Not to be differentiated through.
    """

    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))


class LBFGS(Eager, torch.optim.LBFGS):
    """L-BFGS with the arguments, the state and the bits of `torch.optim.LBFGS`."""
