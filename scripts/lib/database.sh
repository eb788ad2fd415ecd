# shellcheck shell=bash
# Which database the service runs on, and with which three roles: DATABASE_URL's, or the private cluster's.

# prepare_database: puts the URLs of the application, the worker and the owner into the settings.
prepare_database() {
    local urls
    if [[ -n ${DATABASE_URL:-} ]]; then
        urls="$(urls_of_roles "$DATABASE_URL" "$(printf '%s' "$DATABASE_URL" | sha256sum | cut -c1-8)")"
        RESULT='the one DATABASE_URL names'
    else
        prepare_cluster run
        create_database geo_assign geo_assign_owner "$(secret owner)"
        urls="$(urls_of_roles "postgresql://geo_assign_owner:$(secret owner)@127.0.0.1:$CLUSTER_PORT/geo_assign" private)"
    fi
    {
        read -r admin
        read -r app
        read -r worker
    } <<<"$urls"
    put_setting GEO_ASSIGN_ADMIN_DATABASE_URL "$admin"
    put_setting GEO_ASSIGN_DATABASE_URL "$app"
    put_setting GEO_ASSIGN_WORKER_DATABASE_URL "$worker"
}

# urls_of_roles OWNER_URL KEY: passwords are kept per key, so another database gets others.
urls_of_roles() {
    HINT='DATABASE_URL must look like postgresql://user:password@host:5432/name'
    "$VENV/bin/python" "$ROOT/scripts/lib/database_urls.py" "$1" "$(secret "app-$2")" "$(secret "worker-$2")"
}

# create_database NAME OWNER PASSWORD: the owner may create roles but is no superuser, as on a hosted server;
# only the extensions need one.
create_database() {
    HINT='The database could not be made in the private cluster.'
    cluster_psql postgres -v name="$1" -v owner="$2" -v password="$3" <<'SQL'
SELECT format('CREATE ROLE %I', :'owner') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
ALTER ROLE :"owner" LOGIN CREATEROLE PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
SQL
    cluster_psql "$1" <<'SQL'
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
SQL
}

migrate() {
    HINT='The migrations did not run. The owner must be able to reach the database, create roles, and create (or find) the extensions postgis, btree_gist, btree_gin, pg_trgm and unaccent.'
    "$VENV/bin/geo-assign" db upgrade
    RESULT='schema up to date'
}
