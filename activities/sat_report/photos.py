"""Photos on paper: upright, scaled, with a caption; one that can't be read leaves a box that says so."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

from activities.paper import FAILED, MARGIN_MM, RULE, TEXT, Paper
from models.messages.sat_report import Photo

_GAP_MM = 6.0
_HEIGHT_MM = 62.0
_CAPTION_LINE_MM = 4.0
_LARGEST_SIDE_PX = 1400  # about 400 dots per inch at the printed size
_MOST_PIXELS = 80_000_000
# What Pillow raises for files that are cut off, forged or something else altogether.
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


@dataclass(frozen=True)
class NumberedPhoto:
    """``link`` is where the answers' tables point to."""

    number: int
    question: str
    photo: Photo
    link: int

    @property
    def caption(self) -> str:
        return f"Photo {self.number} (question {self.question}): {self.photo.caption}"


def draw_photos(paper: Paper, photos: Sequence[NumberedPhoto], contents: Mapping[str, bytes]) -> None:
    """Two beside each other, each row on one page."""
    width = (paper.epw - _GAP_MM) / 2
    for start in range(0, len(photos), 2):
        pair = photos[start : start + 2]
        captions = [_caption_lines(paper, photo, width) for photo in pair]
        height = _HEIGHT_MM + 2 + max(map(len, captions)) * _CAPTION_LINE_MM
        paper.ensure(height + 3)
        top = paper.y + 1
        for place, (photo, caption) in enumerate(zip(pair, captions, strict=True)):
            x = MARGIN_MM + place * (width + _GAP_MM)
            paper.set_link(photo.link, y=top)
            _draw_photo(paper, photo, contents.get(photo.photo.id), (x, top, width, _HEIGHT_MM))
            _draw_lines(paper, caption, x, top + _HEIGHT_MM + 1.5, width)
        paper.set_xy(MARGIN_MM, top + height + 2)


def _caption_lines(paper: Paper, photo: NumberedPhoto, width: float) -> list[str]:
    paper.ink(TEXT, 8.5)
    return paper.broken(photo.caption, width)


def _draw_lines(paper: Paper, lines: Sequence[str], x: float, y: float, width: float) -> None:
    paper.ink(TEXT, 8.5)
    for number, line in enumerate(lines):
        paper.set_xy(x, y + number * _CAPTION_LINE_MM)
        paper.cell(width, _CAPTION_LINE_MM, line)


def _draw_photo(
    paper: Paper, photo: NumberedPhoto, content: bytes | None, box: tuple[float, float, float, float]
) -> None:
    x, y, width, height = box
    paper.set_draw_color(*RULE)
    paper.set_line_width(0.2)
    paper.rect(x, y, width, height)
    if content is None:
        return _draw_missing(paper, box, f"Photo {photo.number} is not in the archive", photo.photo.id)
    try:
        picture, (width_px, height_px) = _upright_jpeg(content)
    except _UNREADABLE:
        return _draw_missing(paper, box, f"Photo {photo.number} could not be read", photo.photo.id)
    scale = min((width - 2) / width_px, (height - 2) / height_px)
    w, h = width_px * scale, height_px * scale
    alt_text = paper.printable(photo.caption)
    paper.image(picture, x + (width - w) / 2, y + (height - h) / 2, w, h, alt_text=alt_text)
    return None


def _draw_missing(paper: Paper, box: tuple[float, float, float, float], what: str, photo_id: str) -> None:
    x, y, width, height = box
    paper.set_draw_color(*FAILED)
    paper.set_line_width(0.4)
    paper.rect(x, y, width, height)
    for style_size, text, offset in (("B", what, -5.0), ("", paper.printable(photo_id)[:60], 1.0)):
        paper.ink(FAILED if style_size else TEXT, 9.5 if style_size else 7.5, "B" if style_size else "")
        paper.set_xy(x, y + height / 2 + offset)
        paper.cell(width, 5, text, align="C")


def _upright_jpeg(content: bytes) -> tuple[BytesIO, tuple[int, int]]:
    """The photo as its camera was held, no larger than paper can show, and without the camera's data (place, owner)."""
    with Image.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
        if image.width * image.height > _MOST_PIXELS:
            raise ValueError("The photo has too many pixels")
        image.draft("RGB", (_LARGEST_SIDE_PX, _LARGEST_SIDE_PX))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((_LARGEST_SIDE_PX, _LARGEST_SIDE_PX))
        if upright.mode in {"RGBA", "LA", "PA", "P"}:
            on_white = Image.new("RGBA", upright.size, "white")
            on_white.alpha_composite(upright.convert("RGBA"))
            upright = on_white
        jpeg = BytesIO()
        upright.convert("RGB").save(jpeg, "JPEG", quality=85)
        return jpeg, upright.size
