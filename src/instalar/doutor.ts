// `tele-clinica doutor`: the doctor of the installed version, with the variables of the service.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { environmentOf } from './ambiente.ts';
import { Recusa } from './fala.ts';
import { isInstalled, type Lugares, RELEASE } from './obra.ts';

/** Exits as the doctor does. @throws Recusa when nothing is installed. */
export function runDoctor(lugares: Lugares, args: string[]): void {
  if (!isInstalled(lugares)) throw new Recusa('Nada está instalado aqui.', 'Rode antes: ./plugin/instalar');
  const run = spawnSync(process.execPath, [path.join(RELEASE, 'dist/doctor.js'), ...args], {
    stdio: 'inherit',
    env: { PATH: '/usr/bin:/bin', ...environmentOf(lugares) },
  });
  process.exitCode = run.status ?? 1;
}
