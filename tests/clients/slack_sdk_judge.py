"""Slack's own SDK judges what the bot sends and takes. A job comes as JSON on standard input:

{"secret", "timestamp", "bodies"}  ->  {"signatures"}: by the SDK's signer
{"messages"}                       ->  {"blocks", "problems"}: read back by the SDK's models, which check their limits

Exit code 77: slack_sdk is not installed. `--install` puts it into a folder beside the temporary files first.
"""

import json
import pathlib
import subprocess
import sys
import tempfile


def load() -> bool:
    try:
        import slack_sdk  # noqa: F401

        return True
    except ImportError:
        pass
    folder = pathlib.Path(tempfile.gettempdir()) / "pinakes-slack-sdk"
    sys.path.insert(0, str(folder))
    if not (folder / "slack_sdk").is_dir() and "--install" in sys.argv:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "slack_sdk"]
        if subprocess.run(pip, stdout=sys.stderr).returncode != 0:
            return False
    return (folder / "slack_sdk").is_dir()


def signatures(job: dict) -> dict:
    from slack_sdk.signature import SignatureVerifier

    signer = SignatureVerifier(job["secret"])
    return {"signatures": [signer.generate_signature(timestamp=job["timestamp"], body=body) for body in job["bodies"]]}


def judged(job: dict) -> dict:
    from slack_sdk.models.blocks import Block

    blocks, problems = 0, []
    for message in job["messages"]:
        for sent in message:
            blocks += 1
            try:
                block = Block.parse(sent)
                block.validate_json()
                for element in getattr(block, "elements", None) or []:
                    element.validate_json()
                read = block.to_dict()
            except Exception as error:
                problems.append(f"{type(error).__name__}: {error}")
                continue
            if read["type"] != sent["type"]:
                problems.append(f"{sent['type']} was read as {read['type']}")
            lost = set(sent) - set(read)
            if lost:
                problems.append(f"{sent['type']}: the SDK knows no {sorted(lost)}")
    return {"blocks": blocks, "problems": problems}


def main() -> int:
    if not load():
        return 77
    job = json.load(sys.stdin)
    json.dump(signatures(job) if "bodies" in job else judged(job), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
