// What a response has cost, in the vendor's units.

import type { UsageReport } from '../../../core/conversation/agent.ts';
import type { VendorUsage } from './server-event.ts';

/** Tokens by kind; cached ones are part of the input. What was not told is left out. */
export function usageReport(usage: VendorUsage): UsageReport {
  const { input_token_details: input, output_token_details: output } = usage;
  const amounts: Readonly<Record<string, number | undefined>> = {
    inputTokens: usage.input_tokens,
    inputAudioTokens: input?.audio_tokens,
    inputTextTokens: input?.text_tokens,
    cachedTokens: input?.cached_tokens,
    outputTokens: usage.output_tokens,
    outputAudioTokens: output?.audio_tokens,
    outputTextTokens: output?.text_tokens,
  };
  const report: Record<string, number> = {};
  for (const [name, amount] of Object.entries(amounts)) {
    if (amount !== undefined) report[name] = amount;
  }
  return report;
}
