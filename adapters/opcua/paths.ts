/**
 * Browse paths as text: `/Machinery:MachineryBuildingBlocks/nsu=urn:saw;Saw/CurrentState/Id`. Each step names its
 * namespace by URI, by the short name of a companion specification, or not at all: that is the standard one. Pure.
 * Read next: nodes.ts (ids), places.ts (which asks the server).
 */

/** One step down. `uri`: absent in the standard namespace. */
export type Step = { readonly uri?: string; readonly name: string }

const FOUNDATION = 'http://opcfoundation.org/UA/'

/** Namespaces of companion specifications, from their NodeSets: the short name that a path may use. */
const COMPANIONS: Readonly<Record<string, string>> = {
  DI: `${FOUNDATION}DI/`,
  Machinery: `${FOUNDATION}Machinery/`,
  MachineTool: `${FOUNDATION}MachineTool/`,
  Woodworking: `${FOUNDATION}Woodworking/`,
  LADS: `${FOUNDATION}LADS/`,
  PackML: `${FOUNDATION}PackML/`,
  // Without a slash at its end, unlike the others.
  CNC: `${FOUNDATION}CNC`,
  PlasticsRubber: `${FOUNDATION}PlasticsRubber/GeneralTypes/`,
  IMM2MES: `${FOUNDATION}PlasticsRubber/IMM2MES/`,
  TCD: `${FOUNDATION}PlasticsRubber/TCD/`,
}

export const isPath = (text: string) => text.startsWith('/')

/** Undefined: it is no path. */
export function stepsOf(path: string): Step[] | undefined {
  const steps: Step[] = []
  let rest = path
  while (rest !== '') {
    if (!rest.startsWith('/')) return undefined
    // A URI has slashes of its own, so it is taken first.
    const [taken, , uri, name] = /^\/(nsu=([^;]+);)?((?:[^/&]|&.)+)/s.exec(rest) ?? []
    const step = name === undefined ? undefined : stepOf(uri, name)
    if (taken === undefined || step === undefined) return undefined
    steps.push(step)
    rest = rest.slice(taken.length)
  }
  return steps.length > 0 ? steps : undefined
}

/** In a name `&` stands before a character that would mean something else (OPC UA Part 4, A.2). */
function stepOf(uri: string | undefined, text: string): Step | undefined {
  const plain = (name: string) => name.replaceAll(/&(.)/gs, '$1')
  if (uri !== undefined) return { uri: unescapeUri(uri), name: plain(text) }
  const [, short, name] = /^([A-Za-z0-9]+):(.+)$/s.exec(text) ?? []
  if (short === undefined || name === undefined) return { name: plain(text) }
  return Object.hasOwn(COMPANIONS, short) ? { uri: COMPANIONS[short]!, name: plain(name) } : undefined
}

/** The path as text again, as short as it can be. */
export function pathOf(steps: readonly Step[]): string {
  return steps.map((step) => `/${textOf(step)}`).join('')
}

function textOf({ uri, name }: Step): string {
  const safe = name.replaceAll(/[/&:]/g, '&$&')
  if (uri === undefined) return safe
  const short = Object.keys(COMPANIONS).find((key) => COMPANIONS[key] === uri)
  return short === undefined ? `nsu=${escapeUri(uri)};${safe}` : `${short}:${safe}`
}

/** In an id and in a path only `;` and `%` of a URI are escaped (OPC UA Part 6, 5.1.12). */
export function unescapeUri(uri: string): string {
  return uri.replaceAll(/%3b/gi, ';').replaceAll('%25', '%')
}

export function escapeUri(uri: string): string {
  return uri.replaceAll('%', '%25').replaceAll(';', '%3B')
}
