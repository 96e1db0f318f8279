"""By hand: what works against overfitting, and the run."""

from dashboard.language import say
from dashboard.learning.said import Try, Words


def words() -> dict[str, Words]:
    """By the key of the page, in the language of this tab."""
    return _penalties() | _stopping() | _run()


def _penalties() -> dict[str, Words]:
    return {
        "penalty.l1": Words(
            say(
                "It takes the same amount off every weight, however small, until it is 0: what is left is a network "
                "with many weights that do nothing."
            ),
            (Try(say("Set it to 0.0001 and look at the histogram of the weights."), {"penalty.l1": 0.0001}),),
        ),
        "penalty.l2": Words(
            say(
                "It takes a share off every weight: large ones shrink fast, small ones hardly. Small weights mean "
                "answers that change smoothly with the image. Also called weight decay."
            ),
            (
                Try(say("A little, 0.0005, with few images."), {"penalty.l2": 0.0005, "data.train_images": 1000}),
                Try(say("Far too much, 0.1: nothing can be learned against it."), {"penalty.l2": 0.1}),
            ),
        ),
        "penalty.decoupled": Words(
            say("Decay that goes past the optimizer, straight onto the weights: the same with SGD, other with Adam."),
        ),
    }


def _stopping() -> dict[str, Words]:
    return {
        "stopping.patience": Words(
            say(
                "The cheapest remedy against memorising: stop when validation has not improved for so many epochs. Too "
                "little patience takes a chance dip for the end."
            ),
            (
                Try(
                    say("A long run on few images, with a patience of 5."),
                    {"stopping.patience": 5, "epochs": 100, "data.train_images": 1000},
                ),
            ),
        ),
        "stopping.target_accuracy": Words(
            say("To measure how long a network takes to an accuracy, rather than how far it comes in a given time.")
        ),
        "stopping.keep": Words(
            say(
                "The last epoch is not always the best. With best, the weights of the best one are put back at the end."
            ),
        ),
    }


def _run() -> dict[str, Words]:
    return {
        "batch_size": Words(
            say(
                "The gradient of a batch is a guess at that of all images. Four times as many images make it twice as "
                "good, and cost four times as much. Small batches make many rough steps, large ones few smooth steps; "
                "a large batch usually wants a larger learning rate."
            ),
            (
                Try(say("One image at a time."), {"batch_size": 1}),
                Try(say("1,024 images at a time, everything else unchanged."), {"batch_size": 1024}),
            ),
        ),
        "epochs": Words(
            say("One epoch sees every training image once, in a new order. Schedules are drawn over all of them."),
            (
                Try(
                    say("Ten times as many on few images: watch it memorise."),
                    {"epochs": 100, "data.train_images": 500},
                ),
            ),
        ),
        "max_steps": Words(say("For runs that are to cost the same, whatever their batch size.")),
        "seed": Words(
            say(
                "First weights, the order of images, dropout, augmentation: all randomness comes from this one "
                "number, so a run can be repeated bit by bit. Two seeds differ by luck: an improvement that is "
                "smaller than that is none."
            ),
            (
                Try(
                    say(
                        "Train the same settings with five seeds, on the page Runs, before you believe in a difference."
                    )
                ),
            ),
        ),
        "clip_norm": Words(
            say("A single bad batch can throw the weights far away. A gradient that is longer than this is shortened."),
            (
                Try(
                    say("A rate that diverges, saved by clipping."),
                    {"optimizer": {"kind": "SGD", "learning_rate": 2.0}, "clip_norm": 1.0},
                ),
            ),
        ),
        "average": Words(
            say(
                "The weights shake around a low place; their mean lies nearer to it than any of them. It costs memory "
                "and almost no time."
            ),
            (
                Try(
                    say("Keep 0.99 of it at each step, at a high learning rate."),
                    {"average": 0.99, "optimizer.learning_rate": 0.005},
                ),
            ),
        ),
        "validate_every": Words(
            say("Looks at a part of the validation images within an epoch, so that the curve moves. They cost time.")
        ),
    }
