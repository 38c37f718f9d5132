#!/usr/bin/env bash
# Prints the path of a powers-of-tau file made by snarkjs: two contributions, and up to power 10 phase 2 prepared (nothing
# here reads that, and it takes minutes beyond). Usage: ptau-fixture.sh [POWER], 8 unless told. Contributions are random, so every run that makes a file makes another one.
set -euo pipefail
cd "$(dirname "$0")/.."

power=${1:-8}
snarkjs=0.7.5
dir=target/ptau
file=$dir/snarkjs-$power.ptau

if [ -s "$file" ]; then
  echo "$file"
  exit
fi

say() { echo "ptau-fixture: $*" >&2; }
scripts/need.sh 'command -v node && command -v npm' nodejs npm
mkdir -p "$dir"
if ! [ -f "$dir/node_modules/snarkjs/build/cli.cjs" ]; then
  say "installing snarkjs $snarkjs into $dir"
  npm install --prefix "$dir" --silent --no-audit --no-fund "snarkjs@$snarkjs" >&2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() { node "$dir/node_modules/snarkjs/build/cli.cjs" powersoftau "$@" >&2; }
run new bn128 "$power" "$work/0.ptau"
run contribute "$work/0.ptau" "$work/1.ptau" --name=first -e="$(head -c 32 /dev/urandom | od -An -tx1)"
run contribute "$work/1.ptau" "$work/2.ptau" --name=second -e="$(head -c 32 /dev/urandom | od -An -tx1)"
last=2
if [ "$power" -le 10 ]; then
  run prepare phase2 "$work/2.ptau" "$work/3.ptau"
  last=3
fi
mv "$work/$last.ptau" "$file"
echo "$file"
