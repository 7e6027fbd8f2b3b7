// SPDX-License-Identifier: BSD-3-Clause
import { LLMError } from './error.js';
import { callEach } from './listeners.js';
import { ChunkQueue, LLMStream } from './stream.js';
import type { Method, NotificationName, Transport } from './transport.js';
import type {
  ChatMessage,
  ConfigChange,
  GenerateOptions,
  Health,
  LLMConfig,
  LLMResponse,
  LLMStreamChunk,
  LoadParams,
  Methods,
  ModelConfig,
  ModelDetails,
  ModelStatus,
  Notifications,
  PullProgress,
  RequestProgress,
  RoleStats,
  RunningModel,
  SupervisionEvent,
  Versions,
} from './types.js';
import { wellFormed } from './well-formed.js';

export type AIRole = ModelConfig['role'];

type Complete<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [Key in keyof T]-?: Complete<T[Key]> }
    : T;

type Patch<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [Key in keyof T]: Patch<T[Key]> | null }
    : T;

/** A change of some settings; null brings a default back. */
export type ConfigUpdate = Patch<LLMConfig>;

/** The settings in force: every member is there. */
export type Settings = Complete<LLMConfig>;

export interface CallOptions {
  /** Cancels the request at Ollama; the promise then rejects with the reason of the signal. */
  signal?: AbortSignal | undefined;
  /** Whether errors have their technical `detail`. */
  errorDetail?: boolean;
}

export interface RequestOptions extends CallOptions, GenerateOptions {}

export interface StreamOptions extends RequestOptions {
  /** Called with each phase: queued, loading, first token, retries. */
  onProgress?: ((progress: RequestProgress) => void) | undefined;
}

/**
 * Called with each piece of an answer, in order. If `restarted` is set, the answer starts over:
 * discard the text so far. What it throws cancels the request and rejects its promise.
 */
export type OnChunk = (chunk: LLMStreamChunk) => void;

export interface PullOptions extends CallOptions {
  id?: string;
  /** Allow a registry without TLS. */
  insecure?: boolean;
}

export interface LoadOptions extends CallOptions {
  id?: string;
  keepAlive?: NonNullable<LoadParams['keepAlive']>;
}

/** What a live stream calls. */
interface StreamHandlers {
  chunk(chunk: LLMStreamChunk): void;
  progress(progress: RequestProgress): void;
  end(response: LLMResponse): void;
  fail(error: LLMError): void;
}

type Quit = 'llm_cancel' | 'llm_unsubscribe';

/** Milliseconds that `close` waits for a sidecar to confirm what it cancels. */
const closeLimit = 1000;

const quiet = () => {};

/** A client of the sidecar. All methods reject with an `LLMError`. */
export class LLMClient {
  readonly #transport: Transport;
  readonly #streams = new Map<string, StreamHandlers>();
  readonly #pulls = new Map<string, (progress: PullProgress) => void>();
  readonly #listeners = new Map<NotificationName, Set<(params: never) => void>>();
  /** How to end what is under way. */
  readonly #live = new Map<string, Quit>();
  readonly #stops: Array<() => void>;

  constructor(transport: Transport) {
    this.#transport = transport;
    this.#stops = [
      transport.onNotification((name, params) => this.#onNotification(name, params)),
      transport.onClose((error) => {
        for (const stream of [...this.#streams.values()]) stream.fail(error);
      }),
    ];
  }

  /** Returns the text of an answer, or with `full` the whole answer with its figures. */
  generate(
    prompt: string,
    role: AIRole,
    options: RequestOptions & { full: true },
  ): Promise<LLMResponse>;
  generate(
    prompt: string,
    role: AIRole,
    options?: RequestOptions & { full?: false },
  ): Promise<string>;
  generate(
    prompt: string,
    role: AIRole,
    options: RequestOptions & { full?: boolean } = {},
  ): Promise<string | LLMResponse> {
    const { full, ...request } = split(options);
    return this.#cancellable(
      'llm_generate',
      { prompt, role, ...request.params, ...(full ? { full } : {}) },
      request,
    );
  }

  /** Answers a prompt piece by piece. Returns the whole answer. */
  generateStreaming(
    prompt: string,
    role: AIRole,
    onChunk: OnChunk,
    options: StreamOptions = {},
  ): Promise<LLMResponse> {
    const request = split(options);
    const params = { prompt, role, ...request.params };
    return this.#streamTo(onChunk, 'llm_generate_streaming', params, request);
  }

  /** Returns the next message of a conversation, or with `full` the whole answer. */
  chat(
    messages: ChatMessage[],
    role: AIRole,
    options: RequestOptions & { full: true },
  ): Promise<LLMResponse>;
  chat(
    messages: ChatMessage[],
    role: AIRole,
    options?: RequestOptions & { full?: false },
  ): Promise<string>;
  chat(
    messages: ChatMessage[],
    role: AIRole,
    options: RequestOptions & { full?: boolean } = {},
  ): Promise<string | LLMResponse> {
    const { full, ...request } = split(options);
    return this.#cancellable(
      'llm_chat',
      { messages, role, ...request.params, ...(full ? { full } : {}) },
      request,
    );
  }

