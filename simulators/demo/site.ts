/**
 * The site file of the demo: the ports it names, and a copy with other ports for when those are taken. Everything is on
 * this host. Next: plant.ts.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { type Document, parseDocument } from 'yaml'

export const host = '127.0.0.1'

/** Where the site file names each server of the demo, and how it writes its port. */
const places = {
  api: { path: ['api', 'listen'], write: (port: number) => `${host}:${port}` },
  platform: { path: ['trust', 'issuers', 0, 'issuer'], write: (port: number) => `http://${host}:${port}` },
  broker: { path: ['mqtt', 'url'], write: (port: number) => `mqtt://${host}:${port}` },
  booth: { path: ['links', 'booth-plc', 'port'], write: (port: number) => port },
  saw: { path: ['links', 'saw-opcua', 'endpoint'], write: (port: number) => `opc.tcp://${host}:${port}` },
  sawMeter: { path: ['links', 'saw-meter', 'port'], write: (port: number) => port },
  instrument: { path: ['links', 'lab-opcua', 'endpoint'], write: (port: number) => `opc.tcp://${host}:${port}` },
} as const
export type Place = keyof typeof places
export type Ports = Readonly<Record<Place, number>>

export type Site = Readonly<{
  ports: Ports
  /** The file as text, with other ports and another data folder. */
  moved(ports: Ports, dataDir: string): string
}>

/** Throws when the file has no port where the demo needs one. */
export function readSite(path: string): Site {
  const text = readFileSync(path, 'utf8')
  const document = parseDocument(text)
  const names = Object.keys(places).filter((name): name is Place => Object.hasOwn(places, name))
  const ports = Object.fromEntries(names.map((name) => [name, portAt(document, name, path)]))
  return {
    ports: ports as Ports,
    moved(next, dataDir) {
      const copy = parseDocument(text)
      for (const name of names) copy.setIn(places[name].path, places[name].write(next[name]))
      copy.setIn(['trust', 'issuers', 0, 'jwks'], `http://${host}:${next.platform}/jwks.json`)
      copy.setIn(['dataDir'], dataDir)
      copy.setIn(['plan'], join(dirname(path), String(copy.get('plan'))))
      copy.commentBefore = ` A copy of ${path} for one run of the demo.`
      return copy.toString({ lineWidth: 0 })
    },
  }
}

function portAt(document: Document, name: Place, path: string): number {
  const value = String(document.getIn(places[name].path))
  const port = Number(value.slice(value.lastIndexOf(':') + 1))
  if (Number.isInteger(port) && port > 0) return port
  throw new Error(`${path}: ${places[name].path.join('.')} has no port`)
}

/** The port, or 0 when another process listens on it. */
export async function orZero(port: number): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(0))
    server.listen(port, host, () => server.close(() => resolve(port)))
  })
}
