// `tele-clinica atualizar`: the installed, trusted version judges the new one, brings it up, and takes it back when it fails.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeFolders } from './acoes.ts';
import { messageOf } from './banco.ts';
import { backUp } from './copia.ts';
import { agrees, Recusa, say } from './fala.ts';
import { grownColumns, readManifest } from './manifesto.ts';
import { homeOf, type Obra, releaseOf } from './obra.ts';
import { findFreePort } from './porta.ts';
import { rehearse, waitReady } from './saude.ts';
import { createServico } from './servico.ts';
import { ASSINATURA, CHAVE_PUBLICA, checkTree, hashOf, SOMAS } from './somas.ts';
import { discard, goBack, liftPause, pause, withOwn } from './volta.ts';

interface Opcoes {
  sim: boolean;
  /** Agreed beforehand to rights that grow. */
  aceitaDireitos: boolean;
}

/** @throws Recusa; when anything had been changed, it is back as it was and the message says so. */
export async function upgrade(obra: Obra, archive: string, opcoes: Opcoes): Promise<void> {
  const nova = unpack(obra, archive);
  if (nova.release === obra.release) return say('Esta versão já é a instalada.');
  try {
    await consent(obra, nova, opcoes);
  } catch (error) {
    discard(obra, nova.release);
    throw error;
  }
  const copia = path.join(obra.lugares.copias, `${stamp()}-${obra.manifesto.version}.sql.gz`);
  const antes = obra.livro.itens.map(({ caminho }) => caminho);
  pause(obra);
  const inicio = { pid: process.pid, de: obra.release, para: nova.release, copia, copiado: false, antes };
  obra.livro.mark(inicio);
  await createServico(obra).stop();
  try {
    await keepCopy(obra, copia);
    obra.livro.mark({ ...inicio, copiado: true });
    obra.livro.put({
      tipo: 'arvore',
      caminho: nova.release,
      sha256: sumsOf(nova.release),
      versao: nova.manifesto.version,
    });
    await bringUp(obra, nova);
    obra.livro.reload();
    obra.livro.mark(undefined);
    liftPause(obra);
  } catch (error) {
    say(`falha  ${messageOf(error)}\n       voltando à ${obra.manifesto.version}…`);
    await goBack(obra);
    throw new Recusa(
      `A atualização para ${nova.manifesto.version} falhou e foi desfeita: a ${obra.manifesto.version} está no ar, com os dados de antes.`,
      'Nenhum pedido se perdeu. Mande a mensagem acima a quem fez o plugin.',
    );
  }
  forgetOlder(obra, nova);
  say(`\nPronto: ${obra.manifesto.version} → ${nova.manifesto.version}. Cópia do banco de antes: ${copia}`);
  say('Uma prévia foi pedida, e a primeira varredura só sugere: veja em Lotes antes de aprovar.');
}

/** The archive in its place among the versions, verified; none of it has run. */
function unpack(obra: Obra, archive: string): Obra {
  if (!existsSync(archive)) throw new Recusa(`${archive} não existe.`, 'Confira o caminho do pacote.');
  const folder = mkdtempSync(path.join(obra.lugares.versoes, '.nova-'));
  try {
    const tar = spawnSync('tar', ['-xzf', path.resolve(archive), '-C', folder, '--no-same-owner'], {
      encoding: 'utf8',
    });
    const [top] = readdirSync(folder);
    if (tar.status !== 0 || top === undefined)
      throw new Recusa(`${archive} não é um pacote: ${tar.stderr.trim()}`, 'Copie-o de novo.');
    const tree = path.join(folder, top);
    const wrong = checkTree(tree, readFileSync(path.join(obra.release, CHAVE_PUBLICA), 'utf8'));
    if (wrong.length > 0)
      throw new Recusa(
        `O pacote foi recusado: ${wrong.slice(0, 3).join('; ')}.`,
        'Use o arquivo que veio de quem fez o plugin. Nada foi mudado.',
      );
    say(`ok     pacote: ${ASSINATURA} confere com a chave da versão instalada, e cada arquivo com ${SOMAS}`);
    const home = homeOf(obra.lugares, readManifest(tree).version, sumsOf(tree));
    if (!existsSync(home)) renameSync(tree, home);
    chmodSync(home, 0o755);
    return { ...obra, ...releaseOf(home) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const sumsOf = (tree: string): string => hashOf(readFileSync(path.join(tree, SOMAS)));

async function consent(obra: Obra, nova: Obra, { sim, aceitaDireitos }: Opcoes): Promise<void> {
  say(
    `\nDe ${obra.manifesto.version} para ${nova.manifesto.version}: parar os envios e o serviço, copiar o banco do plugin,`,
  );
  say('trocar o programa, ensaiar, iniciar e conferir. Se algo falhar, tudo volta sozinho ao que era.');
  const more = grownColumns(obra.manifesto, nova.manifesto);
  if (more.length > 0) {
    say(
      `\nEsta versão lê MAIS do IXC do que a instalada:\n${more.map((column) => `  - ${column}`).join('\n')}`,
    );
    if (!aceitaDireitos && (sim || !(await agrees('Aceita dar estes direitos?'))))
      throw new Recusa(
        'Os direitos novos não foram aceitos. Nada foi mudado.',
        'Para aceitar: --aceitar-direitos.',
      );
  }
  if (!sim && !(await agrees('\nAtualizar agora?')))
    throw new Recusa('Nada foi feito.', 'Rode de novo quando quiser.');
}

async function keepCopy(obra: Obra, copia: string): Promise<void> {
  makeFolders(obra, obra.lugares.copias, 0o700);
  obra.livro.put({ tipo: 'arquivo', caminho: copia, sha256: '', dado: true });
  await withOwn(obra, (banco) => backUp(banco, copia));
  obra.livro.put({ tipo: 'arquivo', caminho: copia, sha256: hashOf(readFileSync(copia)), dado: true });
  say(`ok     cópia do banco: ${copia}`);
}

// Files, rights and schema are the new version's business: its own installer does its own steps.
async function bringUp(obra: Obra, nova: Obra): Promise<void> {
  const run = spawnSync(
    path.join(nova.release, 'node/bin/node'),
    [path.join(nova.release, 'dist/instalar/main.js'), 'aplicar', ...(obra.systemd ? [] : ['--sem-systemd'])],
    {
      stdio: ['ignore', 'inherit', 'pipe'],
      encoding: 'utf8',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...adminOf(obra) },
    },
  );
  if (run.status !== 0)
    throw new Error(`a versão nova não conseguiu se instalar: ${run.stderr.trim().slice(-500)}`);
  await rehearse(nova, await findFreePort());
  say('ok     ensaio: a versão nova respondeu pronta, ainda sem receber ninguém');
  const servico = createServico(nova);
  await servico.start();
  await waitReady(nova, { gaveUp: () => !nova.systemd && !servico.running(), log: servico.log });
}

// Handed over in the environment: a command line is seen by everybody on the machine.
const adminOf = ({ respostas }: Obra) => ({
  TELECLINICA_ADMIN: JSON.stringify({ banco_admin: respostas.banco_admin, ixc_admin: respostas.ixc_admin }),
});

// The version before stays on disk; those before it go.
function forgetOlder(obra: Obra, nova: Obra): void {
  for (const item of obra.livro.itens.filter(({ tipo }) => tipo === 'arvore')) {
    if (item.caminho === nova.release || item.caminho === obra.release) continue;
    rmSync(item.caminho, { recursive: true, force: true });
    obra.livro.drop(item);
  }
}

const stamp = (): string => new Date().toISOString().replaceAll(/[-:]|\..*/g, '');
