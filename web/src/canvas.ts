// The picture on the page: drawn anew where groups open and close, larger and smaller, scrolled to what is looked at.

import type { Constants, GraphDocument } from "./document";
import { type Look, svgText } from "./svg";

const LARGEST = 4;
const SMALLEST = 0.1;
const LARGEST_AT_FIRST = 1.25;
const HEAD = 12; // above what is too high to be in the middle
const STILL = 4; // a pointer that moves less clicks

/** What the stage shows. */
export interface Place {
  scale: number;
  left: number;
  top: number;
}

export class Canvas {
  private scale = 1;
  private readonly rendered: (() => void)[] = [];

  /** `stage` scrolls, and holds the picture that Python has drawn. */
  constructor(
    readonly stage: HTMLElement,
    private readonly graph: GraphDocument,
    private readonly constants: Constants,
    private look: Look,
  ) {}

  get svg(): SVGSVGElement {
    return this.stage.querySelector<SVGSVGElement>("svg.chainrule")!;
  }

  /** Called whenever elements are new, and once now. */
  onRender(decorate: () => void): void {
    this.rendered.push(decorate);
    decorate();
  }

  /** The file that shows the same. */
  text(): string {
    return svgText(this.graph, this.constants, this.look);
  }

  draw(look: Look): void {
    const { opened, style, show, theme } = look;
    const before = this.look;
    this.look = { opened, style, show, theme };
    if (opened === before.opened && style === before.style && show === before.show && theme === before.theme) return;
    if (opened === before.opened && style === before.style && show === before.show) {
      this.svg.querySelector("style")!.textContent = this.constants.style_sheets[theme];
      return;
    }
    const { focused } = this;
    const { left, top } = this.place;
    const anchor = this.turned(before.opened, opened);
    const seen = anchor && this.find(anchor)!.getBoundingClientRect();
    this.svg.replaceWith(parsed(this.text()));
    this.resize();
    this.stage.scrollTo(left, top);
    if (anchor && seen) this.putBack(anchor, seen);
    for (const decorate of this.rendered) decorate();
    this.focus(focused && this.find(focused));
  }

  /** A visible group that opens or closes, by its name. */
  private turned(before: ReadonlySet<number>, now: ReadonlySet<number>): string | null {
    const groups = [...now].filter((group) => !before.has(group)).concat([...before].filter((group) => !now.has(group)));
    const group = groups.find((each) => this.find(`g${each}`));
    return group === undefined ? null : `g${group}`;
  }

  /** Scroll so that an element is where the reader has seen it. */
  private putBack(name: string, seen: DOMRect): void {
    const now = this.find(name)?.getBoundingClientRect();
    if (now) this.stage.scrollBy(now.left + now.width / 2 - seen.left - seen.width / 2, now.top - seen.top);
  }

  /** Which shape has the focus, by its name. */
  get focused(): string | null {
    const { activeElement } = document;
    return this.stage.contains(activeElement) ? (activeElement!.closest("g[id]")?.id ?? null) : null;
  }

  focus(shape: SVGGElement | null | ""): void {
    if (shape) buttonOf(shape)?.focus({ preventScroll: true });
  }

  get place(): Place {
    const { scrollLeft, scrollTop } = this.stage;
    return { scale: this.scale, left: scrollLeft, top: scrollTop };
  }

  goTo({ scale, left, top }: Place): void {
    this.scale = scale;
    this.resize();
    this.stage.scrollTo(left, top);
  }

  /** An element of the picture by its name: "n7", "e7-1", "g3". */
  find(name: string): SVGGElement | null {
    return this.svg.querySelector<SVGGElement>(`[id="${name}"]`);
  }

  /** The element that shows a variable: itself, or the closed group around it. */
  showing(number: number): SVGGElement | null {
    const own = this.find(`n${number}`);
    if (own) return own;
    for (let group: number | null = this.graph.nodes[number]!.group; group !== null && group >= 0; ) {
      const box = this.find(`g${group}`);
      if (box) return box;
      group = this.graph.groups[group]!.parent;
    }
    return null;
  }

