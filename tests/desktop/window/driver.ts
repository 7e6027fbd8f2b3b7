// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

const elementKey = 'element-6066-11e4-a52e-4f735466cecf';
/** The variable by which the processes of a window are known, whoever their parent is by now. */
const markVariable = 'NEXUS_LLM_WINDOW';

/** An application in a window, driven over the WebDriver protocol. */
export class Window {
  readonly #driver: ChildProcess;
  readonly #mark: string;
  readonly #base: string;
  #session = '';

  private constructor(driver: ChildProcess, mark: string, port: number) {
    this.#driver = driver;
    this.#mark = mark;
    this.#base = `http://127.0.0.1:${port}`;
  }

  static async open(
    application: string,
    args: string[],
    env: NodeJS.ProcessEnv,
    cwd: string,
  ): Promise<Window> {
    const port = await freePort();
    const id = randomUUID();
    const driver = spawn('WebKitWebDriver', [`--port=${port}`], {
      cwd,
      env: {
        ...env,
        [markVariable]: id,
        TAURI_AUTOMATION: 'true',
        TAURI_WEBVIEW_AUTOMATION: 'true',
      },
      stdio: 'ignore',
    });
    const window = new Window(driver, `${markVariable}=${id}`, port);
    try {
      await window.#start(application, args);
    } catch (error) {
      await window.close();
      throw error;
    }
    return window;
  }

  async #start(application: string, args: string[]): Promise<void> {
    for (let attempt = 0; ; ++attempt) {
      const signal = AbortSignal.timeout(1000);
      const ready = await fetch(`${this.#base}/status`, { signal }).then(
        (response) => response.ok,
        () => false,
      );
      if (ready) break;
      if (attempt > 100) throw new Error('WebKitWebDriver does not answer');
      await sleep(50);
    }
    const { sessionId } = (await this.#post('/session', {
      capabilities: {
        alwaysMatch: { 'webkitgtk:browserOptions': { binary: application, args } },
      },
    })) as { sessionId: string };
    this.#session = `/session/${sessionId}`;
    await this.#post(`${this.#session}/timeouts`, { script: 30000, implicit: 0 });
  }

  async #request(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(this.#base + path, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(40_000),
    });
    const { value } = (await response.json()) as { value: { message?: string; error?: string } };
    if (!response.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  }

  #post(path: string, body: object): Promise<unknown> {
    return this.#request('POST', path, body);
  }

  /** Runs a function body in the page. */
  async run<T>(body: string, ...args: unknown[]): Promise<T> {
    return (await this.#post(`${this.#session}/execute/sync`, { script: body, args })) as T;
  }

  /** Runs the body of an async function in the page. Returns what it returns or throws. */
  async runAsync<T>(body: string, ...args: unknown[]): Promise<T> {
    const script = `const done = arguments[arguments.length - 1];
      (async (...args) => { ${body} })(...arguments).then(
        (value) => done({ value: value === undefined ? null : value }),
        (error) => done({ error: error instanceof Error ? String(error) : error }));`;
    const result = (await this.#post(`${this.#session}/execute/async`, { script, args })) as {
      value?: T;
      error?: unknown;
    };
    if (result.error !== undefined) throw result.error;
    return result.value as T;
  }

  async #element(selector: string): Promise<string> {
    return (await this.#elements(selector))[0] ?? assert.fail(`no element ${selector}`);
  }

  async #elements(selector: string): Promise<string[]> {
    const found = await this.#post(`${this.#session}/elements`, {
      using: 'css selector',
      value: selector,
    });
    return (found as Array<Record<string, string>>).map(
      (reference) => `${this.#session}/element/${reference[elementKey]}`,
    );
  }

  async click(selector: string): Promise<void> {
    await this.#post(`${await this.#element(selector)}/click`, {});
  }

  /** Types keys; `\uE007` is Enter, `\uE00C` Escape, `\uE004` Tab. */
  async type(selector: string, text: string): Promise<void> {
    await this.#post(`${await this.#element(selector)}/value`, { text });
  }

  /** Presses keys wherever the focus is. */
  async press(key: string): Promise<void> {
    const actions = [
      { type: 'keyDown', value: key },
      { type: 'keyUp', value: key },
    ];
    await this.#post(`${this.#session}/actions`, {
      actions: [{ type: 'key', id: 'keyboard', actions }],
    });
  }

  async text(selector: string): Promise<string> {
    return this.run('return document.querySelector(arguments[0])?.textContent ?? ""', selector);
  }

  /** What screen readers call the elements that a selector finds. */
  async names(selector: string): Promise<string[]> {
    const names: string[] = [];
    for (const one of await this.#elements(selector))
      names.push(String(await this.#request('GET', `${one}/computedlabel`)));
    return names;
  }

  async screenshot(): Promise<Buffer> {
    const picture = await this.#request('GET', `${this.#session}/screenshot`);
    return Buffer.from(picture as string, 'base64');
  }

  /** The process of the application. */
  get application(): number {
    const process = children(this.#driver.pid!)[0];
    if (process === undefined) throw new Error('the application is gone');
    return process;
  }

  /** The process of its sidecar, while there is one. */
  get sidecar(): number | undefined {
    return children(this.application).find((process) => nameOf(process) === 'nexus-llm');
  }

  /**
   * Ends what is left, and returns when all of it is gone: the processes of WebKit outlive the
   * application for a moment, and write into the folder of the user meanwhile.
   */
  async close(): Promise<void> {
    if (this.#session) await this.#request('DELETE', this.#session).catch(() => {});
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      // One that has just ended is no longer there to be signalled.
      for (const pid of processesWith(this.#mark))
        try {
          process.kill(pid, signal);
        } catch {}
      for (let look = 0; look < 100; ++look) {
        if (!processesWith(this.#mark).length) return;
        await sleep(20);
      }
    }
    throw new Error(`cannot be ended: ${processesWith(this.#mark).map(nameOf)}`);
  }
}

export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.state !== 'Z';
}

export function nameOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`).split('/').at(-1) ?? '';
  } catch {
    return '';
  }
}

export const sleep = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

function statOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: state!, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

function children(parent: number): number[] {
  return processes().filter((pid) => statOf(pid)?.parent === parent && isAlive(pid));
}

/** The processes that have a line `NAME=VALUE` in their environment. */
export function processesWith(line: string): number[] {
  return processes().filter((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      return environment.split('\0').includes(line) && isAlive(pid);
    } catch {
      return false;
    }
  });
}

function processes(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
