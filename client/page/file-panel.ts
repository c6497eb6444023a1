// Takes a call home, and opens it again: the recording, and the timeline with all that the picture shows.

import type { ObservedLine } from '../../core/observation/observed-line.ts';
import { columnsOf, parseLines } from './picture/timeline-file.ts';
import { made, place } from './place.ts';
import type { Service } from './service.ts';

/** The recording is asked after this often, and for so long. */
const ASK_MS = 1000;
const ASKS = 60;

/** Characters of a call kept for saving it: an hour and more. */
const KEPT_CHARACTERS = 50_000_000;

export interface FileListener {
  /** A timeline was opened; `columns` is a power of two that holds all of it. */
  opened(lines: readonly ObservedLine[], columns: number, name: string): void;
}

export class FilePanel {
  readonly #service: Service;
  readonly #save = place('save', HTMLButtonElement);
  readonly #recording = place('recording', HTMLElement);
  readonly #said = place('file-said', HTMLElement);
  #texts: string[] = [];
  #characters = 0;
  #conversation = '';

  constructor(service: Service, listener: FileListener) {
    this.#service = service;
    this.#save.addEventListener('click', () => {
      const text = `${this.#texts.join('\n')}\n`;
      offerDownload(new Blob([text]), `${this.#conversation.slice(0, 8)}-observed.jsonl`);
    });
    const input = place('open', HTMLInputElement);
    input.addEventListener('change', () => {
      const [file] = input.files ?? [];
      if (file !== undefined) void this.#open(file, listener);
      input.value = '';
    });
  }

  /** A conversation is observed from now on. */
  begin(conversation: string): void {
    this.#conversation = conversation;
    this.#texts = [];
    this.#characters = 0;
    this.#save.disabled = true;
    this.#recording.replaceChildren();
    this.#said.textContent = '';
  }

  /** Keeps what the observer was sent. */
  keep(text: string): void {
    if (this.#characters > KEPT_CHARACTERS) return;
    this.#texts.push(text);
    this.#characters += text.length;
    this.#save.disabled = false;
  }

  /** Waits for the recording of a call that is over. */
  async awaitRecording(conversation: string): Promise<void> {
    this.#said.textContent = 'The recording is being made …';
    for (let ask = 0; ask < ASKS; ask++) {
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      if (conversation !== this.#conversation) return;
      const state = await this.#service.recording(conversation).catch(() => null);
      if (state === null || state.phase === 'off') {
        this.#said.textContent = state?.reason ?? '';
        return;
      }
      if (state.phase !== 'assembled') continue;
      this.#said.textContent = '';
      this.#recording.replaceChildren(
        ...state.made.map(({ name, bytes }) => this.#download(conversation, name, bytes)),
      );
      return;
    }
    this.#said.textContent = 'The recording takes long; it can be had later from the service.';
  }

  #download(conversation: string, name: string, bytes: number): HTMLElement {
    const button = made('button', `${name} (${sizeWords(bytes)})`);
    button.type = 'button';
    button.addEventListener('click', async () => {
      try {
        const blob = await this.#service.recordingFile(conversation, name);
        offerDownload(blob, `${conversation.slice(0, 8)}-${name}`);
      } catch (fault) {
        this.#said.textContent = (fault as Error).message;
      }
    });
    return button;
  }

  async #open(file: File, listener: FileListener): Promise<void> {
    const lines = parseLines(await file.text());
    if (lines.length === 0) {
      this.#said.textContent = `“${file.name}” is no timeline: not one of its lines is known here.`;
      return;
    }
    this.#said.textContent = `“${file.name}”: ${lines.length} lines.`;
    listener.opened(lines, columnsOf(lines), file.name);
  }
}

function offerDownload(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = made('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

function sizeWords(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
