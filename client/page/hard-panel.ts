// “Make it hard”: the known failures, on purpose.

import type { Call } from '../browser/index.ts';
import { place } from './place.ts';
import type { Service } from './service.ts';

const CUT_MS = 2000;
const BLOCK_MS = 500;
const BURN = { burnMs: 300, everyMs: 1000, forMs: 5000 };

/** Its controls work while there is a call. */
export class HardPanel {
  readonly #service: Service;
  readonly #fields = place('hard-fields', HTMLFieldSetElement);
  readonly #burn = place('hard-burn', HTMLButtonElement);
  readonly #said = place('hard-said', HTMLElement);
  readonly #sliders = ['delay', 'jitter', 'stall'].map((name) => ({
    slider: place(`hard-${name}`, HTMLInputElement),
    output: place(`hard-${name}-ms`, HTMLOutputElement),
  }));
  #call: Call | null = null;
  #isDevelopment = false;

  constructor(service: Service) {
    this.#service = service;
    for (const { slider } of this.#sliders)
      slider.addEventListener('input', () => this.#conditions());
    place('hard-cut', HTMLButtonElement).addEventListener('click', () => {
      this.#call?.cutConnection(CUT_MS);
      this.#say(`The connection is cut for ${CUT_MS / 1000} s.`);
    });
    place('hard-block', HTMLButtonElement).addEventListener('click', () => {
      this.#say(`This page stands still for ${BLOCK_MS} ms.`);
      // Not in the click itself, so that the words are painted first.
      setTimeout(() => blockMainThread(BLOCK_MS), 50);
    });
    this.#burn.addEventListener('click', () => void this.#burnIsolate());
    place('hard-reset', HTMLButtonElement).addEventListener('click', () => {
      for (const { slider } of this.#sliders) slider.value = '0';
      this.#conditions();
    });
    this.call = null;
  }

  set isDevelopment(isDevelopment: boolean) {
    this.#isDevelopment = isDevelopment;
    this.#burn.disabled = !isDevelopment;
  }

  set call(call: Call | null) {
    this.#call = call;
    this.#fields.disabled = call === null;
    this.#burn.disabled = !this.#isDevelopment;
    if (call === null) this.#say('Begin a call first.');
    else this.#conditions();
  }

  #conditions(): void {
    const [delayMs = 0, jitterMs = 0, stallMs = 0] = this.#sliders.map(({ slider, output }) => {
      output.value = `${slider.value} ms`;
      return Number(slider.value);
    });
    // A stall every five seconds, or three times its length.
    const stallEveryMs = stallMs === 0 ? 0 : Math.max(5000, 3 * stallMs);
    this.#call?.setNetworkConditions({ delayMs, jitterMs, stallMs, stallEveryMs });
    const isHard = delayMs + jitterMs + stallMs > 0;
    this.#say(isHard ? 'The network is worse than it was.' : 'The network is as it is.');
  }

  async #burnIsolate(): Promise<void> {
    if (this.#call === null) return;
    try {
      const { burnMs, everyMs, forMs } = BURN;
      await this.#service.burn(this.#call.conversation, burnMs, everyMs, forMs);
      this.#say(`The isolate computes ${burnMs} ms of every second, for ${forMs / 1000} s.`);
    } catch (fault) {
      this.#say((fault as Error).message);
    }
  }

  #say(words: string): void {
    this.#said.textContent = words;
  }
}

/** Does what a badly written page does. */
function blockMainThread(forMs: number): void {
  const untilMs = performance.now() + forMs;
  while (performance.now() < untilMs);
}
