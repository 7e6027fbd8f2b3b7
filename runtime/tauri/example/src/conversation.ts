// SPDX-License-Identifier: BSD-3-Clause
import {
  type AIRole,
  type ChatMessage,
  type LLMClient,
  LLMError,
  type LLMResponse,
  type RequestProgress,
} from '@nexus-llm/client';

import { element } from './dom.js';
import { Writing } from './writing.js';

/** One panel: the conversation with a role. */
export class Conversation {
  readonly #client: LLMClient;
  readonly #role: AIRole;
  readonly #messages: ChatMessage[] = [];
  readonly #model = element('p', { class: 'model' });
  /** What scrolls. The list in it stays a list for screen readers. */
  readonly #log: HTMLElement;
  readonly #list = element('ol');
  /** Whether the end is kept in view: unless the user has scrolled away from it. */
  #follows = true;
  readonly #state = element('p', { class: 'state', role: 'status' });
  readonly #input: HTMLTextAreaElement;
  readonly #send = element('button', { type: 'submit', class: 'primary' }, 'Send');
  readonly #stop = element('button', { type: 'button', class: 'stop', hidden: true }, 'Stop');
  #abort: AbortController | undefined;

  constructor(
    client: LLMClient,
    role: AIRole,
    panel: HTMLElement,
    texts: { title: string; hint: string },
  ) {
    this.#client = client;
    this.#role = role;
    this.#log = element(
      'div',
      {
        class: 'log',
        role: 'log',
        tabindex: '0',
        'aria-label': `Conversation with the ${texts.title}`,
      },
      this.#list,
    );
    const id = `${role}-prompt`;
    this.#input = element('textarea', { id, rows: '3', placeholder: texts.hint });
    const form = element(
      'form',
      { class: 'composer' },
      element('label', { for: id, class: 'unseen' }, `Message to the ${texts.title}`),
      this.#input,
      element('div', { class: 'actions' }, this.#state, this.#stop, this.#send),
    );
    const head = element(
      'header',
      {},
      element('h2', { id: `${role}-title` }, texts.title),
      this.#model,
    );
    panel.append(head, this.#log, form);

    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#ask();
    });
    this.#input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#abort?.abort();
    });
    this.#stop.addEventListener('click', () => this.#abort?.abort());
    this.#log.addEventListener('scroll', () => (this.#follows = this.#isAtEnd()));
    // A page that is shown again has lost its place.
    new ResizeObserver(() => this.#follow()).observe(this.#log);
  }

  set model(name: string) {
    this.#model.textContent = name;
  }

  async #ask(): Promise<void> {
    const content = this.#input.value.trim();
    if (!content || this.#abort) return;
    this.#input.value = '';
    // The conversation goes on from here.
    for (const retry of this.#log.querySelectorAll('.retry')) retry.remove();
    this.#messages.push({ role: 'user', content });
    const text = element('div', { class: 'text' }, content);
    const heading = element('h3', { class: 'unseen' }, 'You');
    this.#list.append(element('li', { class: 'mine' }, heading, text));
    await this.#answer();
  }

  /** Asks for the next message of the conversation. */
  async #answer(): Promise<void> {
    const text = element('div', { class: 'text' });
    const writing = new Writing(text);
    let written = '';
    /** The end of it that is not shown yet. */
    let fresh = '';
    let frame = 0;
    const write = () => {
      cancelAnimationFrame(frame);
      frame = 0;
      writing.add(fresh);
      fresh = '';
      this.#follow();
    };
    const item = element(
      'li',
      { class: 'theirs', 'aria-busy': 'true' },
      element('h3', { class: 'unseen' }, this.#role),
      text,
    );
    this.#list.append(item);
    this.#follows = true;
    this.#follow();
    const abort = new AbortController();
    this.#begin(abort);
    let note: HTMLElement | string = '';
    try {
      const answer = await this.#client.chatStreaming(
        this.#messages,
        this.#role,
        (chunk) => {
          // The text so far is void.
          if (chunk.restarted) {
            written = fresh = '';
            writing.clear();
          }
          written += chunk.response;
          fresh += chunk.response;
          // However fast the chunks come, once for each picture.
          frame ||= requestAnimationFrame(write);
        },
        { signal: abort.signal, onProgress: (progress) => this.#onProgress(progress) },
      );
      this.#messages.push({ role: 'assistant', content: answer.response });
      note = element('p', { class: 'figures' }, figures(answer));
    } catch (error) {
      if (abort.signal.aborted) {
        // What was read is a part of the conversation.
        if (written) this.#messages.push({ role: 'assistant', content: written });
        else this.#messages.pop();
        note = element('p', { class: 'figures' }, 'Stopped.');
      } else {
        note = this.#errorNote(item, LLMError.from(error));
      }
    } finally {
      write();
      writing.end();
      item.append(note);
      text.hidden = !written;
      item.removeAttribute('aria-busy');
      this.#end();
      this.#follow();
    }
  }

  #errorNote(item: HTMLElement, error: LLMError): HTMLElement {
    const sentence = element('p', {}, error.message);
    const message = element('div', { class: 'error', role: 'alert' }, sentence);
    if (error.retryable) {
      const retry = element('button', { type: 'button', class: 'retry' }, 'Try again');
      retry.addEventListener('click', () => {
        if (this.#abort) return;
        item.remove();
        void this.#answer();
        this.#input.focus();
      });
      message.append(retry);
    }
    if (!error.retryable) this.#messages.pop();
    return message;
  }

  #onProgress(progress: RequestProgress): void {
    const texts: Partial<Record<RequestProgress['phase'], string>> = {
      queued: progress.queuePosition ? `Waiting, place ${progress.queuePosition}` : 'Waiting',
      sent: 'Thinking',
      loading: `Loading ${progress.model}`,
      first_token: 'Writing',
      retrying: `Trying again (${progress.attempt})`,
      restarted: 'Starting over',
    };
    this.#state.textContent = texts[progress.phase] ?? '';
  }

  #begin(abort: AbortController): void {
    this.#abort = abort;
    this.#stop.hidden = false;
    // The focus must not get lost with a button; and Escape stops from here.
    if (document.activeElement === this.#send) this.#input.focus();
    this.#send.disabled = true;
  }

  #end(): void {
    this.#abort = undefined;
    this.#send.disabled = false;
    if (document.activeElement === this.#stop) this.#input.focus();
    this.#stop.hidden = true;
    this.#state.textContent = '';
  }

  #isAtEnd(): boolean {
    const log = this.#log;
    return log.scrollHeight - log.scrollTop - log.clientHeight < 48;
  }

  #follow(): void {
    if (this.#follows) this.#log.scrollTop = this.#log.scrollHeight;
  }
}

function figures({ model, stats, provenance }: LLMResponse): string {
  const seconds = stats.evalDuration / 1e9;
  const parts = [model, `${stats.evalCount} tokens`];
  if (seconds > 0) parts.push(`${(stats.evalCount / seconds).toFixed(0)} tokens/s`);
  if (provenance.fallback) parts.push('a fallback model');
  if (provenance.attempts > 1) parts.push(`${provenance.attempts} attempts`);
  if (provenance.cutByLength) parts.push('cut at its limit');
  if (provenance.promptTruncated) parts.push('the beginning of the conversation was left out');
  return parts.join(' · ');
}
