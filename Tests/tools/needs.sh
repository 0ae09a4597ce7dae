# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # shared with the other parts
# What the tests need besides the toolchain: Debian packages and a Python environment.

python_packages=(
    python3=/usr/bin/python3
    python3-venv=/usr/share/doc/python3-venv
    python3-pip=/usr/lib/python3/dist-packages/pip
)
# Unit and end-to-end tests make their certificates with it.
command_packages=(openssl=openssl)
# Debugging information is taken off before counting.
counting_packages=(valgrind=valgrind binutils=strip)
browser_packages=(
    chromium=chromium
    fonts-dejavu-core=/usr/share/fonts/truetype/dejavu
    fonts-noto-color-emoji=/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf
)

need_packages() {
    local -a missing
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

need_everything() {
    need_packages "${build_packages[@]}" "${server_packages[@]}" "${command_packages[@]}" \
        "${python_packages[@]}" "${counting_packages[@]}" "${browser_packages[@]}"
}

# The environment lies in the user's cache and is named after what is in it: a changed list of
# requirements makes a new one.
requirements=Tests/requirements.txt
environment=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/parley/venv-$(sha256sum $requirements | cut -c1-12)
python=$environment/bin/python

need_python() {
    [ ! -e "$environment/complete" ] || return 0
    rm -rf "$environment"
    /usr/bin/python3 -m venv "$environment"
    "$python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
    touch "$environment/complete"
}
