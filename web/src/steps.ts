// Stepping through both passes: the buttons and keys, the drawer below the picture, and what is said to those who listen.

import { amountOf, longText } from "./amounts";
import type { GraphDocument } from "./document";
import { button, choice, element, svgElement } from "./elements";
import { GradTable, stateText, termsText } from "./gradtable";
import type { KnownSoFar } from "./known";
import { shapeText } from "./numbers";
import type { Page } from "./page";
import { PseudoCode } from "./pseudocode";
import { StepFormula } from "./stepformula";
import { StepMarks } from "./stepmarks";
import { type Step, type Stepping, showAt } from "./stepping";
import { type State, type Teaching, selected } from "./store";

const SECOND = 1000;
const SPEEDS = [0.5, 1, 2, 4];

export function installSteps(page: Page, known: KnownSoFar): void {
  const { store, graph, canvas, commands } = page;
  const stepping = (): Stepping => known.stepping;
  const first = stepping();
  const player = new Player(() => forth());

  const go = (step: number | null): void => {
    const wanted = step === null ? null : Math.max(0, Math.min(first.last, step));
    store.update(wanted === null ? { step: null } : { step: wanted, show: showAt(graph, wanted) });
    if (wanted === null || wanted === first.last) player.stop();
  };
  const byHand = (step: number | null): void => {
    player.stop();
    go(step);
  };
  const at = (): number => store.state.step ?? 0;
  const forth = (): void => go(controls.overGroups ? endOfGroup(page, stepping(), at() + 1) : at() + 1);
  const back = (): void => byHand(controls.overGroups ? beginOfGroup(page, stepping(), at()) : at() - 1);
  const next = (): void => {
    player.stop();
    forth();
  };
  const toChosen = (): void => {
    const node = selected(store.state);
    if (node !== null) byHand(stepOf(stepping(), node, at()));
  };
  const play = (): void => (player.isPlaying ? player.stop() : player.start(controls.speed, at() === first.last ? () => go(0) : forth));

  const controls = new Controls(page, first, { go: byHand, back, next, play, toChosen });
  player.onChange = (isPlaying) => controls.markPlaying(isPlaying);
  commands.add("step", ["n"], "next step", next);
  commands.add("step", ["p"], "one step back", back);
  commands.add("step", ["."], "play, or pause", play);
  commands.add("step", ["Home"], "before the first step", () => byHand(0));
  commands.add("step", ["End"], "the last step", () => byHand(first.last));

  commands.add("step", ["Escape"], "leave the steps, where nothing is chosen", () => (store.state.step === null ? false : byHand(null)));

  const drawer = new Drawer(page, first);
  let wasWhole = true; // whether all of the picture was in sight before
  const marks = new StepMarks(page);
  const decorate = (): void => {
    const { step } = store.state;
    if (step === null) marks.clear();
    else marks.show(stepping(), step);
  };
  canvas.onRender(decorate);
  const hear = (state: State, before: State): void => {
    if (state.step !== null && state.step > first.last) return go(first.last);
    const hasMoved = state.step !== before.step || state.teaching !== before.teaching;
    controls.show(state);
    if (hasMoved || state.pinned !== before.pinned) {
      const turns = (state.step === null) !== (before.step === null);
      if (turns && state.step !== null) wasWhole = canvas.isWhole;
      drawer.show(stepping(), state);
      if (turns && wasWhole) canvas.fit();
    }
    if (!hasMoved) return;
    decorate();
    if (state.step !== null) page.announce(spoken(graph, stepping(), state.step));
  };
  store.subscribe(hear);
  controls.show(store.state);
  canvas.fit(); // which has less room now
}

/** Where to go for a variable: to where it is computed, or to where its gradient is done; from one of them to the other. */
function stepOf(stepping: Stepping, node: number, now: number): number {
  const [computed, done] = [stepping.computedAt(node), stepping.doneAt(node)];
  if (done === null || now === done) return computed;
  return now === computed || now > stepping.forward ? done : computed;
}

