#!/usr/bin/env bash
# A job from end to end: a client orders text, a rig generates it and signs a receipt, the client draws a position of the
# trace, the rig opens and proves it, the client checks it: without the model's weights, then with them.
#
#   scripts/demo.sh ["a question"]
set -euo pipefail
cd "$(dirname "$0")/.."

question=${1:-What is the capital of France? Answer in one sentence.}
out=demo-out
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

scripts/toolchain.sh
say "1. Building (a few minutes the first time)"
cargo build --release --locked --quiet -p assay-prover -p assay-verifier
prover=target/release/assay-prover
verifier=target/release/assay-verifier
say "2. The model: SmolLM2-135M-Instruct, 4-bit weights"
model=$(scripts/fetch-model.sh)
echo "$model"
mkdir -p "$out/client" "$out/rig"

say "3. The manifest: what everyone can know of the model, and all that a client needs. Its digest is the model's name."
manifest=$out/model.manifest
# It takes half a minute to make and depends on the model and this program alone.
if [ "$manifest" -nt "$prover" ] && [ "$manifest" -nt "$model" ]; then
  echo "$manifest, made by an earlier run"
else
  "$prover" manifest --model "$model" --srs insecure-development --out "$manifest"
fi

say "4. The client writes a job: \"$question\""
"$verifier" job --manifest "$manifest" --chat --prompt "$question" --max-tokens 64 --out "$out/client/job.job"
cp "$out/client/job.job" "$out/rig/job.job"

say "5. The rig does it, hashes every step, and signs a receipt"
"$prover" --json run --model "$model" --manifest "$manifest" --job "$out/rig/job.job" --key "$out/rig/rig.key" \
  --out "$out/rig" > "$out/run.json"
field() { sed -n "s/.*\"$2\":\"\(\([^\"\\\\]\|\\\\.\)*\)\".*/\1/p" "$1"; }
rig=$(field "$out/run.json" rig)
printf 'answer:  %b\nreceipt: %s\nrig:     %s\n' "$(field "$out/run.json" text)" "$(field "$out/run.json" receipt)" "$rig"
cp "$out/rig/job.receipt" "$out/rig/job.output" "$out/client/"

say "6. The client draws one position of the trace, with a seed that the rig could not know"
"$verifier" challenge --receipt "$out/client/job.receipt" --out "$out/client/question.challenge"

say "7. The rig computes that position once more, opens every tensor of it, and proves every multiplication by the weights"
"$prover" prove --manifest "$manifest" --model "$model" --receipt "$out/rig/job.receipt" --challenge "$out/client/question.challenge" \
  --out "$out/rig/answer.proof"

say "8. The client checks every unit of the position, with the manifest and without the weights"
"$verifier" check --manifest "$manifest" --receipt "$out/client/job.receipt" --job "$out/client/job.job" --rig "$rig" \
  --now "$(date +%s)" --challenge "$out/client/question.challenge" --proof "$out/rig/answer.proof"

say "9. Who has the weights can recompute every unit in exact integers instead, from the same answer"
"$verifier" audit --manifest "$manifest" --model "$model" --receipt "$out/client/job.receipt" --job "$out/client/job.job" --rig "$rig" \
  --now "$(date +%s)" --challenge "$out/client/question.challenge" --proof "$out/rig/answer.proof"

say "10. One bit of the proof altered on the way:"
cp "$out/rig/answer.proof" "$out/rig/altered.proof"
byte=$(od -An -tu1 -j500000 -N1 "$out/rig/answer.proof")
printf '%b' "\\0$(printf %o $((byte ^ 1)))" | dd of="$out/rig/altered.proof" bs=1 seek=500000 conv=notrunc status=none
set +e
"$verifier" check --manifest "$manifest" --receipt "$out/client/job.receipt" --job "$out/client/job.job" --rig "$rig" \
  --now "$(date +%s)" --challenge "$out/client/question.challenge" --proof "$out/rig/altered.proof"
code=$?
set -e
[ "$code" = 1 ] || { echo "demo: expected exit code 1 for the altered proof, got $code" >&2; exit 1; }

say "Done. Everything is in $out/; try: $verifier inspect $out/client/job.receipt"
