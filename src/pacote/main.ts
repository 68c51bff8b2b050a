// `npm run pack`: one signed archive that installs offline on a server with nothing but Linux and MariaDB.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { environment } from '../config.ts';
import { readManifest } from '../instalar/manifesto.ts';
import { hashOf } from '../instalar/somas.ts';
import { readKey, seal } from './lacre.ts';
import { assemble } from './montagem.ts';
import { ROOT } from './programa.ts';

const { values } = parseArgs({
  options: {
    saida: { type: 'string', default: path.join(ROOT, 'artefatos') },
    // `oficial` = Node from npm, pinned; `este` = the running one, for tests without a network.
    node: { type: 'string', default: 'oficial' },
    arquitetura: { type: 'string', default: process.arch },
    // Leaves the tree beside the archive.
    arvore: { type: 'boolean', default: false },
    nivel: { type: 'string', default: '9' },
  },
});

const keyFile = environment()['RELEASE_KEY_FILE'];
if (keyFile && !existsSync(keyFile))
  throw new Error(`RELEASE_KEY_FILE aponta para ${keyFile}, que não existe.`);
const name = `tele-clinica-${readManifest(ROOT).version}`;
mkdirSync(values.saida, { recursive: true });
const work = values.arvore ? values.saida : mkdtempSync(path.join(tmpdir(), 'tele-clinica-pacote-'));
const tree = path.join(work, name);
const archive = path.join(values.saida, `${name}-linux-${values.arquitetura}.tar.gz`);
rmSync(tree, { recursive: true, force: true });
mkdirSync(tree, { recursive: true });
try {
  assemble(tree, { node: values.node === 'este' ? 'este' : 'oficial', arquitetura: values.arquitetura });
  seal(tree, archive, readKey(keyFile), Number(values.nivel));
} finally {
  if (!values.arvore) rmSync(work, { recursive: true, force: true });
}
if (!keyFile)
  console.warn('Assinado com a chave de TESTE: para entregar a um cliente, use RELEASE_KEY_FILE.');
console.log(
  `${archive}  ${(statSync(archive).size / 1e6).toFixed(1)} MB  sha256 ${hashOf(readFileSync(archive))}`,
);
