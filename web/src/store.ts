// What the page shows at this moment, in one place: everybody reads it, changes it by `update`, and hears of changes.

import type { Show, Style } from "./document";

export type Theme = "auto" | "light" | "dark";
export type Tab = "graph" | "table";
/** "both" draws the gradients as ghosts into the forward graph, "beside" puts the graph of the gradients beside it. */
export type Graphs = "forward" | "backward" | "both" | "beside";
export type Teaching = "pull" | "push";

export interface State {
  opened: ReadonlySet<number>;
  style: Style;
  show: Show;
  theme: Theme;
  tab: Tab;
  graphs: Graphs;
  /** The variables in the panel, the last one chosen; two are compared. */
  pinned: readonly number[];
  /** Whether the variable that is chosen next comes beside the one before. */
  comparing: boolean;
  /** The edge in the panel, by the name of its element ("e7-1"). */
  edge: string | null;
  /** How many steps of the forward and then the backward pass are done; null where nobody steps. */
  step: number | null;
  teaching: Teaching;
}

export type Listener = (state: State, before: State) => void;

export class Store {
  private readonly listeners: Listener[] = [];

  constructor(private current: State) {}

  get state(): State {
    return this.current;
  }

  update(change: Partial<State>): void {
    const before = this.current;
    const changed = (Object.keys(change) as (keyof State)[]).some((key) => change[key] !== before[key]);
    if (!changed) return;
    this.current = { ...before, ...change };
    for (const listener of this.listeners) listener(this.current, before);
  }

  subscribe(listener: Listener): void {
    this.listeners.push(listener);
  }
}

/** The variable that was chosen last. */
export function selected({ pinned }: State): number | null {
  return pinned.at(-1) ?? null;
}
