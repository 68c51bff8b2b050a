// The keys of this installation: made once, never replaced. What APP_KEY closed only it opens.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { type Acao, ensureFile, type Passo } from '../acoes.ts';
import type { Obra } from '../obra.ts';
import { groupId } from './grupo.ts';

export const chaves: Passo = {
  nome: 'chaves',
  plan(obra) {
    const { appKey, launchPrivada, launchSegredo } = obra.lugares;
    const shared = obra.respostas.php_assinatura === 'HS256';
    const launch = shared
      ? makeUnlessThere(launchSegredo, () => makeSharedKey(obra))
      : [...makeUnlessThere(launchPrivada, () => makeLaunchKeys(obra)), ...dropSharedKey(obra)];
    return [...makeUnlessThere(appKey, () => makeAppKey(obra)), ...launch];
  },
};

const makeUnlessThere = (file: string, make: () => Acao[]): Acao[] => (existsSync(file) ? [] : make());

const makeAppKey = (obra: Obra): Acao[] =>
  ensureFile(obra, {
    caminho: obra.lugares.appKey,
    conteudo: `${randomBytes(32).toString('base64')}\n`,
    modo: 0o400,
    dado: true,
    para: 'fecha as senhas guardadas; faça uma cópia dela',
  });

// PHP signs, so it must read the private half; the server that is reached from outside holds the public one alone.
function makeLaunchKeys(obra: Obra): Acao[] {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { launchPrivada, launchPublica } = obra.lugares;
  return [
    ...ensureFile(obra, {
      caminho: launchPublica,
      conteudo: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      modo: 0o444,
      dado: true,
      para: 'confere os lançamentos',
    }),
    ...ensureFile(obra, {
      caminho: launchPrivada,
      conteudo: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      modo: 0o440,
      grupo: groupId(obra.respostas.php_grupo),
      dado: true,
      para: `assina os lançamentos; só o grupo ${obra.respostas.php_grupo} lê`,
    }),
  ];
}

// For a PHP without libsodium: one secret for both, so the server holds what signs as well.
const makeSharedKey = (obra: Obra): Acao[] =>
  ensureFile(obra, {
    caminho: obra.lugares.launchSegredo,
    conteudo: `${randomBytes(32).toString('base64')}\n`,
    modo: 0o440,
    grupo: groupId(obra.respostas.php_grupo),
    dado: true,
    para: `assina e confere os lançamentos; só o grupo ${obra.respostas.php_grupo} lê`,
  });

// Its being there is what makes the server ask for it (ambiente.ts).
function dropSharedKey(obra: Obra): Acao[] {
  const item = obra.livro.find('arquivo', obra.lugares.launchSegredo);
  if (item === undefined) return [];
  return [
    {
      texto: `apagar ${item.caminho} (agora a ponte assina com Ed25519)`,
      apply() {
        rmSync(item.caminho, { force: true });
        obra.livro.drop(item);
      },
    },
  ];
}
