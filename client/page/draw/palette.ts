// The colours of the picture, as the page's style sheet has them for light and for dark.

const NAMES = [
  'paper',
  'ink',
  'muted',
  'rule',
  'caller',
  'caller-soft',
  'agent',
  'agent-soft',
  'hold',
  'clear',
  'heard-fault',
  'carried-fault',
  'score',
] as const;

export type Palette = Readonly<Record<(typeof NAMES)[number], string>>;

/** Reads the custom properties `--<name>` of the document. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  ) as Palette;
}

/** Calls when the reader's preference for light or dark changes. */
export function onThemeChange(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}
