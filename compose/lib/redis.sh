# shellcheck shell=bash

start_redis() {
    launch redis redis-server "$top/compose/redis.conf" \
        --bind 127.0.0.1 --port "$(port_of redis)" --protected-mode yes \
        --dir "$data/redis" --maxmemory "${REDIS_MAXMEMORY:-1gb}" \
        --appendfsync "${REDIS_APPENDFSYNC:-everysec}"
}
