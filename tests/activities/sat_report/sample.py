"""A report of an ordinary site with two stations, and pictures to go with it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO

from PIL import Image, ImageDraw

from models.messages.sat_report import (
    AnsweredQuestion,
    ConnectionTestStep,
    GridConnection,
    Photo,
    Place,
    ReviewRemark,
    ReviewRound,
    SatReport,
    Section,
    Signature,
    StationPart,
    TestCharge,
)

NOON = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)

REPORT_PHOTOS = ("meter", "site", "plate-1", "plate-2")


def photo(width: int = 800, height: int = 600, *, orientation: int = 1, kind: str = "JPEG") -> bytes:
    """Blue above, green below, with a red spot at the upper left, as the sensor saw it."""
    image = Image.new("RGB", (width, height), (60, 120, 200))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height // 2, width, height), fill=(90, 160, 90))
    draw.ellipse((20, 20, 120, 120), fill=(200, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = BytesIO()
    image.save(stored, kind, exif=exif)
    return stored.getvalue()


def photos() -> dict[str, bytes]:
    return {name: photo() for name in REPORT_PHOTOS} | {"plate-2": photo(orientation=6)}


ELECTRICAL_SAFETY = Section(
    title="Electrical safety",
    questions=(
        AnsweredQuestion(
            code="earth_resistance",
            text="Earth resistance, measured at the pole",
            answer="3.2",
            unit="Ω",
            maximum=Decimal(100),
            passed=True,
        ),
        AnsweredQuestion(
            code="insulation",
            text="Insulation resistance between phases and earth at 500 V DC",
            answer="412",
            unit="MΩ",
            minimum=Decimal(1),
            passed=True,
        ),
        AnsweredQuestion(
            code="voltage",
            text="Voltage L1-N under no load",
            answer="231.4",
            unit="V",
            minimum=Decimal(207),
            maximum=Decimal(253),
            passed=True,
        ),
        AnsweredQuestion(code="rcd", text="Does the RCD trip when tested?", answer="yes", passed=True),
    ),
)


def station(number: int) -> StationPart:
    at = NOON - timedelta(hours=3) + timedelta(minutes=20 * number)
    labels = ("Registered", "Connected", "Booted", "Configuration applied", "Self-check passed")
    steps = tuple(
        ConnectionTestStep(label=label, at=at + timedelta(seconds=7 * n), remark="firmware 2.4.1" if n == 2 else "")
        for n, label in enumerate(labels)
    )
    failed = ConnectionTestStep(
        label="Connected",
        at=at - timedelta(minutes=18),
        passed=False,
        remark="No boot within 15 minutes: check SIM card",
    )
    charge = TestCharge(
        transaction_id=100 + number,
        started_at=at + timedelta(minutes=2),
        stopped_at=at + timedelta(minutes=5),
        energy_wh=412 + number,
    )
    return StationPart(
        asset_name=f"UTR-{number:06d}",
        evse_ids=(f"NL*STM*E{number:06d}*1", f"NL*STM*E{number:06d}*2"),
        brand="Voltaris",
        model="Duo 22",
        product_type="AC pole, 2 sockets",
        serial=f"VT-2026-{number:05d}",
        firmware="2.4.1",
        ocpp_identity=f"VT{number:05d}",
        connection_test=(failed, *steps) if number == 1 else steps,
        test_charge=charge,
        sections=(
            ELECTRICAL_SAFETY,
            Section(
                title="Finish",
                questions=(
                    AnsweredQuestion(code="level", text="Does the pole stand level?", answer="no", passed=False),
                    AnsweredQuestion(
                        code="plate",
                        text="Photo of the type plate",
                        photos=(Photo(id=f"plate-{number}", caption=f"Type plate of UTR-{number:06d}"),),
                    ),
                ),
            ),
        ),
    )


def sample(stations: int = 2) -> SatReport:
    return SatReport(
        number="SAT-2026-000017",
        operator="Laadnet Midden B.V.",
        requester="Gemeente Utrecht",
        requester_reference="UTR/2026/LP-0815",
        placement_reference="PR-2026-000042",
        work_order_reference="WO-2026-000017",
        place=Place(
            address="Oudegracht 158-bis, 3511 AZ Utrecht, NL",
            municipality="Utrecht",
            latitude=52.090737,
            longitude=5.12142,
        ),
        grid=GridConnection(reference="GC-7F3A21", connected_at=NOON - timedelta(days=2)),
        site=(
            Section(
                title="Surroundings",
                questions=(
                    AnsweredQuestion(code="pavement", text="Is the pavement restored?", answer="yes", passed=True),
                    AnsweredQuestion(
                        code="bays",
                        text="Markings of the parking bays",
                        answer="Both bays marked; the sign E08c stands at the left bay. "
                        "Curb lowered by 2 cm on request of the city.",
                    ),
                    AnsweredQuestion(
                        code="cabinet",
                        text="Photos of the meter cabinet and of the site",
                        photos=(
                            Photo(id="meter", caption="Meter cabinet, seal intact"),
                            Photo(id="site", caption="The site seen from the bridge, with both bays and the sign"),
                        ),
                    ),
                ),
            ),
        ),
        stations=tuple(station(number) for number in range(1, stations + 1)),
        review_rounds=(
            ReviewRound(
                number=1,
                returned=Signature(name="Siobhán Őri", organisation="Operations", at=NOON - timedelta(hours=1)),
                sent_again_at=NOON - timedelta(minutes=30),
                remarks=(
                    ReviewRemark(
                        station="UTR-000001",
                        question_code="earth_resistance",
                        text="The value is above that of the neighbouring pole; please measure again at the electrode.",
                        rejected_answer="93 Ω",
                        corrected_answer="3.2 Ω",
                        corrected_at=NOON - timedelta(minutes=31),
                    ),
                    ReviewRemark(
                        question_code="cabinet",
                        text="The photo is too dark to read the meter number.",
                        rejected_answer="photo",
                        corrected_answer="a new photo",
                        corrected_at=NOON - timedelta(minutes=35),
                    ),
                ),
            ),
        ),
        filled_in=Signature(name="Jürgen Wójcik", organisation="Kabelwerk Oost", at=NOON - timedelta(minutes=30)),
        approved=Signature(name="Siobhán Őri", organisation="Operations", at=NOON - timedelta(minutes=5)),
        generated_at=NOON,
    )
