"""Blind inpainting (Section 4.1): the observation is the image with holes, and nobody knows the operator."""
