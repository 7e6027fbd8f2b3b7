// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { LLMError } from '@nexus-llm/client';
import { TauriTransport } from '@nexus-llm/client/tauri';

/** What a page has of Tauri; the other end is the test. */
class FakeTauri {
  readonly calls: Array<{
    command: string;
    args: Record<string, unknown>;
    resolve: (result?: unknown) => void;
    reject: (error: unknown) => void;
  }> = [];
  #callback: (message: object) => void = () => {};
  #sent = 0;

  readonly internals = {
    invoke: (command: string, args: Record<string, unknown>) =>
      new Promise((resolve, reject) => this.calls.push({ command, args, resolve, reject })),
    transformCallback: (callback: (message: object) => void) => {
      this.#callback = callback;
      return 7;
    },
    unregisterCallback: () => {},
  };

  send(method: string, params: object): void {
    this.#callback({ message: { method, params }, index: this.#sent++ });
  }

  get commands(): string[] {
    return this.calls.map(({ command }) => command.replace('plugin:nexus-llm|', ''));
  }
}

describe('the transport of a page', () => {
  let tauri: FakeTauri;
  beforeEach(() => {
    tauri = new FakeTauri();
    Object.assign(globalThis, { window: { __TAURI_INTERNALS__: tauri.internals } });
  });

  it('connects before its first call', async () => {
    const answer = new TauriTransport().call('llm_check_model', { modelName: 'm' });
    await turn();
    assert.deepEqual(tauri.commands, ['connect']);
    tauri.calls[0]!.resolve();
    await turn();
    assert.deepEqual(tauri.commands, ['connect', 'request']);
    tauri.calls[1]!.resolve(true);
    assert.equal(await answer, true);
  });

  it('has nothing to disconnect if it was never connected', async () => {
    const transport = new TauriTransport();
    transport.close();
    transport.onNotification(() => {});
    await assert.rejects(transport.call('llm_health', {}), { errorName: 'sidecar_lost' });
    await turn();
    assert.deepEqual(tauri.commands, []);
  });

  it('disconnects after it has been connected, and calls nothing more', async () => {
    const transport = new TauriTransport();
    const answer = transport.call('llm_health', {});
    transport.close();
    await assert.rejects(answer, { errorName: 'sidecar_lost' });
    assert.deepEqual(tauri.commands, ['connect']);
    tauri.calls[0]!.resolve();
    await turn();
    assert.deepEqual(tauri.commands, ['connect', 'disconnect']);
    assert.deepEqual(tauri.calls[1]!.args, { channel: 7 });
  });

  it('fails the calls under way when it is closed', async () => {
    const transport = new TauriTransport();
    const answer = transport.call('llm_health', {});
    tauri.calls[0]!.resolve();
    await turn();
    transport.close();
    await assert.rejects(answer, { errorName: 'sidecar_lost' });
  });

  it('connects again after a failure, and tells it as a sentence', async () => {
    const transport = new TauriTransport();
    const refused = transport.call('llm_health', {});
    tauri.calls[0]!.reject('nexus-llm.connect not allowed. Permissions associated with ...');
    await assert.rejects(refused, (error) => {
      assert.ok(error instanceof LLMError);
      return /not allowed/.test(error.message);
    });
    void transport.call('llm_health', {}).catch(() => {});
    assert.deepEqual(tauri.commands, ['connect', 'connect']);
  });

  it('delivers notifications although a listener throws', () => {
    const report = mock.method(console, 'error', () => {});
    try {
      const transport = new TauriTransport();
      const names: string[] = [];
      transport.onNotification(() => {
        throw new RangeError('no room');
      });
      transport.onNotification((name) => names.push(name));
      tauri.send('llm/config', {});
      tauri.send('llm/supervision', {});
      assert.deepEqual(names, ['llm/config', 'llm/supervision']);
      assert.equal(report.mock.callCount(), 2);
    } finally {
      report.mock.restore();
    }
  });
});
