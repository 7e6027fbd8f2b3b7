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

type Value = string | number | boolean;

/** A setting in the form. */
interface Field {
  /** Its value among the settings in force. */
  of(settings: Settings): Value;
  read(): Value;
  write(value: Value): void;
  change(changes: LLMConfig, value: Value): void;
}

/** The form of the settings. */
export class SettingsForm {
  readonly #client: LLMClient;
  readonly #form = byId<HTMLFormElement>('settings-form');
  readonly #state = byId<HTMLOutputElement>('settings-state');
  readonly #fields: Field[] = [
    ...roles.map((role) => this.#model(role)),
    this.#address(),
    this.#number('timeout', 'timeout'),
    this.#number('gap-timeout', 'gapTimeout'),
    this.#recovery(),
  ];
  #settings: Settings | undefined;
  #installed: string[] = [];

  constructor(client: LLMClient) {
    this.#client = client;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#save();
    });
  }

  /** Shows settings, except in the fields that the user has changed. */
  show(settings: Settings): void {
    const changed = new Set(this.#changed());
    this.#settings = settings;
    for (const field of this.#fields) if (!changed.has(field)) field.write(field.of(settings));
  }

  set installed(names: string[]) {
    this.#installed = names;
    for (const role of roles) this.#offer(role, this.#select(role).value);
  }

  #model(role: AIRole): Field {
    return {
      of: ({ models }) => models[role],
      read: () => this.#select(role).value,
      write: (value) => this.#offer(role, String(value)),
      change: (changes, value) => (changes.models = { ...changes.models, [role]: String(value) }),
    };
  }

  #address(): Field {
    const input = byId<HTMLInputElement>('base-url');
    return {
      of: ({ baseUrl }) => baseUrl,
      read: () => input.value.trim(),
      write: (value) => (input.value = String(value)),
      change: (changes, value) => (changes.baseUrl = String(value)),
    };
  }

  #number(id: string, name: 'timeout' | 'gapTimeout'): Field {
    const input = byId<HTMLInputElement>(id);
    return {
      of: (settings) => settings[name],
      read: () => input.valueAsNumber,
      write: (value) => (input.valueAsNumber = Number(value)),
      change: (changes, value) => (changes[name] = Number(value)),
    };
  }

  #recovery(): Field {
    const input = byId<HTMLInputElement>('restart');
    return {
      of: ({ streamRecovery }) => streamRecovery === 'restart',
      read: () => input.checked,
      write: (value) => (input.checked = Boolean(value)),
      change: (changes, value) => (changes.streamRecovery = value ? 'restart' : 'fail'),
    };
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

  /** The fields that differ from the settings in force. */
  #changed(): Field[] {
    const settings = this.#settings;
    return settings ? this.#fields.filter((field) => field.read() !== field.of(settings)) : [];
  }

  async #save(): Promise<void> {
    const sent = this.#changed().map((field) => ({ field, value: field.read() }));
    this.#state.className = '';
    if (!sent.length) {
      this.#state.textContent = 'Nothing has changed.';
      return;
    }
    const changes: LLMConfig = {};
    for (const { field, value } of sent) field.change(changes, value);
    this.#state.textContent = 'Saving';
    try {
      const saved = await this.#client.updateConfig(changes);
      this.show(saved);
      // As the sidecar writes it, unless it was changed again meanwhile.
      for (const { field, value } of sent) if (field.read() === value) field.write(field.of(saved));
      this.#state.textContent = 'Saved.';
    } catch (error) {
      this.#state.className = 'failed';
      this.#state.textContent = LLMError.from(error).message;
    }
  }
}
