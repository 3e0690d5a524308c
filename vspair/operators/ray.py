"""The parallel-beam ray transform as a module that networks and iterations can call and differentiate."""

import copy
import warnings

import scipy.sparse
import torch
from torch import nn

from vspair.operators.geometry import ParallelBeam
from vspair.operators.joseph import joseph_matrix

ITERATIONS = 200
TOLERANCE = 1e-6


class _Product(torch.autograd.Function):
    """x -> M x for rows x, with the stored transpose for the way back: torch's own gradient is 50 times slower."""

    @staticmethod
    def forward(ctx, rows, matrix, transpose):
        """M applied to each row of `rows`."""
        ctx.matrices = matrix, transpose
        return (matrix @ rows.T).T.contiguous()

    @staticmethod
    def backward(ctx, gradient):
        """The transpose applied to the gradient, itself differentiable."""
        matrix, transpose = ctx.matrices
        return _Product.apply(gradient, transpose, matrix), None, None


class RayTransform(nn.Module):
    """Line integrals of images, y = scale * A x, with A of Joseph's method and the exact adjoint scale * A'.

    A and its transpose are made once from the geometry. They move with the module and are not in its state.

    Arguments:
        geometry: rays and pixels.
        scale: factor of the observations, for instance one over the constant that they were divided by.
    """

    def __init__(self, geometry: ParallelBeam, scale: float = 1.0):
        super().__init__()
        self.geometry = geometry
        self.scale = float(scale)
        matrix = joseph_matrix(geometry) * self.scale
        self.register_buffer("matrix", _csr(matrix), persistent=False)
        self.register_buffer("transpose", _csr(matrix.T.tocsr()), persistent=False)
        self._norm: float | None = None

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Observation of images.

        Arguments:
            image: (n, 1, H, W) float32; x along the first of H and W, y along the second.

        Returns:
            scale times the line integrals in metres, (n, 1, angles, bins).

        Raises:
            ValueError: the images are not on this operator's grid.
        """
        return self._apply_rows(image, self.geometry.image, self.geometry.shape, self.matrix, self.transpose)

    def adjoint(self, sinogram: torch.Tensor) -> torch.Tensor:
        """The transpose, scale * A': <A x, y> = <x, A' y> for all images x and sinograms y.

        Arguments:
            sinogram: (n, 1, angles, bins) float32.

        Returns:
            (n, 1, H, W).

        Raises:
            ValueError: the sinograms are not of this operator's angles and bins.
        """
        return self._apply_rows(sinogram, self.geometry.shape, self.geometry.image, self.transpose, self.matrix)

    @torch.no_grad()
    def norm(self) -> float:
        """Largest singular value of the operator, by power iteration from a seeded start; computed once."""
        if self._norm is None:
            start = torch.rand(1, 1, *self.geometry.image, generator=torch.Generator().manual_seed(0))
            vector = start.to(self.matrix.device)
            value = 0.0
            for _ in range(ITERATIONS):
                vector = self.adjoint(self(vector / vector.norm()))
                before, value = value, float(vector.norm())
                if abs(value - before) <= TOLERANCE * value:
                    break
            self._norm = value**0.5
        return self._norm

    def __deepcopy__(self, memo):
        # torch cannot copy a sparse CSR tensor deeply; these are constants, so the copy may share them.
        twin = copy.copy(self)
        twin._buffers = dict(self._buffers)
        return twin

    def _apply_rows(self, array, given, result, matrix, transpose):
        if array.ndim != 4 or tuple(array.shape[1:]) != (1, *given):
            raise ValueError(f"expected an array of (n, 1, {given[0]}, {given[1]}), found {tuple(array.shape)}")
        # There are no sparse products in the lower precision that autocast would give them.
        with torch.autocast(array.device.type, enabled=False):
            rows = _Product.apply(array.reshape(len(array), -1).float(), matrix, transpose)
        return rows.reshape(len(array), 1, *result)


def _csr(matrix: scipy.sparse.csr_matrix) -> torch.Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state", category=UserWarning)
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr),
            torch.from_numpy(matrix.indices),
            torch.from_numpy(matrix.data),
            matrix.shape,
            check_invariants=True,
        )
