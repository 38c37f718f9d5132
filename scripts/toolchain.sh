#!/usr/bin/env bash
# Sees that there is what every build needs: Rust, new enough, and a C compiler, with which Rust links.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
if ! found=$(cargo --version 2>/dev/null | cut -d' ' -f2) || [ -z "$found" ]; then
  echo "Rust $wanted or later is needed, and cargo does not run here: install it with rustup" >&2
  exit 2
fi
if [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1)" != "$wanted" ]; then
  echo "Rust $wanted or later is needed, and this is $found: run rustup update" >&2
  exit 2
fi
scripts/need.sh 'command -v cc && echo "int main(){}" | cc -x c -o /dev/null -' gcc libc6-dev
