# shellcheck shell=bash
# A private PostgreSQL cluster with PostGIS, from the distribution's packages.
#
# It listens on 127.0.0.1 only and every log-in takes a generated password: a socket directory would need a path of
# at most 103 bytes, and trust would let every account of this machine in, as superuser.
#
# CLUSTER       its folder: data/, server.log, port, superuser (the password)
# CLUSTER_USER  whom it runs as: PostgreSQL refuses root, so that is `postgres` when root calls
# CLUSTER_PORT  where it listens

POSTGRES_FLOOR=15
CLUSTER=''
CLUSTER_USER=''
CLUSTER_PORT=''
CLUSTER_STARTED=''
PG_BIN=''

# prepare_cluster run|bench|test: sets the names above and starts the server.
prepare_cluster() {
    require_server
    place_cluster "$1"
    if [[ $1 == test ]]; then
        start_test_cluster
    else
        use_server_of_data
        [[ -d "$CLUSTER/data" ]] || create_cluster
        start_cluster "$1"
    fi
    RESULT="PostgreSQL $(<"$CLUSTER/data/PG_VERSION"), 127.0.0.1:$CLUSTER_PORT"
}

# The tests' cluster keeps its template databases from run to run. It is made anew when it is not what a new one would
# be, and when it does not start.
start_test_cluster() {
    local wanted
    wanted="$(test_cluster_identity)"
    if [[ -d "$CLUSTER/data" && "$(cat "$CLUSTER/identity" 2>/dev/null)" == "$wanted" ]]; then
        start_cluster test && return
        progress 'the kept cluster does not start'
    fi
    discard_cluster
    create_cluster
    start_cluster test
    echo "$wanted" >"$CLUSTER/identity"
}

# The programs, the settings, and since when the machine runs: without fsync no file outlives a crash for sure.
test_cluster_identity() {
    {
        "$PG_BIN/postgres" -V
        cat "$("$PG_BIN/pg_config" --sharedir)/extension/postgis.control" /proc/sys/kernel/random/boot_id
        CLUSTER_PORT='' cluster_settings test
    } | sha256sum | cut -c1-32
}

discard_cluster() {
    stop_running
    rm -rf "${CLUSTER:?}/data" "$CLUSTER/identity"
}

# A server of at least the floor with PostGIS, installed if need be.
require_server() {
    local bare
    PG_BIN="$(find_server)" && return
    if bare="$(find_server bare)"; then
        need_packages 'PostGIS' "postgresql-$(server_major "$bare")-postgis-3"
    else
        without_main_cluster need_packages 'PostgreSQL with PostGIS' postgresql postgresql-postgis
    fi
    PG_BIN="$(find_server)" ||
        fail "PostgreSQL $POSTGRES_FLOOR or newer with PostGIS is needed and this system's packages have none: give DATABASE_URL."
}

