"""Variational autoencoders of images with values in [0, 1] (Mueller et al., sections 2.3 and C; Kingma and Welling).

    -ELBO(x) = -sum_p [x_p log d_p(z) + (1 - x_p) log(1 - d_p(z))] + KL(q(z | x) || N(0, I)),   z ~ q(z | x)

with d the decoder's sigmoid outputs and p the pixels. Both networks see images of 28 x 28 pixels as (batch, 1, 28, 28).
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from vspair.distributions import Gaussian
from vspair.networks.outputs import at_least_float32
from vspair.networks.perceptron import Perceptron

IMAGE = (1, 28, 28)
"""Shape of one image."""


class ImageVAE(nn.Module, ABC):
    """Encoder, reparameterisation and decoder; a subclass says which networks they are.

    Arguments:
        latent: dimension of z.
    """

    def __init__(self, latent: int):
        super().__init__()
        self.latent = latent

    @abstractmethod
    def heads(self, images: Tensor) -> Tensor:
        """Map images (batch, 1, 28, 28) to mean and log-variance, (batch, 2 latent)."""

    @abstractmethod
    def logits(self, latent: Tensor) -> Tensor:
        """Map codes (batch, latent) to the logits of grey values, (batch, 1, 28, 28)."""

    def encode(self, images: Tensor) -> Gaussian:
        """q(z | x) for images (batch, 1, 28, 28)."""
        return Gaussian.from_heads(at_least_float32(self.heads(images)).unflatten(-1, (Gaussian.heads, self.latent)))

    def decode(self, latent: Tensor) -> Tensor:
        """Images with values in (0, 1), (batch, 1, 28, 28), from codes (batch, latent)."""
        return at_least_float32(self.logits(latent)).sigmoid()

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None) -> dict[str, Tensor]:
        """The terms of the negative ELBO, each per image, (batch,): `reconstruction`, one draw of z, and `kl`.

        Arguments:
            qoi: images x, (batch, 1, 28, 28), with values in [0, 1].
            observation: not used; a VAE has none.
            generator: source of the draw.
        """
        code = self.encode(qoi)
        logits = at_least_float32(self.logits(code.rsample(generator)))
        # From logits the logarithms stay finite where the sigmoid is 0 or 1 in float32.
        error = binary_cross_entropy_with_logits(logits, qoi, reduction="none")
        return {"reconstruction": error.flatten(1).sum(1), **code.kl()}


class DenseVAE(ImageVAE):
    """784 -> hidden -> 2 latent and latent -> hidden -> 784, with ReLU (section 2.3; 652,824 weights as in the paper).

    Arguments:
        hidden: width of the one hidden layer on either side.
        latent: dimension of z.
    """

    def __init__(self, hidden: int = 400, latent: int = 20):
        super().__init__(latent)
        size = IMAGE[1] * IMAGE[2]
        self.encoder = nn.Sequential(nn.Flatten(), Perceptron((size, hidden, Gaussian.heads * latent)))
        self.decoder = nn.Sequential(Perceptron((latent, hidden, size)), nn.Unflatten(-1, IMAGE))

    def heads(self, images: Tensor) -> Tensor:
        """See `ImageVAE`."""
        return self.encoder(images)

    def logits(self, latent: Tensor) -> Tensor:
        """See `ImageVAE`."""
        return self.decoder(latent)


class ConvVAE(ImageVAE):
    """Three convolutions and back, each with batch normalisation and ReLU (appendix C; 654,729 weights).

    Features are (32, 14, 14), (64, 7, 7) and (128, 7, 7) inwards, (64, 14, 14) and (32, 28, 28) outwards.

    Arguments:
        latent: dimension of z.
    """

    def __init__(self, latent: int = 20):
        super().__init__(latent)
        innermost = (128, 7, 7)
        size = innermost[0] * innermost[1] * innermost[2]
        self.encoder = nn.Sequential(
            *_normalised(nn.Conv2d(IMAGE[0], 32, 4, stride=2, padding=1)),
            *_normalised(nn.Conv2d(32, 64, 4, stride=2, padding=1)),
            *_normalised(nn.Conv2d(64, 128, 3, padding=1)),
            nn.Flatten(),
            nn.Linear(size, Gaussian.heads * latent),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent, size),
            nn.Unflatten(-1, innermost),
            *_normalised(nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1)),
            *_normalised(nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1)),
            nn.Conv2d(32, IMAGE[0], 3, padding=1),
        )

    def heads(self, images: Tensor) -> Tensor:
        """See `ImageVAE`."""
        return self.encoder(images)

    def logits(self, latent: Tensor) -> Tensor:
        """See `ImageVAE`."""
        return self.decoder(latent)


def _normalised(convolution: nn.Conv2d | nn.ConvTranspose2d) -> tuple[nn.Module, nn.Module, nn.Module]:
    return convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU()
