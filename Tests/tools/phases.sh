# shellcheck shell=bash
# A run is a row of phases. Each prints one line with its time; a failing one does not end the
# run, but those that stand on it are not tried.

output=Tests/.output
mkdir -p "$output"
passed=0 failed=0 skipped=0
declare -A verdict=()
declare -a broken=()

# phase NAME FUNCTION [ARGUMENT...]: the function's output goes to a log; what it says to the
# operator goes to descriptor 3, what it counted to the file $tally.
phase() {
    local name=$1 began=$EPOCHREALTIME status=0 log=$output/$1.log
    shift
    tally=$output/$name.tally
    rm -f "$tally"
    say "-- $name"
    set +e
    (
        set -e
        "$@"
    ) 3>&2 >"$log" 2>&1 </dev/null
    status=$?
    set -e
    count "$name" "$status"
    if [ $status -eq 0 ]; then verdict[$name]=ok; else verdict[$name]=FAILED; fi
    [ $status -eq 0 ] || show_failure "$log"
    say "-- $name: ${verdict[$name]} in $(elapsed "$began")"
}

# after PHASE... phase NAME ...: not tried where one of those before has failed.
after() {
    local missing=''
    while [ "$1" != phase ]; do
        [ "${verdict[$1]-}" = ok ] || missing=$1
        shift
    done
    if [ -z "$missing" ]; then
        "$@"
    else
        verdict[$2]=FAILED
        failed=$((failed + 1))
        broken+=("$2: not tried")
        say "-- $2: not tried, because $missing failed"
    fi
}

# count NAME STATUS: a suite tells "passed N", "failed N", "skipped N", "broken TEST"; a preparation
# tells nothing. What ends badly without a failed test has failed once.
count() {
    local kind value seen=0
    touch "$tally"
    while read -r kind value; do
        case $kind in
            passed) passed=$((passed + value)) ;;
            failed) failed=$((failed + value)) seen=$((seen + value)) ;;
            skipped) skipped=$((skipped + value)) ;;
            broken) broken+=("$1: $value") ;;
        esac
    done <"$tally"
    [ "$2" -ne 0 ] && [ "$seen" -eq 0 ] || return 0
    failed=$((failed + 1))
    broken+=("$1: ended with status $2")
}

# Of the Swift tests only what failed; of all else the end.
show_failure() {
    grep -A 6 '✘ Test .*recorded' "$1" | head -n 80 >&2 || tail -n 80 "$1" >&2
    say "-- the whole of it: $1"
}

