#!/usr/bin/env bash
# Speed beside llama.cpp on the same file, one thread each, in turn: tokens per CPU-second at context 512.
#
#   scripts/bench.sh [rounds]
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-3}
venv=target/llama-cpp
cargo build --release --locked --quiet -p assay-prover
model=$(scripts/fetch-model.sh)
if ! "$venv/bin/python" -c 'import llama_cpp' 2>/dev/null; then
  echo "building llama.cpp (llama-cpp-python 0.3.36; some minutes, needs a C++ compiler)"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet llama-cpp-python==0.3.36
fi
for _ in $(seq "$rounds"); do
  target/release/assay-prover bench --model "$model" --threads 1 --context 512 --decode 128 --rounds 2
  # Its AMX kernels end the process on some machines.
  "$venv/bin/python" scripts/bench_llama_cpp.py "$model" || "$venv/bin/python" scripts/bench_llama_cpp.py "$model" --plain
done
