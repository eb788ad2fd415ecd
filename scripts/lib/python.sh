# shellcheck shell=bash
# The virtual environment in .venv, and in it the package with what it needs, at the versions of the lock files.

VENV="$ROOT/.venv"

# prepare_python [EXTRA]: .venv with what the lock file says and the checkout itself, once per change of either.
# Only wheels: building anything but the checkout would fetch build systems that no lock file knows.
prepare_python() {
    local extra="${1:-}" wanted version
    make_venv
    version="$("$VENV/bin/python" -V)"
    wanted="$(cat "$ROOT/setup.cfg" "$ROOT/pyproject.toml" "$(lock_file)" "$(lock_file test)" | sha256sum | cut -c1-16)"
    wanted="$wanted $ROOT $version"
    if stamp_is python "$wanted [test]" || { [[ -z $extra ]] && stamp_is python "$wanted []"; }; then
        RESULT="$version, unchanged"
        return
    fi
    progress 'installing dependencies into .venv'
    HINT='pip could not install what the lock file says: is the package index reachable from here?'
    # Most files of what the tests need are never imported; those that are, are compiled then.
    pip_install ${extra:+--no-compile} --only-binary :all: --require-hashes -r "$(lock_file "$extra")"
    HINT='pip could not install the checkout itself.'
    pip_install --no-deps --no-build-isolation -e "$ROOT"
    put_stamp python "$wanted [$extra]"
    RESULT="$version"
}

# lock_file [EXTRA]: what ./scripts/lock wrote for it.
lock_file() {
    printf '%s' "$ROOT/config/requirements${1:+-$1}.lock"
}

pip_install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_DEFAULT_TIMEOUT="${PIP_DEFAULT_TIMEOUT:-60}" \
        "$VENV/bin/python" -m pip install "$@"
}

# A .venv whose interpreter went away, or that came here from another folder, is made anew.
make_venv() {
    local python
    if "$VENV/bin/python" -c '' &>/dev/null && [[ -x "$VENV/bin/pip" ]] && grep -qsF "$VENV" "$VENV/bin/activate"; then
        return
    fi
    python="$(find_python)" || {
        need_packages 'Python 3.11 or newer with venv' python3 python3-venv
        python="$(find_python)" || fail 'Python 3.11 or newer is needed; this system offers an older one.'
    }
    rm -rf "$VENV"
    "$python" -m venv "$VENV"
}

# The first interpreter that is new enough and can make environments.
find_python() {
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' &>/dev/null; then
            printf '%s' "$candidate"
            return
        fi
    done
    return 1
}

# free_port FROM [--only]: the first port from there on that is free.
free_port() {
    "$VENV/bin/python" "$ROOT/scripts/lib/ports.py" "$@"
}
