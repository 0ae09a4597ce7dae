# shellcheck shell=bash
# What the operator reads: everything but answers goes to standard error.

say() { printf '%s\n' "$*" >&2; }
fail() { say "parley: $*" && exit 1; }
misuse() { say "parley: $*" && say "try: compose/local help" && exit 2; }

# elapsed SINCE: seconds since a value of $EPOCHREALTIME, with one decimal.
elapsed() {
    local tenths=$(((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}) / 100000))
    printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
}
