// What the reader has chosen, in the address, so that it outlives a reload.

export function chosen(name: string): string | null {
  return new URLSearchParams(location.hash.slice(1)).get(name);
}

export function choose(name: string, value: string | null): void {
  const all = new URLSearchParams(location.hash.slice(1));
  if (value === null) all.delete(name);
  else all.set(name, value);
  try {
    history.replaceState(null, "", `#${all}`);
  } catch {
    // a page within another one, which has no address of its own
  }
}
