"""Linear operators that are given by their numbers: a matrix, dense or sparse, and a diagonal, such as a mask."""

import copy
import math
import warnings

import scipy.sparse
import torch
from torch import Tensor

from vspair.operators.linear import LinearOperator


class MatrixOperator(LinearOperator):
    """y = M x for x and y flattened in their usual order, with the stored transpose as adjoint.

    M and its transpose move with the module and are not in its state; they are constants, so copies share them.

    Arguments:
        matrix: M, shape (rows, columns), floating point: a dense tensor, or a matrix of scipy.sparse.
        domain: shape of one x, of `columns` entries; by default (columns,).
        range: shape of one y, of `rows` entries; by default (rows,).

    Raises:
        TypeError: the matrix is neither.
        ValueError: the matrix is not of two axes and floating point, or its sides are not those of domain and range.
    """

    def __init__(
        self,
        matrix: Tensor | scipy.sparse.spmatrix | scipy.sparse.sparray,
        domain: tuple[int, ...] | None = None,
        range: tuple[int, ...] | None = None,
    ):
        stored, transpose = _stored(matrix)
        rows, columns = stored.shape
        super().__init__((columns,) if domain is None else domain, (rows,) if range is None else range)
        for name, shape, side in (("range", self.range, rows), ("domain", self.domain, columns)):
            if math.prod(shape) != side:
                raise ValueError(
                    f"the matrix has {rows} rows and {columns} columns: expected a {name} of {side} entries, found "
                    f"{shape}"
                )
        # Stored, because torch's own product with a transposed sparse matrix is 50 times slower.
        self.register_buffer("matrix", stored, persistent=False)
        self.register_buffer("transpose", transpose, persistent=False)

    def _push(self, x: Tensor) -> Tensor:
        return (self.matrix @ x.flatten(1).T).T.contiguous().reshape(len(x), *self.range)

    def _pull(self, y: Tensor) -> Tensor:
        return (self.transpose @ y.flatten(1).T).T.contiguous().reshape(len(y), *self.domain)

    def __deepcopy__(self, memo):
        # torch cannot copy a sparse CSR tensor deeply.
        twin = copy.copy(self)
        twin._buffers = dict(self._buffers)
        return twin


class DiagonalOperator(LinearOperator):
    """y = w x entry by entry; its own adjoint, with the norm max |w|.

    With w = 1 where a pixel is kept and 0 where it is lost, it is `cover` of one mask with a fill of 0. Another fill
    makes the observation affine, y = w x + (1 - w) fill.

    Arguments:
        weight: w, in the shape of one x; boolean for a mask of what is kept.
    """

    def __init__(self, weight: Tensor):
        super().__init__(weight.shape, weight.shape)
        self.register_buffer("weight", weight if weight.is_floating_point() else weight.float(), persistent=False)

    def norm(self) -> float:
        """Largest singular value, max |w|."""
        return float(self.weight.abs().max())

    def _push(self, x: Tensor) -> Tensor:
        return self.weight * x

    _pull = _push


def _stored(matrix) -> tuple[Tensor, Tensor]:
    """The matrix and its transpose as torch multiplies with them: dense, or sparse CSR."""
    dense = isinstance(matrix, Tensor) and matrix.layout == torch.strided
    if not dense and not scipy.sparse.issparse(matrix):
        raise TypeError(
            f"expected a matrix as a dense tensor or of scipy.sparse, found {type(matrix).__name__}: convert it"
        )
    if matrix.ndim != 2 or not (matrix.is_floating_point() if dense else matrix.dtype.kind == "f"):
        raise ValueError(
            f"expected a matrix of two axes in floating point, found shape {tuple(matrix.shape)} and {matrix.dtype}"
        )
    if dense:
        return matrix, matrix.T
    rows = matrix.tocsr()
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    return _csr(rows), _csr(rows.T.tocsr())


def _csr(matrix) -> Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state", category=UserWarning)
        # torch 2.11 says so although these are checked.
        warnings.filterwarnings("ignore", message="Sparse invariant checks are implicitly", category=UserWarning)
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr),
            torch.from_numpy(matrix.indices),
            torch.from_numpy(matrix.data),
            matrix.shape,
            check_invariants=True,
        )
