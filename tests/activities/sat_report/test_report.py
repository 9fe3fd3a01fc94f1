"""The acceptance test report, read back as its reader gets it."""

import re
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from activities.sat_report import render
from models.messages.sat_report import AnsweredQuestion, Photo, SatReport, Section
from tests.activities.sat_report.sample import NOON, photo, photos, sample

pytestmark = pytest.mark.step("P18")


def _read(report: SatReport, pictures: dict[str, bytes] | None = None) -> PdfReader:
    return PdfReader(BytesIO(render(report, photos() if pictures is None else pictures)))


def _text(pdf: PdfReader) -> str:
    """All pages as one line, so that a phrase is found wherever it was broken."""
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pdf.pages))


def _asking(*questions: AnsweredQuestion) -> SatReport:
    return sample(1).model_copy(update={"site": (Section(title="Asked", questions=questions),)})


@pytest.mark.parametrize(
    "said",
    [
        # who and where
        "Laadnet Midden B.V.", "SAT-2026-000017", "Gemeente Utrecht", "UTR/2026/LP-0815", "PR-2026-000042",
        "WO-2026-000017", "Oudegracht 158-bis, 3511 AZ Utrecht, NL", "52.090737° N, 5.121420° E",
        "GC-7F3A21", "Connected 19 Nov 2026, 12:00 CET",
        # what stands there
        "NL*STM*E000002*1, NL*STM*E000002*2", "Voltaris Duo 22", "AC pole, 2 sockets", "VT-2026-00002",
        "2.4.1", "VT00002",
        # how it was tested
        "21 Nov 2026, 09:20:07 CET Connected ✓ passed", "check SIM card x failed", "Transaction 101",
        "Started 21 Nov 2026, 09:22:00 CET", "Stopped 21 Nov 2026, 09:25:00 CET", "0.413 kWh (413 Wh)",
        # the answers
        "5.1 Earth resistance, measured at the pole 3.2 Ω (limit ≤ 100 Ω) ✓ passed",
        "412 MΩ (limit ≥ 1 MΩ) ✓ passed", "231.4 V (limits 207 to 253 V) ✓ passed", "stand level? no x failed",
        "Photo 2 (question 4.3): The site seen from the bridge, with both bays and the sign",
        # the remarks and what became of them
        "Returned by Siobhán Őri, Operations, 21 Nov 2026, 11:00 CET. Sent again 21 Nov 2026, 11:30 CET.",
        "please measure again at the electrode. 93 Ω 3.2 Ω 21 Nov 2026, 11:29 CET",
        # who answers for it
        "Filled in by Jürgen Wójcik, Kabelwerk Oost, 21 Nov 2026, 11:30 CET",
        "Approved by Siobhán Őri, Operations, 21 Nov 2026, 11:55 CET",
    ],
)  # fmt: skip
def test_the_report_tells(said: str) -> None:
    assert said in _text(_READ).replace("\N{MULTIPLICATION SIGN}", "x")


def test_every_page_has_its_number_and_the_references() -> None:
    assert len(_READ.pages) > 3
    for number, page in enumerate(_READ.pages, start=1):
        text = page.extract_text()
        assert f"Page {number} of {len(_READ.pages)}" in text
        assert "SAT-2026-000017" in text
        assert "PR-2026-000042 · WO-2026-000017" in text
        assert "generated 21 Nov 2026, 12:00 CET" in text


def test_each_station_has_its_entry_in_the_outline_and_a_link_from_the_summary() -> None:
    titles = [entry.title for entry in _READ.outline if not isinstance(entry, list)]
    assert titles[4:6] == ["5 Station UTR-000001", "6 Station UTR-000002"]
    links = [
        annotation for annotation in _READ.pages[0].get("/Annots", []) if annotation.get_object()["/Subtype"] == "/Link"
    ]
    assert len(links) >= 2


def test_the_document_says_what_it_is_in_its_own_metadata() -> None:
    assert _READ.metadata is not None
    assert _READ.metadata.title == "Site acceptance test report SAT-2026-000017"
    assert _READ.metadata.author == "Laadnet Midden B.V."
    assert _READ.metadata.subject == "PR-2026-000042 · WO-2026-000017"
    assert _READ.metadata.creation_date == NOON
    catalog: Any = _READ.trailer["/Root"]
    assert catalog["/Lang"] == "en-GB"
    assert catalog["/MarkInfo"]["/Marked"] == True  # noqa: E712 - pypdf's own boolean
    assert catalog["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert _READ.xmp_metadata is not None
    assert _READ.xmp_metadata.dc_title == {"x-default": "Site acceptance test report SAT-2026-000017"}


def test_every_font_is_inside_the_document() -> None:
    for page in _READ.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            assert "/FontFile2" in descriptor


def test_the_same_report_is_the_same_bytes_in_another_process_and_zone() -> None:
    program = (
        "import sys; from activities.sat_report import render;"
        "from tests.activities.sat_report.sample import sample, photos;"
        "sys.stdout.buffer.write(render(sample(), photos()))"
    )
    other = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        env={"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"},
    )
    assert other.stdout == render(sample(), photos())


