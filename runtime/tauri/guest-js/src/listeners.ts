// SPDX-License-Identifier: BSD-3-Clause

/**
 * Calls each listener. What one throws goes to the console: it must not keep a message from the
 * others, nor end what delivers the messages.
 */
export function callEach<Listener>(
  listeners: Iterable<Listener>,
  call: (listener: Listener) => void,
): void {
  for (const listener of [...listeners])
    try {
      call(listener);
    } catch (error) {
      console.error('A listener of nexus-llm has thrown:', error);
    }
}
