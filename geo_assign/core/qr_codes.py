"""Links to be scanned by a phone."""

from io import BytesIO

import segno


def qr_code(text: str) -> str:
    """A text to scan, as an SVG document, on white of its own: a dark page around it would make it unreadable."""
    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", scale=4, border=4, light="#fff", xmldecl=False, nl=False
    )
    return drawn.getvalue().decode()
