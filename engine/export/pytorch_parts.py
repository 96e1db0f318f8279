"""The text of the PyTorch source: what stands around the layers, and the modules that PyTorch has not."""

SCRIPT = '''\
"""{title}

The network in PyTorch, with its weights from {stem}.npz beside this file, and its training:

    python {stem}.py images.npy         a line for each image: the class, and how likely it is
    python {stem}.py train data.npz     trains a new one, and writes {stem}_trained.pt

    from {stem} import load
    load().predict(images)              # uint8 (n, {height}, {width}) -> probabilities (n, {classes})

images.npy holds uint8 (n, {height}, {width}), light on black; data.npz such train_images, and train_labels.
PyTorch lays images out as (n, channels, height, width), Inkling as (n, height, width, channels). Made with Inkling.
"""

import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

FILE = Path(__file__).with_suffix(".npz")
{modules}

class Network(nn.Module):
    """Outputs (n, {classes}) for images (n, {height}, {width}), pixels from 0 to 255."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
{layers}
        )

    def forward(self, images):
        x = images.float().unsqueeze(1) * {factor!r} + {constant!r}
        return self.layers(x)

    @torch.no_grad()
    def predict(self, images):
        """Probabilities (n, {classes}) for uint8 images (n, {height}, {width})."""
        self.eval()
        outputs = self(torch.as_tensor(images))
{probabilities}


WEIGHTS = {{  # part of `layers`: the layer in the file
{weights}
}}


@torch.no_grad()
def load(path=FILE):
    """The trained network. Kernels are (height, width, in, out) in the file, matrices (in, out)."""
    arrays, model = np.load(path), Network()
    for module, name in WEIGHTS.items():
        target = model.layers.get_submodule(module)
        keys = {{"weight": f"params/{{name}}.weight", "bias": f"params/{{name}}.bias"}}
        if isinstance(target, (nn.BatchNorm1d, nn.BatchNorm2d)):
            keys = {{"weight": f"params/{{name}}.scale", "bias": f"params/{{name}}.shift"}}
            keys |= {{"running_mean": f"tracked/{{name}}.mean", "running_var": f"tracked/{{name}}.var"}}
        for key, stored in keys.items():
            if getattr(target, key) is None:  # no bias
                continue
            array = torch.from_numpy(arrays[stored])
            if array.ndim == 4:
                array = array.permute(3, 2, 0, 1)  # -> (out, in, height, width)
            elif array.ndim == 2:
                array = array.T  # -> (out, in)
            getattr(target, key).copy_(array)
    return model.eval()


# --- training as it was set in Inkling; the random numbers are others, so the weights will be too
{notes}
LEARNING_RATE, BATCH_SIZE, EPOCHS = {learning_rate!r}, {batch_size}, {epochs}


@torch.no_grad()
def initialize(model):
    """New weights; biases start at 0."""
    for name, weight in model.named_parameters():
        if weight.ndim > 1:
{initialize}
        elif not isinstance(model.get_submodule(name.rpartition(".")[0]), (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.zeros_(weight)


{schedule}


def loss_of(outputs, labels):
{loss}{augment}

def train(model, images, labels, epochs=EPOCHS):
    """Train on uint8 images (n, {height}, {width}) and labels (n,)."""
    images, labels = torch.as_tensor(images), torch.as_tensor(labels).long()
    total = {total}
{freeze}    parameters = [each for each in model.parameters() if each.requires_grad]
    optimizer = {optimizer}
    step = 0
{average_start}    for epoch in range(epochs):
{stop}        model.train()
{eval_frozen}        order, losses = torch.randperm(len(images)), []
        for chosen in order.split(BATCH_SIZE):
{stop_within}            rate = LEARNING_RATE * schedule(step, total)
            loss = loss_of(model({batch}), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
{before_step}            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
{after_step}            step += 1
            losses.append(loss.item())
        print(f"epoch {{epoch + 1}}: loss {{np.mean(losses):.4f}}")
{average_end}    return model.eval()


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "train":
        data, model = np.load(sys.argv[2]), Network()
        initialize(model)
        train(model, data["train_images"], data["train_labels"])
        torch.save(model.state_dict(), FILE.with_name(FILE.stem + "_trained.pt"))
    elif len(sys.argv) == 2:
        for shares in load().predict(np.load(sys.argv[1])):
            print(int(shares.argmax()), f"{{shares.max():.1%}}")
    else:
        sys.exit(__doc__)
'''