  /** Continues a conversation piece by piece. Returns the whole answer. */
  chatStreaming(
    messages: ChatMessage[],
    role: AIRole,
    onChunk: OnChunk,
    options: StreamOptions = {},
  ): Promise<LLMResponse> {
    const request = split(options);
    const params = { messages, role, ...request.params };
    return this.#streamTo(onChunk, 'llm_chat_streaming', params, request);
  }

  /** As `generateStreaming`, for `for await`. Leaving the loop cancels the request. */
  stream(prompt: string, role: AIRole, options: StreamOptions = {}): LLMStream {
    const request = split(options);
    return this.#iterate('llm_generate_streaming', { prompt, role, ...request.params }, request);
  }

  /** As `chatStreaming`, for `for await`. Leaving the loop cancels the request. */
  streamChat(messages: ChatMessage[], role: AIRole, options: StreamOptions = {}): LLMStream {
    const request = split(options);
    return this.#iterate('llm_chat_streaming', { messages, role, ...request.params }, request);
  }

  /**
   * Joins a live stream that another client of the same system started. The first chunk is the text
   * so far. An abort leaves the stream and does not cancel it.
   */
  subscribe(
    id: string,
    onChunk: OnChunk,
    options: CallOptions & Pick<StreamOptions, 'onProgress'> = {},
  ): Promise<LLMResponse> {
    const { signal, onProgress, ...rest } = options;
    return this.#follow('llm_subscribe', { id, ...rest }, id, 'llm_unsubscribe', onChunk, {
      signal,
      onProgress,
    }).response;
  }

  /** Cancels a request, a load or a pull by its id. Returns false if there is none. */
  cancel(id: string): Promise<boolean> {
    return this.#call('llm_cancel', { id });
  }

  /** Returns the installed models. */
  listModels(): Promise<ModelStatus[]> {
    return this.#call('llm_list_models', {});
  }

  /** Returns whether a model is installed. */
  checkModel(modelName: string): Promise<boolean> {
    return this.#call('llm_check_model', { modelName });
  }

  getModelForRole(role: AIRole): Promise<string> {
    return this.#call('llm_get_model_for_role', { role });
  }

  /** Assigns a model to a role, from the next request on, and saves it. */
  async setModelForRole(role: AIRole, modelName: string): Promise<void> {
    await this.#call('llm_set_model_for_role', { role, modelName });
  }

  showModel(modelName: string): Promise<ModelDetails> {
    return this.#call('llm_show_model', { modelName });
  }

  /** Downloads a model. What `onProgress` throws cancels the download and rejects its promise. */
  async pullModel(
    modelName: string,
    onProgress: (progress: PullProgress) => void = quiet,
    options: PullOptions = {},
  ): Promise<void> {
    const { signal, id = newId(), ...rest } = options;
    signal?.throwIfAborted();
    if (this.#pulls.has(id)) throw inUse(id);
    const abort = new AbortController();
    const onAbort = () => abort.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#pulls.set(id, (progress) => {
      if (abort.signal.aborted) return;
      try {
        onProgress(progress);
      } catch (error) {
        abort.abort(error);
      }
    });
    const request = { id, signal: abort.signal };
    try {
      await this.#cancellable('llm_pull_model', { modelName, id, ...rest }, request);
    } finally {
      this.#pulls.delete(id);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Loads a model into memory. */
  async loadModel(modelName: string, options: LoadOptions = {}): Promise<void> {
    const { signal, id = newId(), ...rest } = options;
    await this.#cancellable('llm_load_model', { modelName, id, ...rest }, { id, signal });
  }

  /** Removes a model from memory. */
  async unloadModel(modelName: string): Promise<void> {
    await this.#call('llm_unload_model', { modelName });
  }

  /** Deletes a model from disk. */
  async deleteModel(modelName: string): Promise<void> {
    await this.#call('llm_delete_model', { modelName });
  }

  /** Returns the models in memory. */
  runningModels(): Promise<RunningModel[]> {
    return this.#call('llm_running_models', {});
  }

  /** Returns the settings in force. */
  async getConfig(): Promise<Settings> {
    return (await this.#call('llm_get_config', {})) as Settings;
  }

  /** Changes some settings, saves them, and returns the settings in force. */
  async updateConfig(updates: ConfigUpdate): Promise<Settings> {
    return (await this.#call('llm_update_config', { updates: { ...updates } })) as Settings;
  }

  /** Returns the state of Ollama, the components and the roles. */
  health(): Promise<Health> {
    return this.#call('llm_health', {});
  }

  /** Returns the figures of each role. */
  stats(): Promise<RoleStats[]> {
    return this.#call('llm_stats', {});
  }

  version(): Promise<Versions> {
    return this.#call('llm_version', {});
  }

  /** Reports failures and recoveries of components. The result removes the listener. */
  onSupervision(listener: (event: SupervisionEvent) => void): () => void {
    return this.on('llm/supervision', listener);
  }

  /** Reports changed settings, whoever changed them. The result removes the listener. */
  onConfig(listener: (config: Settings) => void): () => void {
    return this.on('llm/config', (change: ConfigChange) => listener(change.config as Settings));
  }

  /**
   * Listens to a notification, whatever request it belongs to. The result removes the listener. What
   * a listener throws goes to the console and to nobody else.
   */
  on<Name extends NotificationName>(
    name: Name,
    listener: (params: Notifications[Name]) => void,
  ): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // A listener that is added twice is called twice.
    const entry = (params: Notifications[Name]) => listener(params);
    listeners.add(entry);
    return () => listeners.delete(entry);
  }

  /**
   * Cancels what is under way, which fails, and ends the connection. A sidecar that does not answer
   * is waited for at most a second.
   */
  async close(): Promise<void> {
    const quits = [...this.#live].map(([id, quit]) => this.#call(quit, { id }));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, closeLimit)));
    await Promise.race([Promise.allSettled(quits), late]);
    clearTimeout(timer);
    await this.#transport.close();
    for (const stop of this.#stops) stop();
  }

  async #call<M extends Method>(
    method: M,
    params: Methods[M]['params'],
  ): Promise<Methods[M]['result']> {
    try {
      return await this.#transport.call(method, wellFormed(params));
    } catch (error) {
      throw LLMError.from(error);
    }
  }

  /** Calls a method that an abort cancels by the id of its request. */
  async #cancellable<M extends Method>(
    method: M,
    params: Methods[M]['params'],
    request: { id: string; signal?: AbortSignal | undefined },
  ): Promise<Methods[M]['result']> {
    const { id, signal } = request;
    signal?.throwIfAborted();
    this.#live.set(id, 'llm_cancel');
    const answer = this.#call(method, params).finally(() => this.#live.delete(id));
    if (!signal) return answer;
    let stop = quiet;
    const aborted = new Promise<never>((_, reject) => {
      const onAbort = () => {
        reject(signal.reason);
        void this.#cancelUntil(id, answer);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      stop = () => signal.removeEventListener('abort', onAbort);
    });
    try {
      return await Promise.race([answer, aborted]);
    } finally {
      stop();
    }
  }

  /** Cancels by id. Asks again while the sidecar does not know the request yet. */
  async #cancelUntil(id: string, answer: Promise<unknown>): Promise<void> {
    let settled = false;
    const over = () => {
      settled = true;
    };
    answer.then(over, over);
    for (let wait = 10; wait <= 640 && !settled; wait *= 2) {
      if (await this.cancel(id).catch(() => true)) return;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  #streamTo<M extends 'llm_generate_streaming' | 'llm_chat_streaming'>(
    onChunk: OnChunk,
    method: M,
    params: Methods[M]['params'],
    request: SplitOptions,
  ): Promise<LLMResponse> {
    return this.#follow(method, params, request.id, 'llm_cancel', onChunk, request).response;
  }

  #iterate<M extends 'llm_generate_streaming' | 'llm_chat_streaming'>(
    method: M,
    params: Methods[M]['params'],
    request: SplitOptions,
  ): LLMStream {
    const queue = new ChunkQueue();
    const push = (chunk: LLMStreamChunk) => queue.push(chunk);
    const { response, leave } = this.#follow(
      method,
      params,
      request.id,
      'llm_cancel',
      push,
      request,
    );
    response.then(
      () => queue.end(),
      (error: unknown) => queue.fail(error),
    );
    return new LLMStream(request.id, response, queue, () =>
      leave(new DOMException('The reader left the stream.', 'AbortError')),
    );
  }

  /**
   * Starts or joins a stream. `leave(reason)` gives it up: it rejects at once, and `quit` tells the
   * sidecar.
   */
  #follow<M extends 'llm_generate_streaming' | 'llm_chat_streaming' | 'llm_subscribe'>(
    method: M,
    params: Methods[M]['params'],
    id: string,
    quit: Quit,
    onChunk: OnChunk,
    options: Pick<StreamOptions, 'signal' | 'onProgress'>,
  ): { response: Promise<LLMResponse>; leave: (reason: unknown) => void } {
    const { signal, onProgress } = options;
    let leave: (reason: unknown) => void = quiet;
    const response = new Promise<LLMResponse>((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      if (this.#streams.has(id)) {
        reject(inUse(id));
        return;
      }
      const onAbort = () => leave(signal?.reason);
      const finish = () => {
        if (this.#streams.get(id) !== handlers) return false;
        this.#streams.delete(id);
        this.#live.delete(id);
        signal?.removeEventListener('abort', onAbort);
        return true;
      };
      const guarded = (call: () => void) => {
        try {
          call();
        } catch (error) {
          leave(error);
        }
      };
      const handlers: StreamHandlers = {
        chunk: (chunk) => guarded(() => onChunk(chunk)),
        progress: (progress) => guarded(() => onProgress?.(progress)),
        end: (whole) => {
          if (finish()) resolve(whole);
        },
        fail: (error) => {
          if (finish()) reject(error);
        },
      };
      this.#streams.set(id, handlers);
      this.#live.set(id, quit);
      signal?.addEventListener('abort', onAbort, { once: true });
      const started = this.#call(method, params);
      started.catch((error: unknown) => handlers.fail(LLMError.from(error)));
      leave = (reason) => {
        if (!finish()) return;
        reject(reason);
        // Not before the sidecar knows the stream: calls may overtake each other.
        started.then(() => this.#call(quit, { id })).catch(quiet);
      };
    });
    // Whoever reads the chunks alone is told of an error by them.
    response.catch(quiet);
    return { response, leave: (reason) => leave(reason) };
  }

  #onNotification<Name extends NotificationName>(name: Name, params: Notifications[Name]): void {
    const note = { name, params } as {
      [N in NotificationName]: { name: N; params: Notifications[N] };
    }[NotificationName];
    switch (note.name) {
      case 'llm/chunk':
        this.#streams.get(note.params.id)?.chunk(note.params);
        break;
      case 'llm/progress':
        this.#streams.get(note.params.id)?.progress(note.params);
        break;
      case 'llm/end':
        this.#streams.get(note.params.id)?.end(note.params.response);
        break;
      case 'llm/error':
        this.#streams.get(note.params.id)?.fail(new LLMError(note.params.error));
        break;
      case 'llm/pull':
        this.#pulls.get(note.params.id)?.(note.params);
        break;
    }
    callEach(this.#listeners.get(name) ?? [], (listener) =>
      (listener as (params: Notifications[Name]) => void)(params),
    );
  }
}

interface SplitOptions {
  id: string;
  signal?: AbortSignal | undefined;
  onProgress?: StreamOptions['onProgress'];
  full?: boolean;
  params: { options: GenerateOptions; errorDetail?: boolean };
}

/** Separates what is the sidecar's from what is not. Every request gets an id, for its cancel. */
function split(options: StreamOptions & { full?: boolean }): SplitOptions {
  const { signal, onProgress, errorDetail, full, ...generate } = options;
  const id = generate.id || newId();
  return {
    id,
    signal,
    onProgress,
    ...(full === undefined ? {} : { full }),
    params: {
      options: { ...generate, id },
      ...(errorDetail === undefined ? {} : { errorDetail }),
    },
  };
}

function inUse(id: string): LLMError {
  return new LLMError({
    code: -32602,
    message: `The id \`${id}\` is in use.`,
    data: { name: 'invalid_argument', category: 'validation', retryable: false },
  });
}

function newId(): string {
  // Not `randomUUID`, which a page has only over HTTPS or at localhost.
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