/** The closed group in which a step happens; null where its variable is drawn. */
function closedAround({ graph, store }: Page, step: Step | null): number | null {
  let found: number | null = null;
  if (step === null) return found;
  for (let at: number | null = graph.nodes[step.node]!.group; at !== null && at > 0; at = graph.groups[at]!.parent) {
    if (!store.state.opened.has(at)) found = at;
  }
  return found;
}

function endOfGroup(page: Page, stepping: Stepping, step: number): number {
  const group = closedAround(page, stepping.at(step));
  while (group !== null && closedAround(page, stepping.at(step + 1)) === group) step++;
  return step;
}

function beginOfGroup(page: Page, stepping: Stepping, step: number): number {
  const group = closedAround(page, stepping.at(step));
  do step--;
  while (group !== null && closedAround(page, stepping.at(step)) === group);
  return step;
}

/** A step in words. */
function spoken(graph: GraphDocument, stepping: Stepping, number: number): string {
  const step = stepping.at(number);
  if (step === null) return `before step 1 of ${stepping.last}`;
  const node = graph.nodes[step.node]!;
  const head = `step ${number} of ${stepping.last}: `;
  if (step.kind === "value") return `${head}${node.label}, ${node.word}, ${shapeText(node.shape) || "scalar"}, is computed`;
  const entry = stepping.entry(node.id, number);
  if (step.kind === "nothing") return `${head}gradient of ${node.label}: ${stateText(entry)}`;
  return `${head}gradient of ${node.label}: ${termsText(entry)}, ${stateText(entry)}, ${longText(amountOf(graph, node.id, entry))}`;
}

class Player {
  private timer: ReturnType<typeof setTimeout> | undefined;
  onChange: (isPlaying: boolean) => void = () => {};

  constructor(private readonly forth: () => void) {}

  get isPlaying(): boolean {
    return this.timer !== undefined;
  }

  start(speed: () => number, begin: () => void): void {
    const again = (): void => {
      this.timer = setTimeout(() => {
        again();
        this.forth();
      }, SECOND / speed());
    };
    again();
    this.onChange(true);
    begin();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.onChange(false);
  }
}

/** Paths in a square of 16. */
const ICONS = {
  first: "M3 3h2v10h-2zM13 3v10L5.5 8z",
  back: "M12 3v10L4.5 8z",
  play: "M4 2.5v11L13.5 8z",
  pause: "M4 3h3v10h-3zM9 3h3v10h-3z",
  next: "M3 3v10L10.5 8zM11 3h2v10h-2z",
  last: "M1.5 3v10L8 8zM7.5 3v10L14 8zM13.5 3h2v10h-2z",
  close: "M3 4.4L4.4 3L8 6.6L11.6 3L13 4.4L9.4 8L13 11.6L11.6 13L8 9.4L4.4 13L3 11.6L6.6 8z",
};

function drawn(icon: string): SVGElement {
  return svgElement("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" }, svgElement("path", { d: icon, fill: "currentColor" }));
}

interface Moves {
  go: (step: number | null) => void;
  back: () => void;
  next: () => void;
  play: () => void;
  toChosen: () => void;
}

/** The line of buttons. */
class Controls {
  private readonly playing: HTMLButtonElement;
  private readonly slider: HTMLInputElement;
  private readonly words = element("span", { class: "progress" });
  private readonly toChosen: HTMLButtonElement;
  private readonly close: HTMLButtonElement;
  private readonly pace = element("select", { "aria-label": "speed" });
  private readonly groups = element("input", { type: "checkbox" });
  private readonly markTeaching: (chosen: Teaching) => void;

