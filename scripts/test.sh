#!/usr/bin/env bash
# All tests, with what they need: formatting, lints, docs, the verifier for WebAssembly, the contracts, then every test of
# the workspace, with the real model where it can be fetched.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

scripts/toolchain.sh
say "formatting"
cargo fmt --all -- --check
say "lints"
cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
cargo clippy -p assay-prover --no-default-features --all-targets --locked --quiet -- -D warnings
say "docs"
RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked --quiet
say "verifier for WebAssembly"
scripts/wasm.sh

say "a Vulkan adapter"
scripts/vulkan.sh

say "the real model"
if model=$(scripts/fetch-model.sh); then
  export ASSAY_MODEL=$PWD/$model
else
  echo "SKIPPED: tests on the real model (it could not be fetched)"
fi

say "fresh powers-of-tau files"
if ptau=$(scripts/ptau-fixture.sh 8) && large=$(scripts/ptau-fixture.sh 14); then
  export ASSAY_PTAU=$PWD/$ptau ASSAY_PTAU_14=$PWD/$large
else
  echo "SKIPPED: tests on fresh powers-of-tau files (they could not be made)"
fi

say "tests without graphics cards"
cargo test -p assay-prover --no-default-features --test cli --locked --quiet backends

log=$(mktemp)
trap 'rm -f "$log"' EXIT
set +e
say "settlement contracts"
scripts/contracts.sh 2>&1 | tee "$log"
contracts=${PIPESTATUS[0]}
say "tests"
cargo test --workspace --locked --no-fail-fast 2>&1 | tee --append "$log"
crates=${PIPESTATUS[0]}
set -e
grep -h '^SKIPPED' "$log" | sort -u || true
awk '
  /^contracts: / { passed += $2; failed += $4 }
  /^test result:/ { passed += $4; failed += $6 }
  END { printf "%d passed, %d failed\n", passed, failed }
' "$log"
[ "$contracts" = 0 ] && [ "$crates" = 0 ]
