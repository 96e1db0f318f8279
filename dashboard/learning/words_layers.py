"""By hand: the layers and the first weights."""

from dashboard.language import say
from dashboard.learning.said import Try, Words


def words() -> dict[str, Words]:
    """By the key of the page, in the language of this tab."""
    return _weights() | _activations() | _further() | _initializers()


def _weights() -> dict[str, Words]:
    return {
        "Conv": Words(
            say(
                "A kernel is a small picture of what to look for: an edge, a corner, the end of a stroke. It slides "
                "over the image and answers at each place how well it fits there. The same few weights are used "
                "everywhere, so a stroke that was learned at the left is known at the right."
            ),
            (
                Try(
                    say("Train with one convolution, then with none: compare the parameters and the accuracy."),
                    {},
                    "Conv",
                ),
                Try(say("Look at the kernels on the page Inside while it trains: noise turns into edges.")),
            ),
        ),
        "Dense": Words(
            say(
                "Each output looks at all inputs at once, with a weight for each: what speaks for it counts above 0, "
                "what speaks against it below. The last layer is always one of these, with one output for each class."
            ),
            (Try(say("Give it 10 units, then 1,000: when does the accuracy stop growing?"), {}, "Dense"),),
        ),
    }


def _activations() -> dict[str, Words]:
    return {
        "ReLU": Words(
            say(
                "Without an activation, layers of weighted sums are one weighted sum. ReLU is the cheapest bend there "
                "is, and its slope is 1 wherever it passes anything, so gradients come through many layers "
                "undiminished. A unit whose sum is negative for every image gets no gradient any more: it is dead."
            ),
            (
                Try(
                    say("Set the learning rate ten times too high and switch on the chart of dead units."),
                    {"optimizer": {"kind": "Momentum", "learning_rate": 0.5}},
                ),
            ),
        ),
        "LeakyReLU": Words(
            say("A small slope below 0 keeps a gradient alive where ReLU has none, so a unit can always come back."),
            (Try(say("Race it against ReLU under a high learning rate, on the page Runs."), {}, "LeakyReLU"),),
        ),
        "Sigmoid": Words(
            say(
                "The classical activation. Far from 0 it is flat: there the slope is almost 0, at most a quarter even "
                "at the steepest place, so the gradient fades from layer to layer."
            ),
            (Try(say("Stack five dense layers with it and see how slowly the loss begins to fall."), {}, "Sigmoid"),),
        ),
        "Tanh": Words(
            say("A sigmoid around 0, from -1 to 1, with slope 1 in the middle: signals keep their size better."),
            (
                Try(
                    say("Use it with Glorot's first weights, which were made for it."),
                    {"initializer": "GlorotNormal"},
                    "Tanh",
                ),
            ),
        ),
        "GELU": Words(
            say(
                "A ReLU with a round corner. It costs more time and wins little on digits; deep networks often use it."
            ),
            (Try(say("Compare the images per second with those of ReLU."), {}, "GELU"),),
        ),
        "Identity": Words(
            say("It is there to be compared with: put it where an activation was, and the network is a linear one."),
            (
                Try(
                    say("Replace every activation by it: the accuracy falls to what ten weighted sums can do."),
                    {},
                    "Identity",
                ),
            ),
        ),
        "Softmax": Words(
            say(
                "Shares that add up to 1, and grow with the exponential of the outputs: a difference of 2.3 is a "
                "factor of ten. Cross-entropy has it built in, so put it at the end only with the mean squared error."
            ),
        ),
    }


def _further() -> dict[str, Words]:
    return {
        "Dropout": Words(
            say(
                "In each step other units are missing, so none can rely on its neighbour, and each has to be useful "
                "by itself. At test all of them work together, like a committee. Training accuracy then lies below "
                "validation accuracy: that is dropout at work, no mistake."
            ),
            (
                Try(
                    say("Train on 1,000 images with and without it."),
                    {"data.train_images": 1000, "epochs": 30},
                    "Dropout",
                ),
                Try(say("Set it to 0.9: now it learns too little.")),
            ),
        ),
        "BatchNorm": Words(
            say(
                "Each feature is brought to mean 0 and variance 1 over the batch, so the next layer finds its input "
                "where it was a step ago, whatever the layers before learned meanwhile. That allows higher learning "
                "rates. When images are read one at a time, running means stand in for the batch."
            ),
            (
                Try(
                    say("Add it after a convolution and raise the learning rate three times."),
                    {"optimizer.learning_rate": 0.003},
                    "BatchNorm",
                ),
                Try(say("Set the batch size to 2: the means get noisy, and it harms."), {"batch_size": 2}),
            ),
        ),
        "MaxPool": Words(
            say(
                "It keeps the strongest answer of each window: that a stroke is there matters, not on which of four "
                "pixels. The image shrinks, so what follows sees more of it at once and has less to do."
            ),
            (Try(say("Take the pooling out and look at the multiply-adds below the layers."), {}, "MaxPool"),),
        ),
        "AvgPool": Words(
            say("The mean of each window: softer than the maximum, and every pixel gets a share of the gradient."),
            (Try(say("Put it in the place of max pooling and compare."), {}, "AvgPool"),),
        ),
        "Flatten": Words(
            say(
                "Rows laid one behind the other. What was a neighbour below is now 28 places away, and a dense layer "
                "does not know that they ever touched: that is what convolutions are for."
            ),
        ),
    }


def _initializers() -> dict[str, Words]:
    return {
        "HeNormal": Words(
            say(
                "Half of what ReLU gets is cut off, which halves the signal's variance in every layer; weights with "
                "twice the usual variance make up for it. So signals neither fade nor explode through many layers."
            ),
            (Try(say("Compare it with Scaled Normal 0.01 in a deep network."), {"initializer": "HeNormal"}),),
        ),
        "HeUniform": Words(
            say("The same spread with a sharp edge instead of tails. The difference is hard to measure.")
        ),
        "GlorotNormal": Words(
            say(
                "A compromise between what keeps signals in size on their way forward and what keeps gradients in "
                "size on their way back. Made for tanh and sigmoid."
            ),
            (Try(say("Use it with Tanh."), {"initializer": "GlorotNormal"}),),
        ),
        "GlorotUniform": Words(say("What Keras begins with unless it is told otherwise.")),
        "ScaledNormal": Words(
            say(
                "Your own choice, to see why the others exist: too small, and signals fade within a few layers; too "
                "large, and they explode. A mean away from 0 can switch whole layers off."
            ),
            (
                Try(
                    say("Begin with a deviation of 0.0001."),
                    {"initializer": {"kind": "ScaledNormal", "deviation": 0.0001}},
                ),
                Try(
                    say("Begin with a mean of -0.1 and watch the dead units."),
                    {"initializer": {"kind": "ScaledNormal", "deviation": 0.05, "mean": -0.1}},
                ),
            ),
        ),
        "Zeros": Words(
            say(
                "Units that begin alike get the same gradient and stay alike: a layer of a hundred is worth one. With "
                "all weights 0 not even that: no signal goes through, so no gradient comes back."
            ),
            (Try(say("Train with it: the loss stays at ln 10 = 2.303."), {"initializer": "Zeros"}),),
        ),
    }
