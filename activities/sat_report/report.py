"""What stands in a site acceptance test report, in the order in which a city reads it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from activities.paper import ACCENT, MUTED, PASSED, TEXT, Paper
from activities.sat_report import wording
from activities.sat_report.photos import NumberedPhoto, draw_photos
from activities.sat_report.table import Cell, Column, facts, table
from activities.sat_report.wording import Wording
from models.messages.sat_report import AnsweredQuestion, Photo, ReviewRound, SatReport, Section, StationPart


def render(report: SatReport, photos: Mapping[str, bytes]) -> bytes:
    """The PDF (A4, PDF/A-2U): the same input gives the same bytes.

    ``photos`` holds JPEG, PNG or WebP files by photo id; a missing or broken one is shown as such. Blocks for as long
    as the drawing takes (seconds with many photos): call it in a thread.
    """
    return _Report(report, photos).draw()


class _Report:
    def __init__(self, report: SatReport, photos: Mapping[str, bytes]) -> None:
        self._report = report
        self._photos = photos
        self._say = Wording(report.time_zone)
        self._paper = Paper(
            title=report.title,
            author=report.operator,
            reference=" · ".join(filter(None, (report.placement_reference, report.work_order_reference))),
            footnote=f"{report.operator} · generated {self._say.moment(report.generated_at)}",
            created_at=report.generated_at,
        )
        self._paper.set_lang(report.language)
        self._chapters = count(1)
        self._photo_numbers = count(1)
        self._station_links = {station.asset_name: self._paper.add_link() for station in report.stations}
        self._question_names: dict[tuple[str | None, str], str] = {}

    def draw(self) -> bytes:
        self._title()
        self._identification()
        self._location()
        self._summary()
        self._site()
        for station in self._report.stations:
            self._station(station)
        self._review()
        self._signatures()
        return bytes(self._paper.output())

    def _title(self) -> None:
        paper, report = self._paper, self._report
        paper.ink(ACCENT, 11, "B")
        paper.line_of(report.operator, 6)
        paper.ink(TEXT, 22, "B")
        paper.line_of("Site acceptance test report", 11)
        paper.ink(MUTED, 12)
        paper.line_of(report.number, 6.5)
        paper.ink(PASSED, 10.5, "B")
        approved = f"✓ Approved by {self._say.signature(report.approved)}"
        paper.multi_cell(paper.epw, 6, paper.printable(approved), new_x="LMARGIN", new_y="NEXT", align="L")

    def _chapter(self, title: str, keep_with_mm: float = 34.0) -> int:
        number = next(self._chapters)
        self._paper.heading(f"{number}  {title}", keep_with_mm=keep_with_mm)
        return number

    def _identification(self) -> None:
        report = self._report
        self._chapter("Identification")
        facts(
            self._paper,
            [
                *self._asked_for(),
                ("Work order", report.work_order_reference),
                ("Report", report.number),
            ],
        )

    def _asked_for(self) -> list[tuple[str, str]]:
        report = self._report
        if not report.placement_reference:
            return [("Owner of the site", report.requester), ("Owner's reference", report.requester_reference)]
        return [
            ("Requester", report.requester),
            ("Requester's reference", report.requester_reference),
            ("Placement", report.placement_reference),
        ]

    def _location(self) -> None:
        place, grid = self._report.place, self._report.grid
        self._chapter("Location and grid connection" if grid else "Location")
        connected = self._say.moment(grid.connected_at) if grid else ""
        connection = [("Grid connection", grid.reference), ("Connected", connected)] if grid else []
        facts(
            self._paper,
            [
                ("Address", place.address),
                ("Municipality", place.municipality),
                ("Coordinates (WGS 84)", wording.coordinates(place)),
                *connection,
            ],
        )

    def _summary(self) -> None:
        columns = (Column("Part", 34), Column("Serial number", 22), Column("Test charge", 24), Column("Questions", 30))
        site = ("Site", "", "", wording.tally(self._report.site))
        stations = [
            (
                Cell(station.asset_name, ACCENT, link=self._station_links[station.asset_name]),
                station.serial,
                wording.energy(station.test_charge.energy_wh) if station.test_charge else "none",
                wording.tally(station.sections),
            )
            for station in self._report.stations
        ]
        self._chapter("Summary")
        table(self._paper, columns, [site, *stations])

    def _site(self) -> None:
        chapter = self._chapter("Site")
        self._sections(chapter, None, self._report.site)

    def _station(self, station: StationPart) -> None:
        chapter = self._chapter(f"Station {station.asset_name}", keep_with_mm=60.0)
        self._paper.set_link(self._station_links[station.asset_name], y=self._paper.y)
        facts(
            self._paper,
            [
                ("Asset", station.asset_name),
                ("EVSE", ", ".join(station.evse_ids)),
                ("Brand and model", f"{station.brand} {station.model}"),
                ("Product type", station.product_type),
                ("Serial number", station.serial),
                ("Firmware", station.firmware),
                ("OCPP identity", station.ocpp_identity),
            ],
        )
        self._connection_test(station)
        self._test_charge(station)
        self._sections(chapter, station.asset_name, station.sections)

    def _connection_test(self, station: StationPart) -> None:
        self._paper.heading("Connection test", level=1, keep_with_mm=20)
        columns = (Column("Time", 32), Column("Step", 36), Column("Remark", 46), Column("Result", 16))
        rows = [
            (self._say.moment(step.at, seconds=True), step.label, step.remark, wording.verdict(step.passed))
            for step in station.connection_test
        ]
        table(self._paper, columns, rows)

    def _test_charge(self, station: StationPart) -> None:
        self._paper.heading("Test charge", level=1, keep_with_mm=20)
        charge = station.test_charge
        if charge is None:
            self._paper.paragraph("No test charge was made.", MUTED)
            return
        facts(
            self._paper,
            [
                ("Transaction", str(charge.transaction_id)),
                ("Started", self._say.moment(charge.started_at, seconds=True)),
                ("Stopped", self._say.moment(charge.stopped_at, seconds=True)),
                ("Energy", wording.energy(charge.energy_wh)),
            ],
        )

    def _sections(self, chapter: int, station: str | None, sections: Sequence[Section]) -> None:
        numbers = count(1)
        for section in sections:
            self._paper.heading(section.title or "Questions and answers", level=1, keep_with_mm=24)
            self._questions(chapter, station, section, numbers)

    def _questions(self, chapter: int, station: str | None, section: Section, numbers: Iterator[int]) -> None:
        rows, shown = [], list[NumberedPhoto]()
        for question in section.questions:
            number = f"{chapter}.{next(numbers)}"
            self._question_names[station, question.code] = f"{number} {question.text}"
            photos = [self._numbered(photo, number) for photo in question.photos]
            shown += photos
            rows.append((number, question.text, _answer_cell(question, photos), wording.verdict(question.passed)))
        columns = (Column("No.", 11), Column("Question", 62), Column("Answer", 52), Column("Result", 19))
        table(self._paper, columns, rows)
        draw_photos(self._paper, shown, self._photos)

    def _numbered(self, photo: Photo, question: str) -> NumberedPhoto:
        return NumberedPhoto(next(self._photo_numbers), question, photo, self._paper.add_link())

    def _review(self) -> None:
        self._chapter("Review")
        if not self._report.review_rounds:
            self._paper.paragraph("Approved at the first review, without remarks.")
        for review_round in self._report.review_rounds:
            self._round(review_round)

    def _round(self, review_round: ReviewRound) -> None:
        returned = self._say.signature(review_round.returned)
        self._paper.heading(f"Round {review_round.number}: returned with remarks", level=1, keep_with_mm=24)
        sent_again = self._say.moment(review_round.sent_again_at)
        self._paper.paragraph(f"Returned by {returned}." + (f" Sent again {sent_again}." if sent_again else ""))
        columns = (Column("Question", 36), Column("Remark", 42), Column("Answer then", 28), Column("Resolution", 34))
        rows = []
        for remark in review_round.remarks:
            name = self._question_names.get((remark.station, remark.question_code), remark.question_code)
            corrected_at = self._say.moment(remark.corrected_at)
            resolution = f"{remark.corrected_answer or 'answer kept'}\n{corrected_at}".strip()
            where = f"{name}\n({remark.station or 'site'})"
            rows.append((where, remark.text, remark.rejected_answer, resolution))
        table(self._paper, columns, rows)

    def _signatures(self) -> None:
        self._chapter("Responsibility")
        facts(
            self._paper,
            [
                ("Filled in by", self._say.signature(self._report.filled_in)),
                ("Approved by", self._say.signature(self._report.approved)),
                (
                    "Document made",
                    f"{self._say.moment(self._report.generated_at)} from the records of {self._report.operator}",
                ),
            ],
        )


def _answer_cell(question: AnsweredQuestion, photos: Sequence[NumberedPhoto]) -> Cell:
    if not photos:
        return Cell(wording.answer(question))
    names = ", ".join(f"Photo {photo.number}" for photo in photos)
    return Cell(f"{question.answer}\n{names}" if question.answer else names, ACCENT, link=photos[0].link)
