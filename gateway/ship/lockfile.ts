/**
 * The libraries that a gateway is shipped with, as package-lock.json names them: what package.json needs at run time
 * and all that it needs in turn. Read next: tree.ts (their files), sbom.ts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Library = {
  /** Where it is installed, such as `node_modules/ajv`. */
  readonly path: string
  readonly name: string
  readonly version: string
  /** SHA-512 of its archive, base64. */
  readonly sha512: string
  /** An SPDX expression, where the package states one. */
  readonly license?: string
  /** Paths of the libraries that it needs. */
  readonly needs: readonly string[]
}

type Locked = {
  readonly version: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly devOptional?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}
export type Lockfile = Readonly<Record<string, Locked>>

export function readLockfile(root: string): Lockfile {
  return (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lockfile }).packages
}

/** Sorted by path; the first has the path `` and is the gateway itself. */
export function shippedLibraries(lock: Lockfile): Library[] {
  return Object.keys(lock)
    .filter((path) => isShipped(lock[path]!))
    .sort()
    .map((path) => libraryOf(lock, path))
}

/** The carried Node of an architecture, which is a package too. */
export const carriedNode = (lock: Lockfile, arch: string): Library => libraryOf(lock, `node_modules/node-linux-${arch}`)

function libraryOf(lock: Lockfile, path: string): Library {
  const { version, integrity = '', license, dependencies, peerDependencies } = lock[path]!
  const needs = Object.keys({ ...dependencies, ...peerDependencies }).map((name) => placeOf(lock, path, name))
  return {
    path,
    name: path.slice(path.lastIndexOf('node_modules/') + (path === '' ? 0 : 'node_modules/'.length)),
    version,
    sha512: integrity.replace(/^sha512-/, ''),
    ...(license === undefined ? {} : { license }),
    needs: needs.filter((place) => place !== undefined && isShipped(lock[place]!)).sort() as string[],
  }
}

const isShipped = ({ dev, optional, devOptional }: Locked) => !dev && !optional && !devOptional

/** As Node looks for it: beside, then further out. */
function placeOf(lock: Lockfile, from: string, name: string): string | undefined {
  const place = `${from === '' ? '' : `${from}/`}node_modules/${name}`
  if (lock[place] !== undefined) return place
  if (from === '') return undefined
  const outer = from.lastIndexOf('/node_modules/')
  return placeOf(lock, outer < 0 ? '' : from.slice(0, outer), name)
}
