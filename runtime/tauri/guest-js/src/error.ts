// SPDX-License-Identifier: BSD-3-Clause
import type { ErrorData, ErrorReport } from './types.js';

/**
 * Errors of the way to the sidecar, beside those that it reports itself.
 *
 * - `sidecar_lost`: the process ended while it worked on the request.
 * - `sidecar_not_started`: the process cannot be started.
 */
export type SidecarErrorName = 'sidecar_lost' | 'sidecar_not_started';

/** The name of an error; `docs/errors.md` lists those of the sidecar. */
export type ErrorName = ErrorData['name'] | SidecarErrorName;
export type ErrorCategory = ErrorData['category'];

/** An error object of the protocol, as the sidecar or the plugin reports it. */
export interface ReportedError {
  code: number;
  message: string;
  data: Omit<ErrorData, 'name'> & { name: ErrorName };
}

/** The codes of the errors that are not the sidecar's own. */
export const sidecarErrorCodes: Readonly<Record<SidecarErrorName, number>> = {
  sidecar_lost: -32099,
  sidecar_not_started: -32098,
};

/** A failed request. `message` is one sentence for a person. */
export class LLMError extends Error {
  override readonly name = 'LLMError';
  /** The code of JSON-RPC. */
  readonly code: number;
  readonly errorName: ErrorName;
  readonly category: ErrorCategory;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** The model of the last attempt. */
  readonly model: string | undefined;
  readonly attempts: number | undefined;
  /** The text of a stream before it failed. */
  readonly partial: string | undefined;
  readonly httpStatus: number | undefined;
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter: number | undefined;
  /** Technical; only with `errorDetail`. */
  readonly detail: string | undefined;

  constructor(report: ReportedError | ErrorReport, options?: ErrorOptions) {
    super(report.message, options);
    this.code = report.code;
    this.errorName = report.data.name;
    this.category = report.data.category;
    this.retryable = report.data.retryable;
    this.model = report.data.model;
    this.attempts = report.data.attempts;
    this.partial = report.data.partial;
    this.httpStatus = report.data.httpStatus;
    this.retryAfter = report.data.retryAfter;
    this.detail = report.data.detail;
  }

  /** The process of the sidecar ended. */
  static sidecarLost(message = lostSentence, options?: ErrorOptions): LLMError {
    return LLMError.ofSidecar('sidecar_lost', message, options);
  }

  /** The process of the sidecar cannot be started. */
  static sidecarNotStarted(message: string, options?: ErrorOptions): LLMError {
    return LLMError.ofSidecar('sidecar_not_started', message, options);
  }

  /** Converts whatever a transport throws. */
  static from(thrown: unknown): LLMError {
    if (thrown instanceof LLMError) return thrown;
    if (isReport(thrown)) return new LLMError(thrown);
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return new LLMError(
      {
        code: -32600,
        message: `The request could not be sent: ${text}`,
        data: { name: 'invalid_argument', category: 'validation', retryable: false },
      },
      { cause: thrown },
    );
  }

  private static ofSidecar(
    name: SidecarErrorName,
    message: string,
    options: ErrorOptions | undefined,
  ): LLMError {
    return new LLMError(
      {
        code: sidecarErrorCodes[name],
        message,
        data: { name, category: 'connection', retryable: true },
      },
      options,
    );
  }
}

const lostSentence = 'The process that talks to Ollama has ended. Try again.';

function isReport(value: unknown): value is ReportedError {
  if (typeof value !== 'object' || value === null) return false;
  const report = value as Partial<ReportedError>;
  return (
    typeof report.code === 'number' &&
    typeof report.message === 'string' &&
    typeof report.data?.name === 'string'
  );
}
