// SPDX-License-Identifier: BSD-3-Clause
import { type LLMClient, LLMError, type ModelStatus, type PullProgress } from '@nexus-llm/client';

import { byId, bytes, element } from './dom.js';

/** The list of models, and their download. */
export class Models {
  readonly #client: LLMClient;
  readonly #onList: (names: string[]) => void;
  readonly #list = byId('models');
  readonly #name = byId<HTMLInputElement>('pull-name');
  readonly #pull = byId<HTMLButtonElement>('pull');
  readonly #stop = byId<HTMLButtonElement>('pull-stop');
  readonly #state = byId('pull-state');
  readonly #bar = byId<HTMLProgressElement>('pull-progress');
  readonly #text = byId<HTMLOutputElement>('pull-text');
  readonly #error = byId('pull-error');
  #abort: AbortController | undefined;

  constructor(client: LLMClient, onList: (names: string[]) => void) {
    this.#client = client;
    this.#onList = onList;
    byId('pull-form').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#download();
    });
    this.#stop.addEventListener('click', () => this.#abort?.abort());
  }

  async refresh(): Promise<void> {
    let models: ModelStatus[];
    try {
      models = await this.#client.listModels();
    } catch {
      // The state of the connection says why.
      return;
    }
    const known = models.map(({ name, size, parameterSize }) =>
      element(
        'li',
        {},
        element('span', {}, name),
        element('small', {}, [parameterSize, size ? bytes(size) : ''].filter(Boolean).join(' · ')),
      ),
    );
    this.#list.replaceChildren(
      ...(known.length ? known : [element('li', {}, 'No model is installed.')]),
    );
    this.#onList(models.map(({ name }) => name));
  }

  async #download(): Promise<void> {
    const name = this.#name.value.trim();
    if (!name || this.#abort) return;
    const abort = new AbortController();
    this.#begin(abort);
    this.#text.textContent = `Asking for ${name}`;
    let outcome: 'installed' | 'stopped' | LLMError = 'installed';
    try {
      await this.#client.pullModel(name, (progress) => this.#show(progress), {
        signal: abort.signal,
      });
    } catch (error) {
      outcome = abort.signal.aborted ? 'stopped' : LLMError.from(error);
    }
    this.#end();
    if (outcome instanceof LLMError) {
      this.#state.hidden = true;
      this.#error.textContent = outcome.message;
      this.#error.hidden = false;
    } else if (outcome === 'stopped') {
      this.#text.textContent = 'Stopped. The next download of this model goes on from here.';
    } else {
      this.#bar.value = 1;
      this.#text.textContent = `${name} is installed.`;
      this.#name.value = '';
    }
    await this.refresh();
  }

  #begin(abort: AbortController): void {
    this.#abort = abort;
    this.#error.hidden = true;
    this.#state.hidden = false;
    this.#stop.hidden = false;
    this.#bar.removeAttribute('value');
    // The focus must not get lost with a button.
    if (document.activeElement === this.#pull) this.#stop.focus();
    this.#pull.disabled = true;
  }

  #end(): void {
    this.#abort = undefined;
    this.#pull.disabled = false;
    if (document.activeElement === this.#stop) this.#pull.focus();
    this.#stop.hidden = true;
  }

  #show({ status, total, completed }: PullProgress): void {
    if (total > 0) {
      this.#bar.value = completed / total;
      this.#text.textContent = `${bytes(completed)} of ${bytes(total)}`;
    } else {
      this.#bar.removeAttribute('value');
      this.#text.textContent = status;
    }
  }
}
