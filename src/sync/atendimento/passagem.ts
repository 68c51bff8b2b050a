// A door that lets so many through at once; the others wait in the order they came.

export interface Passagem {
  /** Waits for a place; call what it answers to give the place back. */
  enter(): Promise<() => void>;
}

/** A door for `places` at a time, within this process. */
export function createPassagem(places: number): Passagem {
  let inside = 0;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) inside -= 1;
    else next();
  };
  return {
    async enter() {
      if (inside < places) inside += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return leave;
    },
  };
}
