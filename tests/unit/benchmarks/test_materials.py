"""What the benchmark's rows are read from: a manual's marks, and the tags of packages."""

from benchmarks.manuals import parse_page
from benchmarks.packages import parse_packages

PAGE = """\
.\\" a comment
.Dd January 22, 2008
.Sh DESCRIPTION
The
.Fn BUF_RECURSED "struct buf *bp"
function returns
.Dv NULL
(see
.Xr lockmgr 9 ) ,
where
.Fa bp
is read from
.Pa /dev/buf .
Its argument is
.Fl a Ns Ar b .
.Pp
A sentence that is cut
.Pp
"""
STANZAS = """\
Package: one
Tag: role::program, use::gameplaying,
 works-with::image, culture::TODO
Section: games
Description: a game
 of many lines

Package: two
Section: libs
Description: without tags

Package: three
Description-en: a game
Section: games
Tag: role::program
"""


def test_a_sentence_has_what_its_author_marked() -> None:
    first, second, *_ = (one for one in parse_page(PAGE) if one.text)
    assert first.text == "The BUF_RECURSED() function returns NULL (see lockmgr(9)), where bp is read from /dev/buf."
    marked = [(first.text[one["start"] : one["end"]], one["label"]) for one in first.entities]
    assert marked == [
        ("BUF_RECURSED", "function"),
        ("NULL", "constant"),
        ("lockmgr", "page"),
        ("bp", "argument"),
        ("/dev/buf", "file"),
    ]
    assert first.is_whole and not second.is_whole, "a macro within a line is left out, with its sentence"


def test_a_package_has_the_tags_that_are_asked_for() -> None:
    assert list(parse_packages(STANZAS)) == [
        {"text": "a game", "section": "games", "labels": ["role::program", "works-with::image", "use::gameplaying"]}
    ]
