// The list of what a release is made of, in CycloneDX, the same for the same packages.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { hashOf } from '../instalar/somas.ts';
import { ROOT, runProgram } from './programa.ts';

const Component = z.looseObject({
  'bom-ref': z.string(),
  name: z.string(),
  version: z.string(),
});

const Sbom = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.looseObject({ component: z.looseObject({ 'bom-ref': z.string(), name: z.string() }) }),
  components: z.array(Component),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()).default([]) })),
});

/** Folders of the production packages below the repository, such as `node_modules/pino`; nested ones have lines of their own. */
export function listPackages(): string[] {
  return runProgram('npm', ['ls', '--omit=dev', '--all', '--parseable'])
    .split('\n')
    .filter((line) => line.includes('node_modules'))
    .map((line) => path.relative(ROOT, line));
}

function nameAndVersion(folder: string): string {
  const found: unknown = JSON.parse(readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8'));
  const { name, version } = z.object({ name: z.string(), version: z.string() }).parse(found);
  return `${name}@${version}`;
}

/**
 * `npm sbom` of the production packages, without the moment and the random number that differ at every run. Not by its
 * own `--omit dev`: npm 11 then also leaves out what a development package needs as well.
 */
export function makeSbom(): string {
  const made = Sbom.parse(JSON.parse(runProgram('npm', ['sbom', '--sbom-format', 'cyclonedx'])));
  const shipped = new Set(listPackages().map(nameAndVersion));
  const components = made.components.filter(({ name, version }) => shipped.has(`${name}@${version}`));
  const { timestamp: _, ...metadata } = made.metadata;
  const refs = new Set([metadata.component['bom-ref'], ...components.map((each) => each['bom-ref'])]);
  const dependencies = made.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map((each) => ({ ...each, dependsOn: each.dependsOn.filter((ref) => refs.has(ref)) }));
  const component = { ...metadata.component, name: 'tele-clinica-ixc' };
  const hash = hashOf(JSON.stringify(components));
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `4${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`];
  const serialNumber = `urn:uuid:${parts.join('-')}-${hash.slice(20, 32)}`;
  const bom = { ...made, serialNumber, metadata: { ...metadata, component }, components, dependencies };
  return `${JSON.stringify(bom, null, 2)}\n`;
}
