// The ledger: every file, folder, link and line that the installation added, so that removing takes exactly these.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const Item = z.discriminatedUnion('tipo', [
  z.object({ tipo: z.literal('pasta'), caminho: z.string() }),
  // `dado`: what opens or holds data; it stays until somebody says that data goes too.
  z.object({
    tipo: z.literal('arquivo'),
    caminho: z.string(),
    sha256: z.string(),
    dado: z.boolean().optional(),
  }),
  // A release: its own SHA256SUMS lists the files, `sha256` is the hash of that list.
  z.object({ tipo: z.literal('arvore'), caminho: z.string(), sha256: z.string(), versao: z.string() }),
  z.object({ tipo: z.literal('ligacao'), caminho: z.string(), alvo: z.string() }),
  // One line in a file of somebody else, with that file's hash before and after.
  z.object({
    tipo: z.literal('linha'),
    caminho: z.string(),
    linha: z.string(),
    antes: z.string(),
    depois: z.string(),
  }),
  z.object({ tipo: z.literal('unidade'), caminho: z.string() }),
  // Accounts and schema in MariaDB. `caminho` names them.
  z.object({
    tipo: z.literal('banco'),
    caminho: z.string(),
    desfazer: z.array(z.string()),
    dado: z.boolean().optional(),
  }),
]);
export type Item = z.output<typeof Item>;

// An upgrade that has begun and not ended: what it takes to go back, whoever goes on after a power cut.
const Atualizacao = z.object({
  /** The installer that is at it; when it is gone the upgrade was cut off. */
  pid: z.number(),
  de: z.string(),
  para: z.string(),
  copia: z.string(),
  /** Is the copy complete? Before it is, nothing of the schema was touched. */
  copiado: z.boolean(),
  /** Places of everything that was there before. */
  antes: z.array(z.string()),
});
export type Atualizacao = z.output<typeof Atualizacao>;

const Conteudo = z.object({
  formato: z.literal(1),
  versao: z.string(),
  instalado_em: z.string(),
  respostas: z.record(z.string(), z.string()),
  itens: z.array(Item),
  atualizacao: Atualizacao.optional(),
});

export interface Livro {
  versao: string;
  respostas: Record<string, string>;
  readonly itens: readonly Item[];
  readonly atualizacao: Atualizacao | undefined;
  /** Writes down how far an upgrade is; undefined = it has ended. */
  mark(atualizacao: Atualizacao | undefined): void;
  find(tipo: Item['tipo'], caminho: string): Item | undefined;
  /** Adds or replaces, and saves. */
  put(item: Item): void;
  drop(item: Item): void;
  save(): void;
  /** Reads the file again: another process wrote into it. */
  reload(): void;
}

const read = (file: string): z.output<typeof Conteudo> =>
  existsSync(file)
    ? Conteudo.parse(JSON.parse(readFileSync(file, 'utf8')))
    : { formato: 1, versao: '', instalado_em: new Date().toISOString(), respostas: {}, itens: [] };

/** Opens the ledger in `file`, or begins an empty one that is written with its first item. */
export function openLivro(file: string): Livro {
  let stored = read(file);
  const same = (a: Item, b: Pick<Item, 'tipo' | 'caminho'>) => a.tipo === b.tipo && a.caminho === b.caminho;
  const livro: Livro = {
    versao: stored.versao,
    respostas: stored.respostas,
    get itens() {
      return stored.itens;
    },
    get atualizacao() {
      return stored.atualizacao;
    },
    mark(atualizacao) {
      stored = { ...stored, atualizacao };
      livro.save();
    },
    find: (tipo, caminho) => stored.itens.find((item) => same(item, { tipo, caminho })),
    put(item) {
      const at = stored.itens.findIndex((each) => same(each, item));
      if (at < 0) stored.itens.push(item);
      else stored.itens[at] = item;
      livro.save();
    },
    drop(item) {
      stored.itens = stored.itens.filter((each) => !same(each, item));
      livro.save();
    },
    save() {
      mkdirSync(path.dirname(file), { recursive: true });
      const text = JSON.stringify({ ...stored, versao: livro.versao, respostas: livro.respostas }, null, 2);
      // On the disk before what it announces is done: a power cut may come at any moment.
      writeFileSync(`${file}.novo`, `${text}\n`, { mode: 0o600, flush: true });
      renameSync(`${file}.novo`, file);
    },
    reload() {
      stored = read(file);
      livro.versao = stored.versao;
      livro.respostas = stored.respostas;
    },
  };
  return livro;
}
