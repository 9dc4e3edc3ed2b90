// Where the reader was before a jump: Esc brings it back, with what was open and chosen, and the part that was in sight.

import type { Canvas, Place } from "./canvas";
import type { Page } from "./page";
import type { State, Store } from "./store";

type Seen = Pick<State, "opened" | "pinned" | "edge" | "tab" | "graphs">;

const MOST = 50;

export class Past {
  private readonly views: { seen: Seen; place: Place; focused: string | null }[] = [];

  constructor(
    private readonly store: Store,
    private readonly canvas: Canvas,
  ) {}

  /** To be called before a jump. */
  remember(): void {
    const { opened, pinned, edge, tab, graphs } = this.store.state;
    this.views.push({ seen: { opened, pinned, edge, tab, graphs }, place: this.canvas.place, focused: this.canvas.focused });
    if (this.views.length > MOST) this.views.shift();
  }

  /** Whether there was a place to go back to. */
  goBack(): boolean {
    const view = this.views.pop();
    if (!view) return false;
    this.store.update(view.seen);
    this.canvas.goTo(view.place);
    this.canvas.focus(view.focused && this.canvas.find(view.focused));
    return true;
  }
}

export function installPast({ commands, past, store }: Page): void {
  commands.add("page", ["Escape"], "back to where you were", () => {
    if (past.goBack()) return;
    if (!store.state.pinned.length && store.state.edge === null) return false;
    store.update({ pinned: [], edge: null });
  });
}
