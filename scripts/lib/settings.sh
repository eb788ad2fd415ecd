# shellcheck shell=bash
# .local/geo-assign.env: the settings that the service runs with, for every command beside it. Readable by its owner only.
#
# Lines a person adds stay. What the environment of one start says is written below a mark and replaced by the next start.

ENV_FILE="$LOCAL/geo-assign.env"
ENV_MARK='# From the environment of the last start; the next one replaces what follows.'

# open_settings: the file exists, private, without what the last start's environment said.
open_settings() {
    (umask 077 && touch "$ENV_FILE")
    chmod 600 "$ENV_FILE"
    local kept
    kept="$(sed "/^$ENV_MARK\$/,\$d" "$ENV_FILE")"
    printf '%s\n' "${kept:-# Settings of this checkout, written by ./scripts/run; add your own below.}" >"$ENV_FILE"
}

# setting NAME: its value in the file, or nothing.
setting() {
    sed -n "s/^$1=//p" "$ENV_FILE" | tail -n 1 | sed "s/^'\(.*\)'\$/\1/; s/\\\\'/'/g"
}

# put_setting NAME VALUE: in the file, in place of an earlier line, and in this process's environment.
put_setting() {
    local name="$1" value="$2" rest
    rest="$(grep -v "^$name=" "$ENV_FILE" || true)"
    printf '%s\n%s=%s\n' "$rest" "$name" "'${value//\'/\\\'}'" >"$ENV_FILE"
    export "$name=$value"
}

# keep_setting NAME DEFAULT: the environment's value, else the file's, else the default.
keep_setting() {
    local name="$1" kept
    kept="${!name:-$(setting "$name")}"
    put_setting "$name" "${kept:-$2}"
}

# move_port: choose GEO_ASSIGN_PORT anew if a program took it since it was chosen. Its line stays where it stands.
move_port() {
    local port
    port="$(free_port "$GEO_ASSIGN_PORT")"
    [[ $port != "$GEO_ASSIGN_PORT" ]] || return 0
    sed -i "s/^GEO_ASSIGN_PORT=.*/GEO_ASSIGN_PORT='$port'/" "$ENV_FILE"
    export "GEO_ASSIGN_PORT=$port"
}

# close_settings MANAGED...: what else this environment says, below the mark.
close_settings() {
    local name managed=" $* "
    echo "$ENV_MARK" >>"$ENV_FILE"
    while IFS= read -r name; do
        [[ $managed == *" $name "* ]] || printf '%s=%s\n' "$name" "'${!name//\'/\\\'}'" >>"$ENV_FILE"
    done < <(compgen -e | grep '^GEO_ASSIGN_' || true)
}

# secret NAME: a generated password, the same at every start.
secret() {
    local file="$LOCAL/secrets/$1"
    (umask 077 && mkdir -p "$LOCAL/secrets" && { [[ -s $file ]] || random_hex >"$file"; })
    cat "$file"
}
