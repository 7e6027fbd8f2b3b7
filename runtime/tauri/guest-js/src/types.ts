// SPDX-License-Identifier: BSD-3-Clause
// Generated from `nexus-llm sidecar --schema` by scripts/generate-types.mjs.

/** The version of the protocol that these types describe. */
export const protocolVersion = 1;

export interface GenerateParams {
  prompt: string;
  role: 'overseer' | 'implementation';
  options?: GenerateOptions;
  full?: boolean;
  errorDetail?: boolean;
}

export interface GenerateOptions {
  id?: string;
  model?: string;
  context?: string;
  temperature?: number;
  maxTokens?: number;
  seed?: number;
  stop?: string[];
  system?: string;
  format?: 'json' | Record<string, unknown>;
  keepAlive?: string | number;
  numCtx?: number;
  images?: string[];
  think?: boolean | 'false' | 'true' | 'low' | 'medium' | 'high' | 'max';
  tools?: Tool[];
  rawOptions?: Record<string, unknown>;
  continuation?: number[];
  suffix?: string;
  raw?: boolean;
  truncate?: boolean;
  shift?: boolean;
  logprobs?: boolean;
  topLogprobs?: number;
  priority?: 'interactive' | 'background';
  bypassCache?: boolean;
  /** milliseconds */
  timeout?: number;
  /** milliseconds */
  connectTimeout?: number;
  /** milliseconds */
  gapTimeout?: number;
  /** milliseconds */
  totalTimeout?: number;
}

export interface Tool {
  name: string;
  description?: string;
  parameters?: Record<string, unknown>;
}

export interface LLMResponse {
  id: string;
  model: string;
  response: string;
  done: boolean;
  context?: number[];
  thinking: string;
  toolCalls: ToolCall[];
  doneReason: string;
  logprobs: TokenLogprob[];
  remoteModel: string;
  remoteHost: string;
  stats: GenerateStats;
  provenance: Provenance;
}

export interface ToolCall {
  id: string;
  name: string;
  arguments: Record<string, unknown>;
  index?: number;
}

export interface TokenLogprob {
  token: string;
  logprob: number;
  bytes: number[];
  topLogprobs: TokenAlternative[];
}

export interface TokenAlternative {
  token: string;
  logprob: number;
  bytes: number[];
}

export interface GenerateStats {
  /** nanoseconds */
  totalDuration: number;
  /** nanoseconds */
  loadDuration: number;
  promptEvalCount: number;
  /** nanoseconds */
  promptEvalDuration: number;
  evalCount: number;
  /** nanoseconds */
  evalDuration: number;
}

export interface Provenance {
  attempts: number;
  fallback: boolean;
  shared: boolean;
  cached: boolean;
  restarted: boolean;
  promptTruncated: boolean;
  cutByLength: boolean;
  /** microseconds */
  queueTime: number;
  /** microseconds */
  firstChunkTime: number;
  /** microseconds */
  totalTime: number;
}

export interface GenerateStreamingParams {
  prompt: string;
  role: 'overseer' | 'implementation';
  options?: GenerateOptions;
  errorDetail?: boolean;
}

export interface StreamStarted {
  id: string;
}

export interface ChatParams {
  messages: ChatMessage[];
  role: 'overseer' | 'implementation';
  options?: GenerateOptions;
  full?: boolean;
  errorDetail?: boolean;
}

export interface ChatMessage {
  role: 'user' | 'assistant' | 'system' | 'tool';
  content: string;
  thinking?: string;
  images?: string[];
  toolCalls?: ToolCall[];
  toolName?: string;
  toolCallId?: string;
}

export interface ChatStreamingParams {
  messages: ChatMessage[];
  role: 'overseer' | 'implementation';
  options?: GenerateOptions;
  errorDetail?: boolean;
}

export interface NoParams {
  errorDetail?: boolean;
}

export interface ModelStatus {
  name: string;
  available: boolean;
  size?: number;
  modifiedAt?: string;
  digest: string;
  family: string;
  parameterSize: string;
  quantization: string;
  contextLength: number;
  capabilities: string[];
  remoteModel: string;
  remoteHost: string;
}

export interface ModelParams {
  modelName: string;
  errorDetail?: boolean;
}

export interface RoleParams {
  role: 'overseer' | 'implementation';
  errorDetail?: boolean;
}

export interface SetModelParams {
  role: 'overseer' | 'implementation';
  modelName: string;
  errorDetail?: boolean;
}

