"""A student's Markdown, as it is kept: nothing in it leads or loads from anywhere."""

from __future__ import annotations

from html.parser import HTMLParser

import mistune
import pytest

from generative_vision.course.grading.outputs import without_addresses

PLAIN = """# Title

*This* is **text**, `a[0] < b`, $a < b$ and $$\\textstyle \\displaystyle\\sum_i x_i$$

1. one: [not] a link (see below)
2. two, `f(x)`; a < b > c

| a | b |
|---|---|
| 1 | 2 |

```python
def f(x): return x[0:1]
```

![cat](attachment:a%20b.png) ![two](data:image/png;base64,AAAA+/=)
"""
LOADS = [
    "![a](http://e.example/x)",
    "![a][1]\n\n[1]: /logout",
    "![a]\n\n[a]: <http://e.example>",
    "![![a](/x)](attachment:a.png)",
    "![<img src=/x>](attachment:a.png)",
    '![<a href="](attachment:a.png)">x</a>',
    "![`](attachment:a.png)`![b](/x)",
    "![a\\](attachment:a.png)](/x)",
    "[![a](attachment:a.png)](http://e.example)",
    "<![a](attachment:a.png)",
    "![a](attachment:a.png<img src=/x>)",
    "![a](data:image/svg+xml;base64,AAAA)",
    "<img src=/x>",
    "<IMG SRC=/x>",
    "<video src=/x></video>",
    "<style>a{background:url(/x)}</style>",
    "<!-- -->",
    "<?x ?>",
    "</p><form action=/x><button>b</button></form>",
    "[a](javascript:x)",
    "[a](</x>)",
    "[a][b]\n\n[b]:/x",
    "<http://e.example>",
    "http://e.example/x",
    "see https://e.example",
    "_www.e.example_",
    "<<img src=/x>",
    "&lt;img src=/x&gt;<img src=/x>",
    "| ![http://e.example|](data:image/png;base64,AAAA) | z |\n|---|---|\n| 1 | 2 |",
]
STYLED = 'style="background:url(/x)"title="'
BLOCKS = [
    f'~~~$"{STYLED}$\nx\n~~~',
    f'> - ````  $"{STYLED}$\n> - ````',
    "```mermaid\nflowchart\n```",
    "~~~ Mermaid x\nflowchart\n~~~",
    "1. ```mermaid\n   flowchart\n   ```",
]
FORMULAS = [
    r"$\href{/x}{a}$",
    r"$\bbox[background:url(/x)]{a}$",
    r"$\let\a=\href \a{/x}{a}$",
    r"$\style{background:url(/x)}{a}$",
    r"$\\href{/x}{a}$",
]
TAGS = {
    "p",
    "em",
    "img",
    "blockquote",
    "ul",
    "li",
    "code",
    "pre",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
ATTACHED = "#harmful-link"  # so mistune writes what it does not know


class Tags(HTMLParser):
    """What a text made into HTML loads, leads to and consists of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name not in ("alt", "class", "align")]


def shown(text):
    markdown = mistune.create_markdown(escape=False, plugins=["url", "table", "footnotes"])
    return Tags(markdown(without_addresses(text)))


def test_ordinary_text_stays_as_it_is():
    assert without_addresses(PLAIN) == PLAIN


@pytest.mark.parametrize("text", LOADS)
def test_nothing_leads_or_loads_from_anywhere(text):
    for around in ("{}", "> {}", "- a\n  {}", "{}\n\n{}", "<b {}", "[{}](/y)"):
        found = shown(around.replace("{}", text))
        assert set(found.addresses) <= {"", ATTACHED}
        assert found.tags <= TAGS


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_code_is_not_drawn_and_names_no_more_than_a_language(block):
    markdown = mistune.create_markdown(renderer="ast")
    found = list(blocks(markdown(without_addresses(block))))
    assert found != []
    assert [one["attrs"]["info"] for one in found if "attrs" in one] == []


def blocks(tokens):
    for token in tokens:
        yield from [token] if token["type"] == "block_code" else []
        yield from blocks(token.get("children", []))


@pytest.mark.parametrize("alt", [f'$"{STYLED}$', "a|b", "http://e.example", "a`b"])
def test_a_pasted_pictures_words_are_only_words(alt):
    picture = "data:image/png;base64,AAAA"
    made = without_addresses(f"![{alt}]({picture})")
    assert "](" not in made


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_formula_leads_anywhere_or_has_a_style(formula):
    made = without_addresses(formula)
    assert not any(f"\\{name}" in made for name in ("href", "bbox", "style"))


def test_what_was_made_harmless_is_not_changed_again():
    for text in [*LOADS, *FORMULAS, *BLOCKS]:
        once = without_addresses(text)
        assert without_addresses(once) == once
