"""Names that people give are read as they are written."""

import pytest

from dashboard.markdown import literal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![x](http://evil.example/x.png)", r"\!\[x\]\(http\://evil\.example/x\.png\)"),
        (":red[x] $a$ **b** `c`", r"\:red\[x\] \$a\$ \*\*b\*\* \`c\`"),
        ("<b>&amp;</b>", r"\<b\>\&amp;\</b\>"),
        ("two\n\n# lines", r"two \# lines"),
        ("Größe · 5×5", "Größe · 5×5"),
    ],
)
def test_no_sign_of_markdown_is_left_to_work(text, shown):
    assert literal(text) == shown
