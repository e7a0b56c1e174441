#!/usr/bin/env python3
"""Makes a folder of documents and golden questions for `pinakes eval answers` out of public sets. Standard library only.

    python3 benches/answer_sets.py clapnq FOLDER OUT       (Rosenthal et al. 2024, arXiv:2404.02103)
    python3 benches/answer_sets.py chunking FOLDER OUT     (Smith and Troynikov 2024, "Evaluating chunking strategies for retrieval")
    python3 benches/answer_sets.py xquad FOLDER OUT [--language en] [--withhold 2]   (Artetxe et al. 2020, arXiv:1910.11856)

    pinakes --data-dir DIR init && pinakes --data-dir DIR index add OUT/documents
    pinakes --data-dir DIR eval answers --golden OUT/golden.jsonl --html OUT/report.html

Sets give character-exact evidence where they can, so that `span_iou` is known. An answerable ClapNQ question has a written answer and no
short one: `correct` says little there, `f1` and the refusals say more.
"""
import argparse, csv, json, os


def clapnq(folder, out, _):
    seen, number = {}, 0
    for name, answerable in (("answerable", True), ("unanswerable", False)):
        with open(os.path.join(folder, f"{name}.jsonl"), encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                paths = []
                for passage in record["passages"]:
                    key = (passage["title"], passage["text"])
                    if key not in seen:
                        seen[key] = f"{number:04}.txt"
                        number += 1
                        write(out, seen[key], f"{passage['title']}\n\n{passage['text']}\n")
                    paths.append((seen[key], passage))
                evidence, answers = [], []
                for output in record.get("output", []):
                    if output.get("answer"):
                        answers.append(output["answer"])
                    for sentence in output.get("selected_sentences") or []:
                        for path, passage in paths:
                            at = passage["text"].find(sentence)
                            if at >= 0:
                                start = len(passage["title"]) + 2 + at
                                evidence.append({"path": path, "quote": sentence, "span": [start, start + len(sentence)]})
                yield {"id": record["id"], "question": record["input"], "answerable": answerable, "answers": answers if answerable else [], "evidence": evidence if answerable else []}


def chunking(folder, out, _):
    for name in sorted(os.listdir(os.path.join(folder, "corpora"))):
        with open(os.path.join(folder, "corpora", name), encoding="utf-8", newline="") as file:
            write(out, name, file.read())
    with open(os.path.join(folder, "questions_df.csv"), encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            references = json.loads(row["references"])
            evidence = [
                {"path": f"{row['corpus_id']}.md", "quote": one["content"], "span": [one["start_index"], one["end_index"]]} for one in references
            ]
            yield {"id": f"{row['corpus_id']}-{number}", "question": row["question"], "answerable": True, "answers": [one["content"] for one in references], "evidence": evidence}


def xquad(folder, out, given):
    with open(os.path.join(folder, f"xquad.{given.language}.json"), encoding="utf-8") as file:
        paragraphs = [paragraph for article in json.load(file)["data"] for paragraph in article["paragraphs"]]
    for number, paragraph in enumerate(paragraphs):
        path, context = f"{number:04}.txt", paragraph["context"]
        withheld = given.withhold and number % given.withhold == given.withhold - 1
        if not withheld:
            write(out, path, context)
        for question in paragraph["qas"]:
            answers = sorted({answer["text"] for answer in question["answers"]})
            # The set marks the answer; the evidence is the sentence around it, which no file marks.
            evidence = [{"path": path, "quote": answer} for answer in answers]
            there = {"answerable": True, "answers": answers, "evidence": evidence}
            gone = {"answerable": False, "answers": [], "evidence": []}
            yield {"id": question["id"], "question": question["question"], **(gone if withheld else there)}


def write(out, name, text):
    with open(os.path.join(out, "documents", name), "w", encoding="utf-8", newline="") as file:
        file.write(text)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("set", choices=("clapnq", "chunking", "xquad"))
    arguments.add_argument("folder")
    arguments.add_argument("out")
    arguments.add_argument("--language", default="en")
    arguments.add_argument("--every", type=int, default=1, help="keep every Nth question")
    arguments.add_argument("--withhold", type=int, default=0, help="xquad: leave every Nth paragraph out, so that its questions have no answer")
    given = arguments.parse_args()
    os.makedirs(os.path.join(given.out, "documents"), exist_ok=True)
    questions = list({"clapnq": clapnq, "chunking": chunking, "xquad": xquad}[given.set](given.folder, given.out, given))
    with open(os.path.join(given.out, "golden.jsonl"), "w", encoding="utf-8") as file:
        for question in questions[:: given.every]:
            file.write(json.dumps(question, ensure_ascii=False) + "\n")
    print(f"{len(questions[:: given.every])} questions, {len(os.listdir(os.path.join(given.out, 'documents')))} documents")


if __name__ == "__main__":
    main()
