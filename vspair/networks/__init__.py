"""Networks: convolutional encoders and decoders, and maps between latent spaces."""

from vspair.networks.convolutional import Decoder, Encoder
from vspair.networks.mappers import LinearMap, ParameterMap

__all__ = ["Decoder", "Encoder", "LinearMap", "ParameterMap"]
