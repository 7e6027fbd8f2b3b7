// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { eventually, Stage } from '../client/stage.js';
import { isAlive, nameOf, processesWith, sleep, Window } from './driver.js';

const application = process.env.NEXUS_LLM_DESKTOP!;
const pictures = process.env.NEXUS_LLM_PICTURES;
const enter = '\uE007';
const escape = '\uE00C';
/** A prompt whose answer has some forty tokens. */
const long = 'Plan the next release.';

async function open(stage: Stage, env: NodeJS.ProcessEnv = {}): Promise<Window> {
  const opened = await Window.open(
    application,
    [stage.folder],
    { ...stage.env, ...env },
    stage.folder,
  );
  await until('Ollama is found', async () =>
    (await opened.text('#connection')).startsWith('Ollama 0'),
  );
  return opened;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
    await sleep(20);
  }
}

async function keep(window: Window, name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  // What was done last is painted by then.
  await window.runAsync(
    `for (let frame = 0; frame < 3; ++frame) await new Promise(requestAnimationFrame);
     document.activeElement?.blur();
     await new Promise((resolve) => setTimeout(resolve, 100));`,
  );
  writeFileSync(join(pictures, `${name}.png`), await window.screenshot());
}

describe('the window', () => {
  let stage: Stage;
  let window: Window;
  before(async () => {
    stage = await Stage.open({ tokenDelay: 40 });
    window = await open(stage);
  });
  after(async () => {
    await window?.close();
    await stage?.close();
  });

  const last = (role: string) => `#${role} .log li:last-child`;
  const textOf = (role: string) => window.text(`${last(role)} .text`);
  const ask = (role: string, text: string) => window.type(`#${role}-prompt`, text + enter);
  const isIdle = (role: string) =>
    window.run<boolean>(
      'return document.querySelector(arguments[0]).hidden',
      `#${role} button.stop`,
    );
  const answered = (role: string) => until(`${role} has answered`, () => isIdle(role));
  const requests = () => stage.gate.of('/api/chat');
  /** The text and the code of the last answer; blocks that follow each other are one text. */
  const parts = () =>
    window.run<string[]>(
      `const parts = [];
       let before;
       for (const part of document.querySelector(arguments[0]).children) {
         const kind = part.tagName === 'PRE' ? 'code' : 'text';
         if (kind === 'text' && before === 'text') parts.push(parts.pop() + part.textContent);
         else parts.push(kind + ': ' + part.textContent);
         before = kind;
       }
       return parts;`,
      `${last('overseer')} .text`,
    );
  /** The id of the element that has the focus. */
  const focus = () => window.run<string>('return document.activeElement.id');

  it('shows an answer piece by piece', async () => {
    await window.run(
      `window.lengths = [];
       const log = document.querySelector('#overseer .log');
       window.observer = new MutationObserver(() => {
         const { length } = log.querySelector('li:last-child .text').textContent;
         if (length !== window.lengths.at(-1)) window.lengths.push(length);
       });
       window.observer.observe(log, { childList: true, characterData: true, subtree: true });`,
    );
    await ask('overseer', long);
    await answered('overseer');
    const lengths = await window.run<number[]>(
      'window.observer.disconnect(); return window.lengths',
    );
    assert.ok(lengths.length >= 5, `the text was seen with ${lengths} characters`);
    assert.match(await textOf('overseer'), /^\[simulated\] .*Plan the next release/s);
    assert.match(await window.text(`${last('overseer')} .figures`), /^llama3\.1:8b · \d+ tokens/);
  });

  it('keeps a conversation, and shows code as code', async () => {
    await ask('implementation', 'Write a function that clamps a value.');
    await answered('implementation');
    assert.match(await window.text(`${last('implementation')} pre code`), /int clamp_to/);
    await ask('implementation', 'Now another one.');
    await answered('implementation');
    const { messages } = JSON.parse(requests().at(-1)!.body);
    assert.deepEqual(
      messages.map(({ role }: { role: string }) => role),
      ['user', 'assistant', 'user'],
    );
  });

  it('streams in both panels at once', async () => {
    await ask('overseer', long);
    await ask('implementation', long);
    await until('both write', async () =>
      Boolean((await textOf('overseer')) && (await textOf('implementation'))),
    );
    assert.equal(await isIdle('overseer'), false);
    assert.equal(await isIdle('implementation'), false);
    await answered('overseer');
    await answered('implementation');
    await keep(window, 'desktop-light');
  });

  it('stops an answer at Ollama', async () => {
    for (const stop of [() => window.click('#overseer button.stop'), () => window.press(escape)]) {
      await ask('overseer', long);
      await until('it writes', async () => Boolean(await textOf('overseer')));
      const began = performance.now();
      await stop();
      await eventually('Ollama is left', () => requests().at(-1)!.left);
      assert.ok(performance.now() - began < 500, 'it stopped quickly');
      await answered('overseer');
      assert.equal(await window.text(`${last('overseer')} .figures`), 'Stopped.');
      assert.ok(await textOf('overseer'), 'what was read stays');
    }
  });

  it('keeps the focus where Escape stops, after a click on Send', async () => {
    await window.type('#overseer-prompt', long);
    await window.click('#overseer button.primary');
    await until('it writes', async () => Boolean(await textOf('overseer')));
    assert.equal(await focus(), 'overseer-prompt');
    await window.press(escape);
    await eventually('Ollama is left', () => requests().at(-1)!.left);
    await answered('overseer');
  });

  it('leaves a selection alone while more is written', async () => {
    await ask('overseer', long);
    await until('it writes', async () => (await textOf('overseer')).length > 12);
    const selected = await window.run<string>(
      `const first = document.querySelector(arguments[0]).firstChild.firstChild;
       getSelection().setBaseAndExtent(first, 1, first, 10);
       return String(getSelection());`,
      `${last('overseer')} .text`,
    );
    assert.equal(selected, 'simulated');
    await answered('overseer');
    assert.equal(await window.run('return String(getSelection())'), selected);
  });

  it('only appends while a very long answer with code is written', async () => {
    const line = 'A line of the answer, which is neither long nor short.';
    const code = '  a_line_of_code();';
    const part = [...Array(400).fill(line), '', '```cpp', ...Array(400).fill(code), '```', ''];
    const text = Array(11).fill(part).flat().join('\n');
    assert.ok(text.length > 300_000);
    // Pieces that end anywhere, in a fence, too.
    stage.gate.pieces = text.match(/[^]{1,97}/g)!;
    try {
      await window.run(
        `window.removed = 0;
         window.observer = new MutationObserver((changes) => {
           for (const { removedNodes } of changes) window.removed += removedNodes.length;
         });
         const log = document.querySelector('#overseer .log');
         window.observer.observe(log, { childList: true, subtree: true });`,
      );
      await ask('overseer', 'Write a lot.');
      await answered('overseer');
      const [removed, longest] = await window.run<[number, number]>(
        `window.observer.disconnect();
         const blocks = document.querySelectorAll(arguments[0] + ' .block');
         const lengths = [...blocks].map((block) => block.textContent.length);
         return [window.removed, Math.max(...lengths)];`,
        last('overseer'),
      );
      assert.equal(removed, 0);
      assert.ok(longest < 5000, `a block has ${longest} characters`);
      const shown = await parts();
      assert.equal(shown.length, 22);
      for (const [index, one] of shown.entries())
        assert.equal(
          one,
          index % 2
            ? `code: ${Array(400).fill(code).join('\n')}`
            : `text: ${Array(400).fill(line).join('\n')}`,
        );
    } finally {
      stage.gate.pieces = undefined;
    }
  });

  it('tells code from text wherever the pieces end', async () => {
    const text =
      ' \nOne `` \n\n```cpp\n\n  a();\n``\n b();\n\n```\n\n ```no\n```\n\n```\n```\nx\n```\ntwo\n``';
    const expected = [
      'text: One ``',
      'code: \n  a();\n``\n b();',
      'text: ```no',
      'code: x',
      'text: two\n``',
    ];
    try {
      for (const length of [1, 2, 5, 1000]) {
        stage.gate.pieces = text.match(new RegExp(`[^]{1,${length}}`, 'g'))!;
        stage.gate.pieceDelay = 30;
        await ask('overseer', 'Write a little.');
        await answered('overseer');
        assert.deepEqual(await parts(), expected);
      }
    } finally {
      stage.gate.pieces = undefined;
      stage.gate.pieceDelay = 0;
    }
  });

  it('answers the commands of the specification', async () => {
    const invoke = (command: string, args: object = {}) =>
      window.runAsync<unknown>(
        'return window.__TAURI_INTERNALS__.invoke(args[0], args[1])',
        command,
        args,
      );
    const prompt = 'Say hello.';
    const messages = [{ role: 'user', content: prompt }];
    const role = 'overseer';
    assert.match(String(await invoke('llm_generate', { prompt, role })), /Say hello/);
    assert.match(String(await invoke('llm_chat', { messages, role })), /Say hello/);
    const models = (await invoke('llm_list_models')) as Array<{ available: boolean }>;
    assert.deepEqual(
      models.map(({ available }) => available),
      [true, true],
    );
    assert.equal(await invoke('llm_check_model', { modelName: 'llama3.1:8b' }), true);
    await invoke('llm_set_model_for_role', { role, modelName: 'qwen2.5-coder:7b' });
    assert.equal(await invoke('llm_get_model_for_role', { role }), 'qwen2.5-coder:7b');
    await invoke('llm_set_model_for_role', { role, modelName: 'llama3.1:8b' });
    const refused = async (command: string, args: object) =>
      invoke(command, args).then(
        () => assert.fail('accepted'),
        (error: { code: number; data: { name: string } }) => [error.code, error.data.name],
      );
    assert.deepEqual(await refused('llm_generate', { prompt: '', role }), [
      -32024,
      'invalid_prompt',
    ]);
    assert.deepEqual(await refused('plugin:nexus-llm|call', { method: 'llm_quit', params: {} }), [
      -32601,
      'invalid_argument',
    ]);
  });

  it('emits the events of the specification, in order', async () => {
    for (const [command, args] of [
      ['llm_generate_streaming', { prompt: long }],
      ['llm_chat_streaming', { messages: [{ role: 'user', content: long }] }],
    ] as const) {
      const events = await window.runAsync<Array<[string, { response: unknown }]>>(
        `const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
         const events = [];
         const ended = new Promise((resolve) => {
           for (const event of ['llm://chunk', 'llm://end', 'llm://error'])
             invoke('plugin:event|listen', {
               event, target: { kind: 'Any' },
               handler: transformCallback(({ payload }) => {
                 events.push([event, payload]);
                 if (event !== 'llm://chunk') resolve();
               }),
             });
         });
         await invoke(args[0], { ...args[1], role: 'overseer' });
         await ended;
         return events;`,
        command,
        args,
      );
      const end = events.pop()!;
      assert.equal(end[0], 'llm://end');
      assert.ok(events.length > 10);
      const text = events.map(([name, chunk]) => {
        assert.equal(name, 'llm://chunk');
        return chunk.response;
      });
      assert.equal(text.join(''), (end[1].response as { response: string }).response);
    }
  });

  it('sends notifications to every channel of a page, until it is closed', async () => {
    const count = await window.runAsync<number[]>(
      `const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
       let count = 0;
       let ended;
       const id = transformCallback(({ message }) => {
         if (!message) return;
         ++count;
         if (message.method === 'llm/end') ended();
       });
       const stream = async () => {
         const params = { prompt: args[0], role: 'overseer' };
         await invoke('plugin:nexus-llm|request', { method: 'llm_generate_streaming', params });
       };
       await invoke('plugin:nexus-llm|connect', { channel: '__CHANNEL__:' + id });
       const end = new Promise((resolve) => (ended = resolve));
       await stream();
       await end;
       const counts = [count];
       await invoke('plugin:nexus-llm|disconnect', { channel: id });
       await stream();
       await invoke('plugin:nexus-llm|llm_generate', { prompt: args[0], role: 'overseer' });
       counts.push(count);
       return counts;`,
      long,
    );
    assert.ok(count[0]! > 10, `${count[0]} notifications`);
    assert.equal(count[1], count[0]);
    await ask('overseer', 'Say hello.');
    await answered('overseer');
    assert.match(await textOf('overseer'), /Say hello/);
  });

  it('keeps the change of settings from those who may only ask', async () => {
    const error = await window
      .runAsync(
        `return window.__TAURI_INTERNALS__.invoke('plugin:nexus-llm|request',
           { method: 'llm_update_config', params: { updates: { timeout: 1 } } })`,
      )
      .then(
        () => assert.fail('accepted'),
        (reason: { code: number }) => reason,
      );
    assert.equal(error.code, -32601);
  });

  it('loses nothing to a page that is busy', async () => {
    await ask('overseer', long);
    await until('it writes', async () => Boolean(await textOf('overseer')));
    await window.run('const end = Date.now() + 1000; while (Date.now() < end);');
    await answered('overseer');
    const { messages } = JSON.parse(requests().at(-1)!.body);
    assert.equal(messages.at(-1).content, long);
    assert.match(await textOf('overseer'), /\n1\. .*\n2\. .*\n3\. .*\n4\. .*\.$/);
  });

  it('cancels what a page that is reloaded had under way', async () => {
    await ask('overseer', long);
    await until('it writes', async () => Boolean(await textOf('overseer')));
    // One without an id, too.
    const started = stage.gate.of('/api/generate').length;
    await window.run(
      `window.__TAURI_INTERNALS__.invoke('llm_generate', { prompt: arguments[0],
         role: 'implementation' })`,
      long,
    );
    await eventually('it has come', () => stage.gate.of('/api/generate').length > started);
    await window.run('location.reload()');
    await eventually('Ollama is left', () => requests().at(-1)!.left);
    await eventually('Ollama is left', () => stage.gate.of('/api/generate').at(-1)!.left);
    await until('Ollama is found', async () =>
      (await window.text('#connection')).startsWith('Ollama 0'),
    );
    await ask('overseer', 'Say hello.');
    await until('an answer', async () => /Say hello/.test(await textOf('overseer')));
    await answered('overseer');
  });

  it('survives the death of the sidecar in mid-stream', async () => {
    await ask('overseer', long);
    await until('it writes', async () => Boolean(await textOf('overseer')));
    const sidecar = window.sidecar!;
    process.kill(sidecar, 'SIGKILL');
    await until('the sentence is there', async () =>
      /has ended\. Try again\./.test(await window.text(`${last('overseer')} [role=alert] p`)),
    );
    assert.ok(await textOf('overseer'), 'what was read stays');
    await keep(window, 'sidecar-lost');
    await window.click(`${last('overseer')} .retry`);
    await until('the answer is complete', async () =>
      /tokens/.test(await window.text(`${last('overseer')} .figures`)),
    );
    assert.notEqual(window.sidecar, sidecar);
    assert.ok(!isAlive(sidecar));
  });

  it('takes a model from the settings into the file and the next request', async () => {
    await window.click('nav a[href="#settings"]');
    await until('the models are listed', async () =>
      /qwen2\.5-coder:7b/.test(await window.text('#model-overseer')),
    );
    await keep(window, 'settings-light');
    await window.click('#model-overseer option[value="qwen2.5-coder:7b"]');
    await window.run(
      `const timeout = document.querySelector('#timeout');
       timeout.value = '120';`,
    );
    await window.click('#settings-form button[type=submit]');
    await until('it is saved', async () => (await window.text('#settings-state')) === 'Saved.');
    const { llm } = await stage.config();
    assert.deepEqual(llm.models, { overseer: 'qwen2.5-coder:7b' });
    assert.equal(llm.timeout, 120);
    await window.click('nav a[href="#conversations"]');
    assert.equal(await window.text('#overseer .model'), 'qwen2.5-coder:7b');
    await ask('overseer', 'Say hello.');
    await answered('overseer');
    assert.equal(JSON.parse(requests().at(-1)!.body).model, 'qwen2.5-coder:7b');
    assert.match(await window.text(`${last('overseer')} .figures`), /^qwen2\.5-coder:7b/);
  });

  it('keeps what others change while the user changes something else', async () => {
    await window.click('nav a[href="#settings"]');
    const enterTimeout = (value: string) =>
      window.run("document.querySelector('#timeout').value = arguments[0]", value);
    const gap = () => window.run<string>("return document.querySelector('#gap-timeout').value");
    await enterTimeout('90');
    const { llm: before } = await stage.config();
    await stage.configure({ ...before, gapTimeout: 33 });
    await until('the change of another is shown', async () => (await gap()) === '33');
    assert.equal(
      await window.run("return document.querySelector('#timeout').value"),
      '90',
      'what the user entered stays',
    );
    await window.click('#settings-form button[type=submit]');
    await until('it is saved', async () => (await window.text('#settings-state')) === 'Saved.');
    const { llm } = await stage.config();
    assert.equal(llm.timeout, 90);
    assert.equal(llm.gapTimeout, 33);
  });

  it('saves no field that is empty', async () => {
    const before = await stage.config();
    for (const id of ['timeout', 'gap-timeout', 'base-url']) {
      await window.run(
        `const field = document.getElementById(arguments[0]);
         field.dataset.before = field.value;
         field.value = '';
         document.querySelector('#settings-state').textContent = '';`,
        id,
      );
      await window.click('#settings-form button[type=submit]');
      const invalid = await window.run<string[]>(
        "return [...document.querySelectorAll('#settings-form :invalid')].map(({ id }) => id)",
      );
      assert.deepEqual(invalid, [id]);
      await sleep(100);
      assert.equal(await window.text('#settings-state'), '');
      await window.run(
        `const field = document.getElementById(arguments[0]);
         field.value = field.dataset.before;`,
        id,
      );
    }
    assert.deepEqual(await stage.config(), before);
  });

  it('says what is wrong with a setting', async () => {
    await window.click('nav a[href="#settings"]');
    await window.run("document.querySelector('#base-url').value = 'http://example.com'");
    await window.click('#settings-form button[type=submit]');
    await until('it is refused', () =>
      window.run("return document.querySelector('#settings-state').className === 'failed'"),
    );
    assert.match(await window.text('#settings-state'), /example\.com/);
    assert.equal((await stage.config()).llm.baseUrl, stage.gate.url);
    await window.run('location.reload()');
    await until('Ollama is found', async () =>
      (await window.text('#connection')).startsWith('Ollama 0'),
    );
  });

  it('shows the progress of a download', async () => {
    stage.gate.pullDelay = 60;
    await window.click('nav a[href="#settings"]');
    await window.type('#pull-name', `small:1b${enter}`);
    const values = new Set<number>();
    await until('it is installed', async () => {
      values.add(await window.run("return document.querySelector('#pull-progress').value"));
      return /is installed/.test(await window.text('#pull-text'));
    });
    assert.ok(values.size >= 4, `the bar stood at ${[...values]}`);
    await until('it is listed', async () => /small:1b/.test(await window.text('#models')));
    await until('it can be chosen', async () =>
      /small:1b/.test(await window.text('#model-implementation')),
    );
    await window.click('nav a[href="#conversations"]');
  });

  it('can stop every download from its start, and keeps the focus', async () => {
    await window.click('nav a[href="#settings"]');
    for (const name of ['large:70b', 'larger:405b']) {
      await window.type('#pull-name', name);
      await window.click('#pull');
      assert.equal(await focus(), 'pull-stop');
      await window.click('#pull-stop');
      await until('it is stopped', async () => /^Stopped/.test(await window.text('#pull-text')));
      assert.equal(await focus(), 'pull');
      await window.run("document.querySelector('#pull-name').value = ''");
    }
    assert.ok(!stage.gate.pulled.includes('larger:405b'));
    await window.click('nav a[href="#conversations"]');
  });

  it('says that Ollama is gone, and goes on when it is back', async () => {
    const { url } = stage.gate;
    await stage.configure({ baseUrl: 'http://127.0.0.1:1', maxRetries: 0 });
    await until('the change is in force', async () =>
      /does not answer/.test(await window.text('#connection')),
    );
    await ask('overseer', 'Say hello.');
    await until('the sentence is there', async () =>
      /^Ollama is not running at/.test(await window.text(`${last('overseer')} [role=alert] p`)),
    );
    await stage.configure({ baseUrl: url, retryDelay: 10 });
    await until('Ollama is found', async () =>
      (await window.text('#connection')).startsWith('Ollama 0'),
    );
    await window.click(`${last('overseer')} .retry`);
    await until('the answer is complete', async () =>
      /tokens/.test(await window.text(`${last('overseer')} .figures`)),
    );
  });

  it('has a name for everything that takes input or the focus', async () => {
    const selector = 'a[href], button, input, select, textarea, progress, [tabindex], [role=log]';
    /** Returns the ids, or the texts, of those that are shown and those of them without a name. */
    const unnamed = async () => {
      const shown = await window.run<string[]>(
        `for (const one of document.querySelectorAll('[data-shown]')) delete one.dataset.shown;
         return [...document.querySelectorAll(arguments[0])]
           .filter((one) => one.checkVisibility())
           .map((one) => {
             one.dataset.shown = '';
             return one.id || one.outerHTML;
           });`,
        selector,
      );
      const names = await window.names('[data-shown]');
      assert.equal(names.length, shown.length);
      return { shown, without: shown.filter((_, index) => !names[index]!.trim()) };
    };

    stage.gate.pullDelay = 200;
    await window.click('nav a[href="#settings"]');
    await window.type('#pull-name', `named:1b${enter}`);
    const settings = await unnamed();
    assert.deepEqual(settings.without, []);
    for (const id of ['model-overseer', 'base-url', 'timeout', 'restart', 'pull-progress'])
      assert.ok(settings.shown.includes(id), id);
    assert.ok(settings.shown.includes('pull-stop'));
    await window.click('#pull-stop');
    stage.gate.pullDelay = 20;

    await window.click('nav a[href="#conversations"]');
    await ask('implementation', 'Write a function that clamps a value.');
    await answered('implementation');
    await ask('overseer', long);
    const conversations = await unnamed();
    assert.deepEqual(conversations.without, []);
    assert.ok(conversations.shown.some((one) => /class="stop"/.test(one)));
    assert.ok(conversations.shown.some((one) => /^<pre/.test(one)));
    await answered('overseer');

    await window.run(
      `for (const [id, html] of [['bare', '<button></button>'], ['mute', '<input type="text">']]) {
         document.querySelector('#overseer').insertAdjacentHTML('beforeend', html);
         document.querySelector('#overseer').lastElementChild.id = id;
       }`,
    );
    assert.deepEqual((await unnamed()).without, ['bare', 'mute'], 'the check can fail');
    await window.run("for (const id of ['bare', 'mute']) document.getElementById(id).remove()");

    const live = await window.run<string[]>(
      "return [...document.querySelectorAll('[role=log]')].map(({ tagName }) => tagName)",
    );
    assert.deepEqual(live, ['DIV', 'DIV', 'DIV'], 'the lists in them are lists still');
  });

  it('keeps the end of an answer in view, also after a visit to the settings', async () => {
    const lines = Array.from({ length: 300 }, (_, index) => `Line ${index}.\n`);
    stage.gate.pieces = lines;
    stage.gate.pieceDelay = 10;
    const log = (body: string) =>
      window.run<number>(`const log = document.querySelector('#overseer .log'); ${body}`);
    const below = () => log('return log.scrollHeight - log.scrollTop - log.clientHeight');
    const lengthIs = (count: number) =>
      until('it writes', async () => (await textOf('overseer')).length > 10 * count);
    try {
      await ask('overseer', 'Write lines.');
      await lengthIs(60);
      assert.ok((await below()) < 48);
      await window.click('nav a[href="#settings"]');
      await lengthIs(120);
      await window.click('nav a[href="#conversations"]');
      await until('the end is in view', async () => (await below()) < 48);
      await lengthIs(180);
      assert.ok((await below()) < 48, 'it is followed again');
      // A user who reads further above is left alone.
      await log('log.scrollTop -= 300; return 0');
      await answered('overseer');
      assert.ok((await below()) > 250);
      // One that is complete when it is seen.
      stage.gate.pieceDelay = 0;
      await ask('overseer', 'Write more lines.');
      await window.click('nav a[href="#settings"]');
      await answered('overseer');
      await window.click('nav a[href="#conversations"]');
      await until('the end is in view', async () => (await below()) < 48);
    } finally {
      stage.gate.pieces = undefined;
      stage.gate.pieceDelay = 0;
    }
  });
});

