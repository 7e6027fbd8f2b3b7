// SPDX-License-Identifier: BSD-3-Clause
// The official JavaScript client: javascript.mjs ADDRESS PROMPT COUNT
import { Ollama } from 'ollama';

const [host, prompt, count] = process.argv.slice(2);
const client = new Ollama({ host });
for (let i = 0; i < Number(count); ++i) {
  let text = '';
  const stream = await client.generate({ model: 'llama3.1:8b', prompt, stream: true });
  for await (const part of stream) text += part.response;
  if (!text) throw new Error('no text');
}
