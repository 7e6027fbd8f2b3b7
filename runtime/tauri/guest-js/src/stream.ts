// SPDX-License-Identifier: BSD-3-Clause
import type { LLMResponse, LLMStreamChunk } from './types.js';

/** Chunks that may wait for a slow reader before further ones are put together. */
const mostPending = 32;

type Reader = (result: IteratorResult<LLMStreamChunk, undefined>) => void;

/** Puts two chunks that follow each other together. */
export function merged(first: LLMStreamChunk, second: LLMStreamChunk): LLMStreamChunk {
  const result: LLMStreamChunk = {
    ...first,
    seq: second.seq,
    response: first.response + second.response,
  };
  if (second.thinking !== undefined) result.thinking = (first.thinking ?? '') + second.thinking;
  if (second.toolCalls) result.toolCalls = [...(first.toolCalls ?? []), ...second.toolCalls];
  if (second.logprobs) result.logprobs = [...(first.logprobs ?? []), ...second.logprobs];
  return result;
}

/**
 * Chunks that wait for their reader. There are never more than `mostPending`: further ones are
 * appended to the last, so a slow reader gets fewer and longer pieces and no text is lost.
 */
export class ChunkQueue {
  readonly #pending: LLMStreamChunk[] = [];
  #reader: Reader | undefined;
  #fail: ((error: unknown) => void) | undefined;
  #end: { error?: unknown } | undefined;

  push(chunk: LLMStreamChunk): void {
    if (this.#end) return;
    if (this.#reader) {
      this.#settle()?.({ done: false, value: chunk });
      return;
    }
    // The text before a new start is void.
    if (chunk.restarted) this.#pending.length = 0;
    const last = this.#pending.at(-1);
    if (last && this.#pending.length >= mostPending)
      this.#pending[this.#pending.length - 1] = merged(last, chunk);
    else this.#pending.push(chunk);
  }

  end(): void {
    if (this.#end) return;
    this.#end = {};
    this.#settle()?.({ done: true, value: undefined });
  }

  /** Ends with an error, which the reader gets after the chunks that wait. */
  fail(error: unknown): void {
    if (this.#end) return;
    this.#end = { error };
    const fail = this.#fail;
    this.#settle();
    if (fail) {
      fail(error);
      this.#end = {};
    }
  }

  /** Ends, and drops the chunks that wait. */
  discard(): void {
    this.end();
    this.#pending.length = 0;
    this.#end = {};
  }

  next(): Promise<IteratorResult<LLMStreamChunk, undefined>> {
    const chunk = this.#pending.shift();
    if (chunk) return Promise.resolve({ done: false, value: chunk });
    if (this.#end && 'error' in this.#end) {
      const { error } = this.#end;
      this.#end = {};
      return Promise.reject(error);
    }
    if (this.#end) return Promise.resolve({ done: true, value: undefined });
    if (this.#reader) return Promise.reject(new TypeError('the stream has a reader already'));
    return new Promise((resolve, reject) => {
      this.#reader = resolve;
      this.#fail = reject;
    });
  }

  #settle(): Reader | undefined {
    const reader = this.#reader;
    this.#reader = undefined;
    this.#fail = undefined;
    return reader;
  }
}

/**
 * A streamed answer: `for await (const chunk of stream)`. Leaving the loop early cancels the
 * request at Ollama. Can be read once.
 */
export class LLMStream implements AsyncIterableIterator<LLMStreamChunk, undefined, undefined> {
  readonly #queue: ChunkQueue;
  readonly #cancel: () => void;

  constructor(
    /** The id of the request, for `LLMClient.cancel` and `LLMClient.subscribe`. */
    readonly id: string,
    /** The whole answer; rejects if the stream fails or is cancelled. */
    readonly response: Promise<LLMResponse>,
    queue: ChunkQueue,
    cancel: () => void,
  ) {
    this.#queue = queue;
    this.#cancel = cancel;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<LLMStreamChunk, undefined>> {
    return this.#queue.next();
  }

  /** Cancels the request, unless it has ended. */
  return(): Promise<IteratorResult<LLMStreamChunk, undefined>> {
    this.#cancel();
    this.#queue.discard();
    return Promise.resolve({ done: true, value: undefined });
  }
}
