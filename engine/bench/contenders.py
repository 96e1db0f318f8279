"""Whole training steps of ours, PyTorch's and JAX's, on the same network, data, batch and threads.

A contender is a function of a number of steps that makes them and returns when the last one is complete.
Everybody assembles the batch from the same uint8 images by the same random indices.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.bench.rows import Row
from engine.datasets.base import Dataset, Split, split
from engine.layers import BatchNorm, Conv, Dense, Flatten, MaxPool, ReLU
from engine.network import Network
from engine.optimizers import Adam, Momentum
from engine.parallel import make_crew
from engine.stepping import Stepper, choose_parts
from engine.streams import stream

Steps = Callable[[int], None]
IMAGES = 8192
THREADS = 2


def make_data(image_size: int) -> Split:
    """Images that need no file: what they show does not matter to the time. The draws are the same for all."""
    rng = stream(0, "bench")
    images = rng.integers(0, 256, (IMAGES + 2, image_size, image_size), np.uint8)
    labels = rng.integers(0, 10, IMAGES + 2).astype(np.uint8)
    return split(Dataset("bench", images, labels, images[:0], labels[:0]), 0, IMAGES, 2, standardize=True)


def draws(batch: int) -> npt.NDArray[np.intp]:
    """(batches, batch) indices of an epoch."""
    order = stream(0, "bench order").permutation(IMAGES)
    return order.reshape(-1, batch)


def ours(row: Row, data: Split) -> Steps:
    """The engine's own step."""
    config = row.config()
    crew = make_crew(choose_parts(config, data.image_shape), processes=True)
    network = Network(row.layers, data.image_shape, zeros=crew.empty)
    network.initialize(config.initializer, 1)
    stepper = Stepper(config, network, data, crew)
    crew.start()
    batches, rate, done = draws(row.batch), config.optimizer.learning_rate, 0

    def steps(count: int) -> None:
        nonlocal done
        for _ in range(count):
            stepper.step(done, batches[done % len(batches)], rate)
            done += 1

    return steps


def torch(row: Row, data: Split) -> Steps:
    """PyTorch, eager, with its fused optimizers, which were the fastest of its three kinds here."""
    import torch as t

    t.set_num_threads(THREADS)
    t.manual_seed(0)
    model = t.nn.Sequential(*_torch_modules(row, t))
    if isinstance(row.optimizer, Adam):
        optimizer: Any = t.optim.Adam(model.parameters(), lr=row.optimizer.learning_rate, fused=True)
    else:
        optimizer = t.optim.SGD(model.parameters(), lr=row.optimizer.learning_rate, momentum=0.9, fused=True)
    images = t.from_numpy(data.train_images)[:, None]
    labels = t.from_numpy(data.train_labels.astype(np.int64))
    batches = t.from_numpy(draws(row.batch))
    mean, deviation, done = 255 * data.scaling.mean, 255 * data.scaling.deviation, 0

    def steps(count: int) -> None:
        nonlocal done
        for _ in range(count):
            chosen = batches[done % len(batches)]
            x = images[chosen].float().sub_(mean).div_(deviation)
            loss = t.nn.functional.cross_entropy(model(x), labels[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            done += 1

    return steps


def _torch_modules(row: Row, t: Any) -> list[Any]:
    modules: list[Any] = []
    shape: tuple[int, ...] = (row.image_size, row.image_size, 1)
    for layer in row.layers:
        match layer:
            case Conv():
                padding = layer.kernel // 2 if layer.padding == "same" else 0
                modules.append(t.nn.Conv2d(shape[2], layer.channels, layer.kernel, padding=padding, bias=layer.bias))
            case Dense():
                modules.append(t.nn.Linear(shape[0], layer.units))
            case BatchNorm():
                modules.append(t.nn.BatchNorm2d(shape[2]))
            case MaxPool():
                modules.append(t.nn.MaxPool2d(layer.size))
            case ReLU():
                modules.append(t.nn.ReLU())
            case Flatten():
                modules.append(t.nn.Flatten())
            case _:
                raise NotImplementedError(f"no row of the table has {layer}")
        shape = layer.output_shape(shape)
    return modules


def jax(row: Row, data: Split) -> Steps:
    """JAX, the whole step compiled by jit, parameters donated; NHWC as ours."""
    import jax as j
    import jax.numpy as jnp

    config = row.config()
    network = Network(row.layers, data.image_shape)
    network.initialize(config.initializer, 1)
    params = [{k: jnp.asarray(v) for k, v in group.items() if k not in ("mean", "var")} for group in network.params]
    slots = j.tree.map(jnp.zeros_like, (params, params))
    images, labels = jnp.asarray(data.train_images), jnp.asarray(data.train_labels.astype(np.int32))
    batches = jnp.asarray(draws(row.batch))
    mean, deviation = 255 * data.scaling.mean, 255 * data.scaling.deviation

    def loss_of(params: Any, chosen: Any) -> Any:
        x = (images[chosen].astype(jnp.float32)[..., None] - mean) / deviation
        logits = _jax_forward(row, params, x, j)
        return -jnp.take_along_axis(j.nn.log_softmax(logits), labels[chosen][:, None], 1).mean()

    def step(params: Any, slots: Any, done: Any) -> Any:
        grads = j.grad(loss_of)(params, batches[done % len(batches)])
        return *_jax_update(row.optimizer, params, slots, grads, done, j), done + 1

    compiled = j.jit(step, donate_argnums=(0, 1, 2))
    state = (params, slots, jnp.asarray(0))

    def steps(count: int) -> None:
        nonlocal state
        for _ in range(count):
            state = compiled(*state)
        j.block_until_ready(state)

    return steps


def _jax_forward(row: Row, params: Any, x: Any, j: Any) -> Any:
    jnp = j.numpy
    for layer, group in zip(row.layers, params, strict=True):
        match layer:
            case Conv():
                x = j.lax.conv_general_dilated(
                    x, group["weight"], (1, 1), layer.padding.upper(), dimension_numbers=("NHWC", "HWIO", "NHWC")
                )
                x = x + group["bias"] if layer.bias else x
            case Dense():
                x = x @ group["weight"] + group["bias"]
            case BatchNorm():
                axes = tuple(range(x.ndim - 1))
                normal = (x - x.mean(axes)) / jnp.sqrt(x.var(axes) + layer.epsilon)
                x = normal * group["scale"] + group["shift"]
            case MaxPool():
                window = (1, layer.size, layer.size, 1)
                x = j.lax.reduce_window(x, -jnp.inf, j.lax.max, window, window, "VALID")
            case ReLU():
                x = jnp.maximum(x, 0)
            case Flatten():
                x = x.reshape(len(x), -1)
            case _:
                raise NotImplementedError(f"no row of the table has {layer}")
    return x


def _jax_update(optimizer: Any, params: Any, slots: Any, grads: Any, done: Any, j: Any) -> Any:
    rate = optimizer.learning_rate
    m, v = slots
    if isinstance(optimizer, Momentum):
        m = j.tree.map(lambda a, g: 0.9 * a + g, m, grads)
        return j.tree.map(lambda p, a: p - rate * a, params, m), (m, v)
    m = j.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, grads)
    v = j.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, grads)
    c1, c2 = 1 - 0.9 ** (done + 1), 1 - 0.999 ** (done + 1)
    return j.tree.map(lambda p, a, b: p - rate * (a / c1) / (j.numpy.sqrt(b / c2) + 1e-8), params, m, v), (m, v)
