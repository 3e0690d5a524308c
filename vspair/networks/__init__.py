"""Networks: encoders and decoders for images and vectors, and maps between latent spaces."""

from vspair.networks.backbone import decoder, encoder
from vspair.networks.convolutional import Decoder, Encoder
from vspair.networks.dense import DenseDecoder, DenseEncoder
from vspair.networks.mappers import LinearMap, ParameterMap

__all__ = ["Decoder", "DenseDecoder", "DenseEncoder", "Encoder", "LinearMap", "ParameterMap", "decoder", "encoder"]
