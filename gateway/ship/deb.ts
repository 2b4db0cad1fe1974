/**
 * A Debian package (deb(5)) of an installed gateway: the command, the service, the user, and the scripts in debian/
 * that dpkg runs. Pure but for those files, which it reads.
 * Read next: debian/latchkey.service, debian/postinst, ship.ts.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { arOf, type TreeFile, tarOf } from './tar.ts'
import type { Arch } from './tree.ts'

const DEBIAN = join(import.meta.dirname, 'debian')
const HOME = 'usr/lib/latchkey'
export const ARCHITECTURE = { x64: 'amd64', arm64: 'arm64' } as const satisfies Record<Arch, string>

/** `installed` is below its folder; `papers` are what goes to the documentation, by name. */
export function debOf(
  installed: readonly TreeFile[],
  papers: Readonly<Record<string, string>>,
  { version, arch, atS }: { readonly version: string; readonly arch: Arch; readonly atS: number },
): Buffer {
  const files = [
    ...installed.map((file) => ({ ...file, path: `${HOME}/${file.path}` })),
    text('usr/bin/latchkey', ours('latchkey'), true),
    text('usr/lib/systemd/system/latchkey.service', ours('latchkey.service')),
    ...Object.entries(papers).map(([name, content]) => text(`usr/share/doc/latchkey/${name}`, content)),
  ]
  const control = [
    text('control', controlOf(files, version, arch)),
    text('md5sums', files.map(({ path, bytes }) => `${md5(bytes)}  ${path}\n`).join('')),
    ...['postinst', 'prerm', 'postrm'].map((name) => text(name, ours(name), true)),
  ]
  return arOf(
    [
      { name: 'debian-binary', bytes: Buffer.from('2.0\n') },
      { name: 'control.tar.gz', bytes: tarOf(control, atS) },
      { name: 'data.tar.gz', bytes: tarOf(files, atS) },
    ],
    atS,
  )
}

function controlOf(files: readonly TreeFile[], version: string, arch: Arch): string {
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0)
  return ours('control')
    .replace('VERSION', version)
    .replace('ARCHITECTURE', ARCHITECTURE[arch])
    .replace('SIZE', String(Math.ceil(size / 1024)))
}

const ours = (name: string) => readFileSync(join(DEBIAN, name), 'utf8')

const text = (path: string, content: string, isExecutable = false): TreeFile => ({
  path,
  bytes: Buffer.from(content),
  isExecutable,
})

// dpkg --verify knows no other; the package as a whole has a SHA-256.
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')
