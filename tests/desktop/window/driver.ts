// SPDX-License-Identifier: BSD-3-Clause
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

const elementKey = 'element-6066-11e4-a52e-4f735466cecf';

/** An application in a window, driven over the WebDriver protocol. */
export class Window {
  readonly #driver: ChildProcess;
  readonly #base: string;
  #session = '';

  private constructor(driver: ChildProcess, port: number) {
    this.#driver = driver;
    this.#base = `http://127.0.0.1:${port}`;
  }

  static async open(
    application: string,
    args: string[],
    env: NodeJS.ProcessEnv,
    cwd: string,
  ): Promise<Window> {
    const port = await freePort();
    const driver = spawn('WebKitWebDriver', [`--port=${port}`], {
      cwd,
      env: { ...env, TAURI_AUTOMATION: 'true', TAURI_WEBVIEW_AUTOMATION: 'true' },
      stdio: 'ignore',
    });
    const window = new Window(driver, port);
    await window.#start(application, args);
    return window;
  }

  async #start(application: string, args: string[]): Promise<void> {
    for (let attempt = 0; ; ++attempt) {
      const ready = await fetch(`${this.#base}/status`).then(
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
    const found = await this.#post(`${this.#session}/element`, {
      using: 'css selector',
      value: selector,
    });
    return `${this.#session}/element/${(found as Record<string, string>)[elementKey]}`;
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

  /** Ends what is left. */
  async close(): Promise<void> {
    if (this.#session) await this.#request('DELETE', this.#session).catch(() => {});
    const left = children(this.#driver.pid!);
    const ended = once(this.#driver, 'close');
    this.#driver.kill();
    await ended;
    for (const process_ of left) if (isAlive(process_)) process.kill(process_, 'SIGKILL');
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
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      const stat = pid > 0 ? statOf(pid) : undefined;
      return stat?.parent === parent && stat.state !== 'Z';
    });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
