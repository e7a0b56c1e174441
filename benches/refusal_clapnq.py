#!/usr/bin/env python3
"""Where to draw the line between answering and refusing, measured on ClapNQ (Rosenthal et al. 2024, arXiv:2404.02103).

All passages of both files become documents of one store; every question is asked of it. Prints the F1 of "unanswerable" at the line as
configured and at the best line, under five-fold cross-validation of a logistic model over the four signals, and the weights fitted on
all questions. Standard library only.

    python3 benches/refusal_clapnq.py --pinakes target/release/pinakes --models DATA_DIR --clapnq FOLDER
"""
import argparse, json, math, os, random, subprocess, tempfile


SIGNALS = ("sentence", "passage", "coverage", "names")


def load(path, answerable):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield {"id": row["id"], "question": row["input"], "answerable": answerable, "passages": row["passages"]}


def signals_of(pinakes, models, rows):
    with tempfile.TemporaryDirectory() as place:
        docs = os.path.join(place, "docs")
        os.mkdir(docs)
        texts = sorted({(p["title"], p["text"]) for row in rows for p in row["passages"]})
        for number, (title, text) in enumerate(texts):
            with open(os.path.join(docs, f"{number:04}.md"), "w", encoding="utf-8") as file:
                file.write(f"# {title}\n\n{text}\n")
        data = os.path.join(place, "data")
        os.mkdir(data)
        os.symlink(os.path.join(os.path.abspath(models), "models"), os.path.join(data, "models"))
        subprocess.run([pinakes, "--data-dir", data, "--quiet", "index", "add", docs], check=True)
        golden = os.path.join(place, "golden.jsonl")
        with open(golden, "w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps({key: row[key] for key in ("id", "question", "answerable")}) + "\n")
        out = subprocess.run([pinakes, "--data-dir", data, "eval", "answers", "--golden", golden, "--each", "--json"], check=True, capture_output=True, text=True)
    each = [json.loads(line) for line in out.stdout.splitlines()]
    return [row for row in each if "evidence" in row]


def f1_unanswerable(pairs):
    """pairs of (answerable, refused)"""
    hit = sum(1 for answerable, refused in pairs if refused and not answerable)
    said = sum(1 for _, refused in pairs if refused)
    real = sum(1 for answerable, _ in pairs if not answerable)
    return 2 * hit / (said + real) if said + real else 0.0


def fit(points, steps=4000, rate=0.5):
    """Logistic regression by gradient descent with a little ridge."""
    weights = [0.0] * (len(SIGNALS) + 1)
    for _ in range(steps):
        gradient = [0.0] * len(weights)
        for x, y in points:
            z = weights[-1] + sum(w * v for w, v in zip(weights, x))
            error = 1 / (1 + math.exp(-z)) - y
            for i in range(len(SIGNALS)):
                gradient[i] += error * x[i]
            gradient[-1] += error
        weights = [w - rate * (g / len(points) + 1e-4 * w) for w, g in zip(weights, gradient)]
    return weights


def support(weights, x):
    return 1 / (1 + math.exp(-(weights[-1] + sum(w * v for w, v in zip(weights, x)))))


def best_line(scored):
    lines = sorted({s for s, _ in scored})
    return max(lines, key=lambda line: f1_unanswerable([(answerable, s < line) for s, answerable in scored]))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pinakes", default="target/release/pinakes")
    arguments.add_argument("--models", required=True, help="a data directory that holds the embedding model")
    arguments.add_argument("--clapnq", required=True)
    given = arguments.parse_args()
    rows = list(load(os.path.join(given.clapnq, "answerable.jsonl"), True)) + list(load(os.path.join(given.clapnq, "unanswerable.jsonl"), False))
    each = signals_of(given.pinakes, given.models, rows)
    points = [(tuple(e["evidence"][name] for name in SIGNALS), e["answerable"]) for e in each]
    print(f"{len(each)} questions; as configured: F1(unanswerable) {f1_unanswerable([(e['answerable'], e['refused']) for e in each]):.3f}, "
          f"{sum(e['refused'] for e in each)} refused")
    random.Random(7).shuffle(points)
    pairs = []
    for fold in range(5):
        train = [p for i, p in enumerate(points) if i % 5 != fold]
        weights = fit([(x, float(y)) for x, y in train])
        line = best_line([(support(weights, x), y) for x, y in train])
        pairs += [(y, support(weights, x) < line) for i, (x, y) in enumerate(points) if i % 5 == fold]
    print(f"five-fold: F1(unanswerable) {f1_unanswerable(pairs):.3f}, accuracy {sum(a != r for a, r in pairs) / len(pairs):.3f}")
    weights = fit([(x, float(y)) for x, y in points])
    line = best_line([(support(weights, x), y) for x, y in points])
    print("weights: " + ", ".join(f"{name} {weight:.3f}" for name, weight in zip((*SIGNALS, "intercept"), weights)) + f"; best line {line:.3f}")
    for line in (0.3, 0.4, 0.5, line):
        pairs = [(y, support(weights, x) < line) for x, y in points]
        wrong = sum(1 for a, r in pairs if a and r)
        print(f"  line {line:.3f}: F1(unanswerable) {f1_unanswerable(pairs):.3f}; answerable refused {wrong}, unanswerable answered {sum(1 for a, r in pairs if not a and not r)}")


if __name__ == "__main__":
    main()
