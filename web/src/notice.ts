// A word to the reader at the lower edge of the picture, gone after a while.

import { element } from "./elements";

const WHILE = 6000;

export function noticeIn(stage: HTMLElement, speech: HTMLElement): (text: string) => void {
  const bubble = stage.parentElement!.appendChild(element("div", { class: "notice", hidden: true }));
  let timer = 0;
  return (text) => {
    bubble.textContent = speech.textContent = text;
    bubble.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => {
      bubble.hidden = true;
    }, WHILE);
  };
}
