"""What a linear operator must keep, as tests that the tests of each operator inherit."""

import torch
from torch import Tensor

from vspair.operators.linear import LinearOperator


class OperatorContract:
    """Tests of one operator against a dense twin: the same map as a matrix, made in another way.

    A subclass called `Test...` gets every test where there are two fixtures of pytest:

        operator: the operator, of class `LinearOperator`, on the CPU.
        dense: its matrix, entries of y by entries of x in their usual order, float64.

    Attributes:
        tolerance: largest error as a share of what is compared.
    """

    tolerance = 1e-5

    def test_it_is_its_dense_twin(self, operator: LinearOperator, dense: Tensor):
        """A x and A' y: catches swapped axes, another order of the entries and entries mixed between a batch."""
        x, y = _batches(operator)
        self._close(operator(x).flatten(1), x.double().flatten(1) @ dense.T)
        self._close(operator.adjoint(y).flatten(1), y.double().flatten(1) @ dense)

    def test_domain_and_range_are_the_shapes_of_what_goes_in_and_comes_out(self, operator: LinearOperator):
        """For any batch; each of its members is mapped as it is alone."""
        for there, given, found in (
            (operator, operator.domain, operator.range),
            (operator.adjoint, operator.range, operator.domain),
        ):
            batch = _random(operator, 5, given, seed=2)
            together = there(batch)
            assert together.shape == (5, *found)
            assert together.dtype == operator.dtype
            self._close(together, torch.cat([there(one[None]) for one in batch]))

    def test_it_is_linear(self, operator: LinearOperator):
        """A (2 a - b) = 2 A a - A b, and A 0 = 0 exactly: catches an offset."""
        a, b = (_random(operator, 2, operator.domain, seed) for seed in (3, 4))
        self._close(operator(2 * a - b), 2 * operator(a) - operator(b))
        assert (operator(torch.zeros_like(a)) == 0).all()

    def test_the_adjoint_is_exact(self, operator: LinearOperator):
        """<A x, y> = <x, A' y>, as a share of |A x| |y|."""
        x, y = _batches(operator)
        one, two = (operator(x).double() * y).sum(), (x.double() * operator.adjoint(y)).sum()
        assert abs(one - two) <= self.tolerance * operator(x).norm() * y.norm()

    def test_the_gradient_of_each_is_the_other(self, operator: LinearOperator):
        """Once, and again: the Hessian of |A x|^2 / 2 is A' A."""
        x, y = (batch.requires_grad_() for batch in _batches(operator))
        (gradient,) = torch.autograd.grad(operator(x), x, y.detach())
        self._close(gradient, operator.adjoint(y).detach())
        (gradient,) = torch.autograd.grad(operator.adjoint(y), y, x.detach())
        self._close(gradient, operator(x).detach())
        direction = _random(operator, 2, operator.domain, seed=5)
        (gradient,) = torch.autograd.grad(operator(x).square().sum() / 2, x, create_graph=True)
        (product,) = torch.autograd.grad((gradient * direction).sum(), x)
        self._close(product, operator.adjoint(operator(direction)))

    def test_the_norm_is_the_largest_singular_value(self, operator: LinearOperator, dense: Tensor):
        """To 1e-4: a power iteration comes from below."""
        largest = float(torch.linalg.matrix_norm(dense, 2))
        assert abs(operator.norm() - largest) <= 1e-4 * largest

    def test_lower_precision_is_raised_to_that_of_the_operator(self, operator: LinearOperator):
        """By autocast too, which would ask for products in bfloat16."""
        low = _batches(operator)[0].bfloat16().requires_grad_()
        expected = operator(low.to(operator.dtype))
        with torch.autocast("cpu", torch.bfloat16):
            found = operator(low)
            assert torch.equal(found, expected)
            (gradient,) = torch.autograd.grad(found.square().sum(), low)
        assert gradient.dtype == torch.bfloat16

    def test_what_does_not_fit_is_refused(self, operator: LinearOperator):
        """Without its batch axis, one axis too many, another size, whole numbers, too precise, on another device."""
        for there, shape in ((operator, operator.domain), (operator.adjoint, operator.range)):
            named = f"expected an array of ({', '.join(map(str, ('n', *shape)))})"
            for wrong in (shape, (2, 2, *shape), (2, *shape[:-1], shape[-1] + 1)):
                _refuses(there, torch.zeros(wrong, dtype=operator.dtype), named)
            _refuses(there, torch.zeros(2, *shape, dtype=torch.int64), "found torch.int64: convert")
            if operator.dtype != torch.float64:
                _refuses(there, torch.zeros(2, *shape, dtype=torch.float64), "found torch.float64: convert")
            if operator.device is not None:
                _refuses(there, torch.zeros(2, *shape, dtype=operator.dtype, device="meta"), "the array on meta: move")

    def _close(self, found: Tensor, expected: Tensor) -> None:
        limit = self.tolerance * float(expected.abs().max())
        torch.testing.assert_close(found.double(), expected.double(), rtol=0, atol=limit)


def _random(operator: LinearOperator, n: int, shape: tuple[int, ...], seed: int) -> Tensor:
    return torch.rand(n, *shape, generator=torch.Generator().manual_seed(seed)).to(operator.dtype) - 0.3


def _batches(operator: LinearOperator) -> tuple[Tensor, Tensor]:
    """Two x and two y."""
    return _random(operator, 2, operator.domain, seed=0), _random(operator, 2, operator.range, seed=1)


def _refuses(there, array: Tensor, sentence: str) -> None:
    try:
        there(array)
    except ValueError as error:
        assert sentence in str(error), f"expected {sentence!r} in {error}"
    else:
        raise AssertionError(f"an array of {tuple(array.shape)}, {array.dtype}, on {array.device} was not refused")
