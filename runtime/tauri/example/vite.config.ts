// SPDX-License-Identifier: BSD-3-Clause
import { defineConfig } from 'vite';

export default defineConfig({
  build: { target: 'es2022' },
  // The client is linked from its folder, which has packages of its own.
  resolve: { dedupe: ['@tauri-apps/api'] },
});
