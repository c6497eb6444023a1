// The numbers of a call in words, under its picture.

import type { PictureModel } from '../picture/picture-model.ts';
import { place } from '../place.ts';

/** Figures in whole ms, or a dash where nobody knows. */
function ms(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${Math.round(value)} ms`;
}

/** Every figure by the id of its place. */
function figuresOf({ statistics, moment, player }: PictureModel): Readonly<Record<string, string>> {
  const client = moment?.client;
  const told = client ?? player;
  const playback = statistics?.playback;
  const network = statistics?.network;
  const count = (value: number | undefined): string => (value === undefined ? '–' : String(value));
  return {
    underruns: count(playback?.underruns ?? told?.underruns),
    overruns: count(sum(playback?.overruns, moment?.uplink.overruns)),
    gaps: count(sum(statistics?.uplink.gaps, moment?.uplink.gapEvents)),
    concealed: ms(playback?.concealedMs ?? told?.concealedMs),
    stretch: ms(playback?.stretchMs ?? told?.stretchMs),
    buffered: ms(playback?.bufferedMs ?? told?.bufferedMs),
    'round-trip': ms(network?.roundTripMs ?? client?.roundTripMs),
    'lag-network': lagWords(network?.lagByCause.network, client?.networkLags),
    'lag-isolate': lagWords(network?.lagByCause.isolate, client?.isolateLags),
    'isolate-p99': ms(moment?.isolate.lagP99Ms),
    scorer: moment === null ? '–' : `${moment.scorer}, ${moment.scoringLevel}`,
    backlog: ms(moment?.backlogMs),
    connections: count(network?.connections),
    devices: devicesOf(statistics?.devices),
  };
}

export function showFigures(model: PictureModel): void {
  for (const [name, words] of Object.entries(figuresOf(model))) {
    const element = place(`figure-${name}`, HTMLElement);
    if (element.textContent !== words) element.textContent = words;
  }
}

function sum(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined && other === undefined ? undefined : (one ?? 0) + (other ?? 0);
}

function lagWords(
  lag: { readonly count: number; readonly maxMs: number } | undefined,
  reports: number | undefined,
): string {
  if (lag === undefined) return reports === undefined ? '–' : `${reports} ×`;
  return lag.count === 0 ? 'none' : `${lag.count} ×, longest ${Math.round(lag.maxMs)} ms`;
}

function devicesOf(
  devices: NonNullable<PictureModel['statistics']>['devices'] | undefined,
): string {
  if (devices === undefined) return '–';
  const { rateHz, outputLatencyMs, capture } = devices;
  const cancels = capture.echoCancellation === true ? ', echo cancelled' : '';
  return `${rateHz / 1000} kHz, ${Math.round(outputLatencyMs)} ms to the ear${cancels}`;
}
