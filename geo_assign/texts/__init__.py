"""What mails and push messages say, in the languages of the console: one file for each, with the same keys.

The types demand every key of every language. What the pages say is theirs: the console's `texts`.
"""

from collections.abc import Mapping

from geo_assign.core.languages import Language
from geo_assign.texts import de, en, pt
from geo_assign.texts.shape import MailText, ServiceTexts

TEXTS: Mapping[Language, ServiceTexts] = {
    Language.ENGLISH: en.TEXTS,
    Language.GERMAN: de.TEXTS,
    Language.PORTUGUESE: pt.TEXTS,
}

__all__ = ["TEXTS", "MailText", "ServiceTexts"]