  constructor(
    page: Page,
    private readonly stepping: Stepping,
    { go, back, next, play, toChosen }: Moves,
  ) {
    const { last } = stepping;
    const line = page.slots.drawer.appendChild(element("div", { class: "steps", role: "group", "aria-label": "steps" }));
    const move = (icon: string, label: string, run: () => void): HTMLButtonElement => {
      const made = button("", label, run, { "aria-label": label, class: "move" });
      made.append(drawn(icon));
      return made;
    };
    this.playing = move(ICONS.play, "play, or pause (.)", play);
    this.slider = element("input", { type: "range", min: 0, max: last, value: 0, "aria-label": "step" });
    this.slider.addEventListener("input", () => go(this.slider.valueAsNumber));
    line.addEventListener("keydown", (event) => {
      // the keys of steps also where a slider or a list has the focus
      if (!(event.target instanceof HTMLButtonElement) && ["n", "p", "."].includes(event.key)) page.commands.press(event.key);
    });
    this.toChosen = button("To variable", "to the step that computes the chosen variable, or its gradient", toChosen);
    this.pace.append(...SPEEDS.map((speed) => element("option", { value: speed, selected: speed === 1 }, `${speed} ×`)));
    this.close = move(ICONS.close, "leave the steps", () => go(null));
    this.close.classList.add("close");
    line.append(
      element(
        "span",
        { class: "moves" },
        move(ICONS.first, "before the first step (Home)", () => go(0)),
        move(ICONS.back, "one step back (p)", back),
        this.playing,
        move(ICONS.next, "next step (n)", next),
        move(ICONS.last, "the last step (End)", () => go(last)),
      ),
      this.slider,
      this.words,
      this.pace,
    );
    const teaching = line.appendChild(element("span", { class: "teaching" }));
    this.markTeaching = choice(
      teaching,
      "how sums are built",
      [
        ["pull", "Pull", "each variable sums over its consumers, as in the lecture"],
        ["push", "Push", "each operation adds to its inputs, as in code"],
      ] as const,
      (chosen) => page.store.update({ teaching: chosen }),
    );
    line.append(this.toChosen);
    if (page.graph.groups.length > 1) {
      line.append(element("label", { title: "a closed group is one step" }, this.groups, " over groups"));
    }
    line.append(this.close);
    this.markPlaying(false);
  }

  readonly speed = (): number => Number(this.pace.value);

  get overGroups(): boolean {
    return this.groups.checked;
  }

  show(state: State): void {
    const { step } = state;
    const { forward, last } = this.stepping;
    this.markTeaching(state.teaching);
    this.slider.value = String(step ?? 0);
    this.toChosen.disabled = selected(state) === null;
    this.close.hidden = step === null;
    const backward = last > forward ? `backward from ${forward + 1}` : "no backward pass";
    this.words.textContent = step === null ? `${last} steps (${backward})` : `step ${step} of ${last} (${backward})`;
    this.slider.setAttribute("aria-valuetext", this.words.textContent);
  }

  markPlaying(isPlaying: boolean): void {
    this.playing.replaceChildren(drawn(isPlaying ? ICONS.pause : ICONS.play));
    this.playing.setAttribute("aria-pressed", String(isPlaying));
  }
}

/** Algorithm, formula and grad_table, while steps are made. */
class Drawer {
  private readonly parts: HTMLElement;
  private readonly code: PseudoCode;
  private readonly formula: StepFormula;
  private readonly table: GradTable;

  constructor(
    private readonly page: Page,
    stepping: Stepping,
  ) {
    const part = (name: string, words: string): HTMLElement => element("div", { class: name, role: "group", tabindex: 0, "aria-label": words });
    const code = element("div", { class: "pseudocode" });
    const [algorithm, formula, table] = [part("algorithm", "algorithm"), part("strip", "formula of the step"), part("gradients", "grad_table")];
    const refusal = stepping.refused === null ? null : element("p", { class: "refused" }, `No backward pass: ${stepping.refused}.`);
    this.parts = element("div", { class: "parts", hidden: true }, algorithm, formula, table);
    algorithm.append(code, ...(refusal ? [refusal] : []));
    page.slots.drawer.append(this.parts);
    this.code = new PseudoCode(code);
    this.formula = new StepFormula(formula, page.graph);
    this.table = new GradTable(table, page);
  }

  show(stepping: Stepping, { step, teaching }: State): void {
    this.parts.hidden = step === null;
    if (step === null) return;
    const done = stepping.at(step);
    this.code.show(done, done !== null && this.page.graph.nodes[done.node]!.operation === null, teaching);
    this.formula.show(stepping, step, teaching);
    this.table.show(stepping, step);
  }
}
