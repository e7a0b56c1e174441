#!/bin/sh
# Reads fifty documents of 8,192 tokens once, asks about each again, and once more after a restart, with 4 GiB of memory for snapshots and
# the disk below. `read_again` must be 0: every document is warm or on the disk after one pass.
#
#   benches/fifty_documents.sh
#   SIZE=tiny DOCUMENTS=5 TOKENS=500 MEMORY="1 MiB" benches/fifty_documents.sh
#   PINAKES=target/debug/pinakes …                that binary, instead of one built for release
set -eu
cd "$(dirname "$0")/.."

if [ -z "${PINAKES:-}" ]; then
    cargo build --release --quiet --bin pinakes
    PINAKES=${CARGO_TARGET_DIR:-target}/release/pinakes
fi
exec "$PINAKES" --json \
    --set generator.kv=q8 --set "generator.cache_memory=${MEMORY:-4 GiB}" --set "generator.cache_disk=${DISK:-16 GiB}" \
    bench reuse --random "${SIZE:-0.8b}" --quant q4_k_m --documents "${DOCUMENTS:-50}" --tokens "${TOKENS:-8192}" --questions 1 \
    --no-fork --restart "$@"
