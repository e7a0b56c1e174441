#!/usr/bin/env python3
"""Recall@5 per language on XQuAD (Artetxe et al. 2020, arXiv:1910.11856): for each question, does a passage of its own paragraph stand
among the first five hits? For the lexical leg alone and for both legs. One store per language. Standard library only.

    python3 benches/xquad_recall.py --pinakes target/release/pinakes --models DATA_DIR --xquad FOLDER [--questions N]
"""
import argparse, json, os, subprocess, tempfile, urllib.request


def paragraphs(path):
    with open(path, encoding="utf-8") as file:
        for article in json.load(file)["data"]:
            for paragraph in article["paragraphs"]:
                yield paragraph["context"], [question["question"] for question in paragraph["qas"]]


def ask(address, question, mode):
    body = json.dumps({"query": question[:4000], "limit": 20, "mode": mode}).encode()
    request = urllib.request.Request(address + "/api/v1/search", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        hits = json.load(response)["hits"]
    paths = []
    for hit in hits:
        if hit["path"] not in paths:
            paths.append(hit["path"])
    return paths[:5]


def measure(pinakes, models, path, questions_max):
    with tempfile.TemporaryDirectory() as place:
        docs, data = os.path.join(place, "docs"), os.path.join(place, "data")
        os.mkdir(docs), os.mkdir(data)
        os.symlink(os.path.join(os.path.abspath(models), "models"), os.path.join(data, "models"))
        asked = []
        for number, (context, questions) in enumerate(paragraphs(path)):
            name = f"{number:04}.txt"
            with open(os.path.join(docs, name), "w", encoding="utf-8") as file:
                file.write(context)
            asked += [(question, name) for question in questions]
        subprocess.run([pinakes, "--data-dir", data, "--quiet", "index", "add", docs], check=True)
        server = subprocess.Popen([pinakes, "--data-dir", data, "serve", "--address", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            address = server.stdout.readline().split()[-1]
            step = max(1, len(asked) // questions_max)
            asked = asked[::step]
            return {mode: sum(name in ask(address, question, mode) for question, name in asked) / len(asked) for mode in ("lexical", "hybrid")}, len(asked)
        finally:
            server.terminate()
            server.wait()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pinakes", default="target/release/pinakes")
    arguments.add_argument("--models", required=True, help="a data directory that holds the embedding model")
    arguments.add_argument("--xquad", required=True)
    arguments.add_argument("--questions", type=int, default=10_000, help="questions asked per language, evenly spread")
    given = arguments.parse_args()
    for language in ("en", "de", "es", "zh", "ar"):
        recall, number = measure(given.pinakes, given.models, os.path.join(given.xquad, f"xquad.{language}.json"), given.questions)
        print(f"{language}: recall@5 lexical {recall['lexical']:.3f}, hybrid {recall['hybrid']:.3f} ({number} questions)", flush=True)


if __name__ == "__main__":
    main()
