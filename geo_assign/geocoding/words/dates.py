"""Numbers that belong to the name of a street: dates and ordinals."""

from geo_assign.geocoding.words import folded_words

MONTHS = folded_words(
    """
    janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
    enero febrero marzo mayo junio julio septiembre setiembre octubre noviembre diciembre
    gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
    janvier février mars avril mai juin juillet août septembre octobre novembre décembre
    januar februar märz april juni juli august september oktober november dezember
    january february march may june july october december
    maja stycznia lutego marca kwietnia czerwca lipca sierpnia września października listopada grudnia
    listopadu října května máje mája augusta novembra februára
    mei maart augustus januari februari desember
    января февраля марта апреля мая июня июля августа сентября октября ноября декабря
    січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
    marta aprelya maya iyunya iyulya avgusta sentyabrya oktyabrya noyabrya
    ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
    ιανουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου
    يناير فبراير مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر
    januára maijs maija augusts novembris
    """
)
# Months that are named before their day: Október 6. utca, Vasario 16-osios.
MONTHS_BEFORE = folded_words(
    """
    január február március április május június július augusztus szeptember október november december
    sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio gruodžio
    """
)
