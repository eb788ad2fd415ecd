# shellcheck shell=bash
# The processes that `run` starts, each in a session of its own: Ctrl-C then reaches only this script, which stops them
# in order. Should this script be killed outright, the kernel tells them to stop (pdeathsig).

declare -A SERVICE_PID=()
SERVICE_ORDER=()

# start_service NAME COMMAND...: its output goes to .local/log/NAME.log, the last one kept as NAME.log.1
start_service() {
    local name="$1" log="$LOCAL/log/$1.log"
    shift
    [[ ! -s $log ]] || mv -f "$log" "$log.1"
    (cd "$ROOT" && exec setsid setpriv --pdeathsig TERM -- "$@" </dev/null >"$log" 2>&1 3>&- 9>&-) &
    SERVICE_PID[$name]=$!
    SERVICE_ORDER+=("$name")
}

service_runs() {
    [[ -n ${SERVICE_PID[$1]:-} ]] && kill -0 "${SERVICE_PID[$1]}" 2>/dev/null
}

# stop_services: last started first; each gets ten seconds, then is killed with all it started.
stop_services() {
    local index name pid
    for ((index = ${#SERVICE_ORDER[@]} - 1; index >= 0; index--)); do
        name="${SERVICE_ORDER[index]}"
        pid="${SERVICE_PID[$name]:-}"
        [[ -n $pid ]] || continue
        kill -TERM "$pid"
        wait_gone "$pid" 100 || say "  $name did not stop in ten seconds and is killed."
        kill -KILL -- "-$pid"
    done 2>/dev/null
    SERVICE_ORDER=()
}

# wait_gone PID TENTHS
wait_gone() {
    local pid="$1" tenths="$2"
    while ((tenths-- > 0)); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

# watch_services ESSENTIAL...: returns when one of these ended, with its name in ENDED. Others may end; that is told.
# A service that ended before `wait -n` began does not wake it: a sleep does, after a second.
watch_services() {
    local name essential=" $* "
    while true; do
        for name in "${!SERVICE_PID[@]}"; do
            service_runs "$name" && continue
            ENDED="$name"
            [[ $essential != *" $name "* ]] || return 0
            say "  $name ended; the service runs on. See .local/log/$name.log"
            unset "SERVICE_PID[$name]"
        done
        sleep 1 3>&- 9>&- &
        wait -n "$!" "${SERVICE_PID[@]}" 2>/dev/null || true
    done
}
