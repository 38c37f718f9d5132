#!/usr/bin/env bash
# Settlement contracts: installs the toolchain that contracts/package-lock.json pins, builds, and runs all tests offline,
# then one job on a local chain.
# Ends with one line `contracts: N passed, M failed`, or with SKIPPED and the reason.
#
#   scripts/contracts.sh             all of it
#   scripts/contracts.sh snapshots   writes the gas figures anew (contracts/snapshots)
set -euo pipefail
cd "$(dirname "$0")/../contracts"

skip() { echo "SKIPPED: settlement contracts ($*)"; exit 0; }
quiet() { "$@" >/dev/null 2>&1; }

[ "$(uname -sm)" = "Linux x86_64" ] || skip "forge is pinned for Linux on x86-64 only"
if ! command -v npm >/dev/null; then
  [ "$(id -u)" = 0 ] || skip "npm is missing (Debian: nodejs, npm)"
  { quiet apt-get update -qq && quiet apt-get install -y -qq nodejs npm; } || skip "npm is missing and could not be installed"
fi
if ! quiet cmp package-lock.json node_modules/.installed; then
  quiet npm ci || skip "npm could not install what package-lock.json pins"
  cp package-lock.json node_modules/.installed
fi
forge=node_modules/@foundry-rs/forge-linux-amd64/bin/forge
quiet "$forge" --version || skip "forge does not run on this machine"

if [ "${1:-}" = snapshots ]; then
  FORGE_SNAPSHOT_CHECK=false "$forge" test >/dev/null
  exit
fi

# The figures of the snapshots, as pages write them, stand on those pages.
for figure in $(sed -nE 's/.*: "([0-9]+)".*/\1/p' snapshots/Escrow.json snapshots/UnitVerifier.json | sed -E ':a;s/^([0-9]+)([0-9]{3})/\1,\2/;ta'); do
  for page in README.md ../docs/benchmarks.md; do
    grep -qF "$figure" "$page" || { echo "contracts: $page does not have the figure $figure of snapshots/"; exit 1; }
  done
done
"$forge" fmt --check || { echo "contracts: not formatted (forge fmt)"; exit 1; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
set +e
"$forge" test 2>&1 | tee "$log" | grep -E '^(Ran [0-9]+ tests? for|Suite result|\[FAIL|Error|Compiler)'
code=${PIPESTATUS[0]}
set -e
read -r passed failed < <(sed -nE 's/.*: ([0-9]+) tests passed, ([0-9]+) failed.*/\1 \2/p' "$log" | tail -1) || true
[ -n "${passed:-}" ] || { tail -40 "$log"; code=1; passed=0 failed=1; }
if tools/anvil.sh; then
  passed=$((passed + 1))
else
  failed=$((failed + 1)) code=1
fi
echo "contracts: $passed passed, $failed failed"
exit "$code"
