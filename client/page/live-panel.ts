// The list of live conversations, worst first, for whoever runs the service.

import { made, place } from './place.ts';
import type { LiveConversation, Service } from './service.ts';

export class LivePanel {
  readonly #service: Service;
  readonly #watch: (conversation: string) => void;
  readonly #rows = place('live-rows', HTMLTableSectionElement);
  readonly #said = place('live-said', HTMLElement);

  /** `watch` shows one of them. */
  constructor(service: Service, watch: (conversation: string) => void) {
    this.#service = service;
    this.#watch = watch;
    place('live-refresh', HTMLButtonElement).addEventListener('click', () => void this.refresh());
  }

  async refresh(): Promise<void> {
    try {
      const conversations = await this.#service.live();
      this.#said.textContent = conversations.length === 0 ? 'Nobody is talking.' : '';
      this.#rows.replaceChildren(...conversations.map((each) => this.#row(each)));
    } catch (fault) {
      this.#said.textContent = (fault as Error).message;
    }
  }

  #row(conversation: LiveConversation): HTMLTableRowElement {
    const { agent, trouble, lifetimeTrouble, underruns, roundTripMs, turns } = conversation;
    const row = made('tr');
    const id = conversation.conversation;
    const trip = roundTripMs === null ? '–' : `${Math.round(roundTripMs)} ms`;
    const cells = [
      id.slice(0, 8),
      agent,
      `${trouble} (${lifetimeTrouble})`,
      underruns,
      trip,
      turns,
    ];
    row.append(...cells.map((cell) => made('td', String(cell))));
    const button = made('button', 'Watch');
    button.type = 'button';
    button.addEventListener('click', () => this.#watch(id));
    const last = made('td');
    last.append(button);
    row.append(last);
    return row;
  }
}
