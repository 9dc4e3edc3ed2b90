// What the page shows, after the `#` of its address: `#step=9&node=z1`. A teacher can link to it.

import type { GraphDocument } from "./document";
import type { Page } from "./page";
import { showAt } from "./stepping";
import type { State } from "./store";

const CHOICES = {
  show: ["value", "gradient", "jacobian", "health", "memory"],
  style: ["compact", "lecture"],
  theme: ["auto", "light", "dark"],
  tab: ["graph", "table"],
  graphs: ["forward", "backward", "both", "beside"],
  teaching: ["pull", "push"],
} as const;

const APART = 100; // browsers refuse more than some hundred changes of the address within some seconds

type Chosen = keyof typeof CHOICES;

export function installFragment(page: Page): void {
  const { graph, store } = page;
  const names = new Names(graph);
  const initial = store.state;
  const read = (): void => store.update(readFragment(location.hash.slice(1), graph, names, initial));
  const write = (): void => {
    const fragment = written(store.state, initial, graph, names);
    if (fragment === location.hash.slice(1)) return;
    try {
      history.replaceState(history.state, "", fragment ? `#${fragment}` : location.pathname + location.search);
    } catch {
      // a page within another one (srcdoc) has no address of its own
    }
  };
  store.subscribe(atMost(write, APART));
  read();
  window.addEventListener("hashchange", read);
}

/** Run it now, or as soon as so many milliseconds have passed since the last time. */
function atMost(run: () => void, apart: number): () => void {
  let last = -Infinity;
  let waiting = false;
  const now = (): void => {
    waiting = false;
    last = performance.now();
    run();
  };
  return () => {
    if (waiting) return;
    const wait = last + apart - performance.now();
    if (wait <= 0) return now();
    waiting = true;
    setTimeout(now, wait);
  };
}

function written(state: State, initial: State, graph: GraphDocument, names: Names): string {
  const found: [string, string | number][] = [];
  if (state.step !== null) found.push(["step", state.step]);
  for (const number of state.pinned) found.push(["node", names.of(number)]);
  if (state.edge !== null) found.push(["edge", state.edge]);
  for (const key of Object.keys(CHOICES) as Chosen[]) {
    const usual = key === "show" && state.step !== null ? showAt(graph, state.step) : initial[key];
    if (state[key] !== usual) found.push([key, state[key]]);
  }
  if (state.opened !== initial.opened && !same(state.opened, initial.opened)) found.push(["open", [...state.opened].sort((a, b) => a - b).join(",")]);
  return found.map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll("%2C", ",")}`).join("&");
}

/** Only what the graph has: a link may be to an older one. */
function readFragment(fragment: string, graph: GraphDocument, names: Names, initial: State): Partial<State> {
  const given = new URLSearchParams(fragment.replaceAll("+", "%2B"));
  const found: Partial<State> = {};
  const step = given.get("step");
  if (step !== null && /^\d+$/.test(step)) {
    found.step = Number(step);
    found.show = showAt(graph, found.step);
  }
  const pinned = given.getAll("node").map((name) => names.numberOf(name));
  found.pinned = pinned.filter((number) => number !== undefined).slice(-2);
  const edge = given.get("edge");
  found.edge = edge !== null && graph.edges.some(({ to, argument }) => edge === `e${to}-${argument}`) ? edge : null;
  for (const key of Object.keys(CHOICES) as Chosen[]) {
    const value = given.get(key);
    const isKnown = value !== null && (CHOICES[key] as readonly string[]).includes(value);
    if (isKnown && (key !== "style" || graph.nodes[0]?.drawn.boxes[value as State["style"]])) Object.assign(found, { [key]: value });
  }
  const open = given.get("open");
  if (open !== null) found.opened = new Set(open.split(",").map(Number).filter((group) => group in graph.groups));
  return { ...initial, ...found };
}

function same(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}

/** A variable by what the user calls it where nothing else is called so; else by its unique name. */
class Names {
  private readonly numbers = new Map<string, number>();
  private readonly names: string[];

  constructor({ nodes }: GraphDocument) {
    const counts = new Map<string, number>();
    for (const { label } of nodes) counts.set(label, (counts.get(label) ?? 0) + 1);
    for (const { id, name } of nodes) this.numbers.set(name, id);
    this.names = nodes.map(({ id, name, label }) => {
      const isOwn = counts.get(label) === 1 && (this.numbers.get(label) ?? id) === id;
      if (isOwn) this.numbers.set(label, id);
      return isOwn ? label : name;
    });
  }

  of(number: number): string {
    return this.names[number]!;
  }

  numberOf(name: string): number | undefined {
    return this.numbers.get(name);
  }
}
