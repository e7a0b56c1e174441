#!/bin/sh
# Our embedder against sentence-transformers on this machine, in one run.
#
# Only on request: it downloads PyTorch (about 3 GB) into a temporary virtual environment that is deleted at the end, or uses the one
# named by VENV. The model is fetched as `pinakes model pull` does it, or taken from MODEL.
#
#   benches/embedder_vs_sentence_transformers.sh [--chunks 64] [--rounds 5]
set -eu
cd "$(dirname "$0")/.."

if [ -z "${VENV:-}" ]; then
    VENV=$(mktemp -d)
    trap 'rm -rf "$VENV"' EXIT
    python3 -m venv "$VENV"
    "$VENV/bin/pip" install --quiet --no-cache-dir torch sentence-transformers
fi

target=${CARGO_TARGET_DIR:-target}
cargo build --release --quiet -p pinakes-embed --example embed-speed
binary=$target/release/examples/embed-speed
MODEL=${MODEL:-$("$binary" --fetch "$target/models")}
nice "$VENV/bin/python" benches/embedder_vs_sentence_transformers.py --binary "$binary" --model "$MODEL" "$@"