export interface RequestParams {
  id: string;
  errorDetail?: boolean;
}

export interface ModelDetails {
  name: string;
  family: string;
  parameterSize: string;
  quantization: string;
  contextLength: number;
  capabilities: string[];
  parameters: string;
  system: string;
  template: string;
  license: string;
  modifiedAt?: string;
  modelfile: string;
  modelInfo: Record<string, unknown>;
  requires: string;
  remoteModel: string;
  remoteHost: string;
}

export interface PullParams {
  modelName: string;
  id?: string;
  insecure?: boolean;
  errorDetail?: boolean;
}

export interface LoadParams {
  modelName: string;
  id?: string;
  keepAlive?: string | number;
  errorDetail?: boolean;
}

export interface RunningModel {
  name: string;
  size: number;
  sizeVram: number;
  expiresAt?: string;
  contextLength: number;
  digest: string;
  family: string;
  parameterSize: string;
  quantization: string;
}

export interface LLMConfig {
  /** Where Ollama listens. (URL of this machine) */
  baseUrl?: string;
  /**
   * Limit of a complete request; of a stream, the wait for its first chunk, loading included; of a
   * download, the longest silence. (seconds, 0.001 to 604800)
   */
  timeout?: number;
  /** Further attempts on one model after the first. (whole number, 0 to 100) */
  maxRetries?: number;
  /**
   * Least wait before the first retry. It doubles with each further one, and up to half of it is
   * added at random. (milliseconds, 0 to 600000)
   */
  retryDelay?: number;
  models?: {
    /** Model of the overseer role. (model name) */
    overseer?: string;
    /** Model of the implementation role. (model name) */
    implementation?: string;
  };
  fallbackModels?: {
    /**
     * Models tried in order when the model of the overseer role is missing or keeps failing. (list
     * of model names)
     */
    overseer?: string[];
    /**
     * Models tried in order when the model of the implementation role is missing or keeps failing.
     * (list of model names)
     */
    implementation?: string[];
  };
  roles?: {
    overseer?: {
      /**
       * Context window in tokens, sent with everything that uses a model of the role; null leaves
       * it to Ollama. (whole number, 4 to 16777216, or null)
       */
      numCtx?: unknown;
      /**
       * How long Ollama keeps a model of the role in memory after a request; negative is for ever,
       * null leaves it to Ollama. (duration such as `5m`, seconds, or null)
       */
      keepAlive?: unknown;
      /** System text of the role; empty leaves it to the model. (text) */
      system?: string;
      /**
       * Options that every request of the role starts from, such as `{"top_k": 20}`. (object of
       * Ollama options)
       */
      options?: Record<string, unknown>;
    };
    implementation?: {
      /**
       * Context window in tokens, sent with everything that uses a model of the role; null leaves
       * it to Ollama. (whole number, 4 to 16777216, or null)
       */
      numCtx?: unknown;
      /**
       * How long Ollama keeps a model of the role in memory after a request; negative is for ever,
       * null leaves it to Ollama. (duration such as `5m`, seconds, or null)
       */
      keepAlive?: unknown;
      /** System text of the role; empty leaves it to the model. (text) */
      system?: string;
      /**
       * Options that every request of the role starts from, such as `{"top_k": 20}`. (object of
       * Ollama options)
       */
      options?: Record<string, unknown>;
    };
  };
  /** Longest wait between two attempts. (milliseconds, 1 to 3600000) */
  maxRetryDelay?: number;
  /** Limit for connecting. (seconds, 0.001 to 3600) */
  connectTimeout?: number;
  /** Longest silence between two chunks of a stream. (seconds, 0.001 to 604800) */
  gapTimeout?: number;
  /** Limit of a whole stream; 0 is none. (seconds, 0 to 2592000) */
  totalTimeout?: number;
  /**
   * What happens when a stream breaks after something of it was seen: a typed end with the partial
   * text, or one more try from the start. (`fail` or `restart`)
   */
  streamRecovery?: string;
  /**
   * Whether models may be used that Ollama runs on another machine (cloud models). Prompts to them
   * leave this machine. (`true` or `false`)
   */
  allowRemoteModels?: boolean;
  /** How long the list of installed models is believed. (seconds, 0 to 86400) */
  modelListTtl?: number;
  limits?: {
    /** Requests of one role at Ollama at a time. (whole number, 1 to 16384) */
    maxConcurrent?: number;
    /** Requests of one role that may wait. (whole number, 0 to 100000) */
    queueLength?: number;
    /**
     * A background request that has waited this long counts as interactive. (seconds, 0 to 86400)
     */
    ageing?: number;
    /** Largest prompt or conversation, in bytes. (whole number, 1 to 1073741824) */
    maxPromptBytes?: number;
    /** Largest answer, in bytes. (whole number, 1024 to 1073741824) */
    maxResponseBytes?: number;
    /** Longest line of a stream, in bytes. (whole number, 1024 to 1073741824) */
    maxLineBytes?: number;
    /** Deepest nesting of what Ollama answers. (whole number, 8 to 10000) */
    maxJsonDepth?: number;
    /** Subscribers of one stream. (whole number, 1 to 10000) */
    maxSubscribers?: number;
    /**
     * Chunks that a subscriber may have unhandled before what follows is put together. (whole
     * number, 1 to 10000)
     */
    subscriberWindow?: number;
    /**
     * How long a subscriber may take to handle one chunk before it is given up. (seconds, 0.001 to
     * 604800)
     */
    subscriberTimeout?: number;
    /** Prompts in one batch. (whole number, 1 to 100000) */
    maxBatch?: number;
    /**
     * Largest message from a node or a client, in bytes, from the next start on; the connection
     * with one that sends more is broken off. (whole number, 1048576 to 4294967295)
     */
    maxMessageBytes?: number;
  };
  cache?: {
    /** Whether answers that would repeat (temperature 0 or a seed) are kept. (`true` or `false`) */
    enabled?: boolean;
    /** Memory for kept answers, in bytes, for each role. (whole number, 0 to 1073741824) */
    maxBytes?: number;
    /** How long an answer is kept. (seconds, 0 to 2592000) */
    ttl?: number;
  };
  supervision?: {
    /**
     * Restarts of one component within the window before the system gives up. (whole number, 0 to
     * 1000)
     */
    maxRestarts?: number;
    /** The window in which restarts are counted. (seconds, 1 to 86400) */
    window?: number;
  };
  circuitBreaker?: {
    /**
     * Failures to connect, one after the other, after which new requests are refused at once until
     * Ollama is back, provided that they have lasted longer than the retries of one request take; 0
     * is never. (whole number, 0 to 1000)
     */
    maxFailures?: number;
    /** Wait before one cheap request tries Ollama again. (milliseconds, 1 to 3600000) */
    resetTimeout?: number;
    /**
     * Bound of that wait, which doubles each time that Ollama is still not there. (milliseconds, 1
     * to 3600000)
     */
    maxResetTimeout?: number;
  };
  log?: {
    /**
     * Whether the `nexus-llm` program keeps prompts and answers for `nexus-llm log`. (`true` or
     * `false`)
     */
    enabled?: boolean;
    /**
     * Most that it keeps, in bytes; the oldest half goes first. (whole number, 1048576 to
     * 1073741824)
     */
    maxBytes?: number;
  };
  /**
   * Nodes (`nexus-llm serve`) that do the work instead of the `nexus-llm` program, unless
   * `--base-url` names an Ollama. A node itself does not heed it; a program that embeds the library
   * is told to connect to them. (list of `host:port`)
   */
  nodes?: string[];
  tls?: {
    /** Certificate of this program, for nodes on other machines. (path) */
    certificate?: string;
    /** Its key. (path) */
    key?: string;
    /** The authority that both sides trust. (path) */
    authority?: string;
  };
}