def test_photos_stand_upright_and_are_brought_down_to_what_paper_shows() -> None:
    question = AnsweredQuestion(
        code="p", text="Photos", photos=tuple(Photo(id=n, caption=n) for n in ("turned", "large"))
    )
    pictures = {"turned": photo(800, 600, orientation=6), "large": photo(6000, 4000, kind="PNG")}
    turned, large = (image.image for page in _read(_asking(question), pictures).pages for image in page.images)
    assert turned is not None
    assert large is not None
    assert turned.size == (600, 800)
    red, green, blue = turned.getpixel((530, 70))  # type: ignore[misc]
    assert red > 150 > max(green, blue)
    assert large.size == (1400, 933)


@pytest.mark.parametrize(
    "content", [b"", b"no picture", photo()[:300], b"\x89PNG\r\n\x1a\n" + b"\0" * 64, b"GIF89a" + b"\0" * 32]
)
def test_a_broken_photo_is_a_box_that_says_so_and_the_others_are_shown(content: bytes) -> None:
    pdf = _read(sample(), photos() | {"meter": content})
    assert "Photo 1 could not be read" in _text(pdf)
    assert sum(len(page.images) for page in pdf.pages) == 3


def test_a_photo_that_was_lost_is_named() -> None:
    pictures = photos()
    del pictures["site"]
    assert "Photo 2 is not in the archive" in _text(_read(sample(), pictures))


def test_an_answer_longer_than_a_page_is_told_to_its_end_under_repeated_headings() -> None:
    words = [f"w{number}" for number in range(2000)]
    pdf = _read(_asking(AnsweredQuestion(code="long", text="Tell", answer=" ".join(words))))
    assert re.findall(r"\bw\d+\b", _text(pdf)) == words
    told_on = [
        page.extract_text() for page in pdf.pages if "w1500" in page.extract_text() or "w1000" in page.extract_text()
    ]
    assert told_on
    assert all("Question" in text and "Answer" in text and "4.1" in text for text in told_on)


def test_a_table_over_many_pages_repeats_its_headings_and_keeps_its_rows() -> None:
    questions = [
        AnsweredQuestion(code=f"q{n}", text=f"Question number {n}?", answer=f"a{n}", passed=True) for n in range(150)
    ]
    pdf = _read(_asking(*questions))
    text = _text(pdf)
    for number in range(150):
        assert f"4.{number + 1} Question number {number}? a{number} ✓ passed" in text
    pages = [page.extract_text() for page in pdf.pages if "Question number" in page.extract_text()]
    assert len(pages) > 3
    assert all("No." in page and "Result" in page for page in pages)


def test_a_word_without_end_stays_on_the_page() -> None:
    word = "x" * 400
    pdf = _read(_asking(AnsweredQuestion(code="w", text=word, answer=word)))
    assert "".join(_text(pdf).split()).count("x" * 20) >= 2
    assert _widest_line(pdf) < 60


def _widest_line(pdf: PdfReader) -> int:
    return max(len(run) for page in pdf.pages for run in re.findall("x+", page.extract_text()))


def test_signs_of_many_languages_are_kept_and_those_without_a_glyph_become_a_block() -> None:
    text = "Łódź, Żilina, Ñandú, Ωμέγα, Улица, ≤ ≥ ° µ ² € “quoted” "
    pdf = _read(
        _asking(AnsweredQuestion(code="u", text="Signs", answer=text + "\N{WHITE HEAVY CHECK MARK}\0\x07 done"))
    )
    assert text.strip() + " ■ done" in _text(pdf)


@given(st.text(max_size=300), st.decimals(allow_nan=False, allow_infinity=False, places=3) | st.none())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_and_no_limit_breaks_the_drawing(text: str, limit: Decimal | None) -> None:
    question = AnsweredQuestion(code="any", text=text, answer=text, unit=text[:12], maximum=limit)
    report = _asking(question).model_copy(update={"requester": text, "operator": text, "number": text[:40]})
    assert len(_read(report, {}).pages) >= 3


def test_a_report_without_remarks_or_test_charge_says_so() -> None:
    report = sample(1)
    station = report.stations[0].model_copy(update={"test_charge": None})
    text = _text(_read(report.model_copy(update={"stations": (station,), "review_rounds": ()})))
    assert "Approved at the first review, without remarks." in text
    assert "No test charge was made." in text


def test_summer_times_are_told_in_the_zone_of_the_place() -> None:
    july = NOON - timedelta(days=130)
    report = sample(1).model_copy(update={"generated_at": july, "time_zone": "Europe/Lisbon"})
    assert "generated 14 Jul 2026, 12:00 WEST" in _text(_read(report))


_READ = _read(sample())
