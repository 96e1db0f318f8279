"""The illustration on the page of a control, and what to look for in it."""

import streamlit as st

from dashboard.charts import Figure
from dashboard.language import say, translated
from dashboard.learning import drawn, pictured
from dashboard.learning.topics import Topic
from dashboard.live_chart import live_chart
from dashboard.settings.forms import words
from engine.arrays import Bytes
from engine.augment import Augmentation
from engine.initializers import Initializer
from engine.layers import AvgPool, MaxPool, Softmax
from engine.layers.activation import Activation
from engine.losses import Loss
from engine.optimizers import Optimizer
from engine.schedules import Schedule

HEIGHT = 300  # pixels


def render(topic: Topic) -> bool:
    """Draw it. False where there is none."""
    return _of_class(topic) if topic.cls is not None else _of_setting(topic.key)


def _chart(figure: Figure, caption: str) -> bool:
    live_chart(figure, "illustration", "", HEIGHT, caption)
    st.caption(caption)
    return True


def _image(image: Bytes, caption: str) -> bool:
    st.image(image, width="content")
    st.caption(caption)
    return True


def _of_class(topic: Topic) -> bool:
    cls, name = topic.cls, translated(words(topic.name))
    if cls is None:
        return False
    if issubclass(cls, Augmentation):
        return _image(pictured.augmented(cls), say("A digit as it is, and seven times as this change makes it."))
    chosen = cls()
    if isinstance(chosen, Softmax):
        figure = drawn.softmax_figure(say("outputs"), say("shares"), False)
        return _chart(figure, say("Ten outputs and their shares: the largest takes most of it."))
    if isinstance(chosen, Activation):
        figure = drawn.activation_figure(chosen, say("answer"), say("slope"), False)
        return _chart(figure, say("The answer, and its slope: where the slope is 0, no gradient comes back."))
    if isinstance(chosen, Schedule):
        return _chart(drawn.schedule_figure(chosen, False), say("A learning rate of 0.01 over a run of 2,000 steps."))
    if isinstance(chosen, Optimizer):
        figure = drawn.optimizer_figure(chosen, name, translated(words("SGD")), False)
        return _chart(
            figure, say("40 steps down a narrow valley: its floor runs from left to right, the lowest place is 0.")
        )
    if isinstance(chosen, Loss):
        other = next(each for each in Loss.members() if each != cls.__name__)
        figure = drawn.loss_figure(chosen, name, translated(words(other)), False)
        return _chart(figure, say("What one image costs, by the probability p that its right class was given."))
    if isinstance(chosen, Initializer):
        figure = drawn.initializer_figure(chosen, name, translated(words("HeNormal")), False)
        return _chart(figure, say("The 78,400 first weights of a layer with 784 inputs and 100 units."))
    if isinstance(chosen, MaxPool | AvgPool):
        return _image(pictured.pooled(chosen), say("A digit, pooled by 2, and by 2 again."))
    return _of_layer(cls.__name__)


def _of_layer(name: str) -> bool:
    """Pictures of the layers that have each their own."""
    if name == "Conv":
        caption = say(
            "A digit, a kernel, and its answer: this one finds upper and lower edges, the next the left and right."
        )
        return _image(pictured.convolved(), caption)
    if name == "Dropout":
        return _image(pictured.dropped(), say("A digit, and six steps in which half of its pixels are switched off."))
    if name == "Flatten":
        return _image(pictured.flattened(), say("A digit, and four of its rows laid one behind the other."))
    if name == "BatchNorm":
        figure = drawn.norm_figure(say("before"), say("after"), False)
        return _chart(figure, say("One feature over a batch of 2,000: it lies around 0 afterwards, as wide as 1."))
    return False


def _of_setting(key: str) -> bool:
    if key == "momentum":
        figure = drawn.momentum_figure(say("momentum {value:g}"), False)
        return _chart(
            figure, say("The same learning rate: without momentum it creeps, with much of it it swings past.")
        )
    if key == "learning_rate":
        figure = drawn.rate_figure(say("rate {value:g}"), False)
        return _chart(figure, say("Too small: it creeps. Good: it zigzags down. Too large: each step leads higher."))
    if key == "batch_size":
        figure = drawn.batch_figure(say("batch of {value:g}"), False)
        return _chart(figure, say("The same number of steps with the noise of small and of large batches."))
    if key == "average":
        figure = drawn.average_figure(say("the weights"), say("their running mean"), False)
        return _chart(figure, say("The weights go on shaking; their mean comes to rest near the lowest place."))
    if key == "label_smoothing":
        figure = drawn.smoothing_figure(say("smoothing {value:g}"), False)
        return _chart(figure, say("The target for the image of a 3: how much of it goes to the other classes."))
    if key in ("penalty.l1", "penalty.l2"):
        figure = drawn.penalty_figure({"l1": "L1", "l2": "L2"}, False)
        caption = say("Three weights that only a penalty moves: L1 brings them to 0 one by one, L2 shrinks all alike.")
        return _chart(figure, caption)
    if key == "warmup":
        return _chart(drawn.warmup_figure(False), say("A constant rate with a warm-up of 400 steps."))
    if key == "seed":
        return _image(pictured.seeds(), say("The first weights of a unit: seed 1, seed 1 again, seed 2, seed 3."))
    if key == "data.label_noise":
        image, labels = pictured.mislabelled()
        said = ", ".join(str(label) for label in labels)
        return _image(
            image, say("Training images whose labels are all random: they are said to be {labels}.", labels=said)
        )
    return False
