// Which addresses events may be sent to.

import { addressFault } from '../runtime/outside-address.ts';

/** Why events may not be sent to a URL, as a sentence, or null when they may. */
export function webhookFault(text: string, isDevelopment: boolean): string | null {
  return addressFault(text, {
    subject: 'The webhook\'s "url"',
    schemes: ['https', 'http'],
    isDevelopment,
  });
}
