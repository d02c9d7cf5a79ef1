"""What is found wrong with built pages: links that lead nowhere, and what another host would have to give."""

from pathlib import Path

from tests.site.built import problems

STYLE = "body { background: url(//fonts.example/a.woff) } i { background: url(own.svg) }"


def test_links_that_lead_nowhere_are_named(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "index.html").write_text('<h2 id="here">x</h2>')
    (tmp_path / "a.html").write_text(
        '<p id="top"><a href="#top">1</a> <a href="#gone">2</a> <a href="b/index.html#here">3</a> <a href="b">4</a>'
        '<a href="b/index.html#no">5</a> <a href="c.html">6</a> <img src="d.svg"> <a href="https://example.com">7</a>'
    )
    assert problems(tmp_path) == [
        "a.html: #gone leads nowhere",
        "a.html: b/index.html#no leads nowhere",
        "a.html: c.html leads nowhere",
        "a.html: d.svg leads nowhere",
    ]


def test_what_another_host_would_have_to_give_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.js").write_text("")
    (tmp_path / "a.css").write_text(STYLE)
    (tmp_path / "a.html").write_text(
        '<link rel="canonical" href="https://refit.example/"><link rel="stylesheet" href="https://fonts.example/x.css">'
        '<script src="//cdn.example/x.js"></script><script src="own.js"></script><img src="data:image/png;base64,">'
    )
    assert problems(tmp_path) == [
        "a.html: loads //cdn.example/x.js",
        "a.html: loads https://fonts.example/x.css",
        "a.css: loads //fonts.example/a.woff",
    ]
