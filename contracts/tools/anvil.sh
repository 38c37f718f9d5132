#!/usr/bin/env bash
# A job from its deployment to its payment on a local chain: anvil's own limits, real transactions. Prints the gas that each
# used, and `anvil: ok`.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=node_modules/@foundry-rs
forge=$bin/forge-linux-amd64/bin/forge cast=$bin/cast-linux-amd64/bin/cast anvil=$bin/anvil-linux-amd64/bin/anvil
log=$(mktemp)
"$anvil" --port 0 --hardfork cancun >"$log" 2>&1 &
chain=$!
trap 'kill "$chain" 2>/dev/null; rm -f "$log"' EXIT
until url=$(sed -n 's/^Listening on /http:\/\//p' "$log") && [ -n "$url" ]; do
  kill -0 "$chain" || { cat "$log"; exit 1; }
  sleep 0.1
done

# Three of anvil's accounts. Their keys are known to everybody.
key() { sed -n "s/^($1) \(0x[0-9a-f]\{64\}\)$/\1/p" "$log"; }
owner_key=$(key 0) client_key=$(key 1) rig_key=$(key 2)
client=$("$cast" wallet address "$client_key") rig=$("$cast" wallet address "$rig_key")

created=$("$forge" script script/Deploy.s.sol --rpc-url "$url" --private-key "$owner_key" --broadcast --json \
  --sig 'run(address,address)' 0x0000000000000000000000000000000000000000 "$client" 2>/dev/null)
escrow=$(sed -n 's/.*"escrow":{[^}]*"value":"\(0x[0-9a-fA-F]\{40\}\)".*/\1/p' <<<"$created" | head -1)
[ -n "$escrow" ] || { echo "anvil: no escrow was deployed"; echo "$created"; exit 1; }

terms_type='(address,address,bytes32,bytes32,bytes32,bytes4,bytes32,uint32,uint32,uint32,uint96,uint96,uint96,uint64,uint64,uint64)'
receipt_type='(bytes32,bytes32,uint32,bytes32,bytes32,bytes32,address)'
now=$("$cast" block latest --field timestamp --rpc-url "$url")
zero=0x$(printf '0%.0s' {1..64})
job=$("$cast" keccak job)
terms="($client,$rig,$job,$zero,$zero,0x00000000,$zero,0,100,0,3,50,1000,$((now + 3600)),$((now + 7200)),0)"
receipt="($job,$zero,40,$zero,$zero,$zero,$rig)"

ask() { "$cast" call "$escrow" "$@" --rpc-url "$url"; }
send() {
  local name=$1 key=$2
  shift 2
  printf '%-12s %s gas\n' "$name" "$("$cast" send "$escrow" "$@" --private-key "$key" --rpc-url "$url" --json |
    sed -n 's/.*"gasUsed":"\(0x[0-9a-f]*\)".*/\1/p' | xargs printf '%d')"
}
sign() { "$cast" wallet sign --no-hash --private-key "$1" "$2"; }

send bond "$rig_key" 'bond(uint96)' 1000 --value 1000
send open "$client_key" "open($terms_type)" "$terms" --value 350
send commit "$rig_key" "commit($terms_type,$receipt_type,bytes)" "$terms" "$receipt" \
  "$(sign "$rig_key" "$(ask "receiptDigest($receipt_type)(bytes32)" "$receipt")")"
id=$(ask "jobId($terms_type)(bytes32)" "$terms")
hash=$(ask 'job(bytes32)(uint8,uint64,uint32,uint96,uint48,bytes32,address,uint96,bytes32)' "$id" | sed -n 6p)
send acknowledge "$rig_key" "acknowledge($terms_type,uint32,bytes)" "$terms" 40 \
  "$(sign "$client_key" "$(ask 'acknowledgementDigest(bytes32,bytes32,uint32)(bytes32)' "$id" "$hash" 40)")"
payee=0x00000000000000000000000000000000000A55A7
send withdraw "$rig_key" 'withdraw(address)' "$payee"
[ "$("$cast" balance "$payee" --rpc-url "$url")" = 120 ] || { echo "anvil: the rig was not paid 40 times 3"; exit 1; }
echo "anvil: ok"
