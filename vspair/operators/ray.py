"""The parallel-beam ray transform as an operator that networks and iterations can call and differentiate."""

from vspair.operators.geometry import ParallelBeam
from vspair.operators.joseph import joseph_matrix
from vspair.operators.matrices import MatrixOperator


class RayTransform(MatrixOperator):
    """Line integrals of images in metres, y = scale * A x, with A of Joseph's method and the exact adjoint scale * A'.

    The domain is (1, H, W), with x along H and y along W, the range (1, angles, bins), in float32. A and its transpose
    are made once from the geometry.

    Arguments:
        geometry: rays and pixels.
        scale: factor of the observations, for instance one over the constant that they were divided by.
    """

    def __init__(self, geometry: ParallelBeam, scale: float = 1.0):
        super().__init__(joseph_matrix(geometry) * float(scale), (1, *geometry.image), (1, *geometry.shape))
        self.geometry = geometry
        self.scale = float(scale)
