// SPDX-License-Identifier: BSD-3-Clause
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

import { LLMError, type ReportedError } from './error.js';
import { callEach } from './listeners.js';
import type { Method, NotificationListener, NotificationName, Transport } from './transport.js';
import type { Methods, Notifications } from './types.js';

export interface SidecarOptions {
  /** The program; by default `nexus-llm` from the PATH. */
  program?: string;
  /** Options of the program, such as `['--base-url', 'http://localhost:11434']`. */
  args?: string[];
  /** Where it searches `.nexus-overseer/config.json`. */
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Called with each line of its log; by default the log is dropped. */
  onLog?: (line: string) => void;
  /** Milliseconds until a process that does not end by itself is killed. */
  killAfter?: number;
}

interface Pending {
  resolve: (result: never) => void;
  reject: (error: LLMError) => void;
}

type Line =
  | { id: number | null; result: unknown }
  | { id: number | null; error: ReportedError }
  | { method: NotificationName; params: Notifications[NotificationName] };

/**
 * A sidecar as a child process, for Node.js. It is not restarted: when it ends, all calls and
 * streams reject with `sidecar_lost`, or with the reason that it told, and a new transport is
 * needed. A program that exits before it has said anything was not started: `sidecar_not_started`.
 */
export class SidecarTransport implements Transport {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #pending = new Map<number, Pending>();
  readonly #notifications = new Set<NotificationListener>();
  readonly #closed = new Set<(error: LLMError) => void>();
  readonly #killAfter: number;
  #nextId = 1;
  #spoke = false;
  #fatal: LLMError | undefined;
  #lost: LLMError | undefined;
  /** Set by `close`. */
  #ended: Promise<void> | undefined;
  #onLost: (() => void) | undefined;

  constructor(options: SidecarOptions = {}) {
    const program = options.program ?? 'nexus-llm';
    this.#killAfter = options.killAfter ?? 5000;
    this.#child = spawn(program, ['sidecar', ...(options.args ?? [])], {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: 'pipe',
    });
    eachLine(this.#child.stdout, (line) => this.#onLine(line));
    let lastLog = '';
    eachLine(this.#child.stderr, (line) => {
      lastLog = line;
      callEach(options.onLog ? [options.onLog] : [], (onLog) => onLog(line));
    });
    // The end of the process tells the rest.
    this.#child.stdin.on('error', () => {});
    this.#child.on('error', (cause) => {
      // A signal that cannot be sent is told in the same way.
      if (this.#child.pid !== undefined) return;
      const message = isDirectory(options.cwd ?? '.')
        ? `The program ${program} cannot be started.`
        : `The program ${program} cannot be started: there is no directory ${options.cwd}.`;
      this.#lose(LLMError.sidecarNotStarted(message, { cause }));
    });
    // 'close' comes after the last line.
    this.#child.on('close', (code, signal) => {
      if (this.#fatal) return this.#lose(this.#fatal);
      const end = signal ? `ended by ${signal}` : `ended with exit code ${code}`;
      const cause = new Error(end);
      // A process that works is not silent and ends by itself.
      if (this.#spoke || signal || this.#onLost)
        return this.#lose(LLMError.sidecarLost(undefined, { cause }));
      const message = [`The program ${program} ${end}`, lastLog].filter(Boolean).join(': ');
      this.#lose(LLMError.sidecarNotStarted(message.replace(/[^.]$/, '$&.'), { cause }));
    });
  }

  /** The process id; undefined if the program could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    if (this.#lost) return Promise.reject(this.#lost);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  }

  onNotification(listener: NotificationListener): () => void {
    this.#notifications.add(listener);
    return () => this.#notifications.delete(listener);
  }

  onClose(listener: (error: LLMError) => void): () => void {
    this.#closed.add(listener);
    return () => this.#closed.delete(listener);
  }

  /** Closes the input of the process, which cancels everything, and waits for its end. */
  async close(): Promise<void> {
    if (this.#lost) return;
    this.#ended ??= new Promise((resolve) => (this.#onLost = resolve));
    this.#child.stdin.end();
    const timer = setTimeout(() => {
      this.#child.kill('SIGKILL');
      // Another process may keep them open.
      this.#child.stdout.destroy();
      this.#child.stderr.destroy();
    }, this.#killAfter);
    await this.#ended;
    clearTimeout(timer);
  }

  #onLine(text: string): void {
    const line = parsed(text);
    if (!line) return;
    this.#spoke = true;
    if ('method' in line) {
      if (line.method === 'llm/fatal')
        this.#fatal = new LLMError((line.params as Notifications['llm/fatal']).error);
      callEach(this.#notifications, (listener) => listener(line.method, line.params));
      return;
    }
    const call = line.id === null ? undefined : this.#pending.get(line.id);
    if (line.id === null || !call) return;
    this.#pending.delete(line.id);
    if ('error' in line) call.reject(new LLMError(line.error));
    else call.resolve(line.result as never);
  }

  #lose(error: LLMError): void {
    if (this.#lost) return;
    this.#lost = error;
    const calls = [...this.#pending.values()];
    this.#pending.clear();
    for (const call of calls) call.reject(error);
    callEach(this.#closed, (listener) => listener(error));
    this.#closed.clear();
    this.#onLost?.();
  }
}

/** Returns nothing if it is not a line of the protocol. */
function parsed(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isLine =
      typeof value === 'object' && value !== null && ('method' in value || 'id' in value);
    return isLine ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Calls `onLine` with each line. Unlike `readline`, only a line feed ends one. */
function eachLine(input: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  input.on('data', (data: Buffer) => {
    const text = decoder.write(data);
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      parts.push(text.slice(start, end));
      const line = parts.join('');
      parts = [];
      start = end + 1;
      if (line) onLine(line);
    }
    if (start < text.length) parts.push(text.slice(start));
  });
}
