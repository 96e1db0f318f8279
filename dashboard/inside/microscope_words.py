"""What the numbers of an optimizer's step say, in sentences. No streamlit."""

from dashboard.inside.by_hand_numbers import plain
from dashboard.inside.microscope_work import Seen
from dashboard.language import say
from engine.optimizers import Adam, Momentum, RMSProp


def words(seen: Seen) -> list[str]:
    """What the numbers say, in sentences."""
    weight, optimizer = seen.weight, seen.config.optimizer
    if seen.diverged:
        return [say("The loss or the gradient is not finite: no step is made, and the run ends here as diverged.")]
    said = []
    if weight.frozen:
        said.append(say("Its layer is frozen: the gradient is there, but no step is made."))
    elif isinstance(optimizer, Adam):
        steady = abs(weight.m_hat) / max(weight.v_hat, 1e-300) ** 0.5
        said.append(
            say(
                "The size of a gradient hardly matters to Adam: √v̂ divides it out. This step is {share} of the "
                "learning rate; near 1 the gradients of late had one sign, near 0 they cancelled each other.",
                share=plain(steady, 2),
            )
        )
    elif isinstance(optimizer, RMSProp):
        size = plain(abs(weight.direction), 2)
        said.append(
            say("The gradient is divided by its usual size √s: this one is {size} times as large as usual.", size=size)
        )
    elif isinstance(optimizer, Momentum):
        before, gradient = weight.slots_before["velocity"] * optimizer.momentum, weight.regularized
        said.append(
            say("The velocity of before and this gradient have one sign: steps along a slope add up.")
            if before * gradient > 0
            else say("This gradient points against the velocity of before, which goes on nearly as it was.")
        )
    else:
        said.append(say("Plain gradient descent remembers nothing: the step is the gradient times the learning rate."))
    if seen.began_anew and not weight.frozen:
        said.append(say("This file holds no optimizer state, so its memory begins at 0, as at the start of a run."))
    said.append(
        say("It is the step that training makes next from these weights, with the same images and the same bits.")
    )
    return said
