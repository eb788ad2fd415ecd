# shellcheck shell=bash
# Packages of the distribution: installed when root, asked for at a terminal, else named in one line to type.

is_root() {
    [[ $EUID -eq 0 ]]
}

# need_packages WHY PACKAGE...
need_packages() {
    local why="$1"
    shift
    local line="apt-get update && sudo apt-get install -y --no-install-recommends $*"
    command -v apt-get >/dev/null ||
        fail "$why is missing, and this is neither Debian nor Ubuntu: install what $* stands for, then run this again."
    if is_root; then
        progress "installing $*"
        apt_install '' "$@"
    elif [[ -t 0 ]] && command -v sudo >/dev/null; then
        ask "$why is missing. Install it with: sudo apt-get install $* ? [y/N] " || fail "Type: sudo $line"
        apt_install sudo "$@"
    else
        fail "$why is missing. Type: sudo $line"
    fi
}

ask() {
    local answer
    printf '\n  %s' "$1" >&3
    read -r answer && [[ $answer == [yYjJ]* ]]
}

# apt_install SUDO PACKAGE...: the lists may be absent or stale, so a first failure refreshes them.
apt_install() {
    local sudo="$1"
    shift
    HINT="apt-get could not install $*; the log says why."
    apt_get "$sudo" install -y --no-install-recommends "$@" && return 0
    apt_update "$sudo"
    apt_get "$sudo" install -y --no-install-recommends "$@"
}

# dpkg's lock is waited for by apt itself, the lock of the lists is not.
apt_update() {
    local attempt
    for attempt in 1 2 3 4 5 6; do
        apt_get "$1" update && return 0
        echo "apt-get update failed, attempt $attempt"
        sleep 5
    done
    return 1
}

# apt_get SUDO ARGUMENT...
apt_get() {
    local sudo="$1"
    shift
    ${sudo:+"$sudo"} env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null 3>&- 9>&-
}
