/**
 * What is in a package, for people who have to know: a bill of materials (CycloneDX 1.6), and the licences with their
 * texts. Pure. Read next: lockfile.ts.
 */
import { createHash } from 'node:crypto'
import type { Library } from './lockfile.ts'

type Subject = { readonly version: string; readonly commit: string; readonly atS: number }

/** `libraries` begins with the gateway itself. */
export function sbomOf([self, ...libraries]: readonly Library[], node: Library, subject: Subject): object {
  const { version, commit, atS } = subject
  const all = [...libraries, node]
  const refs = new Map(all.map((library) => [library.path, refOf(library)]))
  const root = `latchkey@${version}`
  const dependsOn = (needs: readonly string[]) => needs.map((path) => refs.get(path)!).sort()
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([subject, all]))}`,
    version: 1,
    metadata: {
      timestamp: new Date(atS * 1000).toISOString(),
      component: {
        type: 'application',
        'bom-ref': root,
        name: 'latchkey',
        version,
        licenses: [{ license: { id: 'Apache-2.0' } }],
        properties: [{ name: 'latchkey:commit', value: commit }],
      },
    },
    components: all.map(componentOf),
    dependencies: [
      { ref: root, dependsOn: dependsOn([...self!.needs, node.path]) },
      ...all.map((library) => ({ ref: refOf(library), dependsOn: dependsOn(library.needs) })),
    ],
  }
}

/** The licence of each library, and each text once, with the names of those that it is of. */
export function licencesOf(libraries: readonly (Library & { readonly text?: string })[]): string {
  const lines = libraries.map(({ name, version, license }) => `${name} ${version}: ${license ?? 'see its text'}`)
  const byText = Map.groupBy(
    libraries.filter(({ text }) => text !== undefined),
    ({ text }) => text!.trim(),
  )
  const texts = [...byText].map(
    ([text, of]) => `${'─'.repeat(80)}\n${of.map(({ name, version }) => `${name} ${version}`).join(', ')}\n\n${text}\n`,
  )
  return `${lines.join('\n')}\n\n${texts.join('\n')}`
}

function componentOf(library: Library): object {
  const { name, version, sha512, license } = library
  const [scope, base] = name.startsWith('@') ? name.split('/') : [undefined, name]
  return {
    type: 'library',
    'bom-ref': refOf(library),
    ...(scope === undefined ? {} : { group: scope }),
    name: base,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }],
    ...(license === undefined ? {} : { licenses: [licenceOf(license)] }),
  }
}

/** One licence has an id; several are an expression. */
const licenceOf = (license: string) =>
  /^[\w.-]+$/.test(license) ? { license: { id: license } } : { expression: license }

/** The path tells two copies of one version apart. */
const refOf = ({ path, name, version }: Library) => (path === `node_modules/${name}` ? `${name}@${version}` : path)

/** The same for the same content (RFC 9562, version 8). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
