// SPDX-License-Identifier: BSD-3-Clause
import {
  type Health,
  type LLMClient,
  LLMError,
  type SupervisionEvent,
  type Versions,
} from '@nexus-llm/client';

import { byId, element } from './dom.js';

const mostEvents = 50;

const eventTexts: Record<SupervisionEvent['kind'], string> = {
  component_failed: 'failed',
  component_restarted: 'was restarted',
  component_given_up: 'was given up',
  request_failed: 'request failed',
  circuit_opened: 'does not answer; requests are refused until it does',
  circuit_closed: 'answers again',
  model_healed: 'loaded again',
  settings_changed: 'settings changed',
};

/** The state of Ollama and of the system. */
export class HealthView {
  readonly #client: LLMClient;
  readonly #connection = byId('connection');
  readonly #facts = byId('versions');
  readonly #components = byId('components');
  readonly #events = byId('events');
  readonly #onReachable: () => void;
  #reachable = false;
  #versions: Promise<Versions> | undefined;

  constructor(client: LLMClient, onReachable: () => void) {
    this.#client = client;
    this.#onReachable = onReachable;
    client.onSupervision((event) => {
      this.#add(event);
      void this.refresh();
    });
  }

  /** Asks now and from then on every few seconds. */
  async watch(): Promise<void> {
    for (;;) {
      await this.refresh();
      await new Promise((resolve) => setTimeout(resolve, 5000));
    }
  }

  async refresh(): Promise<void> {
    // Not awaited: it waits for Ollama.
    this.#versions ??= this.#client.version();
    this.#versions.then(
      ({ version, protocol }) => this.#showFacts({ 'Nexus LLM': version, Protocol: `${protocol}` }),
      () => (this.#versions = undefined),
    );
    try {
      this.#show(await this.#client.health());
    } catch (error) {
      this.#say('lost', LLMError.from(error).message);
    }
  }

  #showFacts(facts: Record<string, string>): void {
    this.#facts.replaceChildren(
      ...Object.entries(facts).flatMap(([name, value]) => [
        element('dt', {}, name),
        element('dd', {}, value),
      ]),
    );
  }

  #show(health: Health): void {
    if (health.reachable) this.#say('reachable', `Ollama ${health.version}`);
    else this.#say('missing', 'Ollama does not answer');
    byId('ollama').textContent = health.reachable ? health.version : 'does not answer';
    if (health.reachable && !this.#reachable) this.#onReachable();
    this.#reachable = health.reachable;
    this.#components.replaceChildren(
      ...health.components.map(({ name, running, restarts, lastFailure }) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, name),
          element(
            'td',
            { class: running ? 'good' : 'bad', title: lastFailure },
            running ? 'running' : 'down',
          ),
          element('td', {}, String(restarts)),
        ),
      ),
    );
  }

  #say(state: string, text: string): void {
    // A status that is written anew is read out anew.
    if (this.#connection.textContent === text) return;
    this.#connection.dataset.state = state;
    this.#connection.textContent = text;
  }

  #add({ kind, subject, detail }: SupervisionEvent): void {
    const time = new Date().toLocaleTimeString();
    const text = [subject, eventTexts[kind]].filter(Boolean).join(' ');
    this.#events.prepend(element('li', { title: detail }, element('time', {}, time), ` ${text}`));
    while (this.#events.children.length > mostEvents) this.#events.lastElementChild?.remove();
  }
}
