# shellcheck shell=bash
# Steps: each says what it does and how long it took; a broken one shows the end of its log and what to do.
#
# A step is a function that runs in this shell with `set -e` in force, its output in .local/log/<name>.log. It may set
# RESULT (a few words for the line it leaves) and HINT (what to do, should the next command fail).
# Descriptor 3 is the terminal, whatever a step's own output is redirected to.

LOCAL="$ROOT/.local"
STEP=''
STEP_LOG=''
RESULT=''
HINT=''
STEP_TABLE=()
BESIDE_PID=''

say() {
    printf '%s\n' "$*" >&3
}

now_ms() {
    local digits="${EPOCHREALTIME//[^0-9]/}"
    printf '%s' "$((digits / 1000))"
}

# elapsed FROM_MS: "12.3 s"
elapsed() {
    local ms=$(($(now_ms) - $1))
    printf '%d.%d s' "$((ms / 1000))" "$((ms % 1000 / 100))"
}

# open_steps NAME: .local with its lock, descriptor 3, and the traps that close everything again.
open_steps() {
    exec 3>&1
    mkdir -p "$LOCAL/log" "$LOCAL/stamps"
    trap 'close_steps $?' EXIT
    trap 'trap "" INT TERM HUP; INTERRUPTED=1; exit 130' INT
    trap 'trap "" INT TERM HUP; INTERRUPTED=1; exit 143' TERM HUP
    exec 9>"$LOCAL/$1.lock"
    if ! flock -n 9; then
        fail "Another ./scripts/$1 is at work in this folder; stop it first (Ctrl-C where it runs)."
    fi
}

# fail WHAT_TO_DO: leave with a reason.
fail() {
    HINT="$*"
    [[ -n $STEP ]] || say "$HINT"
    exit 1
}

# step NAME FUNCTION [ARGUMENT...]
step() {
    STEP="$1"
    local began slug="${1,,}"
    STEP_LOG="$LOCAL/log/${slug//[^a-z0-9]/-}.log"
    RESULT='' HINT=''
    shift
    began="$(now_ms)"
    printf '  %-20s ' "$STEP" >&3
    "$@" >"$STEP_LOG" 2>&1
    finish_step "$began"
}

# shown_step NAME FUNCTION [ARGUMENT...]: a step whose output is what the reader came for.
shown_step() {
    STEP="$1"
    local began
    STEP_LOG='' RESULT='' HINT=''
    shift
    began="$(now_ms)"
    say "  $STEP"
    "$@"
    printf '  %-20s ' "$STEP" >&3
    finish_step "$began"
}

# begin_beside FUNCTION: the steps that it takes, in the background, in a process group of their own.
begin_beside() {
    local shown="$LOCAL/log/beside.shown" table="$LOCAL/log/beside.table"
    rm -f "$table"
    set -m
    # shellcheck disable=SC2030 # a table of its own, which is written to a file
    (
        trap 'status=$?; trap - EXIT; set +e; leave_beside "$table"; exit "$status"' EXIT
        trap 'exit 143' TERM
        exec 3>"$shown" 9>&-
        STEP_TABLE=()
        "$@"
    ) </dev/null &
    BESIDE_PID=$!
    set +m
}

# shellcheck disable=SC2031
leave_beside() {
    if [[ -n $STEP ]]; then
        say 'failed'
        show_failure
        STEP_TABLE+=("$(printf '%-20s %9s' "$STEP" failed)")
    fi
    printf '%s\n' ${STEP_TABLE[@]+"${STEP_TABLE[@]}"} >"$1"
}

# await_beside: wait for these steps and show them; fails when one of them did.
await_beside() {
    local pid="$BESIDE_PID" status=0
    wait "$pid" || status=$?
    show_beside
    return "$status"
}

show_beside() {
    local line
    BESIDE_PID=''
    cat "$LOCAL/log/beside.shown" >&3
    while IFS= read -r line; do
        [[ -z $line ]] || STEP_TABLE+=("$line")
    done <"$LOCAL/log/beside.table"
}

# end_beside: the caller leaves, whatever they have come to. What has ended is shown.
end_beside() {
    [[ -n $BESIDE_PID ]] || return 0
    if kill -0 "$BESIDE_PID" 2>/dev/null; then
        kill -TERM -- "-$BESIDE_PID"
        wait "$BESIDE_PID"
        BESIDE_PID=''
    else
        show_beside
    fi
}

finish_step() {
    local took
    took="$(elapsed "$1")"
    printf '%-52s %9s\n' "${RESULT:-done}" "$took" >&3
    STEP_TABLE+=("$(printf '%-20s %9s' "$STEP" "$took")")
    STEP=''
}

# progress TEXT: a line in the middle of a step.
progress() {
    printf '%s\n  %-20s ' "$*" '' >&3
}

# The end, good or bad: tell of the step that broke, then stop what was started (on_close, the caller's).
close_steps() {
    local status=$1
    trap '' INT TERM HUP
    trap - EXIT
    set +e
    if [[ -n $STEP && -n ${INTERRUPTED:-} ]]; then
        say 'interrupted'
    elif [[ -n $STEP ]]; then
        say 'failed'
        show_failure
    fi
    end_beside
    if declare -F on_close >/dev/null; then on_close "$status"; fi
    exit "$status"
}

show_failure() {
    if [[ -s $STEP_LOG ]]; then
        say ''
        tail -n "${FAILURE_LINES:-25}" "$STEP_LOG" | sed 's/^/    /' >&3
        say ''
        say "  The whole log: ${STEP_LOG#"$ROOT"/}"
    fi
    [[ -z $HINT ]] || say "  $HINT"
}

# stamp_is NAME VALUE: was this work done for exactly these inputs?
stamp_is() {
    [[ -f "$LOCAL/stamps/$1" && "$(<"$LOCAL/stamps/$1")" == "$2" ]]
}

put_stamp() {
    printf '%s\n' "$2" >"$LOCAL/stamps/$1"
}
