// The rules that no compiler knows: who may import whom, one door per library, what a view may hold. Run by `npm run check`.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface Arquivo {
  /** From the top of the repository, with `/`. */
  path: string;
  text: string;
}

type Rule = (file: Arquivo) => string[];

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SKIP = new Set(['node_modules', '.git', 'dist', 'artefatos', 'vendor']);
const TEXT =
  /\.(ts|mjs|js|json|ejs|css|sql|md|html|yaml|yml|php|sh|conf|service)$|(^|\/)(\.env\.example|\.ci\/run)$/;

/** Every broken rule as `file: sentence`; an empty list when all is well. */
export function violations(files: Arquivo[] = readFiles(ROOT)): string[] {
  return files.flatMap((file) =>
    RULES.flatMap((rule) => rule(file)).map((sentence) => `${file.path}: ${sentence}`),
  );
}

/** All text files of the repository that people write. */
export function readFiles(root: string): Arquivo[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .filter((name) => TEXT.test(name) && name !== 'package-lock.json')
    .filter((name) => !name.split('/').some((part) => SKIP.has(part) || part.startsWith('dist-demo')))
    .map((name) => ({ path: name, text: readFileSync(path.join(root, name), 'utf8') }));
}

// Which of our folders a folder of src may import, beside itself. `base` = the files directly in src.
const MAY_IMPORT: Record<string, readonly string[]> = {
  base: [],
  ixc: ['base'],
  teleclinica: ['base'],
  sync: ['ixc', 'teleclinica', 'base'],
  web: ['sync', 'ixc', 'base'],
  // The installer is a program of its own: it knows rights and schema, nothing of screens. Who packs knows the installer.
  instalar: ['sync', 'ixc', 'base'],
  pacote: ['instalar', 'base'],
  demo: ['web', 'sync', 'ixc', 'teleclinica', 'instalar', 'pacote', 'base'],
};
// They start the parts, so they know them all.
const STARTERS = new Set(['src/server.ts', 'src/doctor.ts', 'src/papeis.ts']);

const direction: Rule = (file) => {
  const from = folderOf(file.path);
  if (from === undefined) return [];
  return importsOf(file).flatMap((target) => {
    if (!target.startsWith('.')) return [];
    const resolved = path.posix.join(path.posix.dirname(file.path), target);
    const to = folderOf(resolved);
    if (to === undefined) return resolved.startsWith('test/') ? ['não pode importar testes'] : [];
    if (to === from || MAY_IMPORT[from]?.includes(to)) return [];
    if (STARTERS.has(file.path) && to !== 'demo') return [];
    return [`${from} não pode importar ${to} (${target})`];
  });
};

