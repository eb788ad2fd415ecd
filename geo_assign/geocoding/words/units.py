"""Words for what lies within a house: flats, floors, stairs, doors, and for boxes that are no place at all."""

from geo_assign.geocoding.words import folded_words

# "Flat 3", "Apto 45", "кв. 5": the word, then what it is.
BEFORE = folded_words(
    """
    apartment appartment appartement apartamento apartament apartmán apartman apt apto appt apart ap app
    unit unidad unité suite ste flat room rm floor flr fl level lvl shop office ofc dept department building bldg block
    halle bud nave parcela módulo galpón galpão
    wing tower bay studio penthouse ph maisonette staircase stair stairs entrance locker trailer trlr space hangar slip
    kiosk stall stand duplex sector phase
    bâtiment bat bât escalier esc étage etg porte pte boîte bte hall entrée bureau chambre lot local logement
    piso planta puerta pta escalera portal bloque blq depto dpto dto departamento oficina ofic of interior int torre
    manzana mza mz lote lt
    sqs sqn sqsw sqnw shis shin shcs shcn scs scn cls cln qi ql qe qnm qnn qnl qno qna qnb
    andar bloco bl sala loja lj fracção fração frac conjunto cj conj quadra qd cave garagem
    interno piano scala sc palazzina pal lotto citofono
    wohnung whg wng wohnungsnr top stiege stg tür zimmer zi aufgang eingang etage geschoss gebäude geb
    kamer verdieping verd
    mieszkanie mieszk miesz lokal lok pokój pok piętro klatka kl blok budynek
    byt bytu patro poschodie vchod dveře
    emelet em ajtó lépcsőház lph
    bloc scara etaj et camera cam
    stan ulaz kat sprat nadstropje
    вход вх етаж ет апартамент ап блок бл офис
    квартира кв оф подъезд подьезд под этаж эт помещение пом комната комн ком кабинет каб павильон секция бокс
    офіс під'їзд підїзд поверх пов кімната кім приміщення прим
    όροφος διαμέρισμα διαμ γραφείο
    daire dai iç_kapı iç_kapı_no
    דירה קומה כניסה משרד חדר
    شقة شقه الدور دور الطابق طابق مكتب غرفة واحد طبقه
    ชั้น ห้อง หมู่ ซอย
    tầng phòng căn_hộ lầu phường quận
    rt rw lantai kamar
    lgh lägenhet våning plan trappa leilighet leil etasje opgang oppgang opg bolig dør sal
    asunto as krs kerros huoneisto porras rappu
    krt korter korrus dzīvoklis dz stāvs butas bt
    km
    """
)
# "PO Box 12": no door at all.
BOXES = folded_words(
    """
    po_box p.o._box pobox post_office_box gpo_box postbox box mailbox postfach postbus boîte_postale bp cs cedex
    apartado apdo caixa_postal cx_postal casella_postale c.p. skrytka skr postboks boks postilokero pl абонентский_ящик
    """
)
# Words that mean a flat only behind a house number: "12 m. 5", "12 bus 5", "12 Haus 5".
BEHIND = folded_words("m mb bus haus hs hus bt kv casa house lokal")
# The same, but only with a sign behind them: "D:5", "K.3", "p. 3"; "12 D 5" is stair D in Helsinki.
BEHIND_SIGNED = folded_words("d k p e s c h w")
# "3. OG", "3º Esq", "2nd floor": what it is, then the word.
AFTER = folded_words(
    """
    floor flr andar piso planta esq esquerdo esquerda dto drt dir direito direita frt fte frente tras trás izq izda izdo
    izquierda izquierdo dcha dch dcho derecha étage etage og ug dg obergeschoss untergeschoss geschoss piano hoog
    verdieping piętro patro poschodie emelet etaj etg etasje dx sx kerros krs stāvs korrus kat sprat
    этаж подъезд поверх етаж όροφος קומה
    """
)
# The same, but never joined: "2. th" is a floor and a side, 5th an ordinal.
AFTER_APART = folded_words("tv th mf")
# The same, but only where more of the address stands before them: "3 Stock Lane" is a house.
AFTER_OTHERS = folded_words("stock fl level sal tr em vån h patra et")
# Sides and floors without any number.
SIDES = folded_words("r/c r/ch rc/dto r/v c/v s/c")
# Chinese, Japanese, Korean: the number, then the sign.
SIGNS = folded_words("号楼 號樓 号室 號室 号棟 楼 樓 层 層 室 单元 單元 户 戶 階 栋 棟 幢 座 층 호 동")
# Who lives there, to the end of the part.
CARE_OF = folded_words("c/o z.hd. z._hd. zhd attn att p/a a/c bei_familie")
# What stands before a house number and says that it is one.
HOUSE_MARKS = folded_words(
    """
    n.º nº no nr num núm numero número nummer numéro n° č.p. čp č.d. br
    дом д будинок буд house_no house_number h.no hno plot_no plot door_no d.no blk
    בית رقم عمارة مبنى پلاک số dış_kapı dış_kapı_no hnr hausnr hausnummer
    """
)
