"""By hand: losses, optimizers, schedules."""

from dashboard.language import say
from dashboard.learning.said import Try, Words


def words() -> dict[str, Words]:
    """By the key of the page, in the language of this tab."""
    return _losses() | _rates() | _optimizers() | _schedules()


def _losses() -> dict[str, Words]:
    return {
        "CrossEntropy": Words(
            say(
                "The surprise at the right answer: -log of the probability that it was given. To be sure and wrong "
                "costs without limit, so the gradient is largest where the mistake is worst. A network that guesses "
                "among ten has a loss of ln 10 = 2.303: the number to know."
            ),
            (Try(say("Note the very first loss of a run: how far from 2.303 is it?"), {"loss": "CrossEntropy"}),),
        ),
        "MeanSquaredError": Words(
            say(
                "Distances squared, as for any numbers. For classes it is a weak teacher: after a softmax or a "
                "sigmoid, an answer that is sure and wrong lies where the curve is flat, and hardly any gradient "
                "comes back."
            ),
            (Try(say("Race it against cross-entropy with the same seed."), {"loss": "MeanSquaredError"}),),
        ),
        "label_smoothing": Words(
            say(
                "The target is a little less than certain. Outputs need not grow without end, so probabilities stay "
                "closer to how often the network is right. The loss can then no longer reach 0."
            ),
            (
                Try(
                    say("Set it to 0.1 and compare the calibration on the page Evaluate."),
                    {"loss.label_smoothing": 0.1},
                ),
            ),
        ),
    }


def _rates() -> dict[str, Words]:
    return {
        "learning_rate": Words(
            say(
                "The most important number of all. Too small, and it takes for ever; too large, and each step leaps "
                "over the valley to a higher place on the other side, until the loss is infinite. The best is often "
                "just below where it begins to shake. It can be changed while the network trains."
            ),
            (
                Try(say("Multiply it by ten during a run, watch the curve, and undo."), {}),
                Try(say("Begin far too low."), {"optimizer.learning_rate": 1e-5}),
                Try(say("Begin far too high."), {"optimizer.learning_rate": 0.1}),
            ),
        ),
        "momentum": Words(
            say(
                "A ball with mass: gradients that agree add up, those that change sign cancel. Along a valley it "
                "gains speed, up to 1 / (1 - m) times, ten times at 0.9; across, it shakes less. With too much of it, "
                "it rolls past the bottom."
            ),
            (
                Try(
                    say("Momentum 0, then 0.9, at the same learning rate."),
                    {"optimizer": {"kind": "Momentum", "learning_rate": 0.01, "momentum": 0.0}},
                ),
                Try(
                    say("Momentum 0.99: the loss swings."),
                    {"optimizer": {"kind": "Momentum", "learning_rate": 0.05, "momentum": 0.99}},
                ),
            ),
        ),
    }


def _optimizers() -> dict[str, Words]:
    return {
        "SGD": Words(
            say(
                "One step against the gradient, nothing more. One learning rate has to suit all directions: in a "
                "narrow valley, what is good along it is too much across."
            ),
            (Try(say("Find the largest rate at which it still learns."), {"optimizer": "SGD"}),),
        ),
        "Momentum": Words(
            say(
                "Steps along the valley add up while those across cancel: usually several times as fast as plain steps."
            ),
            (Try(say("Compare with plain gradient descent."), {"optimizer": "Momentum"}),),
        ),
        "Nesterov": Words(
            say("It brakes earlier: the gradient is taken where the velocity will have led, so it sees a rise ahead."),
            (Try(say("Race it against Momentum at 0.99."), {"optimizer": "Nesterov"}),),
        ),
        "RMSProp": Words(
            say("Each parameter has a step size of its own: where gradients are usually large it moves less for each."),
            (Try(say("See how little the learning rate matters now."), {"optimizer": "RMSProp"}),),
        ),
        "Adam": Words(
            say(
                "Momentum for the direction, RMSProp for the size. A step is about as long as the learning rate "
                "whatever the gradient's scale, so 0.001 suits almost everything. Well tuned momentum can end better; "
                "Adam is good at once."
            ),
            (Try(say("The rate that you would begin with."), {"optimizer": "Adam"}),),
        ),
        "AdamW": Words(
            say(
                "In Adam an L2 penalty is divided by the gradient's size like all the rest, so it hardly acts on "
                "weights with large gradients. Here the decay is taken off the weights directly."
            ),
            (
                Try(
                    say("Compare a decay of 0.1 with L2 under Adam."),
                    {"optimizer": {"kind": "AdamW", "weight_decay": 0.1}},
                ),
            ),
        ),
    }


def _schedules() -> dict[str, Words]:
    return {
        "warmup": Words(
            say(
                "At the beginning gradients are large and point anywhere, and Adam's means know nothing yet. A short "
                "rise keeps the first steps from doing damage."
            ),
            (Try(say("Give a high learning rate 200 steps to rise."), {"schedule.warmup": 200}),),
        ),
        "Constant": Words(
            say("Good for watching, for nothing changes by itself. The loss ends up shaking around a low place.")
        ),
        "Steps": Words(
            say("A stair: at each fall the shaking gets smaller, and the loss drops visibly."),
            (
                Try(
                    say("Fall to a tenth after 2,000 steps."), {"schedule": {"kind": "Steps", "every": 2000, "by": 0.1}}
                ),
            ),
        ),
        "Exponential": Words(say("The same share less at every step: much early, little late.")),
        "Cosine": Words(
            say("It stays high for long, falls in the middle, and lands softly. Good without anything to tune."),
            (Try(say("Use it for a run of 5 epochs."), {"schedule": "Cosine", "epochs": 5}),),
        ),
        "OneCycle": Words(
            say(
                "A rate that would be too high for all of the run is fine in its middle: up with a run-up, then down "
                "to almost nothing. The last tenth of the run gains most."
            ),
            (Try(say("Three epochs with it against three without."), {"schedule": "OneCycle", "epochs": 3}),),
        ),
    }
