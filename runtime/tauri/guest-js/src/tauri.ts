// SPDX-License-Identifier: BSD-3-Clause
import { Channel, invoke } from '@tauri-apps/api/core';

import { LLMError } from './error.js';
import { callEach } from './listeners.js';
import type { Method, NotificationListener, NotificationName, Transport } from './transport.js';
import type { Methods, Notifications } from './types.js';

interface Notification {
  method: NotificationName;
  params: Notifications[NotificationName];
}

/** What the permission `nexus-llm:requests` does not allow. */
const management: ReadonlySet<Method> = new Set<Method>([
  'llm_set_model_for_role',
  'llm_pull_model',
  'llm_load_model',
  'llm_unload_model',
  'llm_delete_model',
  'llm_update_config',
]);

/**
 * The way to the sidecar through `tauri-plugin-nexus-llm`. Notifications come over a channel, in
 * order. The plugin restarts the sidecar, so this transport is closed only by `close`.
 */
export class TauriTransport implements Transport {
  readonly #notifications = new Set<NotificationListener>();
  readonly #closed = new Set<(error: LLMError) => void>();
  readonly #channel = new Channel<Notification>(({ method, params }) => {
    callEach(this.#notifications, (listener) => listener(method, params));
  });
  /** How to reject the calls under way. */
  readonly #pending = new Set<(error: LLMError) => void>();
  #connected: Promise<unknown> | undefined;
  #open = true;

  async call<M extends Method>(
    method: M,
    params: Methods[M]['params'],
  ): Promise<Methods[M]['result']> {
    if (!this.#open) throw closed();
    const command = management.has(method) ? 'call' : 'request';
    // Only when it is connected can no notification be missed.
    const answer = this.#connect().then(() => {
      if (!this.#open) throw closed();
      return invoke<Methods[M]['result']>(`plugin:nexus-llm|${command}`, { method, params });
    });
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      answer
        .then(resolve, (error: unknown) => reject(LLMError.from(error)))
        .finally(() => this.#pending.delete(reject));
    });
  }

  onNotification(listener: NotificationListener): () => void {
    if (!this.#open) return () => {};
    this.#notifications.add(listener);
    this.#connect().catch(() => {});
    return () => this.#notifications.delete(listener);
  }

  onClose(listener: (error: LLMError) => void): () => void {
    this.#closed.add(listener);
    return () => this.#closed.delete(listener);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const error = closed();
    for (const reject of this.#pending) reject(error);
    callEach(this.#closed, (listener) => listener(error));
    this.#notifications.clear();
    this.#closed.clear();
    // Not before it is connected: calls may overtake each other.
    this.#connected
      ?.then(() => invoke('plugin:nexus-llm|disconnect', { channel: this.#channel.id }))
      .catch(() => {});
  }

  #connect(): Promise<unknown> {
    this.#connected ??= invoke('plugin:nexus-llm|connect', { channel: this.#channel }).catch(
      (error: unknown) => {
        this.#connected = undefined;
        throw error;
      },
    );
    return this.#connected;
  }
}

function closed(): LLMError {
  return LLMError.sidecarLost('The connection is closed.');
}
