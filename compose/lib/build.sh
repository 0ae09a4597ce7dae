# shellcheck shell=bash
# The four binaries: built here, or taken from PARLEY_BIN.

products=(gateway auth history presence)

find_binaries() {
    binaries=${PARLEY_BIN:-$top/.build/release}
    [[ $binaries = /* ]] || binaries=$PWD/$binaries
}

check_given_binaries() {
    local product
    for product in "${products[@]}"; do
        [ -x "$binaries/$product" ] || misuse "PARLEY_BIN holds no program $product: $binaries"
    done
}

check_swift() {
    command -v swift >/dev/null || fail "no swift here: install a Swift 6.3 toolchain and put it on the PATH, or set PARLEY_BIN"
    local version
    version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -1)
    local major minor
    read -r major minor <<<"$version" || fail "swift --version does not tell a version"
    [ $((major * 1000 + minor)) -ge 6003 ] || fail "Swift 6.3 or newer is needed, and this is $major.$minor"
}

# Before anything is installed: can there be binaries at all?
check_program_source() {
    if [ -n "${PARLEY_BIN:-}" ]; then check_given_binaries; else check_swift; fi
}

# build_binaries: release, with the Swift libraries inside. Shown as it goes: the first takes a minute or two.
build_binaries() {
    [ -z "${PARLEY_BIN:-}" ] || return 0
    local product began=$EPOCHREALTIME
    for product in "${products[@]}"; do
        say "building $product"
        swift build --package-path "$top" -c release --static-swift-stdlib --product "$product" >&2 \
            || fail "$product does not build"
    done
    say "built in $(elapsed "$began")"
}