export interface UpdateConfigParams {
  updates: Record<string, unknown>;
  errorDetail?: boolean;
}

export interface Health {
  reachable: boolean;
  version: string;
  circuit: CircuitHealth;
  components: ComponentHealth[];
  roles: RoleStats[];
  models: ModelWork;
  events: SupervisionEvent[];
}

export interface CircuitHealth {
  state: 'closed' | 'open' | 'half_open';
  failures: number;
  /** milliseconds */
  nextProbe: number;
  lastFailure: string;
}

export interface ComponentHealth {
  name: string;
  running: boolean;
  restarts: number;
  lastFailure: string;
}

export interface RoleStats {
  role: 'overseer' | 'implementation';
  queued: number;
  inFlight: number;
  accepted: number;
  answered: number;
  failed: number;
  cancelled: number;
  rejected: number;
  cacheHits: number;
  shared: number;
  retries: number;
  fallbacks: number;
  healed: number;
  tokens: number;
  /** nanoseconds */
  generating: number;
}

export interface ModelWork {
  inFlight: number;
  accepted: number;
  answered: number;
  failed: number;
  cancelled: number;
}

export interface SupervisionEvent {
  kind: 
    | 'component_failed'
    | 'component_restarted'
    | 'component_given_up'
    | 'request_failed'
    | 'circuit_opened'
    | 'circuit_closed'
    | 'model_healed'
    | 'settings_changed';
  subject: string;
  detail: string;
}

