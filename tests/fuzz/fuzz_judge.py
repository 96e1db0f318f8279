"""Whether a message is one for people: what was received, what was expected, in words; not what a library muttered."""

import re

LONGEST = 700  # characters
FEWEST_WORDS = 4

# What Python and NumPy say to programmers. Behind a sentence of ours, in brackets, some of it may stand as the reason.
RAW = re.compile(
    r"Traceback|<class |<built-in|object at 0x|NoneType|not subscriptable|not iterable|not callable"
    r"|has no attribute|unexpected keyword|positional argument|unhashable|list index|index out of range"
    r"|could not be broadcast|cannot reshape|setting an array element|inhomogeneous|truth value of an array"
    r"|invalid literal|could not convert|cannot convert float|unpack requires|unpack_from requires|buffer is smaller"
    r"|not enough values|too many values|dictionary update|data type '|data type \S+ not understood"
    r"|OpenCV\(|error: \(-|maximum recursion|Exceeds the limit|codec can't|object dtype|descriptor '"
)
BARE = re.compile(r"(?:^|: |\()'[^']*'\)?\.?$")  # a KeyError's text: a name in quotes and nothing else


def unclear(message: str) -> str:
    """What is wrong with a message; "" if it can be shown to people."""
    if len(message.split()) < FEWEST_WORDS:
        return f"too short: {message!r}"
    if len(message) > LONGEST:
        return f"too long, {len(message):,} characters: {message[:200]!r}"
    if found := RAW.search(message):
        return f"a library's words {found[0]!r}: {message[:300]!r}"
    if BARE.search(message):
        return f"a name in quotes and nothing else: {message[:300]!r}"
    if not message.replace("\n", "").isprintable():
        return f"characters that cannot be shown: {message[:300]!r}"
    return ""
