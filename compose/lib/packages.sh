# shellcheck shell=bash
# shellcheck disable=SC2034  # the lists are read by the other parts
# Debian packages, installed without starting or enabling any system service.

# name of the package = what shows that it (or an equal) is there: a command, a
# library or a file (by a pattern).
server_packages=(
    redis-server=redis-server
    nginx-light=nginx
    postgresql-15=/usr/lib/postgresql/15/bin/postgres
)
runtime_packages=(
    libhiredis0.14=lib:libhiredis.so.0.14
    libpq5=lib:libpq.so.5
    libcurl4=lib:libcurl.so.4
    libssl3=lib:libssl.so.3
    zlib1g=lib:libz.so.1
)
build_packages=(
    pkg-config=pkg-config
    libhiredis-dev=/usr/include/hiredis/hiredis.h
    libpq-dev=/usr/include/postgresql/libpq-fe.h
    libssl-dev=/usr/include/openssl/ssl.h
    zlib1g-dev=/usr/include/zlib.h
    # The static FoundationNetworking (URLSession) links against it.
    libcurl4-openssl-dev=/usr/lib/*/libcurl.so
)

# nginx stands in /usr/sbin, which a user's own path may lack.
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

is_present() {
    case $1 in
        lib:*) ldconfig -p | grep -F "${1#lib:} " >/dev/null ;;
        /*) compgen -G "$1" >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

# missing_packages NAME=PROBE...: the names of those not here, one a line.
missing_packages() {
    local entry
    for entry; do is_present "${entry#*=}" || printf '%s\n' "${entry%%=*}"; done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# A policy-rc.d that answers 101 keeps maintainer scripts from starting services.
install_quietly() (
    guard=/usr/sbin/policy-rc.d
    trap 'exit 130' INT TERM
    if [ ! -e "$guard" ]; then
        trap 'as_root rm -f "$guard"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
        as_root chmod 755 "$guard"
    fi
    apt update || say "apt-get update failed: trying with the lists that are here"
    apt install -y --no-install-recommends "$@" >/dev/null
)

# Nor shall they start at the next boot: what we run is private to us.
disable_units() {
    [ -d /run/systemd/system ] || return 0
    local package
    for package; do
        case $package in
            redis-server | nginx-light) as_root systemctl disable --quiet "${package%-light}" ;;
            postgresql-*) as_root systemctl disable --quiet postgresql ;;
        esac
    done
}

# install_packages PACKAGE...
install_packages() {
    [ $# -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "missing, and this is no Debian: $*"
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null \
        || fail "missing packages, and neither root nor sudo is at hand. As root: apt-get install $*"
    say "installing by apt: $*"
    install_quietly "$@" || fail "apt could not install: $*"
    disable_units "$@" || say "could not disable the system's own services of: $*"
}
