// Colours and type of the picture of a call, on a light and on a dark screen.

// Plain classes, no custom properties: not every program that draws SVG knows those.
const COLOURS = {
  light: {
    ...{ paper: '#ffffff', ink: '#1f2328', muted: '#66707b', rule: '#e7eaed' },
    ...{ caller: '#3973b8', agent: '#2a8a6b', lead: '#8d80bd', hold: '#b06f00', fault: '#d1242f' },
  },
  dark: {
    ...{ paper: '#12161c', ink: '#e6e9ed', muted: '#929ca7', rule: '#272d35' },
    ...{ caller: '#78aeea', agent: '#62c2a0', lead: '#a497d6', hold: '#dda63f', fault: '#ff6a69' },
  },
} as const;

const SHAPES = `
text{font:11.5px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.heading{font-size:15px;font-weight:600}.name{font-size:12.5px;font-weight:600}
.span{fill-opacity:.13}.band{fill-opacity:.3}.level{fill-opacity:.45}
.wave{stroke-width:.6;stroke-linejoin:round}.line{fill:none;stroke-width:1}.strong{stroke-width:2.5}`;

/** The style sheet: each colour is a class of fills, and of strokes with "-line" behind its name. */
export const PICTURE_STYLE = `${SHAPES}
${classes(COLOURS.light)}
@media (prefers-color-scheme:dark){${classes(COLOURS.dark)}}
`;

function classes(colours: Readonly<Record<string, string>>): string {
  return Object.entries(colours)
    .map(([name, colour]) => `.${name}{fill:${colour}}.${name}-line{stroke:${colour}}`)
    .join('');
}
