"""Faults that a mystery network can have, as a person names them after a look at its curves.

Each says what it would show, which is also the answer to a wrong guess, and what mends it. The guesses that are no
fault of any network here are there to be told apart from those that are.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """name: as a person guesses it. shows: what the curves of a network with it look like. explanation: why.

    mends: settings by path that take it away; {} for a guess that is no fault of any network that ships.
    """

    name: str
    shows: str
    explanation: str = ""
    mends: tuple[tuple[str, Any], ...] = ()


FAULTS: dict[str, Fault] = {
    "labels": Fault(
        "The labels are shuffled",
        "With shuffled labels the training loss still falls, slowly, because each image can be learned by heart, but "
        "the validation accuracy stays where guessing is.",
        "Every training image carries a random label. A large network learns even that by heart (Zhang et al. 2017), "
        "so its training accuracy climbs. There is nothing in it that holds for other images: validation accuracy "
        "stays at 10 %, and the validation loss grows with every epoch. Whenever training learns and validation stays "
        "at chance, look at the labels.",
        (("data.label_noise", 0.0),),
    ),
    "rate": Fault(
        "The learning rate is far too high",
        "With a learning rate that is far too high the loss leaps up within the first steps, to many times its "
        "beginning, and then stays rough and high.",
        "The learning rate is a hundred times what it should be. The first steps throw the weights far across the "
        "valley that they should have slid into: the loss leaps from 2.9 to far above, and afterwards each step "
        "undoes the one before. Switch on the size of the updates below the curves: 0.001 of the weights is usual.",
        (("optimizer.learning_rate", 0.001),),
    ),
    "zeros": Fault(
        "All weights begin at 0",
        "With weights of 0 the loss begins at exactly ln 10 = 2.303 and stays there from the first step to the last, "
        "without any roughness: no gradient reaches the hidden layer.",
        "All weights began at 0. Every unit computes the same, 0, so no gradient comes back through it, and none can "
        "become different from its neighbours. Only the output's biases learn: how frequent each digit is. The loss "
        "is that of a guess among ten, ln 10 = 2.303, and the units are not even dead: they answer 0, where tanh is "
        "steepest. Random weights break the symmetry.",
        (("initializer", {"kind": "HeNormal"}),),
    ),
    "scale": Fault(
        "The pixels are not scaled",
        "With pixels from 0 to 255 the very first loss is many times ln 10 = 2.3, before anything was learned; it "
        "falls steeply and ends worse than it should.",
        "The pixels go in as they are, 0 to 255, where weights are drawn for numbers around 1. So the first outputs "
        "are a hundred times too large, the network is sure of its random answers, and the loss begins at 150 instead "
        "of 2.3. Adam copes, slowly; plain gradient descent would have been thrown out at once.",
        (("data.scaling", "standard"),),
    ),
    "dead": Fault(
        "The units are dead",
        "Dead units answer every image alike: the chart of dead units below the curves stands near 100 %, and the loss "
        "hardly moves from ln 10 = 2.303.",
        "The weights began below 0 on average, and pixels are never below 0: so every unit's sum was negative for "
        "every image, and ReLU made it 0. Where the answer is 0 the gradient is 0 as well: a dead unit cannot learn "
        "to live. The few units that did not quite die must do all the work. Weights around 0, or LeakyReLU, keep "
        "units alive.",
        (("initializer", {"kind": "HeNormal"}), ("data.scaling", "standard")),
    ),
    "leak": Fault(
        "Test images are among the training images",
        "With test images among the training images the curves look healthy, but the test accuracy at the end lies far "
        "above the validation accuracy, where both should be about the same.",
        "The test images were among the training images, so the network knew the answers by heart: 100 % of the test, "
        "and 95 % of the validation images that it never saw. Validation and test images are drawn alike, so their "
        "accuracies may differ by chance, by half a point, not by five. A figure that is too good is a reason to look "
        "at the data, not to celebrate.",
        (("data.leaked_images", 0),),
    ),
    "small": Fault(
        "The network is too small",
        "A network that is too small learns at once and then stands still early, with training and validation curves "
        "close together, well above chance.",
    ),
    "memorising": Fault(
        "It is memorising: too few images",
        "A network with too few images reads most validation images correctly too, far more than one in ten; only the "
        "gap between the curves grows.",
    ),
    "dropout": Fault(
        "There is too much dropout",
        "With too much dropout the training accuracy lies below the validation accuracy, for dropout is off when "
        "validation images are read; both rise.",
    ),
    "slow": Fault(
        "The learning rate is far too low",
        "With a learning rate that is far too low the loss begins at about 2.3 to 3 and falls in a smooth, almost "
        "straight line that has not come far when the run ends.",
    ),
}
