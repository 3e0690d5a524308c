"""Adam on a gradient that is given by factors: the formula, and the kernel that torch's compiler makes of it."""

import math

import pytest
import torch

from vspair.errors import VspairError
from vspair.training import lowrank

STEPS = 20
OPTIONS = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}


def batch(step, rows, size):
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(step))


def test_the_formula_is_torchs_adam_in_float64():
    """The formula that is compiled, against torch's own, which is neither fused nor in float32."""
    weight = torch.nn.Parameter(batch(1, 30, 40).double())
    reference = torch.optim.Adam([weight], lr=OPTIONS["lr"], foreach=False, fused=False)
    ours, mean, square = weight.detach().clone(), *torch.zeros(2, 30, 40).double()
    for step in range(1, STEPS + 1):
        inputs, outputs = batch(step, 3, 40).double(), batch(-step, 3, 30).double()
        weight.grad = outputs.T @ inputs
        reference.step()
        scales = lowrank.bias_corrections(torch.tensor(float(step)).double(), OPTIONS)
        lowrank.adam_of_factors(ours, mean, square, inputs, outputs, *scales, 0.9, 0.999, 1e-8)
    torch.testing.assert_close(ours, weight.detach(), rtol=0, atol=1e-14)
    torch.testing.assert_close(square, reference.state[weight]["exp_avg_sq"], rtol=1e-13, atol=0)


@pytest.mark.parametrize("step", [1, 2, 10, 1000, 150_000, 10_000_000])
def test_bias_corrections_in_float32_do_not_cancel(step):
    """1 - 0.999 in float32 is off by 5e-5; four units in the last place are 5e-7."""
    rate, root = lowrank.bias_corrections(torch.tensor(float(step)), OPTIONS)
    assert rate.dtype == torch.float32
    assert rate.item() == pytest.approx(1e-3 / -math.expm1(step * math.log(0.9)), rel=2**-21)
    assert root.item() == pytest.approx(math.sqrt(-math.expm1(step * math.log(0.999))), rel=2**-21)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_compiled_kernel_is_one_loop_and_stores_only_weight_and_moments(compiled):
    """Compiled for the CPU by the same compiler; catches a gradient or a quotient that it would put into memory."""
    from torch._inductor.utils import run_and_get_code

    ours, reference = ([batch(k, 30, 400).abs() for k in (1, 2, 3)] for _ in range(2))
    factors, scales = (batch(4, 2, 400), batch(5, 2, 30)), lowrank.bias_corrections(torch.tensor(3.0), OPTIONS)
    _, (code,) = run_and_get_code(compiled, *ours, *factors, *scales, 0.9, 0.999, 1e-8)
    call = code[code.index("def call") : code.index("runner =")]
    assert "empty_strided" not in call
    assert call.count("cpp_fused") == 1
    lowrank.adam_of_factors(*reference, *factors, *scales, 0.9, 0.999, 1e-8)
    for here, there in zip(ours, reference, strict=True):
        torch.testing.assert_close(here, there, rtol=4 * 2**-23, atol=2**-24)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_compiled_update_takes_each_shape_and_count_of_rows(compiled):
    """More kernels than the compiler keeps by itself (8): beyond them it would give up and store the gradient."""
    for out in (8, 16, 24):
        for rows in (1, 2, 3):
            weight = torch.ones(out, 32)
            moments, factors = (torch.zeros(out, 32), torch.zeros(out, 32)), (batch(1, rows, 32), batch(2, rows, out))
            lowrank.update_pointwise(weight, moments, torch.ones(()), factors, OPTIONS)
            gradient = factors[1].T @ factors[0]
            torch.testing.assert_close(weight, 1 - 1e-3 * gradient.sign(), rtol=0, atol=1e-6)


def test_a_machine_that_cannot_compile_is_told_what_it_lacks(monkeypatch):
    def fails():
        raise torch._dynamo.exc.TorchDynamoException("no g++ was found\nand more")

    monkeypatch.setattr(lowrank, "_compiled", lambda: lambda *arguments: fails())
    weight = torch.zeros(3, 4)
    with pytest.raises(VspairError, match=r"\(3, 4\) matrix on cpu .*no g\+\+ was found.* needs a C compiler"):
        lowrank.update_pointwise(weight, (weight, weight), torch.ones(()), (batch(1, 2, 4), batch(2, 2, 3)), OPTIONS)
