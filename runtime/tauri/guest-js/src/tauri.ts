// SPDX-License-Identifier: BSD-3-Clause
import { Channel, invoke } from '@tauri-apps/api/core';

import { LLMError } from './error.js';
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
    for (const listener of [...this.#notifications]) listener(method, params);
  });
  #connected: Promise<unknown> | undefined;
  #open = true;

  async call<M extends Method>(
    method: M,
    params: Methods[M]['params'],
  ): Promise<Methods[M]['result']> {
    if (!this.#open) throw LLMError.sidecarLost('The connection is closed.');
    try {
      // Only then can no notification be missed.
      await this.#connect();
      const command = management.has(method) ? 'call' : 'request';
      return await invoke<Methods[M]['result']>(`plugin:nexus-llm|${command}`, { method, params });
    } catch (error) {
      throw LLMError.from(error);
    }
  }

  onNotification(listener: NotificationListener): () => void {
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
    const error = LLMError.sidecarLost('The connection is closed.');
    for (const listener of [...this.#closed]) listener(error);
    this.#notifications.clear();
    this.#closed.clear();
    if (this.#connected)
      void invoke('plugin:nexus-llm|disconnect', { channel: this.#channel.id }).catch(() => {});
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
