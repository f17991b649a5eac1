"""Backbones: diffusion transformers that follow a segment table. No torch here."""

PIXELS_PER_TOKEN = 16
"""Pixels a side of one token of FLUX.1: 8 for a latent of its autoencoder, packed two by two."""
