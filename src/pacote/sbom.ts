// The list of what a release is made of, in CycloneDX, the same for the same packages.
import { z } from 'zod';
import { hashOf } from '../instalar/somas.ts';
import { runProgram } from './programa.ts';

const Sbom = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.looseObject({ component: z.looseObject({ name: z.string() }) }),
  components: z.array(z.looseObject({ name: z.string(), version: z.string() })),
});

/** `npm sbom` of the production packages, without the moment and the random number that differ at every run. */
export function makeSbom(): string {
  const made = Sbom.parse(
    JSON.parse(runProgram('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'])),
  );
  const { timestamp: _, ...metadata } = made.metadata;
  const component = { ...metadata.component, name: 'tele-clinica-ixc' };
  const serial = hashOf(JSON.stringify(made.components));
  const uuid = [
    serial.slice(0, 8),
    serial.slice(8, 12),
    `4${serial.slice(13, 16)}`,
    `8${serial.slice(17, 20)}`,
  ];
  return `${JSON.stringify({ ...made, serialNumber: `urn:uuid:${uuid.join('-')}-${serial.slice(20, 32)}`, metadata: { ...metadata, component } }, null, 2)}\n`;
}
