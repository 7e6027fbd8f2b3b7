// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import {
  LLMClient,
  LLMError,
  type LLMStreamChunk,
  type Method,
  type NotificationListener,
  type Transport,
} from '@nexus-llm/client';

import { eventually } from './stage.js';

/** A transport whose other end is the test. */
class FakeTransport implements Transport {
  readonly calls: Array<{
    method: Method;
    params: Record<string, unknown>;
    resolve: (result?: unknown) => void;
    reject: (error: unknown) => void;
  }> = [];
  notify: NotificationListener = () => {};
  lose: (error: LLMError) => void = () => {};

  call(method: Method, params: object): Promise<never> {
    return new Promise((resolve, reject) => {
      this.calls.push({
        method,
        params: params as Record<string, unknown>,
        resolve: resolve as never,
        reject,
      });
    });
  }
  onNotification(listener: NotificationListener): () => void {
    this.notify = listener;
    return () => {};
  }
  onClose(listener: (error: LLMError) => void): () => void {
    this.lose = listener;
    return () => {};
  }
  close(): void {}

  get methods(): Method[] {
    return this.calls.map(({ method }) => method);
  }
}

const chunk = (
  id: string,
  seq: number,
  response: string,
  rest: Partial<LLMStreamChunk> = {},
): LLMStreamChunk => ({ id, seq, model: 'm', response, done: false, ...rest });

const answer = (id: string, response: string) =>
  ({ id, model: 'm', response, done: true }) as never;

