"""What a work order is found by: one text for each, folded, with an index over its parts.

Row security hides an index from every operator that is not leakproof, as those of text search are. So the text stands
in a table of its own, and `find_work_orders` looks there with the owner's rights, for the organization that the
transaction is set to and no other. A trigger keeps the text, so that every writer keeps it right, an older
version included; the state of the order, which changes often, does not touch it.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from sqlalchemy import Column, Connection, ForeignKeyConstraint, Index, Text, Uuid, and_, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from geo_assign.core.tables import APP_ROLE, and_also, tenant_table
from geo_assign.workorders.domain import Kind
from geo_assign.workorders.tables import work_orders

_FILLED_AT_ONCE = 2_000
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")
_SAYS_SOMETHING = re.compile(r"[^\W_]|[%_\\]")
_PART_OF_A_PHONE = re.compile(r"[\d+()./-]+")
_PHONE_DIGITS = 4
# Numbers of fewer digits are extensions and parts: `search_phone_ends` has that many.
_WHOLE_PHONE_DIGITS = 7
# Stands before each phone in the texts, too.
_WHOLE_PHONE = "\x03"
_NUMBER = re.compile(r"([LTlt])?-?0*(\d{1,9})", re.ASCII)
_LETTERS = {"L": Kind.LEAD, "T": Kind.TICKET}

work_order_search = tenant_table(
    "work_order_search",
    Column("work_order_id", Uuid, primary_key=True),
    Column("text", Text, nullable=False),
    ForeignKeyConstraint(["org_id", "work_order_id"], ["work_orders.org_id", "work_orders.id"]),
    # A short list of what is still to be sorted in: the writer who fills it up waits for milliseconds, not for seconds.
    Index(
        "work_order_search_idx",
        "org_id",
        "text",
        postgresql_using="gin",
        postgresql_ops={"text": "gin_trgm_ops"},
        postgresql_with={"gin_pending_list_limit": 512},
    ),
    app=("SELECT", "INSERT", "UPDATE"),
)

# Signs that no one looks for: `o'brien`, `obrien` and `o brien` are the same, and so are `x-100` and `x100`.
_SIGNS = "!-/:-@[-`{-~"

and_also(
    work_order_search,
    # Small letters without accents, marks that are not seen and foreign digits, with single blanks.
    r"""
CREATE FUNCTION search_folded(given text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(translate(lower(unaccent(regexp_replace(normalize(given, NFKD),
        '[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]', '', 'g'))),
        'ς٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', 'σ01234567890123456789'), '[\s\x01-\x1f\x7f]+', ' ', 'g'))
$$""",
    # The other way to write a name: Mueller for Müller, Joergensen for Jørgensen. Null where there is none.
    r"""
