"""The first schema.

Each statement stands as the database gets it. Table by table: columns and constraints, indexes, row security, grants.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # audit_entries
    _run("""
    CREATE TABLE audit_entries (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        actor_kind TEXT NOT NULL,
        actor_id UUID,
        action TEXT NOT NULL,
        subject_kind TEXT NOT NULL,
        subject_id UUID,
        detail JSONB DEFAULT '{}' NOT NULL,
        CONSTRAINT audit_entries_pkey PRIMARY KEY (org_id, id)
    );

    CREATE INDEX audit_entries_subject_idx ON audit_entries (org_id, subject_id, at);

    ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON audit_entries TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT ON audit_entries TO geo_assign_app;
    """)
    # geocode_cache
    _run("""
    CREATE TABLE geocode_cache (
        org_id UUID NOT NULL,
        provider TEXT NOT NULL,
        cache_key BYTEA NOT NULL,
        outcome JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT geocode_cache_pkey PRIMARY KEY (org_id, provider, cache_key)
    );

    CREATE INDEX geocode_cache_expires_at_idx ON geocode_cache (expires_at);

    ALTER TABLE geocode_cache ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON geocode_cache TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON geocode_cache TO geo_assign_app;

    CREATE POLICY sweep ON geocode_cache TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON geocode_cache TO geo_assign_worker;
    """)
    # geocode_usage
    _run("""
    CREATE TABLE geocode_usage (
        org_id UUID NOT NULL,
        owner_kind TEXT NOT NULL,
        owner_id UUID NOT NULL,
        day DATE NOT NULL,
        requests INTEGER NOT NULL,
        CONSTRAINT geocode_usage_pkey PRIMARY KEY (org_id, owner_kind, owner_id, day)
    );

    ALTER TABLE geocode_usage ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON geocode_usage TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON geocode_usage TO geo_assign_app;
    """)
    # idempotency_keys
    _run("""
    CREATE TABLE idempotency_keys (
        org_id UUID NOT NULL,
        caller_id UUID NOT NULL,
        route TEXT NOT NULL,
        key TEXT NOT NULL,
        request_hash BYTEA NOT NULL,
        resource_id UUID NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT idempotency_keys_pkey PRIMARY KEY (org_id, caller_id, route, key)
    );

    CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);

    ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON idempotency_keys TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO geo_assign_app;

    CREATE POLICY sweep ON idempotency_keys TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON idempotency_keys TO geo_assign_worker;
    """)
    # organizations
    _run("""
    CREATE TABLE organizations (
        org_id UUID NOT NULL,
        slug TEXT NOT NULL,
        name TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT organizations_pkey PRIMARY KEY (org_id),
        CONSTRAINT organizations_slug_key UNIQUE (slug),
        CONSTRAINT organizations_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$')
    );

    ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON organizations TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE ON organizations TO geo_assign_app;

    CREATE POLICY sweep ON organizations TO geo_assign_worker USING (true);

    GRANT SELECT ON organizations TO geo_assign_worker;

    CREATE FUNCTION find_organization(wanted text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT org_id FROM organizations WHERE slug = wanted $$;

    REVOKE ALL ON FUNCTION find_organization(text) FROM PUBLIC;

    GRANT EXECUTE ON FUNCTION find_organization(text) TO geo_assign_app;
    """)
    # outbox
    _run("""
    CREATE TABLE outbox (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        sequence BIGINT GENERATED ALWAYS AS IDENTITY,
        event_type TEXT NOT NULL,
        subject_id UUID NOT NULL,
        payload JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        available_at TIMESTAMP WITH TIME ZONE NOT NULL,
        attempts INTEGER DEFAULT '0' NOT NULL,
        delivered_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT outbox_pkey PRIMARY KEY (org_id, id)
    );

    CREATE INDEX outbox_waiting_idx ON outbox (org_id, subject_id, sequence) WHERE delivered_at IS NULL;

    ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON outbox TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE ON outbox TO geo_assign_app;

    CREATE POLICY sweep ON outbox TO geo_assign_worker USING (true);

    GRANT SELECT, UPDATE, DELETE ON outbox TO geo_assign_worker;
    """)
    # position_track
    _run("""
    CREATE TABLE position_track (
        org_id UUID NOT NULL,
        technician_id UUID NOT NULL,
        lat DOUBLE PRECISION NOT NULL,
        lon DOUBLE PRECISION NOT NULL,
        recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
        device TEXT DEFAULT '' NOT NULL,
        used_at TIMESTAMP WITH TIME ZONE NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        accuracy_m REAL,
        speed_mps REAL,
        heading_deg REAL,
        battery REAL,
        mock BOOLEAN DEFAULT 'false' NOT NULL,
        flags TEXT[] DEFAULT '{}' NOT NULL,
        event TEXT,
        CONSTRAINT position_track_pkey PRIMARY KEY (org_id, technician_id, recorded_at, device, used_at),
        CONSTRAINT position_track_on_earth_check CHECK (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180),
        CONSTRAINT position_track_not_ahead_check CHECK (used_at <= received_at)
    )
     PARTITION BY RANGE (used_at);

    ALTER TABLE position_track ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON position_track TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, DELETE ON position_track TO geo_assign_app;

    CREATE FUNCTION ensure_track_partitions(first_day date, last_day date) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '1s' AS $$
    DECLARE
        day date;
        made integer := 0;
    BEGIN
        FOR day IN SELECT generate_series(first_day, last_day, interval '1 day')::date LOOP
            IF to_regclass(format('position_track_%s', to_char(day, 'YYYYMMDD'))) IS NULL THEN
                EXECUTE format('CREATE TABLE position_track_%s (LIKE position_track INCLUDING ALL)',
                    to_char(day, 'YYYYMMDD'));
                EXECUTE format('ALTER TABLE position_track_%s ENABLE ROW LEVEL SECURITY', to_char(day, 'YYYYMMDD'));
                EXECUTE format(
                    'ALTER TABLE position_track ATTACH PARTITION position_track_%s FOR VALUES FROM (%L) TO (%L)',
                    to_char(day, 'YYYYMMDD'), day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
                made := made + 1;
            END IF;
        END LOOP;
        RETURN made;
    END $$;

    CREATE FUNCTION drop_track_partitions(before_day date) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '1s' AS $$
    DECLARE
        partition text;
        dropped integer := 0;
    BEGIN
        FOR partition IN
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'position_track'::regclass
              AND c.relname ~ '^position_track_[0-9]{8}$'
              AND to_date(right(c.relname, 8), 'YYYYMMDD') < before_day
        LOOP
            EXECUTE format('DROP TABLE %I', partition);
            dropped := dropped + 1;
        END LOOP;
        RETURN dropped;
    END $$;

    REVOKE ALL ON FUNCTION ensure_track_partitions(date, date) FROM PUBLIC;

    REVOKE ALL ON FUNCTION drop_track_partitions(date) FROM PUBLIC;

    GRANT EXECUTE ON FUNCTION ensure_track_partitions(date, date) TO geo_assign_worker;

    GRANT EXECUTE ON FUNCTION drop_track_partitions(date) TO geo_assign_worker;
    """)
    # work_order_counters
    _run("""
    CREATE TABLE work_order_counters (
        org_id UUID NOT NULL,
        kind TEXT NOT NULL,
        last_number INTEGER NOT NULL,
        CONSTRAINT work_order_counters_pkey PRIMARY KEY (org_id, kind),
        CONSTRAINT work_order_counters_kind_check CHECK (kind IN ('lead', 'ticket'))
    );

    ALTER TABLE work_order_counters ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON work_order_counters TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON work_order_counters TO geo_assign_app;
    """)
    # api_keys
    _run("""
    CREATE TABLE api_keys (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        name TEXT NOT NULL,
        token_hash BYTEA NOT NULL,
        hint TEXT NOT NULL,
        scopes TEXT[] NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT api_keys_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT api_keys_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (org_id),
        CONSTRAINT api_keys_org_id_name_key UNIQUE (org_id, name),
        CONSTRAINT api_keys_org_id_token_hash_key UNIQUE (org_id, token_hash)
    );

    ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON api_keys TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO geo_assign_app;
    """)
    # map_keys
    _run("""
    CREATE TABLE map_keys (
        org_id UUID NOT NULL,
        owner_kind TEXT NOT NULL,
        owner_id UUID NOT NULL,
        provider TEXT NOT NULL,
        url TEXT,
        key_encrypted BYTEA,
        key_hint TEXT,
        status TEXT DEFAULT 'ok' NOT NULL,
        last_error TEXT,
        blocked_until TIMESTAMP WITH TIME ZONE,
        failures INTEGER DEFAULT '0' NOT NULL,
        opened_until TIMESTAMP WITH TIME ZONE,
        daily_budget INTEGER,
        tested_at TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT map_keys_pkey PRIMARY KEY (org_id, owner_kind, owner_id),
        CONSTRAINT map_keys_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (org_id),
        CONSTRAINT map_keys_owner_kind_check CHECK (owner_kind IN ('store', 'group', 'organization')),
        CONSTRAINT map_keys_status_check CHECK (status IN ('ok', 'invalid')),
        CONSTRAINT map_keys_daily_budget_check CHECK (daily_budget > 0)
    );

    ALTER TABLE map_keys ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON map_keys TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON map_keys TO geo_assign_app;
    """)
    # service_providers
    _run("""
    CREATE TABLE service_providers (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        slug TEXT NOT NULL,
        name TEXT NOT NULL,
        base_lat DOUBLE PRECISION,
        base_lon DOUBLE PRECISION,
        base_geog geography(POINT,4326) GENERATED ALWAYS AS ((ST_SetSRID(ST_MakePoint(base_lon, base_lat), 4326))::geography) STORED,
        valid_until TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        active BOOLEAN DEFAULT 'true' NOT NULL,
        CONSTRAINT service_providers_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT service_providers_base_on_earth_check CHECK (base_lat BETWEEN -90 AND 90 AND base_lon BETWEEN -180 AND 180),
        CONSTRAINT service_providers_base_whole_point_check CHECK ((base_lat IS NULL) = (base_lon IS NULL)),
        CONSTRAINT service_providers_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (org_id),
        CONSTRAINT service_providers_org_id_slug_key UNIQUE (org_id, slug),
        CONSTRAINT service_providers_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$')
    );

    ALTER TABLE service_providers ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON service_providers TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON service_providers TO geo_assign_app;
    """)
    # stores
    _run("""
    CREATE TABLE stores (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        slug TEXT NOT NULL,
        name TEXT NOT NULL,
        timezone TEXT NOT NULL,
        lat DOUBLE PRECISION NOT NULL,
        lon DOUBLE PRECISION NOT NULL,
        geog geography(POINT,4326) GENERATED ALWAYS AS ((ST_SetSRID(ST_MakePoint(lon, lat), 4326))::geography) STORED,
        settings JSONB DEFAULT '{}' NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        active BOOLEAN DEFAULT 'true' NOT NULL,
        CONSTRAINT stores_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT stores_on_earth_check CHECK (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180),
        CONSTRAINT stores_whole_point_check CHECK ((lat IS NULL) = (lon IS NULL)),
        CONSTRAINT stores_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (org_id),
        CONSTRAINT stores_org_id_slug_key UNIQUE (org_id, slug),
        CONSTRAINT stores_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$')
    );

    ALTER TABLE stores ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON stores TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON stores TO geo_assign_app;

    CREATE POLICY sweep ON stores TO geo_assign_worker USING (true);

    GRANT SELECT ON stores TO geo_assign_worker;
    """)
    # users
    _run("""
    CREATE TABLE users (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        email TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        permissions TEXT[] DEFAULT '{}' NOT NULL,
        password_hash TEXT,
        active BOOLEAN DEFAULT 'true' NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT users_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT users_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (org_id),
        CONSTRAINT users_role_check CHECK (role IN ('administrator', 'store_administrator', 'dispatcher', 'technician'))
    );

    CREATE UNIQUE INDEX users_org_id_email_key ON users (org_id, lower(email));

    ALTER TABLE users ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON users TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON users TO geo_assign_app;
    """)
    # api_key_stores
    _run("""
    CREATE TABLE api_key_stores (
        org_id UUID NOT NULL,
        api_key_id UUID NOT NULL,
        store_id UUID NOT NULL,
        CONSTRAINT api_key_stores_pkey PRIMARY KEY (org_id, api_key_id, store_id),
        CONSTRAINT api_key_stores_org_id_api_key_id_fkey FOREIGN KEY(org_id, api_key_id) REFERENCES api_keys (org_id, id) ON DELETE CASCADE,
        CONSTRAINT api_key_stores_org_id_store_id_fkey FOREIGN KEY(org_id, store_id) REFERENCES stores (org_id, id)
    );

    ALTER TABLE api_key_stores ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON api_key_stores TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON api_key_stores TO geo_assign_app;
    """)
    # service_groups
    _run("""
    CREATE TABLE service_groups (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        slug TEXT NOT NULL,
        name TEXT NOT NULL,
        store_id UUID NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        active BOOLEAN DEFAULT 'true' NOT NULL,
        CONSTRAINT service_groups_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT service_groups_org_id_store_id_fkey FOREIGN KEY(org_id, store_id) REFERENCES stores (org_id, id),
        CONSTRAINT service_groups_org_id_slug_key UNIQUE (org_id, slug),
        CONSTRAINT service_groups_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$')
    );

    ALTER TABLE service_groups ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON service_groups TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON service_groups TO geo_assign_app;
    """)
    # sessions
    _run("""
    CREATE TABLE sessions (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        user_id UUID NOT NULL,
        token_hash BYTEA NOT NULL,
        kind TEXT NOT NULL,
        device TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT sessions_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT sessions_org_id_user_id_fkey FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE,
        CONSTRAINT sessions_org_id_token_hash_key UNIQUE (org_id, token_hash),
        CONSTRAINT sessions_kind_check CHECK (kind IN ('bearer', 'cookie'))
    );

    CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

    CREATE INDEX sessions_org_id_user_id_idx ON sessions (org_id, user_id);

    ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON sessions TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO geo_assign_app;

    CREATE POLICY sweep ON sessions TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON sessions TO geo_assign_worker;
    """)
    # store_administrators
    _run("""
    CREATE TABLE store_administrators (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        store_id UUID NOT NULL,
        CONSTRAINT store_administrators_pkey PRIMARY KEY (org_id, user_id, store_id),
        CONSTRAINT store_administrators_org_id_user_id_fkey FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE,
        CONSTRAINT store_administrators_org_id_store_id_fkey FOREIGN KEY(org_id, store_id) REFERENCES stores (org_id, id) ON DELETE CASCADE
    );

    ALTER TABLE store_administrators ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON store_administrators TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON store_administrators TO geo_assign_app;
    """)
    # technicians
    _run("""
    CREATE TABLE technicians (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        slug TEXT NOT NULL,
        name TEXT NOT NULL,
        store_id UUID NOT NULL,
        user_id UUID,
        provider_id UUID,
        skills TEXT[] DEFAULT '{}' NOT NULL,
        hours JSONB,
        week_minutes INT4MULTIRANGE,
        home_lat DOUBLE PRECISION,
        home_lon DOUBLE PRECISION,
        home_geog geography(POINT,4326) GENERATED ALWAYS AS ((ST_SetSRID(ST_MakePoint(home_lon, home_lat), 4326))::geography) STORED,
        base_lat DOUBLE PRECISION NOT NULL,
        base_lon DOUBLE PRECISION NOT NULL,
        base_geog geography(POINT,4326) GENERATED ALWAYS AS ((ST_SetSRID(ST_MakePoint(base_lon, base_lat), 4326))::geography) STORED,
        active BOOLEAN DEFAULT 'true' NOT NULL,
        on_duty BOOLEAN DEFAULT 'false' NOT NULL,
        duty_changed_at TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT technicians_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT technicians_home_on_earth_check CHECK (home_lat BETWEEN -90 AND 90 AND home_lon BETWEEN -180 AND 180),
        CONSTRAINT technicians_home_whole_point_check CHECK ((home_lat IS NULL) = (home_lon IS NULL)),
        CONSTRAINT technicians_base_on_earth_check CHECK (base_lat BETWEEN -90 AND 90 AND base_lon BETWEEN -180 AND 180),
        CONSTRAINT technicians_base_whole_point_check CHECK ((base_lat IS NULL) = (base_lon IS NULL)),
        CONSTRAINT technicians_org_id_store_id_fkey FOREIGN KEY(org_id, store_id) REFERENCES stores (org_id, id),
        CONSTRAINT technicians_org_id_user_id_fkey FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id),
        CONSTRAINT technicians_org_id_provider_id_fkey FOREIGN KEY(org_id, provider_id) REFERENCES service_providers (org_id, id),
        CONSTRAINT technicians_org_id_slug_key UNIQUE (org_id, slug),
        CONSTRAINT technicians_org_id_user_id_key UNIQUE (org_id, user_id),
        CONSTRAINT technicians_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
        CONSTRAINT technicians_hours_check CHECK ((hours IS NULL) = (week_minutes IS NULL))
    );

    CREATE INDEX technicians_base_idx ON technicians USING gist (org_id, base_geog);

    CREATE INDEX technicians_org_id_store_id_idx ON technicians (org_id, store_id);

    CREATE INDEX technicians_org_id_updated_at_idx ON technicians (org_id, updated_at);

    ALTER TABLE technicians ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON technicians TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON technicians TO geo_assign_app;
    """)
    # current_positions
    _run("""
    CREATE TABLE current_positions (
        org_id UUID NOT NULL,
        technician_id UUID NOT NULL,
        lat DOUBLE PRECISION NOT NULL,
        lon DOUBLE PRECISION NOT NULL,
        geog geography(POINT,4326) GENERATED ALWAYS AS ((ST_SetSRID(ST_MakePoint(lon, lat), 4326))::geography) STORED,
        recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
        device TEXT DEFAULT '' NOT NULL,
        used_at TIMESTAMP WITH TIME ZONE NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        accuracy_m REAL,
        speed_mps REAL,
        heading_deg REAL,
        battery REAL,
        mock BOOLEAN DEFAULT 'false' NOT NULL,
        flags TEXT[] DEFAULT '{}' NOT NULL,
        heard_at TIMESTAMP WITH TIME ZONE NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        implausible BOOLEAN DEFAULT 'false' NOT NULL,
        plausible_lat DOUBLE PRECISION,
        plausible_lon DOUBLE PRECISION,
        plausible_at TIMESTAMP WITH TIME ZONE,
        ahead_until TIMESTAMP WITH TIME ZONE,
        CONSTRAINT current_positions_pkey PRIMARY KEY (org_id, technician_id),
        CONSTRAINT current_positions_on_earth_check CHECK (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180),
        CONSTRAINT current_positions_whole_point_check CHECK ((lat IS NULL) = (lon IS NULL)),
        CONSTRAINT current_positions_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id) REFERENCES technicians (org_id, id) ON DELETE CASCADE,
        CONSTRAINT current_positions_not_ahead_check CHECK (used_at <= received_at)
    );

    CREATE INDEX current_positions_geog_idx ON current_positions USING gist (org_id, geog);

    CREATE INDEX current_positions_org_id_changed_at_idx ON current_positions (org_id, changed_at);

    ALTER TABLE current_positions ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON current_positions TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON current_positions TO geo_assign_app;
    """)
    # duty_intervals
    _run("""
    CREATE TABLE duty_intervals (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        technician_id UUID NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT duty_intervals_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT duty_intervals_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id) REFERENCES technicians (org_id, id) ON DELETE CASCADE,
        CONSTRAINT duty_intervals_forward_check CHECK (ended_at >= started_at)
    );

    CREATE UNIQUE INDEX duty_intervals_open_key ON duty_intervals (org_id, technician_id) WHERE ended_at IS NULL;

    CREATE INDEX duty_intervals_technician_idx ON duty_intervals (org_id, technician_id, started_at);

    ALTER TABLE duty_intervals ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON duty_intervals TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON duty_intervals TO geo_assign_app;
    """)
    # group_dispatchers
    _run("""
    CREATE TABLE group_dispatchers (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        group_id UUID NOT NULL,
        CONSTRAINT group_dispatchers_pkey PRIMARY KEY (org_id, user_id, group_id),
        CONSTRAINT group_dispatchers_org_id_user_id_fkey FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE,
        CONSTRAINT group_dispatchers_org_id_group_id_fkey FOREIGN KEY(org_id, group_id) REFERENCES service_groups (org_id, id) ON DELETE CASCADE
    );

    ALTER TABLE group_dispatchers ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON group_dispatchers TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON group_dispatchers TO geo_assign_app;
    """)
    # provider_groups
    _run("""
    CREATE TABLE provider_groups (
        org_id UUID NOT NULL,
        provider_id UUID NOT NULL,
        group_id UUID NOT NULL,
        CONSTRAINT provider_groups_pkey PRIMARY KEY (org_id, provider_id, group_id),
        CONSTRAINT provider_groups_org_id_provider_id_fkey FOREIGN KEY(org_id, provider_id) REFERENCES service_providers (org_id, id) ON DELETE CASCADE,
        CONSTRAINT provider_groups_org_id_group_id_fkey FOREIGN KEY(org_id, group_id) REFERENCES service_groups (org_id, id) ON DELETE CASCADE
    );

    CREATE INDEX provider_groups_org_id_group_id_idx ON provider_groups (org_id, group_id);

    ALTER TABLE provider_groups ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON provider_groups TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON provider_groups TO geo_assign_app;
    """)
    # technician_groups
    _run("""
    CREATE TABLE technician_groups (
        org_id UUID NOT NULL,
        technician_id UUID NOT NULL,
        group_id UUID NOT NULL,
        CONSTRAINT technician_groups_pkey PRIMARY KEY (org_id, technician_id, group_id),
        CONSTRAINT technician_groups_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id) REFERENCES technicians (org_id, id) ON DELETE CASCADE,
        CONSTRAINT technician_groups_org_id_group_id_fkey FOREIGN KEY(org_id, group_id) REFERENCES service_groups (org_id, id) ON DELETE CASCADE
    );

    CREATE INDEX technician_groups_org_id_group_id_idx ON technician_groups (org_id, group_id);

    ALTER TABLE technician_groups ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON technician_groups TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON technician_groups TO geo_assign_app;
    """)
    # technician_skills
    _run("""
    CREATE TABLE technician_skills (
        org_id UUID NOT NULL,
        skill TEXT NOT NULL,
        technician_id UUID NOT NULL,
        CONSTRAINT technician_skills_pkey PRIMARY KEY (org_id, skill, technician_id),
        CONSTRAINT technician_skills_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id) REFERENCES technicians (org_id, id) ON DELETE CASCADE
    );

    ALTER TABLE technician_skills ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON technician_skills TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON technician_skills TO geo_assign_app;
    """)
    # time_off
    _run("""
    CREATE TABLE time_off (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        technician_id UUID NOT NULL,
        starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
        note TEXT,
        CONSTRAINT time_off_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT time_off_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id) REFERENCES technicians (org_id, id) ON DELETE CASCADE,
        CONSTRAINT time_off_forward_check CHECK (ends_at > starts_at)
    );

    CREATE INDEX time_off_technician_idx ON time_off (org_id, technician_id, ends_at);

    ALTER TABLE time_off ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON time_off TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON time_off TO geo_assign_app;
    """)
    # work_orders
    _run("""
    CREATE TABLE work_orders (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        kind TEXT NOT NULL,
        number INTEGER NOT NULL,
        store_id UUID NOT NULL,
        group_id UUID,
        state TEXT NOT NULL,
        pending_reason TEXT,
        pending_detail JSONB,
        customer JSONB NOT NULL,
        address TEXT,
        lat DOUBLE PRECISION,
        lon DOUBLE PRECISION,
        geog geography(POINT,4326) GENERATED ALWAYS AS ((ST_SetSRID(ST_MakePoint(lon, lat), 4326))::geography) STORED,
        location_source TEXT,
        location_confidence TEXT,
        location_candidates JSONB DEFAULT '[]' NOT NULL,
        slot_start TIMESTAMP WITH TIME ZONE NOT NULL,
        slot_end TIMESTAMP WITH TIME ZONE NOT NULL,
        slot_given BOOLEAN NOT NULL,
        skills TEXT[] DEFAULT '{}' NOT NULL,
        device JSONB DEFAULT '{}' NOT NULL,
        referral_source TEXT,
        priority INTEGER DEFAULT '0' NOT NULL,
        notes TEXT,
        external_id TEXT,
        technician_id UUID,
        wanted_technician_id UUID,
        pinned BOOLEAN DEFAULT 'false' NOT NULL,
        decision_id UUID,
        geocode_due_at TIMESTAMP WITH TIME ZONE,
        geocode_attempts INTEGER DEFAULT '0' NOT NULL,
        evaluate_due_at TIMESTAMP WITH TIME ZONE,
        evaluations INTEGER DEFAULT '0' NOT NULL,
        created_by JSONB NOT NULL,
        changed_by JSONB NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        human_version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT work_orders_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT work_orders_on_earth_check CHECK (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180),
        CONSTRAINT work_orders_whole_point_check CHECK ((lat IS NULL) = (lon IS NULL)),
        CONSTRAINT work_orders_org_id_store_id_fkey FOREIGN KEY(org_id, store_id) REFERENCES stores (org_id, id),
        CONSTRAINT work_orders_org_id_group_id_fkey FOREIGN KEY(org_id, group_id) REFERENCES service_groups (org_id, id),
        CONSTRAINT work_orders_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id) REFERENCES technicians (org_id, id),
        CONSTRAINT work_orders_kind_check CHECK (kind IN ('lead', 'ticket')),
        CONSTRAINT work_orders_state_check CHECK (state IN ('new', 'pending', 'offered', 'assigned', 'travelling', 'on_site', 'in_progress', 'completed', 'cancelled', 'converted')),
        CONSTRAINT work_orders_pending_reason_check CHECK (pending_reason IN ('needs_location', 'map_key_missing', 'geocoder_unavailable', 'nobody_eligible', 'automation_off', 'suggested', 'unassigned', 'wanted_taken')),
        CONSTRAINT work_orders_pending_has_reason_check CHECK ((state = 'pending') = (pending_reason IS NOT NULL)),
        CONSTRAINT work_orders_location_source_check CHECK (location_source IN ('geocoded', 'pin', 'client')),
        CONSTRAINT work_orders_location_has_source_check CHECK ((lat IS NULL) = (location_source IS NULL)),
        CONSTRAINT work_orders_taken_has_technician_check CHECK (NOT (state IN ('assigned', 'in_progress', 'on_site', 'travelling')) OR technician_id IS NOT NULL),
        CONSTRAINT work_orders_slot_is_a_time_span_check CHECK (slot_end > slot_start AND isfinite(slot_start) AND isfinite(slot_end))
    );

    CREATE INDEX work_orders_evaluate_due_idx ON work_orders (evaluate_due_at) WHERE evaluate_due_at IS NOT NULL;

    CREATE UNIQUE INDEX work_orders_external_id_key ON work_orders (org_id, store_id, external_id) WHERE external_id IS NOT NULL;

    CREATE INDEX work_orders_geocode_due_idx ON work_orders (geocode_due_at) WHERE geocode_due_at IS NOT NULL;

    CREATE INDEX work_orders_geog_idx ON work_orders USING gist (org_id, geog) WHERE NOT (state IN ('cancelled', 'completed', 'converted'));

    CREATE INDEX work_orders_live_idx ON work_orders (org_id, created_at, id) WHERE NOT (state IN ('cancelled', 'completed', 'converted'));

    CREATE UNIQUE INDEX work_orders_number_key ON work_orders (org_id, kind, number);

    CREATE INDEX work_orders_org_id_created_at_idx ON work_orders (org_id, created_at, id);

    CREATE INDEX work_orders_org_id_updated_at_idx ON work_orders (org_id, updated_at);

    ALTER TABLE work_orders ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON work_orders TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON work_orders TO geo_assign_app;

    CREATE POLICY sweep ON work_orders TO geo_assign_worker USING (true);

    GRANT SELECT ON work_orders TO geo_assign_worker;

    CREATE FUNCTION refuse_unknown_transition() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.state, NEW.state) NOT IN (('new', 'assigned'), ('new', 'cancelled'), ('new', 'converted'), ('new', 'offered'), ('new', 'pending'), ('pending', 'assigned'), ('pending', 'cancelled'), ('pending', 'converted'), ('pending', 'offered'), ('offered', 'assigned'), ('offered', 'cancelled'), ('offered', 'converted'), ('offered', 'pending'), ('assigned', 'cancelled'), ('assigned', 'converted'), ('assigned', 'in_progress'), ('assigned', 'offered'), ('assigned', 'on_site'), ('assigned', 'pending'), ('assigned', 'travelling'), ('travelling', 'assigned'), ('travelling', 'cancelled'), ('travelling', 'completed'), ('travelling', 'converted'), ('travelling', 'in_progress'), ('travelling', 'offered'), ('travelling', 'on_site'), ('travelling', 'pending'), ('on_site', 'assigned'), ('on_site', 'cancelled'), ('on_site', 'completed'), ('on_site', 'converted'), ('on_site', 'in_progress'), ('on_site', 'offered'), ('on_site', 'pending'), ('in_progress', 'assigned'), ('in_progress', 'cancelled'), ('in_progress', 'completed'), ('in_progress', 'converted'), ('in_progress', 'offered'), ('in_progress', 'pending')) THEN
            RAISE EXCEPTION 'a work order cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER work_orders_transition BEFORE UPDATE OF state ON work_orders
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION refuse_unknown_transition();
    """)
    # bookings
    _run("""
    CREATE TABLE bookings (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        work_order_id UUID NOT NULL,
        technician_id UUID NOT NULL,
        role TEXT NOT NULL,
        state TEXT NOT NULL,
        starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
        occupied_from TIMESTAMP WITH TIME ZONE NOT NULL,
        occupied_until TIMESTAMP WITH TIME ZONE NOT NULL,
        occupies TSTZRANGE GENERATED ALWAYS AS (tstzrange(occupied_from, occupied_until, '[)')) STORED,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT bookings_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT bookings_org_id_work_order_id_fkey FOREIGN KEY(org_id, work_order_id) REFERENCES work_orders (org_id, id),
        CONSTRAINT bookings_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id) REFERENCES technicians (org_id, id),
        CONSTRAINT bookings_state_check CHECK (state IN ('offered', 'assigned', 'released', 'done')),
        CONSTRAINT bookings_role_check CHECK (role IN ('primary', 'collaborator')),
        CONSTRAINT bookings_time_span_check CHECK (starts_at < ends_at AND occupied_from <= starts_at AND ends_at <= occupied_until AND isfinite(occupied_from) AND isfinite(occupied_until)),
        CONSTRAINT bookings_no_overlap EXCLUDE USING gist (org_id WITH =, technician_id WITH =, occupies WITH &&) WHERE (state IN ('offered', 'assigned'))
    );

    CREATE INDEX bookings_calendar_idx ON bookings (org_id, technician_id, occupied_until);

    CREATE INDEX bookings_day_idx ON bookings (org_id, occupied_until);

    CREATE UNIQUE INDEX bookings_one_primary_key ON bookings (org_id, work_order_id) WHERE role = 'primary' AND state = 'assigned';

    CREATE INDEX bookings_org_id_updated_at_idx ON bookings (org_id, updated_at);

    CREATE INDEX bookings_work_order_idx ON bookings (org_id, work_order_id);

    ALTER TABLE bookings ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON bookings TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE ON bookings TO geo_assign_app;
    """)
    # decisions
    _run("""
    CREATE TABLE decisions (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        work_order_id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        mode TEXT NOT NULL,
        outcome TEXT NOT NULL,
        actor JSONB NOT NULL,
        chosen_technician_id UUID,
        query JSONB NOT NULL,
        policy JSONB NOT NULL,
        candidates JSONB NOT NULL,
        excluded JSONB NOT NULL,
        counts JSONB NOT NULL,
        CONSTRAINT decisions_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT decisions_org_id_work_order_id_fkey FOREIGN KEY(org_id, work_order_id) REFERENCES work_orders (org_id, id),
        CONSTRAINT decisions_mode_check CHECK (mode IN ('automatic', 'manual')),
        CONSTRAINT decisions_outcome_check CHECK (outcome IN ('offered', 'assigned', 'suggested', 'nobody'))
    );

    CREATE INDEX decisions_work_order_idx ON decisions (org_id, work_order_id, at, id);

    ALTER TABLE decisions ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON decisions TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT ON decisions TO geo_assign_app;
    """)
    # work_order_events
    _run("""
    CREATE TABLE work_order_events (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        work_order_id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        kind TEXT NOT NULL,
        actor JSONB NOT NULL,
        state TEXT NOT NULL,
        detail JSONB DEFAULT '{}' NOT NULL,
        CONSTRAINT work_order_events_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT work_order_events_org_id_work_order_id_fkey FOREIGN KEY(org_id, work_order_id) REFERENCES work_orders (org_id, id)
    );

    CREATE INDEX work_order_events_history_idx ON work_order_events (org_id, work_order_id, at, id);

    ALTER TABLE work_order_events ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON work_order_events TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT ON work_order_events TO geo_assign_app;
    """)
    # offers
    _run("""
    CREATE TABLE offers (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        work_order_id UUID NOT NULL,
        technician_id UUID NOT NULL,
        booking_id UUID NOT NULL,
        decision_id UUID,
        automatic BOOLEAN NOT NULL,
        state TEXT NOT NULL,
        offered_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        responded_at TIMESTAMP WITH TIME ZONE,
        reason TEXT,
        note TEXT,
        final BOOLEAN DEFAULT 'false' NOT NULL,
        distance_m DOUBLE PRECISION,
        eta_s DOUBLE PRECISION,
        CONSTRAINT offers_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT offers_org_id_work_order_id_fkey FOREIGN KEY(org_id, work_order_id) REFERENCES work_orders (org_id, id),
        CONSTRAINT offers_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id) REFERENCES technicians (org_id, id),
        CONSTRAINT offers_org_id_booking_id_fkey FOREIGN KEY(org_id, booking_id) REFERENCES bookings (org_id, id),
        CONSTRAINT offers_state_check CHECK (state IN ('offered', 'accepted', 'rejected', 'expired', 'withdrawn')),
        CONSTRAINT offers_deadline_check CHECK (expires_at > offered_at),
        CONSTRAINT offers_closed_has_time_check CHECK ((state = 'offered') = (responded_at IS NULL))
    );

    CREATE INDEX offers_deadline_idx ON offers (expires_at) WHERE state = 'offered';

    CREATE UNIQUE INDEX offers_open_key ON offers (org_id, work_order_id, technician_id) WHERE state = 'offered';

    CREATE INDEX offers_technician_open_idx ON offers (org_id, technician_id) WHERE state = 'offered';

    CREATE INDEX offers_work_order_idx ON offers (org_id, work_order_id, offered_at);

    ALTER TABLE offers ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON offers TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE ON offers TO geo_assign_app;

    CREATE POLICY sweep ON offers TO geo_assign_worker USING (true);

    GRANT SELECT ON offers TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
