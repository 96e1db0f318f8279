"""In which order runs that wait begin. Knows nothing of Streamlit."""

from collections import Counter
from collections.abc import Callable, Sequence


def in_turn(waiting: Sequence[str], training: Sequence[str], owner: Callable[[str], str]) -> list[str]:
    """The runs that wait, the next one first: whoever has the fewest in training comes next, then who came first.

    Where runs belong to nobody, that is the order in which they came. waiting: in that order; training: runs that use
    a core now; owner: whose a run is.
    """
    count, left, found = Counter(owner(each) for each in training), list(waiting), []
    while left:
        place = min(range(len(left)), key=lambda index: (count[owner(left[index])], index))
        found.append(left.pop(place))
        count[owner(found[-1])] += 1
    return found
