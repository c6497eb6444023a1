// What a request to a conversation comes to.

import type { ConversationState } from '../core/conversation/conversation-state.ts';
import type { RowCounts } from './runtime/row-meter.ts';

/** A conversation as it stands, and what it has cost in rows. */
export interface ObservedState extends ConversationState {
  readonly rowsWritten: RowCounts;
}

/** Outcome of a request to change a conversation. */
export type ControlOutcome =
  | { readonly kind: 'done'; readonly state: ObservedState }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly sentence: string }
  /** It is not stored, and may be lost: whoever wants it asks again. */
  | { readonly kind: 'not-stored'; readonly sentence: string };
