// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';

import {
  LLMClient,
  LLMError,
  type LLMStreamChunk,
  type PullProgress,
  type Settings,
} from '@nexus-llm/client';
import { SidecarTransport } from '@nexus-llm/client/node';

import { eventually, program, Stage } from './stage.js';

/** A prompt whose answer has some forty tokens. */
const long = 'Plan the next release.';

async function failure(promise: Promise<unknown>): Promise<LLMError> {
  const error = await promise.then(
    () => assert.fail('succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof LLMError, String(error));
  return error;
}

describe('a client', () => {
  let stage: Stage;
  let client: LLMClient;
  before(async () => {
    stage = await Stage.open();
    client = stage.client();
  });
  after(() => stage.close());

  it('returns the text of an answer', async () => {
    const text = await client.generate('Say hello.', 'overseer');
    assert.match(text, /^\[simulated\] .*Say hello\./);
  });

  it('returns the whole answer on request', async () => {
    const answer = await client.generate('Say hello.', 'implementation', { full: true });
    assert.equal(answer.model, 'qwen2.5-coder:7b');
    assert.equal(answer.done, true);
    assert.equal(answer.provenance.attempts, 1);
    assert.ok(answer.stats.evalCount > 0);
  });

  it('continues a conversation', async () => {
    const messages = [
      { role: 'user' as const, content: 'Say one.' },
      { role: 'assistant' as const, content: 'One.' },
      { role: 'user' as const, content: 'Say two.' },
    ];
    assert.match(await client.chat(messages, 'overseer'), /Say two\./);
    const pieces: string[] = [];
    const whole = await client.chatStreaming(messages, 'overseer', ({ response }) => {
      pieces.push(response);
    });
    assert.equal(pieces.join(''), whole.response);
    assert.match(whole.response, /Say two\./);
  });

  it('streams an answer piece by piece, in order, with one end', async () => {
    const times: number[] = [];
    const chunks: LLMStreamChunk[] = [];
    const phases: string[] = [];
    let ends = 0;
    const stop = client.on('llm/end', () => ++ends);
    const whole = await client.generateStreaming(
      long,
      'overseer',
      (chunk) => {
        assert.equal(ends, 0);
        chunks.push(chunk);
        times.push(performance.now());
      },
      { onProgress: ({ phase }) => phases.push(phase) },
    );
    stop();
    assert.equal(ends, 1);
    assert.ok(chunks.length > 10);
    assert.deepEqual(
      chunks.map(({ seq }) => seq),
      chunks.map((_, index) => index),
    );
    assert.equal(chunks.map(({ response }) => response).join(''), whole.response);
    assert.ok(times.at(-1)! - times[0]! > 300, 'the pieces came while the rest was generated');
    assert.deepEqual(phases, ['sent', 'first_token', 'done']);
  });

  it('streams to a loop', async () => {
    const stream = client.stream(long, 'implementation');
    let text = '';
    let count = 0;
    for await (const chunk of stream) {
      text += chunk.response;
      ++count;
    }
    assert.ok(count > 10);
    assert.equal(text, (await stream.response).response);
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  });

  it('streams two answers at once', async () => {
    const order: string[] = [];
    const run = async (role: 'overseer' | 'implementation') => {
      let text = '';
      const whole = await client.generateStreaming(long, role, (chunk) => {
        text += chunk.response;
        order.push(role);
      });
      assert.equal(text, whole.response);
      return whole.model;
    };
    assert.deepEqual(await Promise.all([run('overseer'), run('implementation')]), [
      'llama3.1:8b',
      'qwen2.5-coder:7b',
    ]);
    const changes = order.filter((role, index) => index > 0 && role !== order[index - 1]).length;
    assert.ok(changes > 5, 'the streams were interleaved');
  });

  it('loses no text to a slow reader, who gets longer pieces', async () => {
    const stream = client.stream(long, 'overseer');
    const whole = await stream.response;
    let text = '';
    let count = 0;
    for await (const chunk of stream) {
      text += chunk.response;
      ++count;
    }
    assert.equal(text, whole.response);
    assert.ok(count <= 32, `${count} pieces`);
  });

  it('cancels a stream at Ollama when its signal aborts', async () => {
    const abort = new AbortController();
    const began = stage.gate.of('/api/generate').length;
    let after = 0;
    await assert.rejects(
      client.generateStreaming(
        long,
        'overseer',
        () => {
          if (abort.signal.aborted) ++after;
          abort.abort();
        },
        { signal: abort.signal },
      ),
      { name: 'AbortError' },
    );
    await eventually('Ollama is left', () => stage.gate.of('/api/generate')[began]!.left);
    assert.equal(after, 0);
  });

  it('rejects with the reason of the signal', async () => {
    const abort = new AbortController();
    const reason = new Error('the user changed their mind');
    const chunk = () => abort.abort(reason);
    await assert.rejects(
      client.generateStreaming(long, 'overseer', chunk, { signal: abort.signal }),
      (error) => error === reason,
    );
    await assert.rejects(
      client.generateStreaming(long, 'overseer', () => {}, { signal: AbortSignal.timeout(50) }),
      { name: 'TimeoutError' },
    );
  });

  it('sends nothing if the signal has aborted before', async () => {
    const before = stage.gate.passages.length;
    const signal = AbortSignal.abort();
    await assert.rejects(client.generate(long, 'overseer', { signal }), { name: 'AbortError' });
    await assert.rejects(
      client.generateStreaming(long, 'overseer', () => {}, { signal }),
      { name: 'AbortError' },
    );
    await client.health();
    assert.ok(stage.gate.passages.slice(before).every(({ path }) => path !== '/api/generate'));
  });

  it('cancels a complete answer at Ollama when its signal aborts', async () => {
    const abort = new AbortController();
    const began = stage.gate.of('/api/generate').length;
    const answer = client.generate(long, 'overseer', { signal: abort.signal });
    await eventually('Ollama is asked', () => stage.gate.of('/api/generate').length > began);
    abort.abort();
    await assert.rejects(answer, { name: 'AbortError' });
    await eventually('Ollama is left', () => stage.gate.of('/api/generate')[began]!.left);
  });

  it('cancels at once, even right after the call', async () => {
    const abort = new AbortController();
    const cancelled = (await client.stats())[0]!.cancelled;
    const answer = client.generate(long, 'overseer', { signal: abort.signal });
    abort.abort();
    await assert.rejects(answer, { name: 'AbortError' });
    let now = cancelled;
    await eventually('the request counts as cancelled', () => {
      void client.stats().then((stats) => (now = stats[0]!.cancelled));
      return now > cancelled;
    });
  });

  it('cancels a stream when its reader leaves the loop', async () => {
    const began = stage.gate.of('/api/generate').length;
    const stream = client.stream(long, 'overseer');
    for await (const chunk of stream) {
      assert.ok(chunk.response);
      break;
    }
    await assert.rejects(stream.response, { name: 'AbortError' });
    await eventually('Ollama is left', () => stage.gate.of('/api/generate')[began]!.left);
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  });

  it('cancels a stream whose callback throws, and rejects with what it threw', async () => {
    const began = stage.gate.of('/api/generate').length;
    const thrown = new RangeError('no room');
    await assert.rejects(
      client.generateStreaming(long, 'overseer', () => {
        throw thrown;
      }),
      (error) => error === thrown,
    );
    await eventually('Ollama is left', () => stage.gate.of('/api/generate')[began]!.left);
  });

  it('tells the reader of a stream that another cancelled it', async () => {
    const stream = client.stream(long, 'overseer', { id: 'cancelled-by-id' });
    assert.equal(stream.id, 'cancelled-by-id');
    let text = '';
    const error = await failure(
      (async () => {
        for await (const chunk of stream) {
          text += chunk.response;
          if (chunk.seq === 3) assert.equal(await client.cancel(stream.id), true);
        }
      })(),
    );
    assert.equal(error.errorName, 'cancelled');
    assert.equal(error.category, 'cancelled');
    assert.ok(text.startsWith('[simulated]'));
    assert.equal(await client.cancel('cancelled-by-id'), false);
  });

  it('refuses an id that is in use', async () => {
    const stream = client.stream(long, 'overseer', { id: 'twice' });
    const error = await failure(
      client.generateStreaming(long, 'overseer', () => {}, { id: 'twice' }),
    );
    assert.equal(error.category, 'validation');
    await stream.return();
  });

  it('tells that a stream to join is not there', async () => {
    const error = await failure(client.subscribe('nobody-started-this', () => {}));
    assert.equal(error.errorName, 'unknown_request');
  });

  it('reports a missing model', async () => {
    const error = await failure(client.generate('Hello.', 'overseer', { model: 'absent:1b' }));
    assert.equal(error.errorName, 'model_not_found');
    assert.equal(error.category, 'model');
    assert.equal(error.code, -32009);
    assert.equal(error.retryable, false);
    assert.match(error.message, /^The model absent:1b is not installed\./);
    assert.equal(error.detail, undefined);
    const streamed = await failure(
      client.generateStreaming('Hello.', 'overseer', () => {}, { model: 'absent:1b' }),
    );
    assert.equal(streamed.errorName, 'model_not_found');
  });

  it('reports wrong arguments', async () => {
    for (const prompt of ['', 'a NUL \0'])
      assert.equal(
        (await failure(client.generate(prompt, 'overseer'))).errorName,
        'invalid_prompt',
      );
    assert.equal(
      (await failure(client.stream('Hello.', 'foreman' as never).response)).category,
      'validation',
    );
    assert.equal((await failure(client.updateConfig({ timeout: -1 }))).category, 'configuration');
  });

  it('carries any text', async () => {
    const began = stage.gate.of('/api/generate').length;
    const texts = ['👩‍💻 çà\u2028x\u2029y\tz\r\n"\\', 'x'.repeat(1 << 20), 'half \ud83d of a pair'];
    for (const text of texts) assert.match(await client.generate(text, 'overseer'), /simulated/);
    const received = stage.gate
      .of('/api/generate')
      .slice(began)
      .map(({ body }) => JSON.parse(body).prompt);
    assert.deepEqual(received, [texts[0], texts[1], 'half \ufffd of a pair']);
    let streamed = '';
    const whole = await client.generateStreaming('Plan 👩‍💻\u2028!', 'overseer', (chunk) => {
      streamed += chunk.response;
    });
    assert.equal(streamed, whole.response);
    assert.ok(streamed.includes('👩‍💻\u2028!'));
  });

  it('lists, checks and shows models', async () => {
    const names = (await client.listModels()).map(({ name }) => name);
    assert.deepEqual(names.sort(), ['llama3.1:8b', 'qwen2.5-coder:7b']);
    assert.equal(await client.checkModel('llama3.1:8b'), true);
    assert.equal(await client.checkModel('absent:1b'), false);
    assert.equal((await client.showModel('llama3.1:8b')).name, 'llama3.1:8b');
  });

  it('loads and unloads models', async () => {
    await client.loadModel('llama3.1:8b', { keepAlive: '5m' });
    const running = async () => (await client.runningModels()).map(({ name }) => name);
    assert.ok((await running()).includes('llama3.1:8b'));
    await client.unloadModel('llama3.1:8b');
    assert.ok(!(await running()).includes('llama3.1:8b'));
  });

  it('reports the progress of a download', async () => {
    const reports: PullProgress[] = [];
    await client.pullModel('small:1b', (progress) => reports.push(progress));
    assert.ok(reports.length > 5);
    const completed = reports.filter(({ total }) => total > 0).map((report) => report.completed);
    assert.deepEqual(
      completed,
      [...completed].sort((left, right) => left - right),
    );
    assert.equal(reports[0]!.model, 'small:1b');
    assert.deepEqual(stage.gate.pulled, ['small:1b']);
  });

  it('cancels a download when its signal aborts', async () => {
    const abort = new AbortController();
    await assert.rejects(
      client.pullModel('large:70b', () => abort.abort(), { signal: abort.signal }),
      { name: 'AbortError' },
    );
    await eventually('Ollama is left', () => stage.gate.of('/api/pull').at(-1)!.left);
    assert.ok(!stage.gate.pulled.includes('large:70b'));
  });

  it('changes the model of a role, and saves and reports it', async () => {
    const changes: Settings[] = [];
    const stop = client.onConfig((config) => changes.push(config));
    await client.setModelForRole('overseer', 'qwen2.5-coder:7b');
    assert.equal(await client.getModelForRole('overseer'), 'qwen2.5-coder:7b');
    const answer = await client.generate('Hello.', 'overseer', { full: true });
    assert.equal(answer.model, 'qwen2.5-coder:7b');
    await eventually('the change is reported', () => changes.length > 0);
    assert.equal(changes.at(-1)!.models.overseer, 'qwen2.5-coder:7b');
    assert.deepEqual((await stage.config()).llm.models, { overseer: 'qwen2.5-coder:7b' });
    stop();
    await client.setModelForRole('overseer', 'llama3.1:8b');
  });

  it('changes settings, and reports what others changed', async () => {
    const settings = await client.updateConfig({ timeout: 60, limits: { maxConcurrent: 3 } });
    assert.equal(settings.timeout, 60);
    assert.equal(settings.limits.maxConcurrent, 3);
    assert.equal((await client.getConfig()).timeout, 60);
    const before = await client.updateConfig({ timeout: null, limits: { maxConcurrent: null } });
    assert.equal(before.timeout, 300);
    assert.equal(before.limits.maxConcurrent, 2);
    let changed: Settings | undefined;
    const stop = client.onConfig((config) => (changed = config));
    await stage.configure({ baseUrl: stage.gate.url, retryDelay: 10, timeout: 77 });
    await eventually('the change is reported', () => changed?.timeout === 77);
    assert.equal(changed?.limits.maxConcurrent, 2);
    stop();
  });

  it('reports health, figures and versions', async () => {
    const health = await client.health();
    assert.equal(health.reachable, true);
    assert.ok(health.components.every(({ running }) => running));
    assert.deepEqual(
      (await client.stats()).map(({ role }) => role),
      ['overseer', 'implementation'],
    );
    const versions = await client.version();
    assert.equal(versions.protocol, 1);
    assert.ok(versions.ollama);
  });
});

describe('without Ollama', () => {
  it('reports that nothing listens, and that it came back', async () => {
    const stage = await Stage.open();
    try {
      await stage.configure({ baseUrl: 'http://127.0.0.1:1', maxRetries: 1, retryDelay: 1 });
      const client = stage.client();
      const error = await failure(client.generate('Hello.', 'overseer', { errorDetail: true }));
      assert.equal(error.errorName, 'connection_refused');
      assert.equal(error.category, 'connection');
      assert.equal(error.retryable, true);
      assert.equal(error.attempts, 2);
      assert.match(error.message, /^Ollama is not running at http:\/\/127\.0\.0\.1:1\./);
      assert.ok(error.detail);
      assert.equal((await client.health()).reachable, false);
      await client.updateConfig({ baseUrl: stage.gate.url });
      assert.match(await client.generate('Hello.', 'overseer'), /simulated/);
    } finally {
      await stage.close();
    }
  });

  it('fails a stream that breaks with the text so far', async () => {
    const stage = await Stage.open();
    try {
      const client = stage.client();
      let text = '';
      const error = await failure(
        client.generateStreaming(long, 'overseer', (chunk) => {
          text += chunk.response;
          if (chunk.seq === 5) void stage.gate.close();
        }),
      );
      assert.equal(error.category, 'stream');
      assert.equal(error.partial, text);
    } finally {
      await stage.close().catch(() => {});
    }
  });

  it('tells a reader that a stream starts over', async () => {
    const stage = await Stage.open();
    try {
      await stage.configure({ baseUrl: stage.gate.url, retryDelay: 1, streamRecovery: 'restart' });
      const client = stage.client();
      let text = '';
      let restarts = 0;
      const whole = await client.generateStreaming(long, 'overseer', (chunk) => {
        if (chunk.restarted) {
          ++restarts;
          text = '';
        }
        text += chunk.response;
        if (chunk.seq === 5 && restarts === 0) stage.gate.breakOff();
      });
      assert.equal(restarts, 1);
      assert.equal(text, whole.response);
      assert.equal(whole.provenance.restarted, true);
    } finally {
      await stage.close();
    }
  });
});

describe('a sidecar', () => {
  it('that is killed fails calls, streams and what comes later', async () => {
    const stage = await Stage.open({ tokenDelay: 50 });
    try {
      const transport = stage.transport();
      const client = new LLMClient(transport);
      let text = '';
      const stream = client.stream(long, 'overseer');
      const call = failure(client.generate(long, 'implementation'));
      const error = await failure(
        (async () => {
          for await (const chunk of stream) {
            text += chunk.response;
            if (chunk.seq === 3) process.kill(transport.pid!, 'SIGKILL');
          }
        })(),
      );
      for (const one of [error, await call, await failure(client.health())]) {
        assert.equal(one.errorName, 'sidecar_lost');
        assert.equal(one.category, 'connection');
        assert.equal(one.retryable, true);
        assert.ok(one.message.endsWith('Try again.'));
      }
      assert.ok(text.startsWith('[simulated]'));
      assert.match(await stage.client().generate('Hello.', 'overseer'), /simulated/);
    } finally {
      await stage.close();
    }
  });

  it('that is closed cancels at Ollama and ends', async () => {
    const stage = await Stage.open({ tokenDelay: 50 });
    try {
      const transport = stage.transport();
      const client = new LLMClient(transport);
      const stream = client.stream(long, 'overseer');
      await stream.next();
      await client.close();
      assert.equal((await failure(stream.response)).category, 'cancelled');
      assert.throws(() => process.kill(transport.pid!, 0), { code: 'ESRCH' });
      await eventually('Ollama is left', () => stage.gate.of('/api/generate')[0]!.left);
    } finally {
      await stage.close();
    }
  });

  it('that cannot start tells why', async () => {
    const stage = await Stage.open();
    try {
      await stage.configure({ timeout: 'soon' });
      const error = await failure(stage.client().health());
      assert.equal(error.category, 'configuration');
      assert.match(error.message, /timeout/);
    } finally {
      await stage.close();
    }
  });

  it('that does not exist is told', async () => {
    const client = new LLMClient(new SidecarTransport({ program: `${program}-absent` }));
    const error = await failure(client.health());
    assert.equal(error.errorName, 'sidecar_not_started');
    assert.equal((await failure(client.health())).errorName, 'sidecar_not_started');
    await client.close();
    // Before it is known.
    await new SidecarTransport({ program: `${program}-absent` }).close();
  });

  it('whose program is another is told, with the last that it said', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'nexus-llm-client-'));
    try {
      // As `sh sidecar`. It writes JSON, which is not of the protocol.
      await writeFile(join(cwd, 'sidecar'), 'echo "5\nnull\n[]\n{}"; echo no room >&2; exit 3');
      const client = new LLMClient(new SidecarTransport({ program: 'sh', cwd }));
      const error = await failure(client.health());
      assert.equal(error.errorName, 'sidecar_not_started');
      assert.equal(error.message, 'The program sh ended with exit code 3: no room.');
      await client.close();
    } finally {
      await rm(cwd, { recursive: true });
    }
  });

  it('whose directory is missing is told so', async () => {
    const client = new LLMClient(new SidecarTransport({ program, cwd: '/absent/folder' }));
    const error = await failure(client.health());
    assert.equal(error.errorName, 'sidecar_not_started');
    assert.match(error.message, /no directory \/absent\/folder\.$/);
    await client.close();
  });

  it('whose log is read by a function that throws is attended all the same', async () => {
    const report = mock.method(console, 'error', () => {});
    try {
      const onLog = () => {
        throw new RangeError('no room');
      };
      const client = new LLMClient(new SidecarTransport({ program: 'sh', cwd: '/', onLog }));
      assert.equal((await failure(client.health())).errorName, 'sidecar_not_started');
      assert.equal(report.mock.callCount(), 1);
    } finally {
      report.mock.restore();
    }
  });
});