describe('a client of any transport', () => {
  it('joins a stream and leaves it without cancelling it', async () => {
    const transport = new FakeTransport();
    const client = new LLMClient(transport);
    const pieces: string[] = [];
    const joined = client.subscribe('s', ({ response }) => pieces.push(response));
    transport.calls[0]!.resolve({ id: 's' });
    transport.notify('llm/chunk', chunk('s', 3, 'so far'));
    transport.notify('llm/chunk', chunk('other', 4, 'not this'));
    transport.notify('llm/end', { id: 's', response: answer('s', 'so far') });
    assert.equal((await joined).response, 'so far');
    assert.deepEqual(pieces, ['so far']);

    const abort = new AbortController();
    const left = client.subscribe('t', () => {}, { signal: abort.signal });
    transport.calls[1]!.resolve({ id: 't' });
    abort.abort();
    await assert.rejects(left, { name: 'AbortError' });
    await turn();
    assert.deepEqual(transport.methods, ['llm_subscribe', 'llm_subscribe', 'llm_unsubscribe']);
  });

  it('cancels a stream only after it is known to have started', async () => {
    const transport = new FakeTransport();
    const client = new LLMClient(transport);
    const stream = client.stream('p', 'overseer', { id: 's' });
    await stream.return();
    await turn();
    assert.deepEqual(transport.methods, ['llm_generate_streaming']);
    transport.calls[0]!.resolve({ id: 's' });
    await turn();
    assert.deepEqual(transport.methods, ['llm_generate_streaming', 'llm_cancel']);
    assert.deepEqual(transport.calls[1]!.params, { id: 's' });
    await assert.rejects(stream.response, { name: 'AbortError' });
  });

  it('repeats a cancel that was earlier than its request', async () => {
    const transport = new FakeTransport();
    const abort = new AbortController();
    const call = new LLMClient(transport).generate('p', 'overseer', { signal: abort.signal });
    abort.abort();
    await assert.rejects(call, { name: 'AbortError' });
    transport.calls[1]!.resolve(false);
    await eventually('it is repeated', () => transport.calls.length === 3);
    transport.calls[2]!.resolve(true);
    await turn();
    assert.deepEqual(transport.methods, ['llm_generate', 'llm_cancel', 'llm_cancel']);
  });

  it('drops what a slow reader has not read when a stream starts over', async () => {
    const transport = new FakeTransport();
    const stream = new LLMClient(transport).stream('p', 'overseer', { id: 's' });
    transport.calls[0]!.resolve({ id: 's' });
    transport.notify('llm/chunk', chunk('s', 0, 'void'));
    transport.notify('llm/chunk', chunk('s', 0, 'new', { restarted: true }));
    transport.notify('llm/end', { id: 's', response: answer('s', 'new') });
    const read = [];
    for await (const one of stream) read.push(one);
    assert.deepEqual(read, [chunk('s', 0, 'new', { restarted: true })]);
  });

  it('puts together what a slow reader has not read', async () => {
    const transport = new FakeTransport();
    const stream = new LLMClient(transport).stream('p', 'overseer', { id: 's' });
    for (let seq = 0; seq < 1000; ++seq)
      transport.notify('llm/chunk', chunk('s', seq, `${seq},`, { thinking: '.' }));
    transport.lose(LLMError.sidecarLost());
    const read: LLMStreamChunk[] = [];
    await assert.rejects(
      async () => {
        for await (const one of stream) read.push(one);
      },
      { errorName: 'sidecar_lost' },
    );
    assert.equal(read.length, 32);
    assert.equal(
      read.map(({ response }) => response).join(''),
      Array.from({ length: 1000 }, (_, seq) => `${seq},`).join(''),
    );
    assert.equal(read.at(-1)!.seq, 999);
    assert.equal(read.map(({ thinking }) => thinking).join('').length, 1000);
  });

  it('cancels what is under way when it is closed', async () => {
    const transport = new FakeTransport();
    const client = new LLMClient(transport);
    const ended = client.generate('p', 'overseer', { id: 'ended' });
    transport.calls[0]!.resolve('text');
    await ended;
    client.generate('p', 'overseer', { id: 'call' }).catch(() => {});
    client.stream('p', 'overseer', { id: 'stream' });
    client.subscribe('joined', () => {}).catch(() => {});
    void client.close();
    const last = transport.calls.slice(-3).map(({ method, params }) => [method, params.id]);
    assert.deepEqual(last, [
      ['llm_cancel', 'call'],
      ['llm_cancel', 'stream'],
      ['llm_unsubscribe', 'joined'],
    ]);
  });

  it('does not wait without end for a sidecar that does not answer', async () => {
    const transport = new FakeTransport();
    const closed = mock.method(transport, 'close');
    const client = new LLMClient(transport);
    client.generate('p', 'overseer').catch(() => {});
    const began = performance.now();
    await client.close();
    assert.ok(performance.now() - began < 3000);
    assert.equal(closed.mock.callCount(), 1);
  });

  it('goes on although a listener throws', async () => {
    const report = mock.method(console, 'error', () => {});
    try {
      const transport = new FakeTransport();
      const client = new LLMClient(transport);
      const thrown = new RangeError('no room');
      const seen: string[] = [];
      client.on('llm/chunk', () => {
        throw thrown;
      });
      client.on('llm/chunk', ({ response }) => seen.push(response));
      const whole = client.generateStreaming('p', 'overseer', () => {}, { id: 's' });
      transport.calls[0]!.resolve({ id: 's' });
      transport.notify('llm/chunk', chunk('s', 0, 'text'));
      transport.notify('llm/end', { id: 's', response: answer('s', 'text') });
      assert.equal((await whole).response, 'text');
      assert.deepEqual(seen, ['text']);
      assert.equal(report.mock.calls[0]!.arguments[1], thrown);
    } finally {
      report.mock.restore();
    }
  });

  it('cancels a download whose callback throws, and rejects with what it threw', async () => {
    const transport = new FakeTransport();
    const client = new LLMClient(transport);
    const thrown = new RangeError('no room');
    let calls = 0;
    const pull = client.pullModel(
      'm',
      () => {
        ++calls;
        throw thrown;
      },
      { id: 'p' },
    );
    const twice = client.pullModel('m', () => {}, { id: 'p' });
    await assert.rejects(twice, { category: 'validation' });
    const progress = { id: 'p', model: 'm', status: 'pulling', total: 2, completed: 1 };
    transport.notify('llm/pull', progress as never);
    transport.notify('llm/pull', progress as never);
    await assert.rejects(pull, (error) => error === thrown);
    assert.equal(calls, 1);
    assert.deepEqual(transport.methods, ['llm_pull_model', 'llm_cancel']);
    assert.deepEqual(transport.calls[1]!.params, { id: 'p' });
    transport.calls[1]!.resolve(true);
  });

  it('converts whatever a transport throws', async () => {
    const transport = new FakeTransport();
    const client = new LLMClient(transport);
    const call = client.health();
    transport.calls[0]!.reject('state not managed');
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof LLMError);
      assert.equal(error.errorName, 'invalid_argument');
      assert.match(error.message, /state not managed/);
      return true;
    });
  });
});
