// A second graph on the page, with a stage, a panel and choices of its own, which follow the first one and lead it.

import { canvasOn, listenToPointer } from "./canvas";
import { installCards } from "./card";
import { installChoosing, openAround, pin } from "./choosing";
import { Commands } from "./commands";
import type { GradientGraph } from "./document";
import { element } from "./elements";
import { installMarks } from "./groups";
import { KnownOfGradients } from "./known";
import type { Page } from "./page";
import { installPanel } from "./panel";
import { Past } from "./past";
import { spokenNode } from "./spoken";
import { membersOf } from "./stepmarks";
import { type State, Store, selected } from "./store";
import { Withheld } from "./withheld";
import { installWalking } from "./walk";

export class Pane {
  private readonly stage = element("div", { class: "stage second", role: "region", "aria-label": "the graph of the gradients" });
  private readonly panel = element("aside", { class: "panel second" });
  private readonly inner: Page;
  /** Whether one of the two graphs is following the other. */
  private following = false;
  private readonly members: number[][];
  private readonly withheld = new Withheld(() => this.inner.canvas.svg);

  constructor(
    private readonly page: Page,
    private readonly part: GradientGraph,
    activated: () => void,
  ) {
    page.canvas.stage.after(this.stage);
    page.slots.panel.after(this.panel);
    this.inner = this.within();
    this.members = membersOf(part.document);
    for (const kind of ["pointerdown", "focusin"]) this.stage.addEventListener(kind, activated);
    this.stage.addEventListener("keydown", (event) => {
      if (!event.defaultPrevented && this.inner.commands.press(event.key)) event.preventDefault();
    });
    page.store.subscribe((state, before) => {
      this.inner.store.update(this.looks(state));
      if (state.pinned !== before.pinned) this.follow(selected(state));
    });
    this.inner.store.subscribe((state, before) => {
      this.inner.canvas.draw(state);
      if (state.step !== before.step) this.tell();
      if (state.pinned !== before.pinned) this.lead(selected(state));
    });
    this.inner.canvas.onRender(() => {
      this.link();
      this.tell();
    });
  }

  /** How the page looks; but gradients are the values here. */
  private looks({ show, theme, style, step }: State): Partial<State> {
    return { show: show === "gradient" ? "value" : show, theme, style, step };
  }

  /** The page that its features see. */
  private within(): Page {
    const { page, part } = this;
    const opened = new Set(part.opened);
    const { state } = page.store;
    const store = new Store({ ...state, ...this.looks(state), opened, pinned: [], edge: null, graphs: "forward" });
    const canvas = canvasOn(this.stage, part.document, page.constants, store.state);
    const slots = { ...page.slots, panel: this.panel };
    const past = new Past(store, canvas);
    const known = new KnownOfGradients(part, page.known);
    const inner = { ...page, graph: part.document, store, canvas, known, past, slots, commands: new Commands() };
    for (const install of [installChoosing, installPanel, installCards, installWalking, installMarks]) install(inner);
    listenToPointer(canvas);
    return inner;
  }

  show(forward: number | null): void {
    this.stage.hidden = false;
    this.inner.canvas.fit();
    this.follow(forward);
    this.tell();
  }

  hide(): void {
    this.stage.hidden = true;
    this.panel.hidden = true;
  }

  showPanel(visible: boolean): void {
    this.panel.hidden = !visible;
  }

  /** What is chosen in the forward graph is shown here. */
  private follow(forward: number | null): void {
    if (this.following || this.stage.hidden) return;
    this.following = true;
    const [own] = forward === null ? [] : this.linked(forward);
    if (own === undefined) this.inner.store.update({ pinned: [], edge: null });
    else {
      openAround(this.inner, own);
      pin(this.inner, own);
      const shape = this.inner.canvas.showing(own); // a constant has no box
      if (shape) this.inner.canvas.center(shape);
    }
    this.link();
    this.following = false;
  }

  /** What is chosen here is shown in the forward graph. */
  private lead(number: number | null): void {
    if (this.following || number === null) return;
    const { links, values } = this.part;
    const found =
      links.find(({ backward }) => backward[0] === number) ??
      links.find(({ backward }) => backward.includes(number)) ??
      values.find(({ backward }) => backward === number);
    if (!found) return;
    this.following = true;
    pin(this.page, found.forward);
    const shape = this.page.canvas.showing(found.forward);
    if (shape && this.page.store.state.graphs === "beside") this.page.canvas.reveal(shape);
    this.link();
    this.following = false;
  }

  /** The gradient of a forward variable, then what else it is computed with. */
  private linked(forward: number): number[] {
    return this.part.links.find((each) => each.forward === forward)?.backward ?? [];
  }

  /** Of numbers no more than the steps have computed. */
  private tell(): void {
    const { canvas, graph, known } = this.inner;
    if (this.stage.hidden) return;
    this.withheld.restore();
    const caption = canvas.svg.querySelector(":scope > text.muted");
    if (caption && !graph.outputs.every((each) => known.value(each))) {
      this.withheld.write(caption, graph.caption.described.split(" · ")[0]!);
    }
    for (const shape of canvas.svg.querySelectorAll<SVGGElement>(".node, .closed.group")) {
      const { node, group } = shape.dataset;
      const members = node === undefined ? this.members[Number(group)]! : [Number(node)];
      if (members.every((each) => known.value(each))) continue;
      for (const text of shape.querySelectorAll(".number")) this.withheld.write(text, "–");
      if (node !== undefined) this.withheld.label(shape, spokenNode(graph.nodes[Number(node)]!, { value: false, gradient: null }));
    }
  }

  /** Mark all that belongs to the variable that is chosen in the forward graph. */
  private link(): void {
    const { canvas } = this.inner;
    const forward = selected(this.page.store.state);
    for (const each of canvas.svg.querySelectorAll(".linked")) each.classList.remove("linked");
    for (const number of forward === null ? [] : this.linked(forward)) canvas.showing(number)?.classList.add("linked");
  }
}
