// Puts the plugin into the PHP stand-in as an installation does: bridge, key and configuration in a folder, the web server's snippets.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FILES = ['plugin/ixc/ponte.php', 'plugin/ixc/botoes.js', 'plugin/ixc/lancar.js', 'manifest.json'];

/** Where visitors find the bridge. */
export const PONTE = '/addons/tele-clinica-ixc';

export type ChaveDeLancamento = { algoritmo: 'EdDSA' | 'HS256'; texto: string };

export interface Ponte {
  folder: string;
  origens: string[];
  /** BASE_PATH, or the plugin's whole address when it has an origin of its own. */
  plugin: string;
  /** Private: PEM, or the shared secret in base64. */
  chave: ChaveDeLancamento;
  seletores?: string;
}

/** Writes the folder of the bridge; `own` is told of every file that only the web server's user may read. */
export function installPonte(
  { folder, origens, plugin, chave, seletores }: Ponte,
  own: (file: string) => void,
): void {
  mkdirSync(folder, { recursive: true });
  for (const file of FILES) copyFileSync(path.join(ROOT, file), path.join(folder, path.basename(file)));
  writeFileSync(
    path.join(folder, 'seletores.json'),
    seletores ?? readFileSync(path.join(ROOT, 'plugin/ixc/seletores.json')),
  );
  const key = path.join(folder, 'lancamento.key');
  writeFileSync(key, chave.texto, { mode: 0o400 });
  own(key);
  writeFileSync(
    path.join(folder, 'configuracao.php'),
    `<?php
return [
    'sessao_nome' => 'IXC_Session',
    'sessao_chave' => 'usuario.id',
    'origens' => [${origens.map(phpText).join(', ')}],
    'plugin' => ${phpText(plugin)},
    'algoritmo' => ${phpText(chave.algoritmo)},
    'chave' => ${phpText(key)},
];
`,
  );
}

/** `plugin/servidor/<name>` with its `{{NAME}}`s replaced. @throws when a value is missing. */
export function fillSnippet(name: string, values: Record<string, string>): string {
  const text = readFileSync(path.join(ROOT, 'plugin/servidor', name), 'utf8');
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_all, key: string) => {
    const value = values[key];
    if (value === undefined) throw new Error(`plugin/servidor/${name}: no value for {{${key}}}`);
    return value;
  });
}

const phpText = (value: string) => `'${value.replaceAll(/['\\]/g, '\\$&')}'`;
