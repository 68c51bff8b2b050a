// How the installer talks: lines on the screen, one question, and refusals that say what to do.
import { createInterface } from 'node:readline/promises';

/** Something stands in the way: what, and what to do about it. Nothing was changed unless it says so. */
export class Recusa extends Error {
  readonly conserto: string;
  constructor(message: string, conserto: string) {
    super(message);
    this.conserto = conserto;
  }
}

export const say = (text = ''): void => void process.stdout.write(`${text}\n`);

/** Asks and answers what was typed, or `fallback` for an empty line. Without a terminal there is nobody to ask. */
export async function ask(question: string, fallback = ''): Promise<string> {
  if (!process.stdin.isTTY)
    throw new Recusa(`Sem terminal para perguntar: ${question}`, 'Use --respostas arquivo e --sim.');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const typed = await terminal.question(`${question}${fallback === '' ? '' : ` [${fallback}]`}: `);
    return typed.trim() || fallback;
  } finally {
    terminal.close();
  }
}

/** True for a plain yes. */
export const agrees = async (question: string): Promise<boolean> =>
  /^s(im)?$/i.test(await ask(`${question} (sim/não)`, 'não'));
