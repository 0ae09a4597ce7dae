# shellcheck shell=bash
# shellcheck disable=SC2154  # shared with the other parts
# libFuzzer with the address sanitizer: one program for all targets, with a build folder of its own.

fuzzer=.build-fuzz/release/Fuzz
findings=$output/fuzz

# Optimized, as it then tries ten times as much; overflows and indexes are checked all the same. The usual linker
# stumbles over what the sanitizer adds.
build_fuzzers() {
    PARLEY_FUZZ=1 swift build -c release --scratch-path .build-fuzz --product Fuzz --sanitize address \
        -Xswiftc -sanitize=fuzzer -Xswiftc -enable-testing -Xswiftc -use-ld=lld
}

# fuzz SECONDS CORPUS [TARGET...]: from the seeds and what lies in the folder CORPUS, which takes what is new; as many
# targets at once as there are processors.
fuzz() {
    local seconds=$1 corpus=$2 target status=0
    shift 2
    if [ $# -eq 0 ]; then
        # shellcheck disable=SC2046  # one word each
        set -- $("$fuzzer")
    fi
    mkdir -p "$findings"
    for target in "$@"; do
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
        fuzz_one "$target" "$seconds" "$corpus/$target" &
    done
    wait
    for target in "$@"; do report_fuzzer "$target" || status=1; done
    return $status
}

# What no input may take: more than 10 s, 64 MiB at once, or 1 GiB in all.
fuzz_one() {
    local target=$1 seconds=$2 corpus=$3 log=$findings/$1.log words
    local -a options=(
        -max_total_time="$seconds" -max_len=4096 -timeout=10 -malloc_limit_mb=64 -rss_limit_mb=1024
        -print_final_stats=1 -artifact_prefix="$findings/$target-"
    )
    words=$(dictionary "$target")
    [ -z "$words" ] || options+=(-dict="Tests/Fuzz/Dictionaries/$words")
    mkdir -p "$corpus"
    SWIFT_BACKTRACE=enable=no FUZZ_TARGET=$target \
        "$fuzzer" "${options[@]}" "$corpus" "Tests/Fuzz/Corpus/$target" >"$log" 2>&1 \
        && echo passed >>"$log" || true
}

dictionary() {
    case $1 in
        frame | json | envelope) echo json ;;
        token | claims) echo token ;;
        http | resp | notice) echo "$1" ;;
    esac
}

# Executions, and the edges of the code that were reached; of a finding where it lies.
report_fuzzer() {
    local log=$findings/$1.log runs edges verdict
    runs=$(sed -nE 's/^stat::number_of_executed_units: +//p' "$log")
    edges=$(sed -nE 's/.* cov: ([0-9]+) .*/\1/p' "$log" | tail -n 1)
    verdict=$(tail -n 1 "$log")
    printf '   %-10s %10s inputs, %5s edges\n' "$1" "${runs:-no}" "${edges:-no}" >&3
    if [ "$verdict" = passed ]; then
        echo passed 1 >>"$tally"
        return
    fi
    printf 'failed 1\nbroken %s\n' "$1" >>"$tally"
    grep -E 'Fatal error|ERROR: |SUMMARY|Test unit written' "$log" >&3 || tail -n 20 "$log" >&3
    return 1
}

# Ten seconds each, from the seeds alone: what earlier runs have found would take them up.
fuzz_shortly() {
    rm -rf "$findings/short"
    fuzz 10 "$findings/short"
}
