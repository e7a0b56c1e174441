// The official JavaScript client of OpenAI's interface against a running server: node openai_node.mjs URL
// Prints one line of JSON with what it saw; any deviation is an exception.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

// Found through NODE_PATH, so that nothing need be installed in the repository.
const { default: OpenAI } = createRequire(import.meta.url)('openai');

const url = process.argv[2];
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0, timeout: 120_000 });
const messages = [{ role: 'user', content: 'How many unused holiday days can I carry over into next year?' }];
const seen = {};

const answer = await client.chat.completions.create({ model: 'pinakes', messages });
assert.match(answer.choices[0].message.content, /five/);
const { url_citation: citation } = answer.choices[0].message.annotations[0];
assert.ok(citation.url.startsWith(`${url}/documents/`), citation.url);
seen.answer = answer.choices[0].message.content;

let text = '';
let usage = null;
const stream = await client.chat.completions.create({ model: 'pinakes', messages, stream: true, stream_options: { include_usage: true } });
for await (const chunk of stream) {
  text += chunk.choices[0]?.delta.content ?? '';
  usage = chunk.usage ?? usage;
}
assert.equal(text, seen.answer);
assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);

seen.models = (await client.models.list()).data.map((model) => model.id);
for (const name of seen.models) assert.equal((await client.models.retrieve(name)).id, name);

const model = seen.models.at(-1);
const { data } = await client.embeddings.create({ model, input: ['holiday', 'vacation'] });
assert.ok(Math.abs(data[0].embedding.reduce((sum, x) => sum + x * x, 0) - 1) < 1e-3);
seen.dimensions = data[1].embedding.length;

await assert.rejects(client.chat.completions.create({ model: 'gpt-4o', messages }), (error) => error instanceof OpenAI.NotFoundError);
await assert.rejects(client.chat.completions.create({ model: 'pinakes', messages, n: 2 }), (error) => error instanceof OpenAI.BadRequestError);
await assert.rejects(client.models.retrieve('pinakes/nowhere'), (error) => error.status === 404 && error.code === 'model_not_found');

console.log(JSON.stringify(seen));
