// SPDX-License-Identifier: BSD-3-Clause
import {
  type AIRole,
  type LLMClient,
  type LLMConfig,
  LLMError,
  type Settings,
} from '@nexus-llm/client';

import { byId, element } from './dom.js';

const roles: AIRole[] = ['overseer', 'implementation'];

/** The form of the settings. */
export class SettingsForm {
  readonly #client: LLMClient;
  readonly #form = byId<HTMLFormElement>('settings-form');
  readonly #baseUrl = byId<HTMLInputElement>('base-url');
  readonly #timeout = byId<HTMLInputElement>('timeout');
  readonly #gapTimeout = byId<HTMLInputElement>('gap-timeout');
  readonly #restart = byId<HTMLInputElement>('restart');
  readonly #state = byId<HTMLOutputElement>('settings-state');
  #settings: Settings | undefined;
  #installed: string[] = [];

  constructor(client: LLMClient) {
    this.#client = client;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#save();
    });
  }

  /** Shows settings, unless the user is changing them. */
  show(settings: Settings): void {
    const edited = this.#settings !== undefined && Object.keys(this.#changes()).length > 0;
    this.#settings = settings;
    if (edited) return;
    this.#fill(settings);
  }

  set installed(names: string[]) {
    this.#installed = names;
    for (const role of roles) this.#offer(role, this.#select(role).value);
  }

  #fill(settings: Settings): void {
    for (const role of roles) this.#offer(role, settings.models[role]);
    this.#baseUrl.value = settings.baseUrl;
    this.#timeout.valueAsNumber = settings.timeout;
    this.#gapTimeout.valueAsNumber = settings.gapTimeout;
    this.#restart.checked = settings.streamRecovery === 'restart';
  }

  #select(role: AIRole): HTMLSelectElement {
    return byId<HTMLSelectElement>(`model-${role}`);
  }

  #offer(role: AIRole, chosen: string): void {
    const names = [...this.#installed];
    if (chosen && !names.includes(chosen)) names.unshift(chosen);
    const select = this.#select(role);
    select.replaceChildren(
      ...names.map((name) => {
        const text = this.#installed.includes(name) ? name : `${name} (not installed)`;
        return element('option', { value: name }, text);
      }),
    );
    select.value = chosen;
  }

  /** What differs from the settings in force. */
  #changes(): LLMConfig {
    const settings = this.#settings;
    if (!settings) return {};
    const models: NonNullable<LLMConfig['models']> = {};
    for (const role of roles) {
      const chosen = this.#select(role).value;
      if (chosen && chosen !== settings.models[role]) models[role] = chosen;
    }
    const changes: LLMConfig = {};
    if (Object.keys(models).length) changes.models = models;
    const baseUrl = this.#baseUrl.value.trim();
    if (baseUrl !== settings.baseUrl) changes.baseUrl = baseUrl;
    const timeout = this.#timeout.valueAsNumber;
    if (timeout !== settings.timeout) changes.timeout = timeout;
    const gapTimeout = this.#gapTimeout.valueAsNumber;
    if (gapTimeout !== settings.gapTimeout) changes.gapTimeout = gapTimeout;
    const streamRecovery = this.#restart.checked ? 'restart' : 'fail';
    if (streamRecovery !== settings.streamRecovery) changes.streamRecovery = streamRecovery;
    return changes;
  }

  async #save(): Promise<void> {
    const changes = this.#changes();
    this.#state.className = '';
    if (!Object.keys(changes).length) {
      this.#state.textContent = 'Nothing has changed.';
      return;
    }
    this.#state.textContent = 'Saving';
    try {
      this.#settings = await this.#client.updateConfig(changes);
      this.#fill(this.#settings);
      this.#state.textContent = 'Saved.';
    } catch (error) {
      this.#state.className = 'failed';
      this.#state.textContent = LLMError.from(error).message;
    }
  }
}
