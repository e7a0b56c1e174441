"""The official Python client of OpenAI's interface against a running server: python openai_python.py URL [GENERATOR]

Prints one line of JSON with what it saw; any deviation is an exception. GENERATOR names the language model, where one is configured.
"""

import json
import sys

import openai

QUESTION = "How many unused holiday days can I carry over into next year?"


def whole(client, seen):
    answer = client.chat.completions.create(model="pinakes", messages=[{"role": "user", "content": QUESTION}])
    choice = answer.choices[0]
    assert answer.object == "chat.completion" and choice.finish_reason == "stop", answer
    assert seen["generator"] or "five" in choice.message.content, choice.message.content
    citation = choice.message.annotations[0].url_citation
    assert citation.url.startswith(str(client.base_url).removesuffix("/v1/") + "/documents/"), citation
    assert 0 <= citation.start_index < citation.end_index <= len(choice.message.content), citation
    seen["answer"], seen["cited"] = choice.message.content, citation.title


def streamed(client, seen):
    stream = client.chat.completions.create(
        model="pinakes/extractive",
        messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}],
        stream=True,
        stream_options={"include_usage": True},
    )
    text, annotations, reason, usage = "", [], None, None
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            annotations += getattr(choice.delta, "annotations", None) or []
            reason = choice.finish_reason or reason
    assert "five" in text and annotations and reason == "stop" and usage is not None, (text, annotations, reason, usage)
    seen["streamed"], seen["annotations"] = text, len(annotations)


def responses(client, seen):
    answer = client.responses.create(model="pinakes/extractive", input=QUESTION)
    assert "five" in answer.output_text and answer.status == "completed", answer
    assert answer.output[0].content[0].annotations[0].type == "url_citation", answer
    with client.responses.stream(model="pinakes/extractive", input=QUESTION) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == final.output_text == answer.output_text, (text, final)
    seen["responses"] = len(final.output[0].content[0].annotations)


def models(client, seen):
    names = [model.id for model in client.models.list()]
    assert names[:2] == ["pinakes", "pinakes/extractive"], names
    for name in names:
        assert client.models.retrieve(name).id == name
    seen["models"] = names


def embeddings(client, seen):
    model = seen["models"][-1]
    # The client asks for base64 unless told otherwise.
    packed = client.embeddings.create(model=model, input=["holiday", "vacation", "the boiling point of lead"])
    plain = client.embeddings.create(model=model, input="holiday", encoding_format="float")
    assert max(abs(a - b) for a, b in zip(packed.data[0].embedding, plain.data[0].embedding)) < 1e-6
    product = lambda a, b: sum(x * y for x, y in zip(packed.data[a].embedding, packed.data[b].embedding))
    assert abs(product(0, 0) - 1) < 1e-3 and product(0, 1) > product(0, 2), (product(0, 1), product(0, 2))
    seen["dimensions"] = len(plain.data[0].embedding)


def errors(client, seen):
    user = [{"role": "user", "content": "a"}]
    cases = [
        (openai.NotFoundError, dict(model="gpt-4o", messages=user)),
        (openai.NotFoundError, dict(model="pinakes/nowhere", messages=user)),
        (openai.BadRequestError, dict(model="pinakes", messages=user, n=2)),
        (openai.BadRequestError, dict(model="pinakes", messages=[])),
        (openai.BadRequestError, dict(model="pinakes", messages=user, tools=[{"type": "function", "function": {"name": "f"}}])),
        (openai.UnprocessableEntityError, dict(model="pinakes", messages=[{"role": "user", "content": " "}])),
    ]
    for kind, request in cases:
        try:
            client.chat.completions.create(**request)
        except kind as error:
            assert error.body["message"] and error.code, error.body
        else:
            raise AssertionError(f"{request} was answered")
    seen["errors"] = len(cases)


def plain(client, seen, model):
    # Long enough for what was read of it to be kept.
    turns = [{"role": "system", "content": "You are terse and polite. " * 40}, {"role": "user", "content": "Say hello."}]
    first = client.chat.completions.create(model=model, messages=turns, max_tokens=12, temperature=0.8, seed=7, top_p=0.9)
    again = client.chat.completions.create(model=model, messages=turns, max_completion_tokens=12, temperature=0.8, seed=7, top_p=0.9)
    assert first.choices[0].message.content == again.choices[0].message.content, "the same seed says the same"
    assert 0 < first.usage.completion_tokens <= 12 and first.usage.total_tokens > first.usage.completion_tokens, first.usage
    assert again.usage.prompt_tokens_details.cached_tokens > 0, again.usage
    stream = client.chat.completions.create(model=model, messages=turns, max_tokens=12, temperature=0.8, seed=7, top_p=0.9, stream=True)
    text = "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices)
    assert text == first.choices[0].message.content, (text, first)
    seen["plain"] = text
    schema = {"type": "object", "properties": {"greeting": {"type": "string", "maxLength": 20}}, "required": ["greeting"], "additionalProperties": False}
    form = {"type": "json_schema", "json_schema": {"name": "greeting", "schema": schema}}
    held = client.chat.completions.create(model=model, messages=turns, max_tokens=60, response_format=form, temperature=1.5)
    if held.choices[0].finish_reason == "stop":
        assert list(json.loads(held.choices[0].message.content)) == ["greeting"], held
    seen["held"] = held.choices[0].message.content


def main():
    client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="none", max_retries=0, timeout=120)
    seen = {"client": openai.__version__, "generator": sys.argv[2:]}
    for check in (whole, streamed, responses, models, embeddings, errors):
        check(client, seen)
    if len(sys.argv) > 2:
        plain(client, seen, sys.argv[2])
    print(json.dumps(seen))


main()
