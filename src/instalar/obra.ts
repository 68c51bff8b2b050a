// One run of the installer: where things go, what was answered, what was done before.
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { type Livro, openLivro } from './livro.ts';
import { type Manifesto, readManifest } from './manifesto.ts';
import type { Respostas } from './respostas.ts';

/** Every place that the installation uses. `raiz` stands before all of them: empty, except in a trial. */
export type Lugares = ReturnType<typeof placesIn>;

export function placesIn(raiz: string) {
  const at = (place: string) => `${raiz}${place}`;
  return {
    raiz,
    programa: at('/opt/tele-clinica'),
    versoes: at('/opt/tele-clinica/versoes'),
    atual: at('/opt/tele-clinica/atual'),
    ponte: at('/opt/tele-clinica/ponte'),
    comando: at('/usr/local/sbin/tele-clinica'),
    configuracao: at('/etc/tele-clinica'),
    ambiente: at('/etc/tele-clinica/ambiente'),
    seletores: at('/etc/tele-clinica/seletores.json'),
    appKey: at('/etc/tele-clinica/chaves/app.key'),
    launchPublica: at('/etc/tele-clinica/chaves/lancamento-publica.pem'),
    launchPrivada: at('/etc/tele-clinica/chaves/lancamento-privada.pem'),
    estado: at('/var/lib/tele-clinica'),
    livro: at('/var/lib/tele-clinica/livro.json'),
    copias: at('/var/lib/tele-clinica/copias'),
    pausa: at('/var/lib/tele-clinica/parado'),
    processos: at('/var/lib/tele-clinica/processos.json'),
    registro: at('/var/lib/tele-clinica/registro.log'),
    unidades: at('/etc/systemd/system'),
    nginx: at('/etc/nginx'),
    apache: at('/etc/apache2'),
  };
}

/** The release whose program was started: its own folder, also where that program is only a door to code elsewhere. */
export const RELEASE = path.resolve(path.dirname(realpathSync(process.argv[1] ?? '.')), '../..');

/** An installed release knows the root below which it was installed; elsewhere it is that of the machine. */
export function rootOf(release: string): string {
  return /^(.*)\/opt\/tele-clinica\/versoes\/[^/]+$/.exec(release)?.[1] ?? '';
}

export interface Obra {
  respostas: Respostas;
  lugares: Lugares;
  livro: Livro;
  /** The tree being installed, and its manifest. */
  release: string;
  manifesto: Manifesto;
  systemd: boolean;
  /** Passwords of the two accounts: those in force, or new ones. */
  senhas: { nosso: string; ixc: string };
}

export const openLedger = (lugares: Lugares): Livro => openLivro(lugares.livro);

/** Whether something of ours is installed there. */
export const isInstalled = (lugares: Lugares): boolean => existsSync(lugares.atual);

export const releaseOf = (root: string): { release: string; manifesto: Manifesto } => ({
  release: root,
  manifesto: readManifest(root),
});

/** Where `release` lives once it is installed: its version, and the hash of its list so that two builds do not mix. */
export const homeOf = (lugares: Lugares, versao: string, sums: string): string =>
  path.join(lugares.versoes, `${versao}-${sums.slice(0, 8)}`);
