// SPDX-License-Identifier: BSD-3-Clause
export * from './client.js';
export * from './error.js';
export { LLMStream } from './stream.js';
export * from './transport.js';
export * from './types.js';