# find_server [bare|MAJOR]: the newest server's bin folder; with `bare` PostGIS may be missing.
find_server() {
    local wanted="${1:-}" bin major
    while read -r bin; do
        major="$(server_major "$bin")"
        [[ -n $major && $major -ge $POSTGRES_FLOOR ]] || continue
        [[ $wanted == bare ]] || has_postgis "$bin" || continue
        [[ -z $wanted || $wanted == bare || $wanted == "$major" ]] || continue
        printf '%s' "$bin"
        return
    done < <(printf '%s\n' /usr/lib/postgresql/*/bin "$(pg_config --bindir 2>/dev/null)" | sort -Vr)
    return 1
}

# Its scripts and its library are packages apart, and either may be there alone.
has_postgis() {
    [[ -f "$("$1/pg_config" --sharedir)/extension/postgis.control" && -f "$("$1/pg_config" --pkglibdir)/postgis-3.so" ]]
}

server_major() {
    [[ -x "$1/initdb" ]] && "$1/postgres" -V | sed -n 's/^postgres (PostgreSQL) \([0-9]*\).*/\1/p'
}

# Debian's package would start a cluster of its own, on the default port, that is not wanted here.
without_main_cluster() {
    local folder=/etc/postgresql-common/createcluster.d status=0
    if ! is_root || [[ -e /etc/postgresql-common ]]; then
        "$@"
        return
    fi
    mkdir -p "$folder"
    echo 'create_main_cluster = false' >"$folder/geo-assign.conf"
    "$@" || status=$?
    rm -f "$folder/geo-assign.conf"
    return "$status"
}

# Data made by an earlier major version wants that version.
use_server_of_data() {
    local major
    [[ -d "$CLUSTER/data" ]] || return 0
    major="$(cat "$CLUSTER/data/PG_VERSION")" || fail "$CLUSTER belongs to $CLUSTER_USER: run this as that user, or as root."
    PG_BIN="$(find_server "$major")" ||
        fail "The data in $CLUSTER was made by PostgreSQL $major, which is no longer installed with PostGIS."
}

# place_cluster run|test: in .local, or in /var/lib when its user cannot get into this folder.
place_cluster() {
    local inside="$LOCAL/pg" outside
    [[ $1 == run ]] || inside="$LOCAL/pg-$1"
    outside="/var/lib/geo-assign/$(printf '%s' "$ROOT" | sha256sum | cut -c1-12)/$1"
    if [[ -d "$inside/data" && ! -L $inside ]]; then
        CLUSTER="$inside" CLUSTER_USER="$(stat -c %U "$inside/data")"
        return
    fi
    CLUSTER_USER="$(id -un)"
    ! is_root || CLUSTER_USER=postgres
    if ! is_root || runuser -u postgres -- test -x "$LOCAL"; then
        CLUSTER="$inside"
    else
        CLUSTER="$outside"
        [[ -d "$outside/data" ]] || progress "postgres cannot enter $ROOT, so the data lies in $outside"
        mkdir -p "$outside"
        ln -sfn "$outside" "$inside"
    fi
    install -d -m 700 -o "$CLUSTER_USER" "$CLUSTER"
}

# initdb works in a folder of another name, so that a cluster is there whole or not at all.
create_cluster() {
    progress 'creating the cluster'
    HINT='initdb could not create the cluster.'
    (umask 077 && random_hex >"$CLUSTER/superuser")
    chown "$CLUSTER_USER" "$CLUSTER/superuser"
    rm -rf "$CLUSTER/data.new"
    as_cluster_user "$PG_BIN/initdb" --pgdata "$CLUSTER/data.new" --username postgres --pwfile "$CLUSTER/superuser" \
        --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8 --data-checksums --no-sync
    echo "include 'geo-assign.conf'" >>"$CLUSTER/data.new/postgresql.conf"
    mv "$CLUSTER/data.new" "$CLUSTER/data"
}

# Between the look for a free port and the start another program may take it: then the next one is tried.
start_cluster() {
    local running attempt
    if running="$(running_port)"; then
        CLUSTER_PORT="$running" CLUSTER_STARTED=yes
        return
    fi
    HINT="PostgreSQL did not start; $CLUSTER/server.log says why."
    for attempt in 1 2 3; do
        choose_port
        cluster_settings "$1" >"$CLUSTER/data/geo-assign.conf"
        if as_cluster_user "$PG_BIN/pg_ctl" start -w -t 60 -s -D "$CLUSTER/data" -l "$CLUSTER/server.log"; then
            CLUSTER_STARTED=yes
            return
        fi
        if ((attempt == 3)) || ! port_was_taken; then
            break
        fi
    done
    tail -n 15 "$CLUSTER/server.log"
    return 1
}

port_was_taken() {
    tail -n 8 "$CLUSTER/server.log" | grep -q 'could not bind IPv4 address'
}

# The port of the server that runs on this data, as one that was killed leaves it behind.
running_port() {
    as_cluster_user "$PG_BIN/pg_ctl" status -D "$CLUSTER/data" >/dev/null && sed -n 4p "$CLUSTER/data/postmaster.pid"
}

# The same port as last time, unless another program took it meanwhile.
choose_port() {
    local remembered
    remembered="$(cat "$CLUSTER/port" 2>/dev/null || echo 54330)"
    CLUSTER_PORT="$(free_port "$remembered")"
    echo "$CLUSTER_PORT" >"$CLUSTER/port"
}

cluster_settings() {
    printf '%s\n' "listen_addresses = '127.0.0.1'" "port = $CLUSTER_PORT" "unix_socket_directories = ''" \
        'max_connections = 200' "shared_buffers = '256MB'" 'jit = off' "timezone = 'UTC'" "log_timezone = 'UTC'" \
        "log_line_prefix = '%m [%p] %q%u@%d '"
    if [[ $1 == test ]]; then
        # Three test processes keep forty each, and the services that they start have pools.
        printf '%s\n' 'max_connections = 300' 'fsync = off' 'synchronous_commit = off' 'full_page_writes = off' \
            'wal_level = minimal' 'max_wal_senders = 0' "max_wal_size = '4GB'" "shared_preload_libraries = 'postgis-3'"
    fi
}

stop_cluster() {
    [[ -n $CLUSTER_STARTED ]] || return 0
    stop_running
}

stop_running() {
    [[ -f "$CLUSTER/data/postmaster.pid" ]] || return 0
    as_cluster_user "$PG_BIN/pg_ctl" stop -m fast -w -t 60 -s -D "$CLUSTER/data" || true
}

# The server outlives its parent: it must not hold the terminal's or the lock's descriptor.
as_cluster_user() {
    (
        cd "$CLUSTER" || exit
        if [[ $CLUSTER_USER != "$(id -un)" ]]; then
            set -- runuser -u "$CLUSTER_USER" -- "$@"
        fi
        exec env LC_ALL=C.UTF-8 "$@" </dev/null 3>&- 9>&-
    )
}

# cluster_psql DATABASE [ARGUMENT...]: as superuser; statements on standard input.
cluster_psql() {
    local database="$1"
    shift
    PGPASSWORD="$(<"$CLUSTER/superuser")" PGOPTIONS='-c client_min_messages=warning' "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 \
        -h 127.0.0.1 -p "$CLUSTER_PORT" -U postgres -d "$database" "$@"
}

# superuser_url: for the tests, which create and drop databases and roles.
superuser_url() {
    printf 'postgresql://postgres:%s@127.0.0.1:%s/postgres' "$(<"$CLUSTER/superuser")" "$CLUSTER_PORT"
}

random_hex() {
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}
