"""Search: what each work order is found by, in a table of its own with an index over parts of words.

Adds only. A trigger keeps the texts, so that work orders of an older version are found, too. Those that are there
already get theirs after the migrations, a few at a time (`geo_assign/migrate.py`): here they would hold up who works
on them.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # work_order_search
    _run("""
    CREATE TABLE work_order_search (
        org_id UUID NOT NULL,
        work_order_id UUID NOT NULL,
        text TEXT NOT NULL,
        CONSTRAINT work_order_search_pkey PRIMARY KEY (org_id, work_order_id),
        CONSTRAINT work_order_search_org_id_work_order_id_fkey FOREIGN KEY(org_id, work_order_id) REFERENCES work_orders (org_id, id)
    );

    CREATE INDEX work_order_search_idx ON work_order_search USING gin (org_id, text gin_trgm_ops) WITH (gin_pending_list_limit = 512);

    ALTER TABLE work_order_search ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON work_order_search TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE ON work_order_search TO geo_assign_app;
    """)
    # find_work_orders
    _run(r"""
    CREATE FUNCTION search_folded(given text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT btrim(regexp_replace(translate(lower(unaccent(regexp_replace(normalize(given, NFKD),
            '[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]', '', 'g'))),
            'ς٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', 'σ01234567890123456789'), '[\s\x01-\x1f\x7f]+', ' ', 'g'))
    $$;

    CREATE FUNCTION search_written_out(given text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
        composed text := lower(normalize(given, NFC));
    BEGIN
        IF composed !~ '[äöüøå]' THEN
            RETURN NULL;
        END IF;
        RETURN search_folded((SELECT string_agg(word, ' ') FROM unnest(string_to_array(replace(replace(replace(replace(
            replace(composed, 'ä', 'aE'), 'ö', 'oE'), 'ü', 'uE'), 'ø', 'oE'), 'å', 'aA'), ' ')) word WHERE word ~ '[EA]'));
    END $$;

    CREATE FUNCTION search_without_signs(folded text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    BEGIN
        RETURN (SELECT string_agg(regexp_replace(word, '[!-/:-@[-`{-~]+', ' ', 'g') || ' '
                || regexp_replace(word, '[!-/:-@[-`{-~]+', '', 'g'), ' ')
            FROM unnest(string_to_array(folded, ' ')) word WHERE word ~ '[!-/:-@[-`{-~][^!-/:-@[-`{-~]');
    END $$;

    CREATE FUNCTION search_number(given integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT translate(given::text, '0123456789', 'ᚁᚂᚃᚄᚅᚆᚇᚈᚉᚊ')
    $$;

    CREATE FUNCTION search_digits(given text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT regexp_replace(replace(search_folded(given), '(0)', ''), '[^0-9]', '', 'g')
    $$;

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
    END $$;

    CREATE FUNCTION keep_work_order_search() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO work_order_search AS s (org_id, work_order_id, text)
        VALUES (NEW.org_id, NEW.id, work_order_search_text(NEW.kind, NEW.number, NEW.customer, NEW.customer_phones,
            NEW.address, NEW.device, NEW.notes, NEW.external_id))
        ON CONFLICT (org_id, work_order_id) DO UPDATE SET text = excluded.text WHERE s.text <> excluded.text;
        RETURN NULL;
    END $$;

    CREATE TRIGGER work_orders_search
    AFTER INSERT OR UPDATE OF kind, number, customer, customer_phones, address, device, notes, external_id ON work_orders
    FOR EACH ROW EXECUTE FUNCTION keep_work_order_search();

    CREATE FUNCTION search_patterns(form text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT ARRAY[CASE WHEN short THEN '% ' ELSE '%' END || escaped || '%']
            || CASE WHEN short AND length(form) < 3 THEN ARRAY[E'%\x02' || escaped || '%'] ELSE '{}' END
        FROM (SELECT form ~ '^[a-z0-9]{1,2}( |$)', regexp_replace(form, '([%_\\])', '\\\1', 'g')) one (short, escaped)
    $$;

    CREATE FUNCTION search_phone_patterns(given text) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT coalesce(array_agg(DISTINCT '%' || dialled || '%'), '{}')
        FROM (SELECT search_digits(given)) one (digits), unnest(ARRAY[digits, substring(digits, '^0+(.*)'),
            substring(digits, '^011(.*)'), substring(digits, '^8(.{8}|.{10})$')]) dialled
        WHERE search_folded(given) ~ '^[0-9+()./ -]+$' AND length(dialled) > 2
    $$;

    CREATE FUNCTION search_ways(word text) RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
        folded text := search_folded(word);
        bare text := btrim(regexp_replace(folded, '^[!-/:-@[-`{-~]+|[!-/:-@[-`{-~]+$', '', 'g'));
        written_out text := search_written_out(word);
        number text[] := regexp_match(bare, '^([lt])?-?0*([0-9]{1,9})$');
        ways text[];
    BEGIN
        IF folded ~ '[%_\\]' OR bare = '' THEN
            RETURN ARRAY['%' || regexp_replace(folded, '([%_\\])', '\\\1', 'g') || '%'];
        END IF;
        SELECT array_agg(DISTINCT pattern) INTO ways
        FROM unnest(ARRAY[regexp_replace(bare, '[!-/:-@[-`{-~ ]+', ' ', 'g'), regexp_replace(bare, '[!-/:-@[-`{-~]+', '', 'g'),
            written_out]) form, unnest(search_patterns(form)) pattern WHERE form <> '';
        IF number IS NOT NULL THEN
            ways := ways || (E'%\x01' || coalesce(number[1], '') || search_number(number[2]::integer) || E'\x01%');
        END IF;
        RETURN ways || search_phone_patterns(word);
    END $$;

    CREATE FUNCTION search_condition(word text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
        parts text[] := string_to_array(word, ' ');
        ways text[] := CASE WHEN cardinality(parts) > 1 THEN search_phone_patterns(word) ELSE search_ways(word) END;
        condition text := (SELECT string_agg(format('s.text LIKE %L', way), ' OR ') FROM unnest(ways) way);
    BEGIN
        IF cardinality(parts) > 1 THEN
            condition := concat_ws(' OR ', condition,
                (SELECT '(' || string_agg('(' || search_condition(part) || ')', ' AND ') || ')' FROM unnest(parts) part));
        END IF;
        RETURN condition;
    END $$;

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
    END $$;

    REVOKE ALL ON FUNCTION find_work_orders(text[]) FROM PUBLIC;

    GRANT EXECUTE ON FUNCTION find_work_orders(text[]) TO geo_assign_app;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
