"""Portuguese."""

from geo_assign.texts.shape import MailText, ServiceTexts

TEXTS = ServiceTexts(
    invitation=MailText(
        subject="O seu convite para {organization}",
        body="""\
Olá {name},

recebeu um convite para trabalhar com {organization}. Abra esta ligação e escolha a sua palavra-passe:

{link}

A ligação funciona uma vez, até {until}. Entra com o seu endereço de e-mail e a organização {slug}.

Se não espera este convite, ignore-o: sem a ligação nada acontece.
""",
    ),
    password_reset=MailText(
        subject="Escolha uma nova palavra-passe para {organization}",
        body="""\
Olá {name},

foi pedida uma nova palavra-passe para a sua conta em {organization}. Abra esta ligação e escolha-a:

{link}

A ligação funciona uma vez, até {until}. A antiga vale até lá; depois, a sessão termina em todos os dispositivos.

Se não pediu isto, ignore-o: a sua palavra-passe fica como está.
""",
    ),
    offer="Nova oferta: {number}",
    offer_withdrawn="Oferta retirada: {number}",
    assigned="Trabalho para ti: {number}",
    unassigned="Já não é teu: {number}",
    answer_by="Responde até às {clock}.",
    day="{day} de {month} de {year}, {clock}",
    slot="{weekday}, {day} {month}, das {start} às {end}.",
    months=(
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ),
    short_months=("jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez."),
    weekdays=("seg.", "ter.", "qua.", "qui.", "sex.", "sáb.", "dom."),
)
