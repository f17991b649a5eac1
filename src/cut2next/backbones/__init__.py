"""Backbones: diffusion transformers that follow a segment table."""