MODULES = {
    "FlattenPixels": '''
class FlattenPixels(nn.Module):
    """(n, c, height, width) -> (n, height * width * c), pixel by pixel: nn.Flatten would go channel by channel."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)
''',
    "AppendOne": '''
class AppendOne(nn.Module):
    """One more output, which is always 1: the next layer reads its bias from it."""

    def forward(self, x):
        return F.pad(x, (0, 1), value=1.0)
''',
    "DropoutScaledAtTest": '''
class DropoutScaledAtTest(nn.Module):
    """Dropout that scales its outputs when it is tested, not while it trains, as first published."""

    def __init__(self, drop):
        super().__init__()
        self.drop = drop

    def forward(self, x):
        return x * (torch.rand_like(x) >= self.drop) if self.training else x * (1 - self.drop)
''',
}

# How Inkling's augmentations go on from `matrix` and `move`: input (x, y) = matrix @ output + move, from the centre.
AFFINE = {
    "Shift": """
    shift = spread({pixels!r}, {share!r}, axes=2).T
    move = move + (matrix @ shift[..., None])[..., 0]
""",
    "Rotate": """
    (turn,) = spread(math.radians({degrees!r}), {share!r})
    matrix = matrix @ square(turn.cos(), -turn.sin(), turn.sin(), turn.cos())
""",
    "Stretch": """
    wide, tall = 1 + spread({by!r}, {share!r}, axes=2)
    matrix = matrix @ square(1 / wide, 0, 0, 1 / tall)
""",
    "Zoom": """
    (zoom,) = 1 / (1 + spread({by!r}, {share!r}))
    matrix = matrix @ square(zoom, 0, 0, zoom)
""",
    "Shear": """
    (slant,) = spread({by!r}, {share!r})
    matrix = matrix @ square(1, slant, 0, 1)
""",
    "Transpose": """
    swap = (torch.rand(n) < {share!r}).float()
    matrix = matrix @ square(1 - swap, swap, swap, 1 - swap)
""",
}
# What bends `grid`, the places (n, height, width, 2) that output pixels are read from.
BENDING = {
    "Elastic": """
    places = torch.arange({side}.0)
    smooth = (-0.5 * ((places[:, None] - places) / {smoothness!r}) ** 2).exp()
    smooth = smooth / smooth.sum(1, keepdim=True)
    bend = smooth @ (torch.rand(n, 2, {side}, {side}) * 2 - 1) @ smooth.T
    bend = bend * {strength!r} / bend.square().mean((1, 2, 3), keepdim=True).sqrt()
    bend = bend * (torch.rand(n, 1, 1, 1) < {share!r})
    grid = grid + 2 / {side} * bend.permute(0, 2, 3, 1)
""",
}
PIXELS = {
    "Noise": """
    grain = torch.randn_like(images) * {deviation!r} * (torch.rand(n, 1, 1) < {share!r})
    images = (images + grain).round().clamp(0, 255)
""",
    "Erase": """
    length = torch.rand(n, 2, 1) * {size!r} * {side}
    start = torch.rand(n, 2, 1) * ({side} - length)
    places = torch.arange({side}) + 0.5
    rows, columns = ((places >= start) & (places < start + length)).unbind(1)
    erased = rows[:, :, None] & columns[:, None, :] & (torch.rand(n, 1, 1) < {share!r})
    images = images.masked_fill(erased, 0)
""",
}

AUGMENT = '''

def augment(images):
    """Other versions of float images (n, {side}, {side}), pixels from 0 to 255, anew for each batch."""
    n = len(images)
    matrix, move = torch.eye(2).repeat(n, 1, 1), torch.zeros(n, 2)

    def spread(limit, share, axes=1):
        return (torch.rand(axes, n) * 2 - 1) * limit * (torch.rand(n) < share)

    def square(*entries):
        return torch.stack([torch.as_tensor(each).float().expand(n) for each in entries], 1).view(n, 2, 2)

{affine}
    grid = torch.cat([matrix, 2 / {side} * move[..., None]], 2)  # the image goes from -1 to 1 there
    grid = F.affine_grid(grid, (n, 1, {side}, {side}), align_corners=False)
{bending}    images = F.grid_sample(images.unsqueeze(1), grid, align_corners=False).squeeze(1)
{pixels}    return images
'''