describe('a window without Ollama', () => {
  it('says so at once, and notices when Ollama is there', async () => {
    const stage = await Stage.open({ tokenDelay: 5 });
    let window: Window | undefined;
    try {
      await stage.configure({ baseUrl: 'http://127.0.0.1:1' });
      const opened = (window = await Window.open(
        application,
        [stage.folder],
        stage.env,
        stage.folder,
      ));
      const began = performance.now();
      await until('it is told', async () =>
        /does not answer/.test(await opened.text('#connection')),
      );
      assert.ok(performance.now() - began < 3000, 'before any retry');
      await stage.configure({ baseUrl: stage.gate.url });
      await until('Ollama is found', async () =>
        (await opened.text('#connection')).startsWith('Ollama 0'),
      );
      await until('its models are offered', async () =>
        /llama3\.1:8b/.test(await opened.text('#models')),
      );
    } finally {
      await window?.close();
      await stage.close();
    }
  });
});

describe('a window whose settings are broken', () => {
  it('says so, and works once they are mended', async () => {
    const stage = await Stage.open({ tokenDelay: 5 });
    let window: Window | undefined;
    try {
      await stage.configure({ timeout: 'soon' });
      const opened = (window = await Window.open(
        application,
        [stage.folder],
        stage.env,
        stage.folder,
      ));
      await until('the sentence is there', async () =>
        /timeout/.test(await opened.text('#connection')),
      );
      await stage.configure({ baseUrl: stage.gate.url });
      await until('Ollama is found', async () =>
        (await opened.text('#connection')).startsWith('Ollama 0'),
      );
      await opened.type('#overseer-prompt', `Say hello.${enter}`);
      await until('an answer', async () => /Say hello/.test(await opened.text('.theirs .text')));
    } finally {
      await window?.close();
      await stage.close();
    }
  });
});

