// Remembers a call over a reload of its page: in this tab alone, and only when it is asked to.

/** Key in `sessionStorage`. */
const KEY = 'isochron.call';

/** Enough to be in the same conversation again. */
export interface UnfinishedCall {
  /** Address of the conversation's socket: `service` of ConnectOptions. */
  readonly service: string;
  readonly token: string;
}

/** The call that this tab was in when its page went away; null when there is none. */
export function unfinishedCall(): UnfinishedCall | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    if (typeof kept !== 'object' || kept === null) return null;
    const { service, token } = kept as Partial<Record<keyof UnfinishedCall, unknown>>;
    return typeof service === 'string' && typeof token === 'string' ? { service, token } : null;
  } catch {
    return null;
  }
}

/** Keeps a call, or forgets the one that is kept. A browser that keeps nothing is no fault of the call. */
export function keepCall(call: UnfinishedCall | null): void {
  try {
    if (call === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(call));
  } catch {
    // Storage is full or forbidden: the call then does not survive a reload.
  }
}
