// A work budget for tests that are about something else: everything may be done at once.

import type { WorkBudget } from '../../core/voice/work-ledger.ts';

export const FREE_WORK: WorkBudget = { take: () => true };
