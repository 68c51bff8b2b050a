// The few things that a step may do to the machine; each knows whether it is done already and writes itself into the ledger.
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Recusa } from './fala.ts';
import type { Obra } from './obra.ts';
import { hashOf } from './somas.ts';

export interface Acao {
  /** What it will do, for whoever must agree. */
  texto: string;
  apply(): void | Promise<void>;
}

/** A part of the installation. It plans only what is not yet so: planned twice in a row, the second plan is empty. */
export interface Passo {
  nome: string;
  plan(obra: Obra): Acao[] | Promise<Acao[]>;
}

export interface Arquivo {
  caminho: string;
  conteudo: string;
  modo: number;
  /** Group id that may read it; default: that of whoever installs. */
  grupo?: number | undefined;
  dado?: boolean;
  /** What it is for, in a few words. */
  para: string;
}

/** A file with exactly this content and these rights. @throws Recusa when somebody else's file is in the place. */
export function ensureFile(obra: Obra, arquivo: Arquivo): Acao[] {
  const { caminho, conteudo, modo, grupo, dado, para } = arquivo;
  const known = obra.livro.find('arquivo', caminho);
  if (existsSync(caminho)) {
    if (!known) throw notOurs(caminho);
    const { mode, gid } = statSync(caminho);
    const right = (mode & 0o7777) === modo && (grupo === undefined || gid === grupo);
    if (right && readFileSync(caminho, 'utf8') === conteudo) return [];
  }
  return [
    {
      texto: `${known ? 'atualizar' : 'criar'} ${caminho} (${para})`,
      apply() {
        makeFolders(obra, path.dirname(caminho));
        const text = {
          tipo: 'arquivo' as const,
          caminho,
          sha256: hashOf(conteudo),
          ...(dado ? { dado } : {}),
        };
        obra.livro.put(text);
        writeFileSync(`${caminho}.novo`, conteudo, { mode: 0o600 });
        if (grupo !== undefined) chownSync(`${caminho}.novo`, process.getuid?.() ?? 0, grupo);
        chmodSync(`${caminho}.novo`, modo);
        renameSync(`${caminho}.novo`, caminho);
      },
    },
  ];
}

/** A link to `alvo`; one that points elsewhere is turned in one step, so that there is always a program. */
export function ensureLink(obra: Obra, caminho: string, alvo: string, para: string): Acao[] {
  const present = linkOf(caminho);
  if (present === alvo) return [];
  if (present === undefined ? existsSync(caminho) : !obra.livro.find('ligacao', caminho))
    throw notOurs(caminho);
  return [
    {
      texto: `ligar ${caminho} → ${alvo} (${para})`,
      apply() {
        makeFolders(obra, path.dirname(caminho));
        obra.livro.put({ tipo: 'ligacao', caminho, alvo });
        rmSync(`${caminho}.novo`, { force: true });
        symlinkSync(alvo, `${caminho}.novo`);
        renameSync(`${caminho}.novo`, caminho);
      },
    },
  ];
}

/** One line of ours in a file of somebody else, right after the line number `after` (from 1). */
export function ensureLine(
  obra: Obra,
  caminho: string,
  linha: string,
  after: (text: string) => number,
): Acao[] {
  const text = readFileSync(caminho, 'utf8');
  if (text.split('\n').includes(linha)) return [];
  const at = after(text);
  return [
    {
      texto: `pôr uma linha em ${caminho}: ${linha.trim()}`,
      apply() {
        const lines = text.split('\n');
        lines.splice(at, 0, linha);
        const depois = lines.join('\n');
        obra.livro.put({ tipo: 'linha', caminho, linha, antes: hashOf(text), depois: hashOf(depois) });
        rewrite(caminho, depois);
      },
    },
  ];
}

/** Takes the line out again; true when it was there. Whatever else changed in the file stays. */
export function removeLine(caminho: string, linha: string): boolean {
  if (!existsSync(caminho)) return false;
  const lines = readFileSync(caminho, 'utf8').split('\n');
  const at = lines.indexOf(linha);
  if (at < 0) return false;
  lines.splice(at, 1);
  rewrite(caminho, lines.join('\n'));
  return true;
}

// Rewritten in place: the file keeps its owner, its rights and the links that point to it.
const rewrite = (caminho: string, text: string): void => writeFileSync(caminho, text);

/** Makes a folder and the missing ones above it, each an item of the ledger. */
export function makeFolders({ livro }: Pick<Obra, 'livro'>, caminho: string, modo = 0o755): void {
  const missing: string[] = [];
  for (let folder = caminho; !existsSync(folder); folder = path.dirname(folder)) missing.unshift(folder);
  // Writing the ledger makes its own folder, so that is there already when its turn comes.
  for (const folder of missing) livro.put({ tipo: 'pasta', caminho: folder });
  for (const folder of missing) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, modo);
  }
}

/** Where a link points; undefined when there is none. */
export function linkOf(caminho: string): string | undefined {
  try {
    return readlinkSync(caminho);
  } catch {
    return undefined;
  }
}

const notOurs = (caminho: string) =>
  new Recusa(
    `${caminho} já existe e não foi posto por este instalador.`,
    'Mude-o de lugar ou apague-o, e rode de novo.',
  );
