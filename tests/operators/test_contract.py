"""Every linear operator keeps the contract; a new one joins `OPERATORS` with its dense twin."""

import numpy as np
import pytest
import scipy.sparse
import torch

from vspair.operators import ParallelBeam, Scan, cover
from vspair.operators.contract import OperatorContract
from vspair.operators.joseph import joseph_matrix
from vspair.operators.matrices import DiagonalOperator, MatrixOperator
from vspair.operators.projector import Projector
from vspair.operators.ray import RayTransform

SMALL = Scan(pixels=40, enlarged=30, angles=24, bins=27)
# More pixels along y than along x, off the middle, angles beyond half a turn, bins not symmetric.
ASKEW = ParallelBeam((17, 23), 0.01, (0.013, -0.02), np.linspace(-0.3, 3.3, 31), np.linspace(-0.2, 0.17, 29))
BEAMS = {"square": SMALL.full(), "askew": ASKEW, "reduced": SMALL.reduced((19, 19), (11, 13), 2)}


def normal(*shape, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(6), dtype=dtype)


def rays(beam, kind):
    return kind(beam), torch.from_numpy(joseph_matrix(beam).toarray().astype(np.float64))


def scaled_rays():
    operator, dense = rays(ASKEW, lambda beam: RayTransform(beam, 2.5))
    return operator, 2.5 * dense


def sparse():
    """Between vectors; columns out of order, and an entry of the last row in two parts."""
    entries = np.array([2, 0.25, -1, 1, 0.5], np.float32), [3, 0, 0, 1, 1], [0, 2, 3, 5]
    dense = torch.tensor([[0.25, 0, 0, 2, 0], [-1, 0, 0, 0, 0], [0, 1.5, 0, 0, 0]], dtype=torch.float64)
    return MatrixOperator(scipy.sparse.csr_array(entries, (3, 5))), dense


def full():
    """Vectors of 6 in, two channels of 2 x 2 out."""
    matrix = normal(8, 6)
    return MatrixOperator(matrix, range=(2, 2, 2)), matrix


def mask():
    """Holes over two channels; the twin covers each image of one pixel."""
    lost = normal(2, 3, 4) > 0
    ones = np.eye(24).reshape(24, 2, 3, 4)
    return DiagonalOperator(~lost), torch.from_numpy(cover(ones, lost.numpy(), 0).reshape(24, 24).T)


OPERATORS = {
    **{f"rays, {name}": lambda beam=beam: rays(beam, RayTransform) for name, beam in BEAMS.items()},
    "projector": lambda: rays(ASKEW, Projector),
    "rays, scaled": scaled_rays,
    "sparse matrix": sparse,
    "dense matrix": full,
    "mask": mask,
    "weights": lambda: (DiagonalOperator(normal(5)), torch.diag(normal(5))),
}


@pytest.fixture(scope="module", params=OPERATORS)
def both(request):
    return OPERATORS[request.param]()


@pytest.fixture
def operator(both):
    return both[0]


@pytest.fixture
def dense(both):
    return both[1]


class TestContract(OperatorContract):
    """Every operator of this package."""


@pytest.mark.parametrize(
    ("matrix", "shapes", "error", "message"),
    [
        (
            normal(8, 6),
            {"domain": (5,)},
            ValueError,
            r"8 rows and 6 columns: expected a domain of 6 entries, found \(5,\)",
        ),
        (normal(8, 6), {"range": (3, 3)}, ValueError, r"expected a range of 8 entries, found \(3, 3\)"),
        (normal(8), {}, ValueError, r"two axes in floating point, found shape \(8,\)"),
        (
            scipy.sparse.eye_array(3, dtype=int),
            {},
            ValueError,
            r"two axes in floating point, found shape \(3, 3\) and int",
        ),
        ([[1.0]], {}, TypeError, r"dense tensor or of scipy.sparse, found list"),
    ],
)
def test_matrices_that_are_none_are_refused(matrix, shapes, error, message):
    with pytest.raises(error, match=message):
        MatrixOperator(matrix, **shapes)
