#!/usr/bin/env bash
# Runs fuzz targets and prints one line for each: executions, seconds, coverage, verdict.
#
#   scripts/fuzz.sh [runs] [target...]        a million runs of every target if nothing is given
#   FUZZ_SECONDS=60 scripts/fuzz.sh ...       stops each target after so many seconds
#   scripts/fuzz.sh seeds                     writes the committed seeds anew
#
# Found inputs stay in fuzz/corpus, failing ones in fuzz/artifacts, libFuzzer's output in fuzz/target/logs.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1:-}" = seeds ]; then
    exec env ASSAY_WRITE_SEEDS=1 cargo test -p assay-tests --test corpus the_committed_seeds
fi
case "${1:-}" in
    '' | *[!0-9]*) runs=1000000 ;;
    *) runs=$1 && shift ;;
esac

scripts/need.sh 'command -v c++' g++
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
cargo=(cargo)
if command -v rustup >/dev/null && rustup toolchain list | grep -q '^nightly'; then
    cargo=(cargo +nightly)
else
    # The instrumentation flags are unstable; a stable compiler takes them with this.
    export RUSTC_BOOTSTRAP=1
fi
# All code under test is safe Rust, so no sanitizer: bodies count allocations, the build has overflow checks.
# -O: which code is built with assertions is for fuzz/Cargo.toml to say.
flags=(--sanitizer none -O)
# Targets that spend their time in curves, big integers, regular expressions or loops of a template: to trace every
# comparison there takes more time than all the rest, and tells libFuzzer little.
plain=(--no-trace-compares --target-dir fuzz/target/plain)

if [ $# -eq 0 ]; then
    mapfile -t targets < <("${cargo[@]}" fuzz list)
else
    targets=("$@")
fi

# Longest input: long enough for every field, short enough for millions of runs.
max_len() {
    case $1 in
        load) echo 8192 ;;
        answer) echo 8192 ;;
        ptau) echo 2048 ;;
        gguf | manifest | output) echo 1024 ;;
        vocabulary | template) echo 512 ;;
        *) echo 384 ;;
    esac
}

# Build options of a target.
build() {
    case $1 in
        receipt | draw | answer | check | fold | proved | widths | ptau | tokenizer | template | load) echo "${plain[@]}" ;;
        # Only the command line's parsers need this; it brings threads, which slow every other target down.
        arguments) echo --features cli ;;
    esac
}

mkdir -p fuzz/target/logs
printf '%-12s %12s %8s %8s  %s\n' target executions seconds coverage verdict
failed=0
for target in "${targets[@]}"; do
    log=fuzz/target/logs/$target
    mkdir -p "fuzz/corpus/$target"
    options=(-runs="$runs" -seed=1 -max_len="$(max_len "$target")" -timeout=60 -rss_limit_mb=2048 -print_final_stats=1)
    [ -z "${FUZZ_SECONDS:-}" ] || options+=(-max_total_time="$FUZZ_SECONDS")
    [ ! -f "fuzz/dictionaries/$target" ] || options+=(-dict="fuzz/dictionaries/$target")
    read -ra built < <(build "$target"; echo)
    verdict=pass
    nice "${cargo[@]}" fuzz run "${flags[@]}" "${built[@]}" "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- "${options[@]}" \
        >"$log" 2>&1 || verdict=FAIL
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
    seconds=$(sed -n 's/^Done .* in \([0-9]*\) second.*/\1/p' "$log" | tail -1)
    coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
    if [ $verdict = FAIL ]; then
        failed=1
        verdict="FAIL: $(grep -m1 -aE 'panicked at|ERROR: libFuzzer|error' "$log" || tail -1 "$log")"
    fi
    printf '%-12s %12s %8s %8s  %s\n' "$target" "${executions:-?}" "${seconds:-?}" "${coverage:-?}" "$verdict"
done
exit $failed
