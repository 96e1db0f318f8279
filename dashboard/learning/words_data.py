"""By hand: data and augmentation."""

from dashboard.language import say
from dashboard.learning.said import Try, Words


def words() -> dict[str, Words]:
    """By the key of the page, in the language of this tab."""
    return _data() | _augmentation()


def _data() -> dict[str, Words]:
    return {
        "data.train_images": Words(
            say(
                "Nothing helps like more images. With few of them a network can learn each by heart, and the gap "
                "between training and validation shows it."
            ),
            (
                Try(say("Learn from 300 images, for 50 epochs."), {"data.train_images": 300, "epochs": 50}),
                Try(say("Ten times as many: how many mistakes are left?"), {"data.train_images": 3000, "epochs": 10}),
            ),
        ),
        "data.validation_images": Words(
            say(
                "Images that the network never learns from show what it makes of new ones. They steer you: when to "
                "stop, which settings are better. Because you choose by them, they flatter in the end; so the test "
                "images are looked at once, when all is decided. With 100 images the accuracy is uncertain by three "
                "points, with 10,000 by a third of a point."
            ),
            (Try(say("Hold back only 100 and see how the curve jumps."), {"data.validation_images": 100}),),
        ),
        "data.scaling": Words(
            say(
                "First weights are drawn for inputs around 0 and of size 1. Standard brings pixels there; unit leaves "
                "them between 0 and 1; none hands over 0 to 255, a hundred times too large."
            ),
            (Try(say("Train with none: look at the very first loss."), {"data.scaling": "none"}),),
        ),
        "data.label_noise": Words(
            say(
                "Wrong labels cannot be understood, only learned by heart. A network learns what is regular first, so "
                "its validation accuracy rises, and falls again as it begins to learn the mistakes."
            ),
            (
                Try(say("A fifth of the labels wrong, for 30 epochs."), {"data.label_noise": 0.2, "epochs": 30}),
                Try(say("All of them random: what can still be learned?"), {"data.label_noise": 1.0}),
            ),
        ),
        "data.leaked_images": Words(
            say(
                "A mistake that happens in real research: test images that were in the training data. The test then "
                "shows what the network remembers, not what it can do."
            ),
            (
                Try(
                    say("Leak 5,000 and compare test and validation accuracy at the end."),
                    {"data.leaked_images": 5000, "data.train_images": 10_000},
                ),
            ),
        ),
        "data.added_images": Words(
            say(
                "Changed copies are made once, before training, and stay the same, as the courseworks ask for. "
                "Augmentation does the same anew for every image at every epoch, and so never shows one twice."
            ),
        ),
        "data.added_by": Words(say("How the added copies differ from the images that they were made of.")),
        "data.personal_share": Words(
            say(
                "Your drawings are few, the data is large. Each is repeated until they have this share of what is "
                "learned; too much of it, and the network forgets other hands."
            ),
        ),
    }


def _augmentation() -> dict[str, Words]:
    return {
        "Shift": Words(
            say("A 3 that lies two pixels further left is a 3. People's drawings never lie where MNIST's do."),
            (Try(say("Train with it, then draw in a corner."), {"augmentation": [{"kind": "Shift", "pixels": 3.0}]}),),
        ),
        "Rotate": Words(
            say("Hands slope differently. Beyond 30 degrees it begins to harm: a 6 turns into a 9 on its way."),
            (
                Try(
                    say("Turn by up to 180 degrees: which digits are mixed up now?"),
                    {"augmentation": [{"kind": "Rotate", "degrees": 180.0}]},
                ),
            ),
        ),
        "Stretch": Words(
            say("Wide and narrow, tall and short hands."), (Try(say("Try it"), {"augmentation": ["Stretch"]}),)
        ),
        "Zoom": Words(say("Large and small digits."), (Try(say("Try it"), {"augmentation": ["Zoom"]}),)),
        "Shear": Words(
            say("Most hands slant to the right, some to the left."), (Try(say("Try it"), {"augmentation": ["Shear"]}),)
        ),
        "Transpose": Words(
            say(
                "No hand writes so: it makes the task harder without making the network better at reading. Worth "
                "seeing once."
            ),
            (Try(say("Try it"), {"augmentation": ["Transpose"]}),),
        ),
        "Elastic": Words(
            say(
                "The trembling of a hand. For handwriting it is the strongest of all these changes, and the dearest to "
                "compute."
            ),
            (Try(say("Try it"), {"augmentation": [{"kind": "Elastic", "strength": 1.5}]}),),
        ),
        "Noise": Words(
            say("Grain as a bad camera has. It teaches not to hang on single pixels."),
            (Try(say("Try it"), {"augmentation": ["Noise"]}),),
        ),
        "Erase": Words(
            say("A stroke may be missing: the rest has to be enough."),
            (Try(say("Try it"), {"augmentation": ["Erase"]}),),
        ),
    }