# Names what failed at the end: of a long output often only that is kept.
conclude() {
    local line="$passed passed, $failed failed"
    [ "$skipped" -eq 0 ] || line+=", $skipped skipped"
    [ ${#broken[@]} -eq 0 ] || printf 'FAILED %s\n' "${broken[@]}"
    echo "$line"
    [ "$failed" -eq 0 ]
}

# shown COMMAND...: its output goes to the log and, while it comes, to the operator. Through a pipe:
# a tee that opens /dev/fd/3 by itself would begin anew a file that the whole run is written to.
shown() {
    local status=0 copy reader
    exec {copy}> >(cat >&3)
    reader=$!
    "$@" 2>&1 {copy}>&- | tee "/dev/fd/$copy" || status=$?
    exec {copy}>&-
    wait "$reader"
    return $status
}

# ---- what the phases do ----

lint() {
    swift format lint --strict -r Package.swift Shared Services Tests
    echo passed 1 >>"$tally"
    python3 Tests/tools/check_imports.py
    echo passed 1 >>"$tally"
    python3 Tests/tools/check_isolation.py
    echo passed 1 >>"$tally"
    python3 Tests/tools/check_deaths.py
    echo passed 1 >>"$tally"
    python3 Tests/tools/check_metrics.py
    echo passed 1 >>"$tally"
    python3 Tests/tools/check_hostile.py
    echo passed 1 >>"$tally"
    local script
    for script in compose/local compose/lib/*.sh compose/nginx/*.sh Tests/run Tests/*/run Tests/tools/*.sh .ci/run; do bash -n "$script"; done
    echo passed 1 >>"$tally"
}

build_debug() {
    swift build --build-tests --explicit-target-dependency-import-check error
}

build_release() { (find_binaries && check_program_source && build_binaries); }

unit() { swift_tests "$@" --skip-build; }

sanitized() {
    local kind=$1
    shift
    LSAN_OPTIONS=suppressions=$top/Tests/tools/leaks.supp:print_suppressions=0 \
        swift_tests --sanitize "$kind" --scratch-path ".build-$kind" "$@"
}

# swift_tests ARGUMENT...: counted from the report that the runner writes; none after a crash.
swift_tests() {
    local report=$top/$output/unit status=0
    rm -f "$report"*.xml
    swift test --disable-xctest --xunit-output "$report.xml" "$@" || status=$?
    python3 Tests/tools/count.py "$report"*.xml >"$tally"
    return $status
}

# end_to_end ARGUMENT...: seen while it goes. Three files at a time, each with clusters of its own: these tests wait for
# what dies and comes back more than they work. Exit status 5 of pytest is that no test was chosen.
end_to_end() {
    local report=$output/pytest.xml status=0
    rm -f "$report"
    shown "$python" -m pytest Tests/EndToEnd --color=no -q -n 3 --dist loadfile \
        --junitxml="$report" "$@" || status=$?
    python3 Tests/tools/count.py "$report" >"$tally"
    [ $status -ne 5 ] || echo "No test is called so: give pytest's arguments, like -k WORD."
    return $status
}

# What proves or refutes a storm is tested before it.
storm_checks() {
    local report=$output/storm.xml status=0
    rm -f "$report"
    PYTHONPATH=Tests/EndToEnd "$python" -m pytest Tests/Storm --color=no -q --junitxml="$report" || status=$?
    python3 Tests/tools/count.py "$report" >"$tally"
    return $status
}

# The bench against a short-lived cluster: what it finds, never how fast that was.
bench_checks() {
    local report=$output/bench.xml status=0
    rm -f "$report"
    PYTHONPATH=Tests/EndToEnd "$python" -m pytest Tests/Bench/scenarios --color=no -q --junitxml="$report" || status=$?
    python3 Tests/tools/count.py "$report" >"$tally"
    return $status
}

# What a delivery, a message and a connect take, counted: see Tests/Bench/README.md. It counts what its last line says.
instructions() {
    local status=0
    shown env PYTHONPATH=Tests/EndToEnd "$python" Tests/Bench/scenarios/bench.py instructions || status=$?
    tally_last_line "$output/instructions.log"
    sed -nE 's/^\| ([^|]*[^| ]) +\|.*\| +(RISEN|NOT [A-Z ]+) \|$/broken \1/p' "$output/instructions.log" >>"$tally"
    return $status
}

# tally_last_line LOG: of a program that ends as Tests/run does.
tally_last_line() {
    grep -E '^[0-9]+ passed, [0-9]+ failed$' "$1" | tail -n 1 \
        | sed -E 's/^([0-9]+) passed, ([0-9]+) failed$/passed \1\nfailed \2/' >"$tally"
}

# storm ARGUMENT...: `Tests/run storm --help` tells which.
storm() { PYTHONPATH=Tests/EndToEnd "$python" Tests/Storm/storm.py "$@"; }

# A minute with a seed that holds nearly every sort of fault. It counts what its last line says.
short_storm() {
    local status=0
    shown storm --minutes 1 --faults 9 --seed 230 || status=$?
    tally_last_line "$output/storm.log"
    return $status
}

build_echo() {
    (check_swift && swift build -c release --static-swift-stdlib --product parley-echo)
}

build_bench() {
    [ -z "${PARLEY_BIN:-}" ] || [ ! -x "$PARLEY_BIN/parley-bench" ] || return 0
    (check_swift && swift build -c release --static-swift-stdlib --product parley-bench)
}

# What runs in about a minute: everything but the many sizes and settings of compression.
conformance_subset=('1.*' '2.*' '3.*' '4.*' '5.*' '6.*' '7.*' '9.*' '10.*' '12.1.*' '13.1.*')

# conformance [CASE_PATTERN...]: counted from the suite's last line.
conformance() {
    local status=0 port
    coproc parley_echo { exec .build/release/parley-echo; }
    read -r port <&"${parley_echo[0]}"
    AUTOBAHN_RESULTS=$top/$output/conformance.jsonl \
        shown Tests/Conformance/autobahn.sh "ws://127.0.0.1:$port" "$@" || status=$?
    kill "$parley_echo_PID"
    tail -n 1 "$output/conformance.log" | {
        IFS=' ,' read -r _ cases _ bad _ && printf 'passed %d\nfailed %d\n' $((cases - bad)) "$bad"
    } >"$tally"
    return $status
}

# See Tests/tools/compose.sh, which also tells why it was skipped.
containers() { python=$python tally=$tally bash Tests/tools/compose.sh; }
