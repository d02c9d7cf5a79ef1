"""The tables of what is seen without labels: made from records, between their markers."""

from benchmarks.bench_scarce import MADE_BY, PART
from benchmarks.pages import END, Record, begin


def record(share: float, flagged: float, kind: str = "sentences", error: float = 0.05) -> Record:
    said = {"kind": kind, "learnt": "movies", "foreign": "nyt", "share": share, "flagged": flagged, "before": 0.812}
    return said | {"true": 0.7, "estimated": 0.75, "error": error, "error_of_before": 0.112}


def test_the_tables_have_a_row_for_each_pair_of_each_kind() -> None:
    records = [
        record(1.0, 0.98),
        record(0.0, 0.02),
        record(0.0, 0.04, "images", 0.01),
        record(1.0, 1.0, "images", 0.01),
    ]
    page = PART.render_page(f"# Title\n{begin(MADE_BY)}\nold\n{END}\nnotes\n", records)
    assert page.startswith("# Title\n") and page.endswith("\nnotes\n") and "\nold\n" not in page
    assert "| kind | learnt, then asked about | 0% foreign | 100% foreign |" in page
    assert "| sentences | movies, nyt | 2% | 98% |" in page and "| images | movies, nyt | 4% | 100% |" in page
    assert "| sentences | movies, nyt | 0.812 | 0.700 | 0.750 |" in page
    assert "of sentences: 5.0 points; of the accuracy before, 11.2 points." in page
    assert "of images: 1.0 points; of the accuracy before, 11.2 points." in page