  /** As large as the stage allows, but never with letters too small to be read: then the results are in sight. */
  fit(): void {
    const { width, height } = this.svg.viewBox.baseVal;
    const { clientWidth, clientHeight } = this.stage;
    this.scale = Math.min(LARGEST_AT_FIRST, Math.max(1, Math.min(clientWidth / width, clientHeight / height)));
    this.resize();
    const results = this.graph.outputs.map((number) => this.showing(number)).find((each) => each !== null);
    if (results) this.center(results);
  }

  /** Whether all of the picture is in sight. */
  get isWhole(): boolean {
    const { stage, svg } = this;
    return svg.clientWidth <= stage.clientWidth && svg.clientHeight <= stage.clientHeight;
  }

  zoom(factor: number): void {
    const { stage } = this;
    const scale = Math.min(LARGEST, Math.max(SMALLEST, this.scale * factor));
    const ratio = scale / this.scale;
    const middle = [stage.scrollLeft + stage.clientWidth / 2, stage.scrollTop + stage.clientHeight / 2] as const;
    this.scale = scale;
    this.resize();
    stage.scrollTo(middle[0] * ratio - stage.clientWidth / 2, middle[1] * ratio - stage.clientHeight / 2);
  }

  center(shape: Element): void {
    const { stage } = this;
    const [box, frame] = [shape.getBoundingClientRect(), stage.getBoundingClientRect()];
    stage.scrollBy(
      box.left + box.width / 2 - frame.left - frame.width / 2,
      box.top + box.height / 2 - frame.top - frame.height / 2,
    );
  }

  /** Scroll no more than is needed. */
  reveal(shape: Element): void {
    const [box, frame] = [shape.getBoundingClientRect(), this.stage.getBoundingClientRect()];
    const inside = box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
    if (inside) return;
    if (box.height < frame.height) this.center(shape);
    else this.stage.scrollBy(box.left + box.width / 2 - frame.left - frame.width / 2, box.top - frame.top - HEAD);
  }

  resize(): void {
    const { svg } = this;
    const { width, height } = svg.viewBox.baseVal;
    svg.style.width = `${width * this.scale}px`;
    svg.style.height = `${height * this.scale}px`;
  }
}

/** A canvas on an empty stage. */
export function canvasOn(stage: HTMLElement, graph: GraphDocument, constants: Constants, look: Look): Canvas {
  stage.replaceChildren(parsed(svgText(graph, constants, look)));
  const canvas = new Canvas(stage, graph, constants, look);
  canvas.resize();
  return canvas;
}

function parsed(svg: string): Node {
  return document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
}

/** What of a shape is a button: its outline, so that the words in it are not its name but for eyes. */
export function buttonOf(shape: SVGGElement): SVGElement | null {
  return [...shape.querySelectorAll<SVGElement>(":scope > .body")].at(-1) ?? null;
}

/** Dragging the ground moves the picture, and the wheel with Ctrl makes it larger. */
export function listenToPointer(canvas: Canvas): void {
  const { stage } = canvas;
  let from: { x: number; y: number; left: number; top: number } | null = null;
  let moved = false;
  stage.addEventListener("pointerdown", (event) => {
    const onShape = (event.target as Element).closest(".node, .group, .edge, .open");
    if (event.button !== 0 || (onShape && !onShape.classList.contains("open"))) return;
    from = { x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop };
    moved = false;
  });
  stage.addEventListener("pointermove", (event) => {
    if (!from || !(event.buttons & 1)) return;
    moved ||= Math.hypot(event.clientX - from.x, event.clientY - from.y) > STILL;
    stage.scrollTo(from.left + from.x - event.clientX, from.top + from.y - event.clientY);
  });
  window.addEventListener("pointerup", () => {
    from = null;
  });
  stage.addEventListener(
    "click",
    (event) => {
      if (moved) event.stopPropagation();
      moved = false;
    },
    true,
  );
  stage.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      canvas.zoom(Math.exp(-event.deltaY / 300));
    },
    { passive: false },
  );
}
