#!/usr/bin/env bash
# Installs Debian packages unless a check says that what they bring is there: scripts/need.sh 'CHECK' PACKAGE...
# Root installs directly; others through sudo where there is one.
set -euo pipefail

check=$1
shift
there() { bash -c "$check" >/dev/null 2>&1; }
say() { echo "need: $*" >&2; }

there && exit
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
for tool in apt-get "${as_root[@]}"; do
  command -v "$tool" >/dev/null ||
    { say "$* must be installed first, and there is no $tool to do it with; as root on Debian: apt-get install $*"; exit 2; }
done
say "installing $*"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@" >>"$log" 2>&1; }
if ! { apt update && apt install -y --no-install-recommends "$@" && there; }; then
  tail -5 "$log" >&2
  say "that failed; install $* by hand and run this again"
  exit 2
fi
