"""What the courseworks say of one experiment against another, and whether our runs bear it out."""

import math
from dataclasses import dataclass
from statistics import fmean

from engine.comparing import compare
from engine.reproduce.results import GOOD, NEAR, Result

HOLDS, FAILS, OPEN = "holds", "does not hold", "cannot be told"


@dataclass(frozen=True)
class Claim:
    """`quantity` (a field of Result) of experiment a is greater, or smaller, than that of b."""

    text: str
    a: str
    b: str
    quantity: str
    greater: bool


@dataclass(frozen=True)
class Verdict:
    """Whether a claim holds, and the evidence in words."""

    claim: Claim
    outcome: str  # HOLDS, FAILS or OPEN
    evidence: str


CLAIMS = (
    Claim("the deep net is better than the small one", "16x16-deep", "16x16-small", "test_accuracy", True),
    Claim("momentum needs fewer steps", "16x16-momentum", "16x16-deep", "good_at", False),
    Claim("decay leaves a higher loss", "16x16-l2", "16x16-deep", "train_loss", True),
    Claim("decay converges earlier", "16x16-l2", "16x16-deep", "converged", False),
    Claim("decay costs accuracy", "16x16-l2", "16x16-deep", "test_accuracy", False),
    Claim("cross-entropy is faster than squared error", "16x16-cross-entropy", "16x16-deep", "good_at", False),
    Claim(
        "cross-entropy is less accurate than squared error", "16x16-cross-entropy", "16x16-deep", "test_accuracy", False
    ),
    Claim("dropout 0.2 helps", "16x16-dropout", "16x16-cross-entropy", "test_accuracy", True),
    Claim("stretched images more help", "16x16-stretched", "16x16-cross-entropy", "test_accuracy", True),
    Claim("transposed images more hurt a dense net", "16x16-transposed", "16x16-cross-entropy", "test_accuracy", False),
    Claim("a convolution helps", "16x16-convolution", "16x16-deep", "test_accuracy", True),
    Claim("all together is best", "16x16-best", "16x16-convolution", "test_accuracy", True),
    Claim("Adam is better than SGD", "mnist-adam", "mnist-sgd", "test_accuracy", True),
    Claim("Adam needs fewer steps", "mnist-adam", "mnist-sgd", "best_step", False),
    Claim("batch normalization helps", "mnist-batch-norm", "mnist-adam", "test_accuracy", True),
    Claim("dropout 0.5 helps", "mnist-dropout", "mnist-adam", "test_accuracy", True),
    Claim("both together are worse than normalization", "mnist-both", "mnist-batch-norm", "test_accuracy", False),
    Claim("both together are worse than dropout", "mnist-both", "mnist-dropout", "test_accuracy", False),
    Claim("LeNet is better than every dense net", "mnist-lenet", "mnist-batch-norm", "test_accuracy", True),
)

WORDS = {
    "test_accuracy": "test accuracy",
    "train_loss": "training loss",
    "converged": f"steps to within {100 * NEAR:g} points of its best",
    "good_at": f"steps to {GOOD:.0%} of the validation images",
    "best_step": "steps to the best epoch",
}


def judge(claim: Claim, results: dict[str, list[Result]]) -> Verdict | None:
    """The verdict by the mean difference and its 95 % interval (Welch); None before both were run.

    It takes the interval alone: with three seeds each, the permutation test of comparing.py can never say yes.
    """
    a, b = (_values(results.get(name, []), claim.quantity) for name in (claim.a, claim.b))
    if not a or not b:
        return None
    if not all(map(math.isfinite, [*a, *b])):
        return Verdict(claim, OPEN, f"not every run reached it ({WORDS[claim.quantity]})")
    if min(len(a), len(b)) < 2:
        seen = _shown(fmean(a) - fmean(b), claim.quantity)
        return Verdict(claim, OPEN, f"{WORDS[claim.quantity]}: {seen}, but one seed says nothing of luck")
    found = compare(a, b)
    apart = found.low > 0 or found.high < 0
    outcome = OPEN if not apart else HOLDS if (found.difference > 0) == claim.greater else FAILS
    figures = (_shown(value, claim.quantity) for value in (found.difference, found.low, found.high))
    evidence = "{}: {} (95 % interval {} to {})".format(WORDS[claim.quantity], *figures)
    return Verdict(claim, outcome, evidence)


def _values(results: list[Result], quantity: str) -> list[float]:
    found = [getattr(result, quantity) for result in results]
    return [math.inf if value is None else float(value) for value in found]


def _shown(value: float, quantity: str) -> str:
    if quantity == "test_accuracy":
        return f"{100 * value:+.2f} points"
    return f"{value:+.4f}" if quantity == "train_loss" else f"{value:+,.0f}"
