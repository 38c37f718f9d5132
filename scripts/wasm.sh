#!/usr/bin/env bash
# Builds the verifier library for wasm32-unknown-unknown: with the target of rustup where it is installed, else with
# Debian's rustc-web and its library source.
set -euo pipefail
cd "$(dirname "$0")/.."

target=wasm32-unknown-unknown
build=(cargo build --release --locked --quiet -p assay-verifier --lib --no-default-features --target "$target")

skip() { echo "SKIPPED: verifier for WebAssembly ($*)"; exit 0; }

installed() { rustup target list --installed 2>/dev/null | grep -qx "$target"; }
if command -v rustup >/dev/null && { installed || rustup target add "$target" >/dev/null 2>&1; }; then
  "${build[@]}"
  echo "built with rustup's $target"
  exit
fi

if ! [ -x /usr/lib/rust-web/bin/rustc ] && ! dpkg -s rustc-web rust-web-src >/dev/null 2>&1; then
  [ "$(id -u)" = 0 ] || skip "no $target; run: rustup target add $target"
  { apt-get update -qq && apt-get install -y -qq rustc-web rust-web-src; } >/dev/null 2>&1 ||
    skip "no $target, and rustc-web cannot be installed"
fi
# rustc-web must not shadow a rustup toolchain: it is named by its path.
compiler=/usr/bin/rustc
"$compiler" --version >/dev/null 2>&1 || skip "rustc-web is not where Debian puts it"
host=$(rustc -vV | sed -n 's/^host: //p')
linker=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
[ -x "$linker" ] || skip "no rust-lld beside the toolchain"
RUSTC=$compiler RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker \
  CARGO_TARGET_DIR=target/wasm "${build[@]}" -Z build-std=std,panic_abort
echo "built with rustc-web"
