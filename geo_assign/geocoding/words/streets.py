"""Kinds of streets by language, as they are written out and abbreviated.

One line each: the languages (`ro` are the Romance ones, `sl` the Slavic ones, `sc` the Scandinavian ones, `ba` the
Baltic ones), the kind, where its word stands in a name, and its spellings.
"""

from geo_assign.geocoding.words import folded_words

_KINDS = """
en street after street st str strt
en road after road rd
en lane after lane ln
en drive after drive dr drv
en court after court ct crt
en close after close cl
en square after square sq
en terrace after terrace ter terr tce
en crescent after crescent cres cr cresc crst
en gardens after gardens gdns gdn
en grove after grove gr grv
en hill after hill hl
en mews after mews
en row after row
en walk after walk wlk
en way after way wy
en gate after gate
en green after green grn
en rise after rise
en yard after yard yd
en alley after alley aly
en parade after parade pde
en parkway after parkway pkwy pky
en circus after circus
en circle after circle cir
en wharf after wharf
en bridge after bridge
en embankment after embankment emb
en viaduct after viaduct
en loop after loop
en trail after trail trl
en turnpike after turnpike tpke
en expressway after expressway expy
en freeway after freeway fwy
en,ro,de avenue either avenue ave av aven avda avd avenida
en,ro,de,nl,sc place either place pl plc plaza praça pça pca pc piazza pza pzza plein platz plac piața plass plads plats
en,ro boulevard either boulevard blvd bd bvd boul bulevar bulevard bulwar bulvarı bulvar blv bul
en,ro highway either highway hwy
en,ro quay either quay quai
en,ro esplanade either esplanade esp
en,ro promenade either promenade prom
en,ro passage either passage pasaje passagem pasaż
ro street before rua r calle c cl carrer rue strada str via v kalea
ro carrera before carrera cra kr cr
ro travessa before travessa tv trav travesía trva traverse
ro transversal before transversal transv tv
ro diagonal before diagonal diag dg
ro largo before largo lg lgo
ro praceta before praceta pta pct
ro estrada before estrada estr carretera ctra crta carreteira route rte chaussée chée
ro alameda before alameda al
ro calçada before calçada cç calc
ro beco before beco
ro caminho before caminho camino cno chemin ch
ro cais before cais muelle
ro rotunda before rotunda rotonda
ro escadas before escadas escadaria
ro azinhaga before azinhaga
ro ladeira before ladeira cuesta
ro rodovia before rodovia rod
ro paseo before paseo pso passeig pg passeio
ro ronda before ronda
ro glorieta before glorieta gta
ro callejón before callejón cjón
ro corso before corso cso
ro viale before viale vle
ro vicolo before vicolo vic
ro lungomare before lungomare lungarno lungotevere
ro salita before salita
ro impasse before impasse imp
ro allée before allée all
ro cours before cours
ro sentier before sentier
ro faubourg before faubourg fbg
de strasse either straße strasse str strase
de gasse after gasse
de weg after weg
de allee after allee
de ufer after ufer
de damm after damm
de ring after ring
de steig after steig
de chaussee after chaussee
de markt after markt
de hof after hof
nl straat after straat
nl laan after laan
nl gracht after gracht
nl kade after kade
nl dijk after dijk
nl singel after singel
nl steeg after steeg
nl weg after weg
sc street after gade gata gate gaten gatan
sc road after vej väg vägen vei veien vegen
sc alley after gränd gränden
fi katu after katu
fi tie after tie
fi kuja after kuja
fi polku after polku
sl street either ulica ul ulice ulitsa vulytsia улица ул вулиця вул улиця
sl avenue either aleja al aleje aleea prospekt проспект просп пр
sl square either náměstí nám námestie plac pl площадь пл площа trg
sl osiedle before osiedle os
sl lane either переулок пер провулок пров pereulok
sl boulevard either бульвар бул
sl embankment either набережная наб набережна nábřeží nábř nábr nab
sl highway either шоссе ш шосе
sl passage either проезд проїзд
sl cul either тупик туп
hb street before רחוב רח
hb boulevard before שדרות שד
hb lane before סמטה סמטת
hb square before כיכר
ar street before شارع ش خيابان
ar square before ميدان
ar road before طريق جادة
id street before jalan jl
vi street before đường duong
th street before ถนน
el street before οδός οδος
tr street after sokak sokağı sk sok
tr boulevard after bulvarı bulvar bul blv
tr avenue after cadde caddesi cad cd
tr quarter after mahallesi mah
hu utca after utca u
hu tér after tér tere
hu út after út útja
hu körút after körút krt
hu köz after köz
hu sor after sor
hu rakpart after rakpart rkp
ba street after gatvė g iela tänav tn
ba avenue after prospekts pr prospektas puiestee pst
ba road after maantee mnt
ba boulevard after bulvāris
"""
# Endings of one word: Hauptstraße, Kerkstraat, Storgatan.
_JOINED = """
de strasse straße strasse str
de,nl weg weg
de gasse gasse
de,nl platz platz
de allee allee
de ufer ufer
de damm damm
de steig steig
de chaussee chaussee
de,nl markt markt
nl straat straat str
nl laan laan
nl gracht gracht
nl platz plein
nl kade kade
nl dijk dijk
nl singel singel
nl steeg steeg
sc street gade gata gatan gaten gate
sc road vej väg vägen vei veien vegen
sc alley gränd gränden
sc place plats platsen plassen
fi katu katu
fi tie tie
fi kuja kuja
fi polku polku
"""
Kind = tuple[str, str]
"""A language, and the kind of street that a word is there."""


