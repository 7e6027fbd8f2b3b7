// SPDX-License-Identifier: BSD-3-Clause
import { element } from './dom.js';

/** A block with more characters ends with its line. Only the last block is laid out anew. */
const blockLength = 4000;
const fence = /\n```[^\n]*(?=\n)/;
/** At the end of a text: space, and what may become a fence. */
const open = /\s*(?:\n`{1,2}|\n```[^\n]*)?$/;

/**
 * A text with fenced code that is written piece by piece. What stands there is not touched again: a
 * selection in it stays, and a piece costs its own length.
 */
export class Writing {
  readonly #place: HTMLElement;
  /** The end that is not shown yet. Before the first character of a part it begins with a line feed. */
  #held = '\n';
  #isCode = false;
  /** Where the blocks of the current part go, once it has something to show. */
  #part: HTMLElement | undefined;
  #block = document.createTextNode('');

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  clear(): void {
    this.#place.replaceChildren();
    this.#held = '\n';
    this.#isCode = false;
    this.#part = undefined;
  }

  add(piece: string): void {
    let text = this.#held + piece;
    for (let found; (found = fence.exec(text));) {
      this.#write(text.slice(0, found.index).trimEnd());
      text = text.slice(found.index + found[0].length);
      this.#isCode = !this.#isCode;
      this.#part = undefined;
    }
    const end = text.search(open);
    this.#write(text.slice(0, end));
    this.#held = text.slice(end);
  }

  /** Nothing follows. */
  end(): void {
    if (!/\n```/.test(this.#held)) this.#write(this.#held.trimEnd());
    this.#held = '';
  }

  #write(text: string): void {
    if (!text) return;
    if (!this.#part) {
      // Code begins with an indentation, text with a character.
      text = this.#isCode ? text.slice(1) : text.trimStart();
      this.#part = this.#isCode ? element('code') : this.#place;
      if (this.#isCode)
        this.#place.append(
          element('pre', { tabindex: '0', role: 'group', 'aria-label': 'Code' }, this.#part),
        );
      this.#open(this.#part);
    }
    for (const line of text.match(/[^\n]*\n|[^\n]+/g) ?? []) {
      if (this.#block.length > blockLength && this.#block.data.endsWith('\n'))
        this.#open(this.#part);
      this.#block.appendData(line);
    }
  }

  #open(part: HTMLElement): void {
    this.#block = document.createTextNode('');
    part.append(element('span', { class: 'block' }, this.#block));
  }
}
