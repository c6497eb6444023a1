// The one way a request is refused: a status, a code for programs and a sentence for people.

/** Why a request was refused: stable words for programs. */
export type RefusalCode =
  | 'invalid-request'
  | 'too-large'
  | 'unauthorized'
  | 'forbidden'
  | 'loopback-only'
  | 'not-found'
  | 'method-not-allowed'
  | 'upgrade-required'
  | 'ended'
  | 'conflict'
  | 'range-not-satisfiable'
  | 'unavailable'
  | 'failure';

const STATUS: Readonly<Record<RefusalCode, number>> = {
  'invalid-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'loopback-only': 403,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  ended: 410,
  'too-large': 413,
  'range-not-satisfiable': 416,
  'upgrade-required': 426,
  failure: 500,
  unavailable: 503,
};

/** Thrown on the way to an answer, and turned into one where the request came in. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(code: RefusalCode, sentence: string, headers: Readonly<Record<string, string>> = {}) {
    super(sentence);
    this.code = code;
    this.#headers = headers;
  }

  /** The refusal as `{"error": {"code", "sentence"}}`. */
  toResponse(): Response {
    return Response.json(
      { error: { code: this.code, sentence: this.message } },
      { status: STATUS[this.code], headers: this.#headers },
    );
  }
}
