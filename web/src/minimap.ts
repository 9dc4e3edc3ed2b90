// A small picture of the whole beside a picture that is larger than its stage: it shows which part is in sight, and leads
// elsewhere.

import { element, svgElement } from "./elements";
import type { Page } from "./page";

const WIDEST = 150;
const NARROWEST = 60;
const HIGHEST = 260;
const LOWEST = 60;

export function installMinimap({ canvas }: Page): void {
  const { stage } = canvas;
  const map = svgElement("svg", { "aria-hidden": "true", preserveAspectRatio: "none" });
  const holder = element("div", { class: "minimap", hidden: true });
  holder.append(map);
  stage.parentElement!.append(holder);
  const inSight = svgElement("rect", { class: "in-sight" });

  const look = (): void => {
    const { svg, place } = canvas;
    const isLarger = svg.clientWidth > stage.clientWidth + 1 || svg.clientHeight > stage.clientHeight + 1;
    holder.hidden = !isLarger;
    if (!isLarger) return;
    const { width, height } = svg.viewBox.baseVal;
    const x = place.left / place.scale;
    const y = place.top / place.scale;
    setAll(inSight, {
      x,
      y,
      width: Math.min(width - x, stage.clientWidth / place.scale),
      height: Math.min(height - y, stage.clientHeight / place.scale),
    });
  };

  const draw = (): void => {
    const { svg } = canvas;
    const { width, height } = svg.viewBox.baseVal;
    const scale = Math.min(WIDEST / width, HIGHEST / height);
    holder.style.width = `${Math.max(NARROWEST, width * scale)}px`;
    holder.style.height = `${Math.max(LOWEST, height * scale)}px`;
    map.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const inner = svg.querySelector<SVGGElement>(":scope > g[transform]")!;
    const shapes = [...inner.querySelectorAll<SVGGraphicsElement>(".open > .body, .node > .body, .group > .body")].map((body) => {
      const { x, y, width, height } = body.getBBox();
      const kind = body.parentElement!.classList;
      const role = ["open", "closed", "input", "parameter", "output"].find((each) => kind.contains(each)) ?? "box";
      const flagged = body.parentElement!.querySelector(":scope > .flag:not(.note)") ? " flagged" : "";
      return svgElement("rect", { class: role + flagged, x, y, width, height });
    });
    const group = svgElement("g", { transform: inner.getAttribute("transform") }, ...shapes);
    map.replaceChildren(group, inSight);
    look();
  };

  const lead = (event: PointerEvent): void => {
    const box = map.getBoundingClientRect();
    const { svg } = canvas;
    const x = ((event.clientX - box.left) / box.width) * svg.clientWidth;
    const y = ((event.clientY - box.top) / box.height) * svg.clientHeight;
    stage.scrollTo(x - stage.clientWidth / 2, y - stage.clientHeight / 2);
  };
  holder.addEventListener("pointerdown", (event) => {
    holder.setPointerCapture(event.pointerId);
    lead(event);
  });
  holder.addEventListener("pointermove", (event) => {
    if (event.buttons & 1) lead(event);
  });

  stage.addEventListener("scroll", look, { passive: true });
  const sizes = new ResizeObserver(look);
  sizes.observe(stage);
  canvas.onRender(() => {
    draw();
    sizes.observe(canvas.svg);
  });
}

function setAll(made: Element, attributes: Record<string, number>): void {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
}