export interface Versions {
  version: string;
  protocol: number;
  ollama?: string;
}

export interface LLMStreamChunk {
  id: string;
  seq: number;
  model: string;
  response: string;
  done: boolean;
  thinking?: string;
  toolCalls?: ToolCall[];
  logprobs?: TokenLogprob[];
  restarted?: boolean;
}

export interface RequestProgress {
  id: string;
  phase: 
    | 'queued'
    | 'sent'
    | 'loading'
    | 'first_token'
    | 'retrying'
    | 'restarted'
    | 'done';
  queuePosition: number;
  attempt: number;
  model: string;
  reason?: ErrorReport;
}

export interface ErrorReport {
  code: number;
  message: string;
  data: ErrorData;
}

export interface ErrorData {
  name: 
    | 'connection_refused'
    | 'host_not_found'
    | 'connection_lost'
    | 'connect_timeout'
    | 'request_timeout'
    | 'first_token_timeout'
    | 'gap_timeout'
    | 'total_timeout'
    | 'model_not_found'
    | 'model_load_failed'
    | 'model_capability_missing'
    | 'model_failed'
    | 'bad_request'
    | 'forbidden'
    | 'server_error'
    | 'server_busy'
    | 'unexpected_status'
    | 'bad_response'
    | 'response_too_large'
    | 'stream_interrupted'
    | 'stream_incomplete'
    | 'stream_failed'
    | 'stream_malformed'
    | 'invalid_prompt'
    | 'invalid_messages'
    | 'invalid_option'
    | 'invalid_model_name'
    | 'invalid_argument'
    | 'unknown_request'
    | 'queue_full'
    | 'too_many_subscribers'
    | 'too_many_requests'
    | 'cancelled'
    | 'config_unreadable'
    | 'config_malformed'
    | 'config_value_invalid'
    | 'config_write_failed'
    | 'address_not_local'
    | 'component_failed'
    | 'restart_budget_exhausted'
    | 'shutting_down'
    | 'internal_error'
    | 'circuit_open'
    | 'node_unreachable'
    | 'node_lost'
    | 'node_mismatch'
    | 'node_distrusted'
    | 'listen_failed'
    | 'listen_insecure'
    | 'certificate_invalid'
    | 'server_timeout'
    | 'slot_timeout'
    | 'download_stalled'
    | 'sign_in_required'
    | 'credentials_required'
    | 'request_too_large'
    | 'rate_limited'
    | 'proxy_failed'
    | 'redirected'
    | 'tls_not_trusted'
    | 'tls_not_spoken'
    | 'tls_required'
    | 'tls_failed'
    | 'context_exceeded'
    | 'out_of_memory'
    | 'disk_full'
    | 'model_not_in_registry'
    | 'registry_failed'
    | 'remote_model_refused'
    | 'resources_exhausted'
    | 'connect_insecure'
    | 'not_set_up';
  category: 
    | 'connection'
    | 'timeout'
    | 'model'
    | 'api'
    | 'stream'
    | 'validation'
    | 'overload'
    | 'cancelled'
    | 'configuration'
    | 'internal';
  retryable: boolean;
  model?: string;
  attempts?: number;
  partial?: string;
  httpStatus?: number;
  /** milliseconds */
  retryAfter?: number;
  detail?: string;
}

export interface StreamEnd {
  id: string;
  response: LLMResponse;
}

export interface StreamFailure {
  id: string;
  error: ErrorReport;
}

export interface PullProgress {
  id: string;
  model: string;
  status: string;
  total: number;
  completed: number;
}

export interface ConfigChange {
  config: LLMConfig;
}

export interface Fatal {
  error: ErrorReport;
}

