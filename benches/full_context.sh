#!/bin/sh
# Fills the whole context of a model once, with 8-bit keys and values and snapshots on the way, closes the engine, opens it again, and goes
# on at the end from the disk. Prints the times to the first token, tokens a second, bytes and peak memory as one JSON object; how the
# reading goes is on standard error. The 0.8B size takes about an hour on two cores and some 6 GiB below TMPDIR.
#
#   benches/full_context.sh                       262,144 tokens: a document, a question of 32 and one token of answer
#   SIZE=tiny TOKENS=3000 benches/full_context.sh
#   PINAKES=target/debug/pinakes …                that binary, instead of one built for release
set -eu
cd "$(dirname "$0")/.."

if [ -z "${PINAKES:-}" ]; then
    cargo build --release --quiet --bin pinakes
    PINAKES=${CARGO_TARGET_DIR:-target}/release/pinakes
fi
# One place in the context is the answer's.
tokens=$((${TOKENS:-262144} - 32 - 1))
exec "$PINAKES" --json \
    --set generator.kv=q8 \
    --set "generator.state_memory_max=8 GiB" --set "generator.cache_memory=4 GiB" --set "generator.cache_disk=64 GiB" \
    bench reuse --random "${SIZE:-0.8b}" --quant q4_k_m --documents 1 --tokens "$tokens" --questions 1 --no-fork --restart "$@"