def _read(table: str, *, columns: int) -> list[list[str]]:
    return [line.split(None, columns) for line in table.strip().splitlines()]


def _add(found: dict[str, frozenset[Kind]], languages: str, kind: str, words: str) -> None:
    for word in folded_words(words):
        found[word] = found.get(word, frozenset()) | {(language, kind) for language in languages.split(",")}


def _kinds_at(place: str) -> dict[str, frozenset[Kind]]:
    found: dict[str, frozenset[Kind]] = {}
    for languages, kind, where, words in _read(_KINDS, columns=3):
        if where in {place, "either"}:
            _add(found, languages, kind, words)
    return found


def _kinds_joined() -> dict[str, frozenset[Kind]]:
    found: dict[str, frozenset[Kind]] = {}
    for languages, kind, words in _read(_JOINED, columns=2):
        _add(found, languages, kind, words)
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


# Words that stand before the name, behind it, or joined to its end, each with the kinds that it may mean.
KINDS_BEFORE = _kinds_at("before")
KINDS_AFTER = _kinds_at("after")
KINDS_JOINED = _kinds_joined()
# Words of a name that say nothing: articles, prepositions, titles that are put or left as one likes.
EMPTY = frozenset(
    folded_words(
        """
        the of and at on in by de da do das dos e a o os as d del della dello degli delle dei di la le les el los las lo
        l du des et en y i van der den het 't ten ter te op aan im am zum zur an auf bei von vom und dem die das
        dr dra doutor doctor prof professor engº eng engenheiro sir don dom dona sr sra mr mrs pe padre frei
        im imienia ks imeni имени им jr junior júnior no nr num numero núm nº n.º дом д буд
        """
    )
)
# Words that make one street another: Old Kent Road is not Kent Road.
TELLING = frozenset(
    folded_words(
        """
        old new upper lower great little north south east west middle inner outer
        alte alter altes neue neuer neues große grosse großer kleine kleiner obere untere hintere vordere
        oude nieuwe grote kleine korte lange eerste tweede derde
        velha velho nova novo vieja viejo nueva nuevo vecchia vecchio nuova nuovo vieille vieux nouvelle grande petite
        stara stary nowa nowy mała wielka stará nová malá velká
        старая новая малая большая верхняя нижняя
        gamle gamla ny nya lilla stora store lille
        norra södra östra västra nord sud süd ost
        """
    )
)
# One word for several spellings.
SAME = {
    fold_from: fold_to
    for fold_to, spellings in {
        "saint": "saint st sankt san santo santa são sao sainte ste sto sta sint szent święty św svaty sant",
        "north": "north n", "south": "south s", "east": "east e", "west": "west w",
        "northeast": "northeast ne", "northwest": "northwest nw", "southeast": "southeast se",
        "southwest": "southwest sw", "mount": "mount mt", "fort": "fort ft", "great": "great gt", "little": "little lt",
        "upper": "upper upr", "lower": "lower lwr", "gammel": "gammel gl", "norre": "nørre nr",
        "general": "general gen gral jenderal jend",
        "marshal": "marechal mar mal marshal mariscal", "captain": "captain capt capitão cap kapitana kpt",
        "president": "president pres presidente pdte",
        "1": "first primeiro primeira primero primera premier première erste eerste prima 1er",
        "2": "second segundo segunda deuxième seconda zweite tweede",
        "3": "third terceiro terceira tercera troisième terza dritte derde",
        "4": "fourth",
        "5": "fifth", "6": "sixth", "7": "seventh", "8": "eighth", "9": "ninth", "10": "tenth", "11": "eleventh",
        "12": "twelfth",
    }.items()
    for fold_from in folded_words(spellings)
}  # fmt: skip
DIRECTIONS = frozenset({"north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest"})
# A street by its last sign where no blanks are written.
SIGNS = "路街道巷弄로길通"
