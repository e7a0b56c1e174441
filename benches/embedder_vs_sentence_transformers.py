"""Times sentence-transformers and our embedder on the same texts in the same run, in turns, and prints the ratio.

Called by the shell script beside it, which makes the environment. Both use every core, float32, and the same 230-token texts; each
round runs one after the other so that whatever else the machine does falls on both. Medians over the rounds are compared, and the
largest difference between the two programs' vectors is shown, so that neither is fast by being wrong.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import tempfile
import time


def cpu_seconds() -> float:
    """Of this process alone; the other program reports its own."""
    times = os.times()
    return times.user + times.system


def synthetic(tokenizer, count: int, tokens: int) -> list[str]:
    words = (
        "the annual leave policy allows every employee twenty five days and managers approve requests within three working days "
        "unless a project deadline or customer incident makes that impossible in which case another date is agreed on"
    ).split()
    chooser = random.Random(7)
    # Each of these words is one token in the model's vocabulary; two more are added around the text.
    texts = [" ".join(chooser.choices(words, k=tokens - 2)) for _ in range(count)]
    lengths = [len(tokenizer(text)["input_ids"]) for text in texts[:8]]
    print(f"{count} texts of about {statistics.mean(lengths):.0f} tokens", flush=True)
    return texts


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binary", required=True, help="the built example embed-speed")
    arguments.add_argument("--model", required=True, help="the model's folder")
    arguments.add_argument("--chunks", type=int, default=64)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()

    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(options.model, device="cpu")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    texts = synthetic(model.tokenizer, options.chunks, 230)

    with tempfile.TemporaryDirectory() as folder:
        texts_file = pathlib.Path(folder, "texts.json")
        vectors_file = pathlib.Path(folder, "vectors.json")
        texts_file.write_text(json.dumps(texts))
        theirs, ours, their_cpu, our_cpu = [], [], [], []
        reference = model.encode(texts, batch_size=32, normalize_embeddings=True)
        for round_number in range(options.rounds):
            cpu, started = cpu_seconds(), time.perf_counter()
            model.encode(texts, batch_size=32, normalize_embeddings=True)
            theirs.append(len(texts) / (time.perf_counter() - started))
            their_cpu.append((cpu_seconds() - cpu) / len(texts))
            command = [options.binary, options.model, "--rounds", "1", "--texts", str(texts_file), "--vectors", str(vectors_file)]
            result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            ours.append(result["chunks_per_second"])
            our_cpu.append(result["cpu_seconds_per_chunk"])
            print(f"round {round_number + 1}: theirs {theirs[-1]:.1f}, ours {ours[-1]:.1f} chunks/s", flush=True)
        vectors = json.loads(vectors_file.read_text())

    difference = max(abs(float(a) - b) for row, other in zip(reference, vectors) for a, b in zip(row, other))
    their_median, our_median = statistics.median(theirs), statistics.median(ours)
    their_cost, our_cost = statistics.median(their_cpu), statistics.median(our_cpu)
    print(
        json.dumps(
            {
                "sentence_transformers_chunks_per_second": round(their_median, 1),
                "pinakes_chunks_per_second": round(our_median, 1),
                "ratio": round(statistics.median([a / b for a, b in zip(ours, theirs)]), 2),
                "sentence_transformers_cpu_ms_per_chunk": round(their_cost * 1e3, 1),
                "pinakes_cpu_ms_per_chunk": round(our_cost * 1e3, 1),
                "cpu_ratio": round(their_cost / our_cost, 2),
                "largest_difference": difference,
            }
        )
    )


if __name__ == "__main__":
    main()
