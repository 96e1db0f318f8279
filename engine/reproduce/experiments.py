"""What is run, and what was reported of it."""

from dataclasses import dataclass

from engine.presets import PRESETS, Preset

OWN_DATA = "mnist16"  # presets with this source are meant for a file that users bring: usps16.mat
REPORTED_ON = {"usps16": 1_000, "mnist": 10_000}  # test images of the data that the reported figures are of


@dataclass(frozen=True)
class Experiment:
    """A preset, and the share of the test images that somebody else's program got right with it.

    by: who reports it. how: what they say of the way there.
    """

    name: str
    by: str
    accuracy: float | None = None
    how: str = ""

    @property
    def preset(self) -> Preset:
        """The settings."""
        return PRESETS[self.name]

    @property
    def brings_data(self) -> bool:
        """Whether it is meant for the data of the first coursework."""
        return self.preset.config.data.source == OWN_DATA


FIRST, SECOND = "first coursework", "second coursework"

EXPERIMENTS: dict[str, Experiment] = {
    each.name: each
    for each in (
        Experiment("16x16-small", FIRST, 0.903),
        Experiment("16x16-deep", FIRST, 0.950),
        Experiment("16x16-momentum", FIRST, None, "fewer steps"),
        Experiment("16x16-l2", FIRST, 0.910, "higher loss, earlier convergence"),
        Experiment("16x16-cross-entropy", FIRST, 0.931, "faster; 60,000 steps"),
        Experiment("16x16-bias-unit", FIRST),
        Experiment("16x16-dropout", FIRST, 0.937),
        Experiment("16x16-fine-tuning", FIRST),
        Experiment("16x16-stretched", FIRST, None, "+0.7 points"),
        Experiment("16x16-transposed", FIRST, None, "worse"),
        Experiment("16x16-convolution", FIRST, 0.979),
        Experiment("16x16-best", FIRST, 0.981, "40,000 steps"),
        Experiment("16x16-champion", "a public NumPy project", 0.997),
        Experiment("mnist-sgd", SECOND, 0.9712, "36 epochs"),
        Experiment("mnist-adam", SECOND, 0.9757, "14 epochs"),
        Experiment("mnist-batch-norm", SECOND, 0.9791),
        Experiment("mnist-dropout", SECOND, 0.9765),
        Experiment("mnist-both", SECOND, 0.9752),
        Experiment("mnist-lenet", SECOND, 0.9868, "3 epochs"),
        Experiment("99-in-seconds", "our aim", 0.99),
    )
}
