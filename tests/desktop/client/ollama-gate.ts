// SPDX-License-Identifier: BSD-3-Clause
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What came through the gate. */
export interface Passage {
  path: string;
  body: string;
  /** The client left before the end of the answer. */
  left: boolean;
  ended: boolean;
}

/** Passes requests on to an Ollama, and keeps what came. It adds the progress of downloads. */
export class OllamaGate {
  readonly passages: Passage[] = [];
  /** Milliseconds between two lines of a download. */
  pullDelay = 20;
  /** If set, what each conversation is answered with, piece by piece. */
  pieces: string[] | undefined;
  /** Milliseconds between two of them. */
  pieceDelay = 0;
  #pulled: string[] = [];

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async open(ollama: string): Promise<OllamaGate> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const gate = new OllamaGate(`http://127.0.0.1:${port}`, server);
    server.on('request', (incoming, response) => {
      const parts: Buffer[] = [];
      incoming.on('data', (data: Buffer) => parts.push(data));
      incoming.on('end', () => {
        const body = Buffer.concat(parts);
        const passage = {
          path: incoming.url ?? '',
          body: body.toString('utf8'),
          left: false,
          ended: false,
        };
        gate.passages.push(passage);
        response.on('close', () => {
          passage.ended = response.writableFinished;
          passage.left = !response.writableFinished;
        });
        const pass = () => {
          const onward = request(
            ollama + passage.path,
            { method: incoming.method, headers: incoming.headers },
            (answer) => {
              if (!response.headersSent)
                response.writeHead(answer.statusCode ?? 502, answer.headers);
              answer.pipe(response);
            },
          );
          onward.on('error', () => response.destroy());
          response.on('close', () => onward.destroy());
          onward.end(body);
        };
        if (passage.path === '/api/pull') void gate.#pull(passage, response, pass);
        else if (passage.path === '/api/chat' && gate.pieces)
          void gate.#recite(passage, response, gate.pieces);
        else pass();
      });
    });
    return gate;
  }

  of(path: string): Passage[] {
    return this.passages.filter((passage) => passage.path === path);
  }

  get pulled(): readonly string[] {
    return this.#pulled;
  }

  /** Breaks all connections off. */
  breakOff(): void {
    this.server.closeAllConnections();
  }

  async #pull(passage: Passage, response: ServerResponse, pass: () => void): Promise<void> {
    const total = 1000;
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    for (let completed = 0; completed <= total && !passage.left; completed += 100) {
      response.write(
        `${JSON.stringify({ status: 'pulling 0123456789ab', digest: 'sha256:01', total, completed })}\n`,
      );
      await new Promise((resolve) => setTimeout(resolve, this.pullDelay));
    }
    if (passage.left) return;
    this.#pulled.push(JSON.parse(passage.body).model);
    pass();
  }

  async #recite(passage: Passage, response: ServerResponse, pieces: string[]): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const { model } = JSON.parse(passage.body);
    const line = (content: string, rest: object) => {
      const message = { role: 'assistant', content };
      const times = { model, created_at: '2026-01-01T00:00:00Z' };
      return `${JSON.stringify({ ...times, message, ...rest })}\n`;
    };
    for (const piece of pieces) {
      if (passage.left) return;
      response.write(line(piece, { done: false }));
      await new Promise((resolve) =>
        this.pieceDelay ? setTimeout(resolve, this.pieceDelay) : setImmediate(resolve),
      );
    }
    response.end(line('', { done: true, done_reason: 'stop', eval_count: pieces.length }));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    // Those that come now are refused.
    this.breakOff();
    await closed;
  }
}
