// The work ledger of this isolate: one for all conversations that share its thread.

import { WorkLedger } from '../../core/voice/work-ledger.ts';

const ledger = new WorkLedger();

export function isolateLedger(): WorkLedger {
  return ledger;
}
