// Copying text: by the clipboard, by a selection where a frame may not use that, and by hand where nothing else is left.

import { button, element } from "./elements";

const SAID = 1500;

export function copyButton(words: string, title: string, text: string): HTMLButtonElement {
  const made = button(words, title, () => {
    void copied(text).then((done) => {
      if (!done) {
        offer(made, text);
        return;
      }
      made.textContent = "copied";
      setTimeout(() => {
        made.textContent = words;
      }, SAID);
    });
  });
  made.classList.add("copy");
  made.dataset["text"] = text;
  return made;
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text);
  }
}

function copiedBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = element("textarea", { class: "speech", readonly: true, "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}

/** The text itself, selected, in the place of the button. */
function offer(made: HTMLButtonElement, text: string): void {
  const field = element("input", { class: "offered", readonly: true, "aria-label": "to be copied", value: text });
  made.replaceWith(field);
  field.select();
}
