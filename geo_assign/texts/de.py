"""German."""

from geo_assign.texts.shape import MailText, ServiceTexts

TEXTS = ServiceTexts(
    invitation=MailText(
        subject="Ihre Einladung zu {organization}",
        body="""\
Guten Tag {name},

Sie sind eingeladen, mit {organization} zu arbeiten. Öffnen Sie diesen Link und wählen Sie Ihr Passwort:

{link}

Der Link gilt einmal, bis {until}. Sie melden sich mit Ihrer E-Mail-Adresse und der Organisation {slug} an.

Wenn Sie diese Einladung nicht erwarten, lassen Sie sie liegen: ohne den Link geschieht nichts.
""",
    ),
    password_reset=MailText(
        subject="Neues Passwort für {organization} wählen",
        body="""\
Guten Tag {name},

für Ihr Konto bei {organization} wurde ein neues Passwort angefordert. Öffnen Sie diesen Link und wählen Sie es:

{link}

Der Link gilt einmal, bis {until}. Bis dahin gilt das alte Passwort; danach sind alle Geräte abgemeldet.

Wenn Sie das nicht angefordert haben, tun Sie nichts: Ihr Passwort bleibt, wie es ist.
""",
    ),
    offer="Neues Angebot: {number}",
    offer_withdrawn="Angebot zurückgezogen: {number}",
    assigned="Arbeit für dich: {number}",
    unassigned="Nicht mehr bei dir: {number}",
    answer_by="Antwort bis {clock}.",
    day="{day}. {month} {year}, {clock}",
    slot="{weekday}, {day}. {month}, {start} bis {end}.",
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    short_months=("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
    weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
)
