"""What the numbers of a unit say, in sentences. No streamlit."""

from dashboard.inside.by_hand_numbers import plain
from dashboard.inside.by_hand_work import HandStep
from dashboard.language import say, translated
from dashboard.markdown import literal
from engine import Model
from engine.explain.unit import Norm
from engine.layers import Conv


def words(model: Model, step: HandStep) -> str:
    """What to look for, and on what the new weights rest."""
    said = [
        say(
            "Look for weights with a large input: only they get a large gradient, and where the input is 0 nothing is "
            "learned from this image. The sign of ∂L/∂y says whether the unit should have answered less or more."
        )
    ]
    if step.unit.dy == 0:
        said.append(say("No gradient arrives here: for this image, the unit cannot learn."))
    if isinstance(model.network.layers[step.unit.layer], Conv):
        said.append(say("A kernel is the same everywhere, so its gradient is the sum over all places of the image."))
    if isinstance(step.unit.maths, Norm):
        said.append(say("Mean and variance are the running ones, for one image is no batch."))
    if step.frozen:
        said.append(say("This layer is frozen: its weights stay."))
    elif step.no_step:
        said.append(literal(translated(step.no_step)))
    else:
        optimizer = type(model.config.optimizer).__name__
        said.append(
            say(
                "The new weights are those of one {optimizer} step with this image alone, at a learning rate of "
                "{rate}; a batch takes the mean over its images.",
                optimizer=optimizer,
                rate=plain(step.rate),
            )
        )
        if step.began_anew:
            said.append(say("This file holds no optimizer state, so the step is a first one."))
    if model.checkpoint.average:
        said.append(say("They are the weights that are trained; answers elsewhere are given by their running mean."))
    return " ".join(said)