describe('a window that closes', () => {
  for (const [how, end] of [
    [
      'by a person',
      () => execFileSync('wmctrl', ['-c', 'Nexus LLM'], { stdio: 'ignore', timeout: 10_000 }),
    ],
    ['by kill -9', (window: Window) => process.kill(window.application, 'SIGKILL')],
    ['by SIGTERM', (window: Window) => process.kill(window.application, 'SIGTERM')],
  ] as const) {
    it(`${how} leaves no sidecar, and nothing at Ollama`, async () => {
      const stage = await Stage.open({ tokenDelay: 100 });
      let window: Window | undefined;
      try {
        const opened = (window = await open(stage));
        await opened.type('#overseer-prompt', long + enter);
        await until('it writes', async () => Boolean(await opened.text('.theirs .text')));
        const { application: process_, sidecar } = opened;
        assert.ok(sidecar);
        end(opened);
        await eventually('the application is gone', () => !isAlive(process_));
        await eventually('the sidecar is gone', () => !isAlive(sidecar));
        await eventually('Ollama is left', () => stage.gate.of('/api/chat').at(-1)!.left);
        await opened.close();
        // The simulator alone has the folder still.
        assert.deepEqual(processesWith(`HOME=${stage.folder}`).map(nameOf), ['nexus-llm']);
      } finally {
        await window?.close();
        await stage.close();
      }
    });
  }
});

describe('a window in the dark', () => {
  it('is dark', async () => {
    const stage = await Stage.open({ tokenDelay: 5 });
    let window: Window | undefined;
    try {
      window = await open(stage, { GTK_THEME: 'Adwaita:dark' });
      const dark = "return matchMedia('(prefers-color-scheme: dark)').matches";
      assert.equal(await window.run(dark), true);
      const ground = await window.run<string>(
        'return getComputedStyle(document.body).backgroundColor',
      );
      assert.equal(ground, 'rgb(20, 22, 31)');
      await window.type('#overseer-prompt', `Plan a small library for colours.${enter}`);
      await window.type('#implementation-prompt', `Write a function that clamps a value.${enter}`);
      const opened = window;
      await until('both have answered', async () =>
        opened.run("return document.querySelectorAll('.figures').length === 2"),
      );
      await keep(window, 'desktop-dark');
      await window.click('nav a[href="#settings"]');
      await until('the models are listed', async () =>
        /qwen2\.5-coder:7b/.test(await opened.text('#models')),
      );
      await keep(window, 'settings-dark');
    } finally {
      await window?.close();
      await stage.close();
    }
  });
});
