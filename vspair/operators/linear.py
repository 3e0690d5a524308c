"""What every linear operator promises: domain and range, the map, its exact adjoint and its norm."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn

ITERATIONS = 200
TOLERANCE = 1e-6


class _Linear(torch.autograd.Function):
    """x -> M x whose gradient is the adjoint that comes with M, however the two are computed."""

    @staticmethod
    def forward(ctx, values, there, back):
        """`there` applied to a batch of values."""
        ctx.maps = there, back
        # What maps are made of, such as sparse products, does not exist in the lower precision of autocast.
        with torch.autocast(values.device.type, enabled=False):
            return there(values)

    @staticmethod
    def backward(ctx, gradient):
        """`back` applied to the gradient, itself differentiable."""
        there, back = ctx.maps
        return _Linear.apply(gradient, back, there), None, None


class LinearOperator(nn.Module, ABC):
    """A linear map y = A x between tensors of any two shapes, with the adjoint A': <A x, y> = <x, A' y>.

    A subclass gives `_push` (A) and `_pull` (A'). Both get batches that fit and need not be differentiable: the
    gradient of each is the other. That they belong together is what `OperatorContract` tests.

    Arguments:
        domain: shape of one x.
        range: shape of one y.

    Attributes:
        domain, range: the same, as tuples.
    """

    def __init__(self, domain: tuple[int, ...], range: tuple[int, ...]):
        super().__init__()
        self.domain, self.range = tuple(domain), tuple(range)
        self._norm: float | None = None

    @abstractmethod
    def _push(self, x: Tensor) -> Tensor:
        """A x of a batch (n, *domain), shape (n, *range)."""

    @abstractmethod
    def _pull(self, y: Tensor) -> Tensor:
        """A' y of a batch (n, *range), shape (n, *domain)."""

    @property
    def dtype(self) -> torch.dtype:
        """Type that the operator computes in and answers with, by default that of its first buffer."""
        return next(self.buffers()).dtype

    @property
    def device(self) -> torch.device | None:
        """Where arrays have to lie, by default where its first buffer does; None for an operator that goes anywhere."""
        return next(self.buffers()).device

    def forward(self, x: Tensor) -> Tensor:
        """A x.

        Arguments:
            x: shape (n, *domain), floating point, of no higher precision than the operator, on its device.

        Returns:
            Shape (n, *range), of the operator's type.

        Raises:
            ValueError: x is of another shape or type, or lies elsewhere.
        """
        return self._map(x, self.domain, "domain", self._push, self._pull)

    def adjoint(self, y: Tensor) -> Tensor:
        """A' y: <A x, y> = <x, A' y> for all x and y.

        Arguments:
            y: shape (n, *range), as for `forward`.

        Returns:
            Shape (n, *domain), of the operator's type.

        Raises:
            ValueError: y is of another shape or type, or lies elsewhere.
        """
        return self._map(y, self.range, "range", self._pull, self._push)

    @torch.no_grad()
    def norm(self) -> float:
        """Largest singular value, from below: by power iteration from a seeded start; computed once."""
        if self._norm is None:
            start = torch.rand(1, *self.domain, generator=torch.Generator().manual_seed(0))
            vector = start.to(device=self.device, dtype=self.dtype)
            value = 0.0
            for _ in range(ITERATIONS):
                vector = self.adjoint(self(vector / vector.norm()))
                before, value = value, float(vector.norm())
                if abs(value - before) <= TOLERANCE * value:
                    break
            self._norm = value**0.5
        return self._norm

    def _map(self, array: Tensor, shape: tuple[int, ...], side: str, there: Callable, back: Callable) -> Tensor:
        name = type(self).__name__
        if array.shape[1:] != shape or not array.ndim:
            sides = ", ".join(map(str, ("n", *shape)))
            raise ValueError(
                f"expected an array of ({sides}), a batch from the {side} of {name}, found {(*array.shape,)}"
            )
        if not array.is_floating_point() or torch.promote_types(array.dtype, self.dtype) != self.dtype:
            raise ValueError(
                f"{name} computes in {self.dtype}: expected an array of that or a lower floating-point type, found "
                f"{array.dtype}: convert the array, or the operator with .to(dtype)"
            )
        if self.device not in (None, array.device):
            raise ValueError(
                f"{name} is on {self.device}, the array on {array.device}: move one to the other with .to()"
            )
        return _Linear.apply(array.to(self.dtype), there, back)
