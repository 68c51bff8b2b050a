// The release in its own folder, beside earlier ones, and the link that says which one runs.
import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Acao, ensureLink, makeFolders, type Passo } from '../acoes.ts';
import { homeOf, type Obra } from '../obra.ts';
import { hashOf, SOMAS } from '../somas.ts';

/** Where the release of this run lives once installed. */
export function homeOfRelease({ lugares, manifesto, release }: Obra): string {
  return homeOf(lugares, manifesto.version, hashOf(readFileSync(path.join(release, SOMAS))));
}

export const programa: Passo = {
  nome: 'programa',
  plan(obra) {
    const home = homeOfRelease(obra);
    const { lugares } = obra;
    return [
      ...copy(obra, home),
      ...ensureLink(obra, lugares.atual, home, 'a versão em uso'),
      ...ensureLink(
        obra,
        lugares.comando,
        path.join(lugares.atual, 'plugin/instalar'),
        'o comando tele-clinica',
      ),
    ];
  },
};

function copy(obra: Obra, home: string): Acao[] {
  if (existsSync(home)) return [];
  const sha256 = hashOf(readFileSync(path.join(obra.release, SOMAS)));
  return [
    {
      texto: `copiar o programa, com o Node dele, para ${home}`,
      apply() {
        makeFolders(obra, path.dirname(home));
        obra.livro.put({ tipo: 'arvore', caminho: home, sha256, versao: obra.manifesto.version });
        // Under its name only when it is whole: half a copy would pass for the program at the next run.
        const half = `${home}.novo`;
        rmSync(half, { recursive: true, force: true });
        cpSync(obra.release, half, { recursive: true });
        chmodSync(half, 0o755);
        renameSync(half, home);
      },
    },
  ];
}
