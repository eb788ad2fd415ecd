"""English."""

from geo_assign.texts.shape import MailText, ServiceTexts

TEXTS = ServiceTexts(
    invitation=MailText(
        subject="Your invitation to {organization}",
        body="""\
Hello {name},

you are invited to work with {organization}. Open this link and choose your password:

{link}

The link works once, until {until}. You log in with your e-mail address and the organization {slug}.

If you do not expect this invitation, leave it be: nothing happens without the link.
""",
    ),
    password_reset=MailText(
        subject="Choose a new password for {organization}",
        body="""\
Hello {name},

a new password was asked for your account at {organization}. Open this link and choose it:

{link}

The link works once, until {until}. The old password works until then, and all devices are logged out after it.

If you did not ask for this, leave it be: your password stays as it is.
""",
    ),
    offer="New offer: {number}",
    offer_withdrawn="Offer withdrawn: {number}",
    assigned="Work for you: {number}",
    unassigned="No longer yours: {number}",
    answer_by="Answer by {clock}.",
    day="{day} {month} {year}, {clock}",
    slot="{weekday} {day} {month}, {start} to {end}.",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    short_months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
)
