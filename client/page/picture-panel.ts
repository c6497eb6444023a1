// The picture of one call on the page: it moves while the call does, and stands still for somebody who looks back.

import type { ObservedLine } from '../../core/observation/observed-line.ts';
import type { CallStatistics } from '../browser/call-statistics.ts';
import { AnswerBars } from './draw/answer-bars.ts';
import { showFigures } from './draw/figures.ts';
import { onThemeChange, readPalette } from './draw/palette.ts';
import { Plots } from './draw/plots.ts';
import { TimelineCanvas } from './draw/timeline-canvas.ts';
import { View } from './draw/view.ts';
import { LIVE_COLUMNS, PictureModel } from './picture/picture-model.ts';
import { whyLine } from './picture/why-line.ts';
import { place } from './place.ts';

/** What is shown at once: less where the page is narrow. */
const SPAN_MS = 20_000;
const NARROW_SPAN_MS = 8000;
const NARROW_PX = 600;

/** Words and figures change this often. */
const WORDS_MS = 200;
/** Now moves evenly; when the sound's own clock says otherwise by this much, it jumps. */
const JUMP_MS = 1000;
/** Share of the distance to the sound's clock that now makes up in each frame. */
const PULL = 0.05;
const ZOOM_STEP = 1.5;
const MOVE_SHARE = 0.25;

export class PicturePanel {
  readonly #canvas = place('picture', HTMLCanvasElement);
  readonly #why = place('why', HTMLElement);
  readonly #whyWords = place('why-words', HTMLElement);
  readonly #live = place('look-live', HTMLButtonElement);
  readonly #position = place('look-position', HTMLInputElement);
  readonly #answers = new AnswerBars(place('answers', HTMLElement));
  readonly #drawing: TimelineCanvas;
  readonly #plots: Plots;
  #model = new PictureModel();
  #view: View;
  #nowMs = 0;
  #frameAtMs = 0;
  #wordsAtMs = 0;
  #isMoving = false;

  constructor() {
    const palette = readPalette();
    this.#drawing = new TimelineCanvas(this.#canvas, palette);
    this.#plots = new Plots(
      {
        buffer: place('plot-buffer', HTMLElement),
        lag: place('plot-lag', HTMLElement),
        work: place('plot-work', HTMLElement),
      },
      palette,
    );
    this.#view = new View(this.#usualSpanMs);
    onThemeChange(() => {
      this.#drawing.palette = readPalette();
      this.#plots.palette = readPalette();
      this.#draw();
    });
    addEventListener('resize', () => this.#draw());
    this.#listen();
    requestAnimationFrame((atMs) => this.#frame(atMs));
  }

  get model(): PictureModel {
    return this.#model;
  }

  /** Begins an empty picture that follows what comes. */
  begin(): void {
    this.#show(new PictureModel(), true);
    this.#view = new View(this.#usualSpanMs);
  }

  /** Shows a call that is over, whole. */
  open(lines: readonly ObservedLine[], columns: number): void {
    const model = new PictureModel(Math.max(columns, LIVE_COLUMNS));
    model.take(lines);
    this.#show(model, false);
    this.#nowMs = model.latestMs;
    this.#view = new View(this.#usualSpanMs);
    this.#view.showAll(model.earliestMs, model.latestMs);
    this.#draw();
  }

  lines(lines: readonly ObservedLine[]): void {
    this.#model.take(lines);
  }

  statistics(statistics: CallStatistics): void {
    this.#model.takeStatistics(statistics);
  }

  /** The call is over: the picture stands still. */
  end(): void {
    this.#isMoving = false;
    this.#draw();
  }

  #show(model: PictureModel, isMoving: boolean): void {
    this.#model = model;
    this.#isMoving = isMoving;
    this.#nowMs = 0;
  }

  get #usualSpanMs(): number {
    return innerWidth < NARROW_PX ? NARROW_SPAN_MS : SPAN_MS;
  }

  #frame(atMs: number): void {
    const elapsedMs = this.#frameAtMs === 0 ? 0 : atMs - this.#frameAtMs;
    this.#frameAtMs = atMs;
    if (this.#isMoving) {
      if (!document.hidden) this.#model.watch.pageStalled(this.#nowMs + elapsedMs, elapsedMs);
      this.#advance(elapsedMs);
      this.#draw();
    }
    requestAnimationFrame((nextMs) => this.#frame(nextMs));
  }

  /** Now goes with the page's clock, and is pulled to the sound's. */
  #advance(elapsedMs: number): void {
    const { statistics, axis, latestMs } = this.#model;
    if (statistics === null && this.#model.moment === null) return;
    const truthMs =
      statistics === null
        ? latestMs
        : axis.streamStartMs + statistics.atMs + performance.now() - statistics.pageTimeMs;
    const expectedMs = this.#nowMs + elapsedMs;
    const offMs = truthMs - expectedMs;
    this.#nowMs = Math.abs(offMs) > JUMP_MS ? truthMs : expectedMs + offMs * PULL;
  }

  #draw(): void {
    this.#view.follow(this.#nowMs);
    this.#drawing.draw(this.#model, this.#view, this.#nowMs);
    this.#plots.draw(this.#model, this.#view);
    const atMs = performance.now();
    if (atMs - this.#wordsAtMs < WORDS_MS && this.#isMoving) return;
    this.#wordsAtMs = atMs;
    this.#tell();
  }

  #tell(): void {
    const { state, sentence } = whyLine(this.#model.watch.glitches.list);
    this.#why.dataset['state'] = state;
    if (this.#whyWords.textContent !== sentence) this.#whyWords.textContent = sentence;
    this.#answers.show(this.#model.answers);
    showFigures(this.#model);
    this.#live.setAttribute('aria-pressed', String(this.#view.isFollowing));
    this.#live.disabled = !this.#isMoving;
    this.#position.max = String(Math.max(1, Math.round(this.#nowMs)));
    this.#position.value = String(Math.round(Math.min(this.#view.endMs, this.#nowMs)));
  }

  #listen(): void {
    place('look-closer', HTMLButtonElement).addEventListener('click', () =>
      this.#zoom(1 / ZOOM_STEP),
    );
    place('look-wider', HTMLButtonElement).addEventListener('click', () => this.#zoom(ZOOM_STEP));
    this.#live.addEventListener('click', () => {
      this.#view.isFollowing = true;
      this.#draw();
    });
    this.#position.addEventListener('input', () => {
      this.#move(Number(this.#position.value) - this.#view.endMs);
    });
    this.#canvas.addEventListener('keydown', (event) => {
      const stepMs = this.#view.spanMs * MOVE_SHARE;
      const acts: Record<string, () => void> = {
        ArrowLeft: () => this.#move(-stepMs),
        ArrowRight: () => this.#move(stepMs),
        Home: () => this.#move(Number.NEGATIVE_INFINITY),
        End: () => this.#move(Number.POSITIVE_INFINITY),
        '+': () => this.#zoom(1 / ZOOM_STEP),
        '-': () => this.#zoom(ZOOM_STEP),
      };
      const act = acts[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    });
    this.#canvas.addEventListener('pointermove', (event) => {
      if (event.buttons !== 1) return;
      this.#move((-event.movementX / this.#drawing.widthPx) * this.#view.spanMs);
    });
  }

  #move(byMs: number): void {
    this.#view.move(byMs, this.#nowMs);
    this.#draw();
  }

  #zoom(factor: number): void {
    this.#view.zoom(factor, this.#nowMs);
    this.#draw();
  }
}
