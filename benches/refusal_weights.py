#!/usr/bin/env python3
"""Fits the line between answering and refusing (crates/answer/src/support.rs). Standard library only.

    python3 benches/answer_sets.py clapnq FOLDER OUT; python3 benches/answer_sets.py xquad FOLDER OUT2 --withhold 2 --every 3
    pinakes --data-dir DIR init && pinakes --data-dir DIR index add OUT/documents
    pinakes --data-dir DIR --json eval answers --extractive --each --golden OUT/golden.jsonl > clapnq.jsonl      (the others likewise)
    python3 benches/refusal_weights.py clapnq.jsonl xquad.jsonl golden.jsonl

Each file counts alike, however many questions it has. Prints, for each, the F1 of "unanswerable" as the answers were given, and under
five-fold cross-validation of a logistic model over what speaks for an answer; then the weights fitted on all.
"""
import json, math, random, sys

SIGNALS = ("sentence", "nearest", "passage", "words", "coverage", "rank", "lead", "spread", "particular")
# Not fitted: hardly any question of these sets turns on a product code.
NAMES = 2.0
RIDGE = 0.01


def load(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if "answerable" in row:
                yield {"x": [row["evidence"][name] for name in SIGNALS], "names": row["evidence"]["names"], "answerable": row["answerable"], "refused": row["refused"]}


def f1_unanswerable(pairs):
    """pairs of (answerable, refused)"""
    pairs = list(pairs)
    hit = sum(1 for answerable, refused in pairs if refused and not answerable)
    said = sum(1 for _, refused in pairs if refused) + sum(1 for answerable, _ in pairs if not answerable)
    return 2 * hit / said if said else 0.0


def fit(rows, steps=1500, rate=0.5):
    """Weights on the signals' own scale and intercept, so that sigmoid(w·x + NAMES·names + b) is the chance of an answer."""
    count = len(SIGNALS)
    means = [sum(row["x"][i] for row in rows) / len(rows) for i in range(count)]
    spreads = [math.sqrt(sum((row["x"][i] - means[i]) ** 2 for row in rows) / len(rows)) + 1e-9 for i in range(count)]
    points = [([(value - mean) / spread for value, mean, spread in zip(row["x"], means, spreads)], row["names"], row["answerable"], row["weight"]) for row in rows]
    total = sum(weight for *_, weight in points)
    weights = [0.0] * (count + 1)
    for _ in range(steps):
        gradient = [0.0] * (count + 1)
        for x, names, answerable, weight in points:
            z = weights[-1] + NAMES * (names - 1) + sum(w * value for w, value in zip(weights, x))
            error = weight * (1 / (1 + math.exp(-z)) - answerable)
            for i in range(count):
                gradient[i] += error * x[i]
            gradient[-1] += error
        for i in range(count + 1):
            weights[i] -= rate * (gradient[i] / total + (RIDGE * weights[i] if i < count else 0.0))
    own = [weight / spread for weight, spread in zip(weights, spreads)]
    return own, weights[-1] - sum(weight * mean for weight, mean in zip(own, means))


def refuses(model, row):
    own, intercept = model
    return intercept + NAMES * (row["names"] - 1) + sum(weight * value for weight, value in zip(own, row["x"])) < 0


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sets = [list(load(path)) for path in sys.argv[1:]]
    for rows in sets:
        for row in rows:
            row["weight"] = 1 / len(rows)
    everything = [(number, row) for number, rows in enumerate(sets) for row in rows]
    random.Random(7).shuffle(everything)
    judged = []
    for fold in range(5):
        model = fit([row for place, (_, row) in enumerate(everything) if place % 5 != fold])
        judged += [(number, row["answerable"], refuses(model, row)) for place, (number, row) in enumerate(everything) if place % 5 == fold]
    for number, (path, rows) in enumerate(zip(sys.argv[1:], sets)):
        given = f1_unanswerable((row["answerable"], row["refused"]) for row in rows)
        of_set = [(answerable, refused) for other, answerable, refused in judged if other == number]
        wrong = sum(1 for answerable, refused in of_set if answerable and refused)
        print(f"{path}: {len(rows)} questions; as answered F1(unanswerable) {given:.3f}; five-fold {f1_unanswerable(of_set):.3f}, "
              f"{wrong} of {sum(row['answerable'] for row in rows)} answerable ones refused")
    own, intercept = fit([row for _, row in everything], steps=4000)
    print("weights: " + ", ".join(f"{name} {weight:.2f}" for name, weight in zip(SIGNALS, own)) + f"; intercept {intercept:.2f} less NAMES")


if __name__ == "__main__":
    main()
