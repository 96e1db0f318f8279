"""Challenges: a goal, a budget and locked settings in a link, and codes that are verified by training once more."""

from engine.challenge.claim import Claim, claim_of, decode_claim, encode_claim
from engine.challenge.coding import ChallengeError
from engine.challenge.faults import FAULTS, Fault
from engine.challenge.replay import Verdict, refusal, verdict
from engine.challenge.rules import Budget, Challenge, Figures, Goal, decode_challenge, encode_challenge
from engine.challenge.shipped import SHIPPED

__all__ = [
    "FAULTS",
    "SHIPPED",
    "Budget",
    "Challenge",
    "ChallengeError",
    "Claim",
    "Fault",
    "Figures",
    "Goal",
    "Verdict",
    "claim_of",
    "decode_challenge",
    "decode_claim",
    "encode_challenge",
    "encode_claim",
    "refusal",
    "verdict",
]
