// SPDX-License-Identifier: BSD-3-Clause
import type { LLMError } from './error.js';
import type { Methods, Notifications } from './types.js';

export type Method = keyof Methods;
export type NotificationName = keyof Notifications;

/** Called with each notification, in the order of the sidecar. */
export type NotificationListener = <Name extends NotificationName>(
  name: Name,
  params: Notifications[Name],
) => void;

/** A way to the sidecar. */
export interface Transport {
  /**
   * Calls a method. Rejects with an `LLMError`. Listeners get no notification of a stream after the
   * one that ends it.
   */
  call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']>;
  /** Adds a listener; the result removes it. */
  onNotification(listener: NotificationListener): () => void;
  /**
   * Adds a listener that is called once, when the sidecar is gone for good; the result removes it.
   */
  onClose(listener: (error: LLMError) => void): () => void;
  /** Ends the connection. What is under way fails. */
  close(): void | Promise<void>;
}
