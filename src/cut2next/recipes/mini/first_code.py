"""What the autoencoder begins as: principal components of blocks, there and back.

Left to themselves, an encoder and a decoder this small spend their first thousand steps agreeing on
a code. While its blocks are nothing, a deep autoencoder is linear but for its end; so every layer
on the way can be fitted, one after the other, by least squares.
"""

from typing import Any, Self

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from cut2next.backbones.mini.architecture import Autoencoder

_ROWS = 50_000
"""Places of a picture that a layer is fitted to, at most."""


class PrincipalComponents:
    """Components of square blocks of pictures, weak ones made a little stronger."""

    def __init__(self, pictures: Tensor, channels: int, block: int) -> None:
        self.block = block
        blocks = rearrange(functional.pixel_unshuffle(pictures, block), "b d h w -> (b h w) d")
        self.mean = blocks.mean(dim=0)
        strengths, components = torch.linalg.eigh(torch.cov((blocks - self.mean).T))
        strengths, components = strengths.flip(0)[:channels], components.flip(1)[:, :channels]
        # Half-way between raw components, where the weak drown in a transformer's noise, and
        # whitened ones, where what the eye hardly sees counts as much as the rest.
        strengths = strengths.clamp(min=1e-6)
        self.components = components / strengths.sqrt().sqrt() / strengths.mean().sqrt().sqrt()

    @classmethod
    def of_code(cls, model: Autoencoder, pictures: Tensor) -> Self:
        """As many, of as large blocks, as a model's code has."""
        return cls(pictures, model.config["latent_channels"], model.spatial_compression_ratio)

    def to(self, device: torch.device | str) -> Self:
        """Itself, on a device; in place."""
        self.mean, self.components = self.mean.to(device), self.components.to(device)
        return self

    def __call__(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] to [B, C, H/block, W/block]."""
        blocks = rearrange(functional.pixel_unshuffle(pictures, self.block), "b d h w -> b h w d")
        code: Tensor = rearrange((blocks - self.mean) @ self.components, "b h w c -> b c h w")
        return code


@torch.no_grad()
def begin(model: Autoencoder, pictures: Tensor) -> None:
    """Fits a new autoencoder, in place, to pictures [B, 3, H, W] and their first code."""
    code = PrincipalComponents.of_code(model, pictures)(pictures)
    _begin_encoder(model.encoder, pictures, code)
    _begin_decoder(model.decoder, pictures, code)


def _begin_encoder(encoder: Any, pictures: Tensor, code: Tensor) -> None:
    stream, block = pictures, 1
    for down in _steps(encoder.conv_in, *encoder.down_blocks):
        wanted = PrincipalComponents(pictures, down.conv.out_channels, block)(pictures)
        _fit(down.conv, stream, wanted)
        stream, block = down(stream), 2 * block
    beside = stream.unflatten(1, (-1, encoder.out_shortcut_average_group_size)).mean(dim=2)
    _fit(encoder.conv_out, stream, code - beside)


def _begin_decoder(decoder: Any, pictures: Tensor, code: Tensor) -> None:
    beside = code.repeat_interleave(decoder.in_shortcut_repeats, dim=1)
    stream, block = decoder.conv_in(code) + beside, pictures.shape[-1] // code.shape[-1] // 2
    for up in _steps(*reversed(decoder.up_blocks)):
        room = up.conv.out_channels // 4
        wanted = PrincipalComponents(pictures, room, block)(pictures)
        if block == 2:  # both signs and a constant, so that pixels get through norm and ReLU
            pixels = functional.pixel_unshuffle(pictures, 2)
            wanted = torch.cat([pixels, -pixels, torch.ones_like(pixels[:, : room - 24])], dim=1)
        beside = up(stream) - functional.pixel_shuffle(up.conv(stream), 2)
        rows = functional.pixel_unshuffle(wanted - beside[:, : wanted.shape[1]], 2)
        _fit(up.conv, stream, rows)
        stream, block = up(stream), block // 2
    shown = decoder.conv_act(decoder.norm_out(stream.movedim(1, -1)).movedim(-1, 1))
    _fit(decoder.conv_out.conv, shown, functional.pixel_unshuffle(pictures, 2))


def _steps(*parts: Any) -> list[Any]:
    """The layers that halve or double, in the order of `parts`."""
    return [
        layer
        for part in parts
        for layer in (part if isinstance(part, nn.Sequential) else [part])
        if hasattr(layer, "factor")
    ]


def _fit(kernel: nn.Conv2d, stream: Tensor, wanted: Tensor) -> None:
    """Gives the first channels of a kernel's outcome, [B, C, h, w], what comes nearest to `wanted`.

    Other channels stay as they are; pixels beside a pixel are not looked at.
    """
    known, rows = (rearrange(x, "b c h w -> (b h w) c") for x in (stream, wanted))
    some = slice(None, None, len(rows) // _ROWS + 1)
    known, rows = known[some].double(), rows[some].double()
    known = functional.pad(known, (0, 1), value=1.0)
    gram = known.T @ known
    gram += 1e-6 * gram.diagonal().mean() * torch.eye(len(gram))
    solved = torch.linalg.solve(gram, known.T @ rows).T.float()
    count = len(solved)
    kernel.weight[:count] = 0
    kernel.weight[:count, :, 1, 1] = solved[:, :-1]
    if kernel.bias is not None:
        kernel.bias[:count] = solved[:, -1]


@torch.no_grad()
def balance(model: Autoencoder, pictures: Tensor) -> None:
    """Gives every channel of the code, in place, the spread that it has in the first code.

    Training lets weak channels shrink, down to a ninth of the strong ones, and a transformer's
    noise drowns them. Pictures come back the same.
    """
    first_code = PrincipalComponents.of_code(model, pictures)(pictures)
    factors = first_code.std(dim=(0, 2, 3)) / model.encode(pictures).latent.std(dim=(0, 2, 3))
    number = torch.arange(len(factors))
    out, into = model.encoder.conv_out, model.decoder.conv_in
    # What goes past a kernel is scaled within it, as a difference to what goes past.
    out.weight.mul_(factors[:, None, None, None])
    out.get_parameter("bias").mul_(factors)
    group = model.encoder.out_shortcut_average_group_size
    beside = out.weight[:, :, 1, 1].unflatten(1, (-1, group))
    beside[number, number] += ((factors - 1) / group)[:, None]
    into.weight.div_(factors[:, None, None])
    repeats = model.decoder.in_shortcut_repeats
    beside = into.weight[:, :, 1, 1].unflatten(0, (-1, repeats))
    beside[number, :, number] += (1 / factors - 1)[:, None]
