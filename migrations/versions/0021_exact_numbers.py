"""Search by number: L-12 finds no L-123.

The texts are written anew after the migrations, as those of old work orders are (`geo_assign/migrate.py`).
"""

from alembic import op

revision = "0021"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # work_order_search
    _run(r"""
    CREATE FUNCTION search_number(given integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT translate(given::text, '0123456789', 'ᚁᚂᚃᚄᚅᚆᚇᚈᚉᚊ')
    $$;

    CREATE OR REPLACE FUNCTION work_order_search_text(
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

    CREATE OR REPLACE FUNCTION search_ways(word text) RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
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

    DELETE FROM work_order_search;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
