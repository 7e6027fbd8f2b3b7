// SPDX-License-Identifier: BSD-3-Clause
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { LLMClient } from '@nexus-llm/client';
import { SidecarTransport } from '@nexus-llm/client/node';

import { OllamaGate } from './ollama-gate.js';

export const program = process.env.NEXUS_LLM_PROGRAM ?? 'nexus-llm';

/** A simulated Ollama behind a gate, a folder with settings, and a sidecar that uses both. */
export class Stage {
  readonly #simulator: ChildProcess;
  #sidecars: SidecarTransport[] = [];

  private constructor(
    readonly folder: string,
    simulator: ChildProcess,
    /** Where the sidecar sends its requests. */
    readonly gate: OllamaGate,
  ) {
    this.#simulator = simulator;
  }

  static async open(options: { tokenDelay?: number } = {}): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'nexus-llm-client-'));
    await mkdir(join(folder, '.nexus-overseer'));
    const simulator = spawn(
      program,
      ['simulate', '--port', '0', '--token-delay', String(options.tokenDelay ?? 20)],
      { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, HOME: folder } },
    );
    const lines = createInterface(simulator.stdout!);
    const signal = AbortSignal.timeout(10_000);
    const [url] = (await once(lines, 'line', { signal })) as [string];
    const gate = await OllamaGate.open(url);
    const stage = new Stage(folder, simulator, gate);
    await stage.configure({ baseUrl: gate.url, retryDelay: 10 });
    return stage;
  }

  get configFile(): string {
    return join(this.folder, '.nexus-overseer', 'config.json');
  }

  async configure(llm: object): Promise<void> {
    await writeFile(this.configFile, JSON.stringify({ llm }, null, 2));
  }

  async config(): Promise<{ llm: Record<string, unknown> }> {
    return JSON.parse(await readFile(this.configFile, 'utf8'));
  }

  /** The environment of programs that use this stage. */
  get env(): NodeJS.ProcessEnv {
    const { OLLAMA_HOST: _, NEXUS_OVERSEER_CONFIG: __, ...env } = process.env;
    return { ...env, HOME: this.folder };
  }

  transport(): SidecarTransport {
    const transport = new SidecarTransport({ program, cwd: this.folder, env: this.env });
    this.#sidecars.push(transport);
    return transport;
  }

  client(): LLMClient {
    return new LLMClient(this.transport());
  }

  async close(): Promise<void> {
    await Promise.all(this.#sidecars.map((sidecar) => sidecar.close()));
    await this.gate.close();
    const ended = once(this.#simulator, 'close', { signal: AbortSignal.timeout(10_000) });
    this.#simulator.kill();
    await ended;
    await rm(this.folder, { recursive: true });
  }
}

/** Waits until something holds. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
