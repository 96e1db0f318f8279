"""What stands out in the distributions of a moment, in sentences: what it is, and what to do about it."""

import math

from dashboard.inside.layer_names import layer_title
from dashboard.language import say, translated
from engine import Model
from engine.explain.distributions import Distribution, Moment
from engine.explain.features import activated
from engine.layers import ReLU, Sigmoid, Softmax, Tanh

FADED = 1e-3  # size of the first layer's gradients by that of the last ones', below which they vanish
SILENT, SATURATED = 0.9, 0.5  # shares of the answers from which it is said
ENDS = {Sigmoid: (0.01, 0.99), Tanh: (-0.99, 0.99)}


def size(each: Distribution) -> float:
    """Root of the mean square."""
    return math.hypot(each.mean, each.deviation)


def findings(model: Model, at: Moment) -> list[str]:
    """Sentences; none where nothing stands out."""
    found = [*_broken(model, at), *_gradients(model, at)]
    for number, answers in at.answers.items():
        end = activated(model, number)
        activation = model.network.layers[end]
        title = layer_title(model, number)
        if isinstance(activation, ReLU) and answers.zeros > SILENT:
            found.append(
                say(
                    "{layer}: {share:.0f} % of the answers are 0. Few units do the work; if more of them die, lower "
                    "the learning rate, or take LeakyReLU.",
                    layer=title,
                    share=100 * answers.zeros,
                )
            )
        for kind, (low, high) in ENDS.items():
            share = outside(answers, low, high)
            if isinstance(activation, kind) and share > SATURATED:
                found.append(
                    say(
                        "{layer}: {share:.0f} % of the answers are at the ends of {activation}, where it is flat and "
                        "lets hardly any gradient through. Smaller weights at the start, a lower learning rate or "
                        "BatchNorm before it help; so does ReLU.",
                        layer=title,
                        share=100 * share,
                        activation=translated(kind.__name__),
                    )
                )
    return found


def outside(each: Distribution, low: float, high: float) -> float:
    """Share of the numbers below `low` or above `high`."""
    quantiles = each.quantiles
    return float(((quantiles < low) | (quantiles > high)).mean())


def _broken(model: Model, at: Moment) -> list[str]:
    layers = [n for n in at.weights if max(at.weights[n].broken, at.answers[n].broken, at.gradients[n].broken) > 0]
    if not layers:
        return []
    return [
        say(
            "{layer}: some numbers are infinite or undefined. The run has diverged; go back and lower the learning "
            "rate.",
            layer=layer_title(model, layers[0]),
        )
    ]


def _gradients(model: Model, at: Moment) -> list[str]:
    numbers = list(at.gradients)
    if len(numbers) < 2 or isinstance(model.network.layers[-1], Softmax):
        return []
    first, last = size(at.gradients[numbers[0]]), max(size(at.gradients[number]) for number in numbers[1:])
    if not (math.isfinite(first) and math.isfinite(last)):
        return []
    if first == 0:
        return [
            say(
                "No gradient reaches {layer}: what lies between passes none on. It cannot learn any more.",
                layer=layer_title(model, numbers[0]),
            )
        ]
    if first >= FADED * last:
        return []
    return [
        say(
            "The gradients vanish: those of {layer} are {times:,.0f} times smaller than the largest of a later layer. "
            "ReLU in place of sigmoid or tanh, BatchNorm, or fewer layers let more of them through.",
            layer=layer_title(model, numbers[0]),
            times=last / first,
        )
    ]
