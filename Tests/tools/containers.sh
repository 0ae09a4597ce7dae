# shellcheck shell=bash
# A container engine and the base images: those that are here, else what Tests/Containers can make.

base_images=(debian:bookworm-slim swift:6.3-bookworm redis:7 postgres:15 nginx:1)

ensure_engine() {
    if timeout 20 docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then return 0; fi
    bash Tests/Containers/engine-up.sh
}

# A registry first; where there is none, stand-ins with the same names from Debian's archive.
ensure_images() {
    local image lacking=()
    for image in "${base_images[@]}"; do
        docker image inspect "$image" >/dev/null 2>&1 || timeout 300 docker pull -q "$image" || lacking+=("$image")
    done
    [ ${#lacking[@]} -eq 0 ] || bash Tests/Containers/base-images.sh
}