CREATE FUNCTION search_written_out(given text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    composed text := lower(normalize(given, NFC));
BEGIN
    IF composed !~ '[äöüøå]' THEN
        RETURN NULL;
    END IF;
    RETURN search_folded((SELECT string_agg(word, ' ') FROM unnest(string_to_array(replace(replace(replace(replace(
        replace(composed, 'ä', 'aE'), 'ö', 'oE'), 'ü', 'uE'), 'ø', 'oE'), 'å', 'aA'), ' ')) word WHERE word ~ '[EA]'));
END $$""",
    # The words with signs before a letter, once with a blank for them and once without.
    rf"""
CREATE FUNCTION search_without_signs(folded text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT string_agg(regexp_replace(word, '[{_SIGNS}]+', ' ', 'g') || ' '
            || regexp_replace(word, '[{_SIGNS}]+', '', 'g'), ' ')
        FROM unnest(string_to_array(folded, ' ')) word WHERE word ~ '[{_SIGNS}][^{_SIGNS}]');
END $$""",
    r"""
CREATE FUNCTION search_number(given integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(given::text, '0123456789', 'ᚁᚂᚃᚄᚅᚆᚇᚈᚉᚊ')
$$""",
    r"""
CREATE FUNCTION search_digits(given text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(replace(search_folded(given), '(0)', ''), '[^0-9]', '', 'g')
$$""",
    # Numbers stand between \x01 with letters for digits, what an external id holds of one or two characters behind
    # \x02, phones behind \x03: there only who looks for them finds them. `1` is not part of every phone number, and
    # L-12 not part of L-123.
    r"""
CREATE FUNCTION work_order_search_text(
    kind text, number integer, customer jsonb, phones text, address text, device jsonb, notes text, external_id text
) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    given text := concat_ws(' ', customer ->> 'name', customer ->> 'email',
        regexp_replace(customer ->> 'phone', '[0-9]', ' ', 'g'), address, device ->> 'type', device ->> 'brand',
        device ->> 'model', device ->> 'issue', notes, external_id);
    folded text := search_folded(given);
    written_out text := search_written_out(given);
    told_id text := search_folded(external_id);
    pairs text := '';
BEGIN
    FOR place IN 1 .. coalesce(length(told_id), 0) LOOP
        pairs := pairs || E' \x02' || substr(told_id, place, 2);
    END LOOP;
    RETURN concat_ws(' ', '', folded, search_without_signs(folded), written_out, search_without_signs(written_out),
        E'\x01' || left(kind, 1) || search_number(number) || E'\x01', E'\x01' || search_number(number) || E'\x01',
        pairs,
        E'\x03' || search_digits(customer ->> 'phone'),
        regexp_replace(regexp_replace(phones, '[^0-9 ]', '', 'g'), '([0-9]+)', E'\x03\\1', 'g'), '');
END $$""",
    r"""
CREATE FUNCTION keep_work_order_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO work_order_search AS s (org_id, work_order_id, text)
    VALUES (NEW.org_id, NEW.id, work_order_search_text(NEW.kind, NEW.number, NEW.customer, NEW.customer_phones,
        NEW.address, NEW.device, NEW.notes, NEW.external_id))
    ON CONFLICT (org_id, work_order_id) DO UPDATE SET text = excluded.text WHERE s.text <> excluded.text;
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER work_orders_search
AFTER INSERT OR UPDATE OF kind, number, customer, customer_phones, address, device, notes, external_id ON work_orders
FOR EACH ROW EXECUTE FUNCTION keep_work_order_search()""",
    # A form as a pattern. One or two letters begin a word, or stand anywhere in an external id.
    r"""
CREATE FUNCTION search_patterns(form text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY[CASE WHEN short THEN '% ' ELSE '%' END || escaped || '%']
        || CASE WHEN short AND length(form) < 3 THEN ARRAY[E'%\x02' || escaped || '%'] ELSE '{}' END
    FROM (SELECT form ~ '^[a-z0-9]{1,2}( |$)', regexp_replace(form, '([%_\\])', '\\\1', 'g')) one (short, escaped)
$$""",
    # As phones are dialled: from abroad, from the country itself, with the old trunk code of the east.
    r"""
CREATE FUNCTION search_phone_patterns(given text) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT '%' || dialled || '%'), '{}')
    FROM (SELECT search_digits(given)) one (digits), unnest(ARRAY[digits, substring(digits, '^0+(.*)'),
        substring(digits, '^011(.*)'), substring(digits, '^8(.{8}|.{10})$')]) dialled
    WHERE search_folded(given) ~ '^[0-9+()./ -]+$' AND length(dialled) > 2
$$""",
    # All that a word may stand for. Signs that LIKE has a meaning for are signs like any other.
    rf"""
CREATE FUNCTION search_ways(word text) RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    folded text := search_folded(word);
    bare text := btrim(regexp_replace(folded, '^[{_SIGNS}]+|[{_SIGNS}]+$', '', 'g'));
    written_out text := search_written_out(word);
    number text[] := regexp_match(bare, '^([lt])?-?0*([0-9]{{1,9}})$');
    ways text[];
BEGIN
    IF folded ~ '[%_\\]' OR bare = '' THEN
        RETURN ARRAY['%' || regexp_replace(folded, '([%_\\])', '\\\1', 'g') || '%'];
    END IF;
    SELECT array_agg(DISTINCT pattern) INTO ways
    FROM unnest(ARRAY[regexp_replace(bare, '[{_SIGNS} ]+', ' ', 'g'), regexp_replace(bare, '[{_SIGNS}]+', '', 'g'),
        written_out]) form, unnest(search_patterns(form)) pattern WHERE form <> '';
    IF number IS NOT NULL THEN
        ways := ways || (E'%\x01' || coalesce(number[1], '') || search_number(number[2]::integer) || E'\x01%');
    END IF;
    RETURN ways || search_phone_patterns(word);
END $$""",
    # The ends of the phones that a text has. Parts of phones stand in many texts, so those are no way to find one.
    r"""
CREATE FUNCTION search_phone_ends(told text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT right(phone[1], 7)) FROM regexp_matches(told, E'\x03([0-9]{7,})', 'g') phone
$$""",
    r"""
CREATE INDEX work_order_search_phones_idx ON work_order_search USING gin (org_id, search_phone_ends(text))
WITH (gin_pending_list_limit = 512)""",
    # That a phone ends with what was dialled. The index is to be of its ends, so the rest is no matter of parts.
    r"""
CREATE FUNCTION search_phone_condition(given text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(format('search_phone_ends(s.text) @> ARRAY[%L] AND (', right(search_digits(given), 7))
        || string_agg(format('position(%L in s.text) > 0', btrim(pattern, '%') || ' '), ' OR ') || ')', 'false')
    FROM unnest(search_phone_patterns(given)) pattern
$$""",
    # One that has blanks inside is a phone number in several parts, or each part for itself; one that begins with the
    # sign of phones is a whole one and nothing else.
    r"""
CREATE FUNCTION search_condition(word text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    parts text[] := string_to_array(word, ' ');
    ways text[] := CASE WHEN cardinality(parts) > 1 THEN search_phone_patterns(word) ELSE search_ways(word) END;
    condition text := (SELECT string_agg(format('s.text LIKE %L', way), ' OR ') FROM unnest(ways) way);
BEGIN
    IF starts_with(word, E'\x03') THEN
        RETURN search_phone_condition(substr(word, 2));
    END IF;
    IF cardinality(parts) > 1 THEN
        condition := concat_ws(' OR ', condition,
            (SELECT '(' || string_agg('(' || search_condition(part) || ')', ' AND ') || ')' FROM unnest(parts) part));
    END IF;
    RETURN condition;
END $$""",
    r"""
CREATE FUNCTION find_work_orders(words text[]) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 10 AS $$
DECLARE
    org uuid := nullif(current_setting('app.org_id', true), '')::uuid;
    condition text := (SELECT string_agg('(' || search_condition(word) || ')', ' AND ') FROM unnest(words) word);
BEGIN
    IF condition IS NOT NULL THEN
        RETURN QUERY EXECUTE
            'SELECT s.work_order_id FROM work_order_search s WHERE s.org_id = $1 AND ' || condition USING org;
    END IF;
END $$""",
    "REVOKE ALL ON FUNCTION find_work_orders(text[]) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION find_work_orders(text[]) TO {APP_ROLE}",
    r"""
CREATE FUNCTION find_work_orders(words text[], at_most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 100 AS $$
DECLARE
    org uuid := nullif(current_setting('app.org_id', true), '')::uuid;
    condition text := (SELECT string_agg('(' || search_condition(word) || ')', ' AND ') FROM unnest(words) word);
BEGIN
    IF condition IS NOT NULL THEN
        RETURN QUERY EXECUTE 'SELECT s.work_order_id FROM work_order_search s WHERE s.org_id = $1 AND '
            || condition || ' LIMIT $2' USING org, at_most;
    END IF;
END $$""",
    "REVOKE ALL ON FUNCTION find_work_orders(text[], integer) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION find_work_orders(text[], integer) TO {APP_ROLE}",
    # Judges the texts of a few, each read by its key: its limit keeps the index over parts of words out of it, and the
    # table from being read through.
    r"""
CREATE FUNCTION find_work_orders_among(words text[], among uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 100 AS $$
DECLARE
    org uuid := nullif(current_setting('app.org_id', true), '')::uuid;
    condition text := (SELECT string_agg('(' || search_condition(word) || ')', ' AND ') FROM unnest(words) word);
BEGIN
    IF condition IS NOT NULL THEN
        RETURN QUERY EXECUTE
            'SELECT s.work_order_id FROM unnest($2) one (id) CROSS JOIN LATERAL (SELECT * FROM work_order_search '
            'WHERE org_id = $1 AND work_order_id = one.id LIMIT 1) s WHERE ' || condition USING org, among;
    END IF;
END $$""",
    "REVOKE ALL ON FUNCTION find_work_orders_among(text[], uuid[]) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION find_work_orders_among(text[], uuid[]) TO {APP_ROLE}",
)


def search_words(text: str) -> list[str]:
    """The words of what was typed, all of which are to be found: what `find_work_orders` takes.

    Neighbours that may be one phone number stay together, with blanks between. Signs alone, such as a dash between two
    names, are looked for only where there is nothing else.
    """
    words = [word for word in _BLANKS.split(unicodedata.normalize("NFKC", text)) if word]
    told = [word for word in words if _SAYS_SOMETHING.search(word)] or words
    kept: list[str] = []
    for are_numbers, run in groupby(told, key=lambda word: _PART_OF_A_PHONE.fullmatch(word) is not None):
        parts = list(run)
        digits = sum(sign.isdigit() for part in parts for sign in part)
        kept += [" ".join(parts)] if are_numbers and digits >= _PHONE_DIGITS else parts
    return kept


def as_whole_phones(words: Sequence[str]) -> list[str]:
    """The same words, of which those that may be a whole phone number are looked for as that and as nothing else."""
    return [_WHOLE_PHONE + word if _is_whole_phone(word) else word for word in words]


def _is_whole_phone(word: str) -> bool:
    parts = word.split(" ")
    digits = sum(sign.isdigit() for sign in word)
    return digits >= _WHOLE_PHONE_DIGITS and all(_PART_OF_A_PHONE.fullmatch(part) for part in parts)


def find_number(text: str) -> tuple[Kind | None, int] | None:
    """The number of a work order that a text is and nothing else, with the kind if it is told: L-2044, t12, 2044."""
    found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    letter, digits = found.groups()
    return (_LETTERS[letter.upper()] if letter else None), int(digits)


def fill_search_texts(conn: Connection, after: tuple[UUID, UUID] | None = None) -> tuple[UUID, UUID] | None:
    """Write what is missing for the next work orders behind `after`; the key of the last of them, None at the end.

    Runs as the owner, over all organizations, beside those who write: what the trigger wrote meanwhile is newer.
    """
    w, s = work_orders.c, work_order_search.c
    key = tuple_(w.org_id, w.id)
    ordered = select(w.org_id, w.id).order_by(w.org_id, w.id).limit(_FILLED_AT_ONCE)
    batch = ordered if after is None else ordered.where(key > tuple_(*after))
    keys = conn.execute(batch).all()
    if not keys:
        return None
    last = tuple(keys[-1])
    told = (w.kind, w.number, w.customer, w.customer_phones, w.address, w.device, w.notes, w.external_id)
    # The batch once more, not the range of its keys: of that the planner expects a ninth of the table.
    b = batch.subquery("batch")
    missing = (
        select(w.org_id, w.id, func.work_order_search_text(*told))
        .select_from(
            b.join(work_orders, and_(w.org_id == b.c.org_id, w.id == b.c.id)).outerjoin(
                work_order_search, and_(s.org_id == b.c.org_id, s.work_order_id == b.c.id)
            )
        )
        .where(s.work_order_id.is_(None))
    )
    filled = insert(work_order_search).from_select(["org_id", "work_order_id", "text"], missing)
    conn.execute(filled.on_conflict_do_nothing())
    return last