const DOORS: { library: RegExp; door: RegExp; name: string }[] = [
  { library: /^mysql2(\/|$)/, door: /^src\/db\.ts$/, name: 'mysql2 só em src/db.ts' },
  {
    library: /^axios(\/|$)/,
    door: /^src\/teleclinica\/http\.ts$/,
    name: 'axios só em src/teleclinica/http.ts',
  },
  { library: /^express(\/|$|-)/, door: /^src\/web\//, name: 'express só em src/web' },
  { library: /^ejs(\/|$)/, door: /^src\/web\//, name: 'ejs só em src/web' },
  {
    library: /^@fastify\/busboy(\/|$)/,
    door: /^src\/web\/envio\.ts$/,
    name: 'busboy só em src/web/envio.ts',
  },
  { library: /^hucre(\/|$)/, door: /^src\/web\//, name: 'hucre só em src/web' },
  {
    library: /^nodemailer(\/|$)/,
    door: /^src\/sync\/avisos\/email\.ts$/,
    name: 'nodemailer só em src/sync/avisos/email.ts',
  },
];

const doors: Rule = (file) => {
  const folder = folderOf(file.path);
  if (folder === undefined || folder === 'demo') return [];
  const libraries = importsOf(file);
  const wrong = DOORS.filter(
    ({ library, door }) => libraries.some((each) => library.test(each)) && !door.test(file.path),
  ).map(({ name }) => name);
  const reads = /\bprocess\s*(\?\.|\.)\s*env\b|\bprocess\s*\[/.test(file.text);
  return reads && file.path !== 'src/config.ts' ? [...wrong, 'process.env só em src/config.ts'] : wrong;
};

const SQL_WRITES =
  /\b(INSERT\s+(IGNORE\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|REPLACE\s+INTO|TRUNCATE|ALTER\s+TABLE|DROP\s+\w+|CREATE\s+\w+|LOAD\s+DATA|LOCK\s+TABLES?|GET_LOCK|INTO\s+(OUTFILE|DUMPFILE))\b/;
const SQL_LOCKS = /\bFOR\s+UPDATE\b|\bLOCK\s+IN\s+SHARE\s+MODE\b/i;

const ixcOnlyReads: Rule = ({ path: name, text }) => {
  if (!name.startsWith('src/ixc/')) return [];
  return [
    ...(SQL_WRITES.test(text) ? ['src/ixc não escreve no banco do IXC'] : []),
    ...(SQL_LOCKS.test(text) ? ['src/ixc não trava linhas do IXC'] : []),
  ];
};

// Unescaped output: another view, the body of the page, or a local shorthand for an include.
const RAW_ALLOWED = /^\s*(include\(|locals\.corpo\b|locals\.icone\(|it\.partes\b|campo\()/;
const IN_VIEWS: { pattern: RegExp; sentence: string }[] = [
  { pattern: /\bhx-on\b|\bhx-on:/, sentence: 'hx-on roda código na página' },
  { pattern: /["'\s(]js(cript)?:|javascript:/i, sentence: 'valores js: rodam código na página' },
  { pattern: /<style\b|\sstyle\s*=/i, sentence: 'estilo na página: use a folha de estilo' },
  { pattern: /<script\b(?![^>]*\ssrc=)/i, sentence: 'código na página: use um arquivo' },
  { pattern: /\son[a-z]+\s*=\s*["']/i, sentence: 'manipulador de evento na página' },
  { pattern: /hx-trigger\s*=\s*("[^"]*\[|'[^']*\[)/, sentence: 'filtro em hx-trigger roda código na página' },
];

const views: Rule = ({ path: name, text }) => {
  if (!name.endsWith('.ejs')) return [];
  const raw = [...text.matchAll(/<%-([^%]*)/g)].filter(([, code]) => !RAW_ALLOWED.test(code ?? ''));
  return [
    ...raw.map(([, code]) => `saída sem escape: <%-${code}`),
    ...IN_VIEWS.filter(({ pattern }) => pattern.test(text)).map(({ sentence }) => sentence),
  ];
};

// Names of the workshop, which mean nothing to who reads the project. In two pieces, so that this file passes its own rule.
const WORKSHOP = [
  ['../sha', 'red'],
  ['/wo', 'rk/'],
  ['/tmp/bu', 'ild'],
  ['Clau', 'de'],
  ['Anth', 'ropic'],
  ['Chat', 'GPT'],
  ['issues sh', 'ow'],
].map((pieces) => pieces.join(''));

const workshop: Rule = ({ text }) => {
  const found = WORKSHOP.filter((word) => text.toLowerCase().includes(word.toLowerCase()));
  return found.length === 0 ? [] : [`menciona a oficina: ${found.join(', ')}`];
};

const RULES: Rule[] = [direction, doors, ixcOnlyReads, views, workshop];

// `base` for a file directly in src; undefined outside src.
function folderOf(name: string): string | undefined {
  const [top, folder, ...rest] = name.split('/');
  if (top !== 'src' || folder === undefined) return undefined;
  return rest.length === 0 ? 'base' : folder;
}

function importsOf({ path: name, text }: Arquivo): string[] {
  if (!/\.(ts|mjs|js)$/.test(name)) return [];
  return [...text.matchAll(/\b(?:from|import|require)\s*\(?\s*['"`]([^'"`\n]+)['"`]/g)].map(
    ([, target]) => target ?? '',
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = violations();
  for (const each of found) console.error(each);
  process.exitCode = found.length > 0 ? 1 : 0;
}
