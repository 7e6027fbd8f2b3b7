// Usage: node js_client_test.mjs BASE_URL [PATH_OF_THE_OLLAMA_PACKAGE]
//
// Runs the official JavaScript client against a simulator that has the model given in MODEL
// (default "demo") installed, a model "caller" that thinks and calls every tool, a model "broken"
// that is busy once and then breaks its answers, and a token delay of a few milliseconds, so that
// there is a stream to abort. Prints one line per check; exits non-zero when one fails.

import assert from 'node:assert/strict'
import path from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [host, packagePath] = process.argv.slice(2)
const model = process.env.MODEL ?? 'demo'

async function loadClient() {
  if (packagePath) {
    const require = createRequire(path.join(path.resolve(packagePath), 'index.js'))
    return require(path.resolve(packagePath))
  }
  // require() looks at NODE_PATH, import does not.
  const require = createRequire(import.meta.url)
  return import(pathToFileURL(require.resolve('ollama')).href)
}

const loaded = await loadClient()
const Ollama = loaded.Ollama ?? loaded.default?.Ollama
const client = new Ollama({ host })
let failures = 0

async function check(name, run) {
  try {
    await run()
    console.log(`ok   ${name}`)
  } catch (error) {
    failures += 1
    console.log(`FAIL ${name}: ${error?.message ?? error}`)
  }
}

const canonical = model.includes(':') ? model : `${model}:latest`
const question = [{ role: 'user', content: 'Say hello' }]

await check('list shows the model', async () => {
  const { models } = await client.list()
  assert.ok(models.some((entry) => entry.name === canonical))
})

await check('show tells capabilities', async () => {
  const shown = await client.show({ model })
  assert.ok(shown.capabilities.includes('completion'))
  assert.equal(typeof shown.model_info['general.architecture'], 'string')
})

await check('generate in one piece', async () => {
  const answer = await client.generate({ model, prompt: 'Say hello' })
  assert.equal(answer.done, true)
  assert.match(answer.response, /\[simulated\]/)
  assert.ok(answer.eval_count > 0)
})

await check('generate as a stream', async () => {
  let text = ''
  let last
  for await (const part of await client.generate({ model, prompt: 'Say hello', stream: true })) {
    text += part.response
    last = part
  }
  assert.match(text, /\[simulated\]/)
  assert.equal(last.done_reason, 'stop')
})

await check('chat in one piece', async () => {
  const answer = await client.chat({ model, messages: question })
  assert.equal(answer.message.role, 'assistant')
  assert.match(answer.message.content, /\[simulated\]/)
})

await check('chat as a stream', async () => {
  let lines = 0
  let last
  for await (const part of await client.chat({ model, messages: question, stream: true })) {
    lines += 1
    last = part
  }
  assert.ok(lines > 1)
  assert.equal(last.done, true)
})

await check('num_predict gives length', async () => {
  const answer = await client.chat({ model, messages: question, options: { num_predict: 1 } })
  assert.equal(answer.done_reason, 'length')
})

await check('format gives JSON', async () => {
  const format = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
  const answer = await client.chat({ model, messages: question, format })
  assert.equal(JSON.parse(answer.message.content).n, 0)
})

await check('embed gives unit vectors', async () => {
  const { embeddings } = await client.embed({ model, input: ['a', 'b'] })
  assert.equal(embeddings.length, 2)
  const length = Math.hypot(...embeddings[0])
  assert.ok(Math.abs(length - 1) < 1e-4)
})

await check('ps lists the loaded model', async () => {
  const { models } = await client.ps()
  assert.ok(models.some((entry) => entry.name === canonical))
})

await check('pull installs with progress', async () => {
  const states = []
  for await (const part of await client.pull({ model: 'js-pulled', stream: true }))
    states.push(part.status)
  assert.equal(states[0], 'pulling manifest')
  assert.equal(states.at(-1), 'success')
})

await check('copy and delete', async () => {
  assert.equal((await client.copy({ source: 'js-pulled', destination: 'js-copy' })).status, 'success')
  assert.equal((await client.delete({ model: 'js-pulled' })).status, 'success')
  await client.delete({ model: 'js-copy' })
  await assert.rejects(client.delete({ model: 'js-copy' }), /not found/)
})

await check('missing model is an error', async () => {
  await assert.rejects(client.chat({ model: 'js-missing', messages: question }), /not found/)
})

const tool = (name, properties) => ({
  type: 'function',
  function: { name, description: name, parameters: { type: 'object', properties, required: Object.keys(properties) } },
})
const tools = [tool('get_weather', { city: { type: 'string' } }), tool('get_time', {})]

await check('thinking is apart from the answer', async () => {
  let thinking = ''
  let content = ''
  for await (const part of await client.chat({ model: 'caller', messages: question, stream: true, think: true })) {
    thinking += part.message.thinking ?? ''
    content += part.message.content
  }
  assert.equal(thinking, 'Let me see.')
  assert.match(content, /\[simulated\]/)
  const silent = await client.chat({ model: 'caller', messages: question, think: false })
  assert.equal(silent.message.thinking, undefined)
  const level = await client.chat({ model: 'caller', messages: question, think: 'high' })
  assert.equal(level.message.thinking, 'Let me see.')
})

await check('a loop of tools comes to an answer', async () => {
  const messages = [...question]
  const calls = []
  for await (const part of await client.chat({ model: 'caller', messages, tools, stream: true }))
    calls.push(...(part.message.tool_calls ?? []))
  assert.deepEqual(calls.map((call) => call.function.name), ['get_weather', 'get_time'])
  assert.deepEqual(calls[0].function.arguments, { city: '[simulated]' })
  assert.deepEqual(calls.map((call) => call.function.index), [0, 1])
  assert.equal(new Set(calls.map((call) => call.id)).size, 2)
  messages.push({ role: 'assistant', content: '', tool_calls: calls })
  for (const call of calls)
    messages.push({ role: 'tool', content: 'mild', tool_name: call.function.name })
  const answer = await client.chat({ model: 'caller', messages, tools })
  assert.equal(answer.message.tool_calls, undefined)
  assert.match(answer.message.content, /The tool said "mild"/)
})

await check('a failure that was asked for is an error of the client', async () => {
  await assert.rejects(client.chat({ model: 'broken', messages: question }), (error) => error.status_code === 503)
  await assert.rejects(async () => {
    for await (const part of await client.chat({ model: 'broken', messages: question, stream: true })) void part
  }, /it broke/)
})

await check('abort ends a stream', async () => {
  const own = new Ollama({ host })
  const stream = await own.generate({ model, prompt: 'Say hello', stream: true })
  await assert.rejects(
    async () => {
      for await (const part of stream) {
        own.abort()
        void part
      }
    },
    (error) => error.name === 'AbortError' || /Did not receive done/.test(error.message),
  )
})

await check('unload', async () => {
  const answer = await client.generate({ model, prompt: '', keep_alive: 0 })
  assert.equal(answer.done_reason, 'unload')
})

process.exit(failures === 0 ? 0 : 1)