export interface LLMRequest {
  id?: string;
  model: string;
  context?: string;
  temperature?: number;
  maxTokens?: number;
  seed?: number;
  stop?: string[];
  system?: string;
  format?: 'json' | Record<string, unknown>;
  keepAlive?: string | number;
  numCtx?: number;
  images?: string[];
  think?: boolean | 'false' | 'true' | 'low' | 'medium' | 'high' | 'max';
  tools?: Tool[];
  rawOptions?: Record<string, unknown>;
  continuation?: number[];
  suffix?: string;
  raw?: boolean;
  truncate?: boolean;
  shift?: boolean;
  logprobs?: boolean;
  topLogprobs?: number;
  priority?: 'interactive' | 'background';
  bypassCache?: boolean;
  /** milliseconds */
  timeout?: number;
  /** milliseconds */
  connectTimeout?: number;
  /** milliseconds */
  gapTimeout?: number;
  /** milliseconds */
  totalTimeout?: number;
  kind?: 'generate' | 'chat';
  prompt: string;
  messages?: ChatMessage[];
  stream?: boolean;
  attempt?: number;
  digest?: string;
}

export interface ModelConfig {
  name: string;
  role: 'overseer' | 'implementation';
  baseUrl: string;
}

/** The methods of the protocol: parameters and result. */
export interface Methods {
  /** Returns the complete answer to a prompt. */
  llm_generate: { params: GenerateParams; result: string | LLMResponse };
  /** Starts to answer a prompt. The answer follows in notifications. */
  llm_generate_streaming: { params: GenerateStreamingParams; result: StreamStarted };
  /** Returns the complete next message of a conversation. */
  llm_chat: { params: ChatParams; result: string | LLMResponse };
  /** Starts the next message of a conversation. The message follows in notifications. */
  llm_chat_streaming: { params: ChatStreamingParams; result: StreamStarted };
  /** Returns the installed models. */
  llm_list_models: { params: NoParams; result: ModelStatus[] };
  /** Returns whether a model is installed. */
  llm_check_model: { params: ModelParams; result: boolean };
  /** Returns the model of a role. */
  llm_get_model_for_role: { params: RoleParams; result: string };
  /** Assigns a model to a role, from the next request on, and saves it. */
  llm_set_model_for_role: { params: SetModelParams; result: null };
  /**
   * Cancels a request, a load or a pull by its id: it fails with `cancelled`. Returns false if
   * there is none.
   */
  llm_cancel: { params: RequestParams; result: boolean };
  /**
   * Joins a live stream that another client or actor started. The first chunk is the text so far.
   */
  llm_subscribe: { params: RequestParams; result: StreamStarted };
  /** Leaves a joined stream. Returns false if this client has not joined it. */
  llm_unsubscribe: { params: RequestParams; result: boolean };
  /** Returns the details of a model. */
  llm_show_model: { params: ModelParams; result: ModelDetails };
  /** Downloads a model. `llm/pull` reports the progress; the answer comes at the end. */
  llm_pull_model: { params: PullParams; result: null };
  /** Loads a model into memory. */
  llm_load_model: { params: LoadParams; result: null };
  /** Removes a model from memory. */
  llm_unload_model: { params: ModelParams; result: null };
  /** Deletes a model from disk. */
  llm_delete_model: { params: ModelParams; result: null };
  /** Returns the models in memory. */
  llm_running_models: { params: NoParams; result: RunningModel[] };
  /** Returns the settings in force. */
  llm_get_config: { params: NoParams; result: LLMConfig };
  /** Changes settings by a JSON merge patch, saves them, and returns the settings in force. */
  llm_update_config: { params: UpdateConfigParams; result: LLMConfig };
  /** Returns the state of Ollama, the components and the roles. */
  llm_health: { params: NoParams; result: Health };
  /** Returns the figures of each role. */
  llm_stats: { params: NoParams; result: RoleStats[] };
  /** Returns the versions of this program, of the protocol and of Ollama. */
  llm_version: { params: NoParams; result: Versions };
}

/** The notifications of the protocol and their parameters. */
export interface Notifications {
  /** A piece of a streamed answer. */
  'llm/chunk': LLMStreamChunk;
  /** The phase of a streamed request. */
  'llm/progress': RequestProgress;
  /** The end of a stream, with the whole answer and its figures. */
  'llm/end': StreamEnd;
  /** The end of a stream that failed; `data.partial` is the text so far. */
  'llm/error': StreamFailure;
  /** The progress of a download, in bytes. */
  'llm/pull': PullProgress;
  /** A component failed or came back, the circuit opened or closed, or the like. */
  'llm/supervision': SupervisionEvent;
  /** The settings have changed, by this client or by anyone else. */
  'llm/config': ConfigChange;
  /**
   * The sidecar cannot start, cannot go on, or has no place for this client. The connection ends.
   */
  'llm/fatal': Fatal;
}
