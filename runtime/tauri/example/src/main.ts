// SPDX-License-Identifier: BSD-3-Clause
import './style.css';

import { LLMClient, type Settings } from '@nexus-llm/client';
import { TauriTransport } from '@nexus-llm/client/tauri';

import { Conversation } from './conversation.js';
import { byId } from './dom.js';
import { HealthView } from './health.js';
import { Models } from './models.js';
import { SettingsForm } from './settings.js';

const pages = ['conversations', 'settings'];

/** Shows the page that the address names. */
function turn(): void {
  const chosen = pages.find((page) => location.hash === `#${page}`) ?? pages[0];
  for (const page of pages) byId(page).hidden = page !== chosen;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#${chosen}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

const client = new LLMClient(new TauriTransport());

const conversations = {
  overseer: new Conversation(client, 'overseer', byId('overseer'), {
    title: 'Overseer',
    hint: 'What is to be done?',
  }),
  implementation: new Conversation(client, 'implementation', byId('implementation'), {
    title: 'Implementation',
    hint: 'What is to be written?',
  }),
};
const form = new SettingsForm(client);
const models = new Models(client, (names) => (form.installed = names));

function show(settings: Settings): void {
  form.show(settings);
  conversations.overseer.model = settings.models.overseer;
  conversations.implementation.model = settings.models.implementation;
}

const refresh = () => {
  void models.refresh();
  client.getConfig().then(show, () => {});
};
const health = new HealthView(client, refresh);

client.onConfig((settings) => {
  show(settings);
  void models.refresh();
});
window.addEventListener('hashchange', turn);
turn();
refresh();
void health.watch();
