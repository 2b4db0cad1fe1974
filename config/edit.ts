/**
 * Changes the text of a site file at some places, and leaves the rest as people wrote it, comments included. It knows
 * no schema and judges nothing: what comes out is judged like any other text. Pure.
 * Read next: load.ts (the judge), gateway/front/api/configuration/configuration.ts (who asks).
 */
import { type Document, isMap, isScalar, parseDocument } from 'yaml'
import { isRecord, type Path } from './document/document.ts'

/** `value` absent: it is removed. */
type Edit = { readonly path: Path; readonly value?: unknown }

/** `why`: stands as a comment above each place. Undefined: the text is no YAML, or has no such place. */
export function editText(text: string, edits: readonly Edit[], why?: string): string | undefined {
  const document = parseDocument(text)
  if (document.errors.length > 0) return undefined
  try {
    for (const { path, value } of edits) {
      put(document, path, value)
      if (why !== undefined && value !== undefined) explain(document, path, why)
    }
    return document.toString({ lineWidth: 0 })
  } catch {
    // A path that leads through a single value.
    return undefined
  }
}

/** Member by member, so that what stays the same keeps its form and its comments. */
function put(document: Document, path: Path, value: unknown): void {
  if (value === undefined) {
    document.deleteIn(path)
    return
  }
  const around = document.getIn(path.slice(0, -1), true)
  // `{}` of a file that was just begun: what comes into it has lines of its own.
  if (isMap(around) && around.items.length === 0) around.flow = false
  const known = document.getIn(path, true)
  if (!isRecord(value) || !isMap(known))
    return document.setIn(path, isRecord(value) || Array.isArray(value) ? document.createNode(value) : value)
  for (const { key } of [...known.items]) {
    const name = String(isScalar(key) ? key.value : key)
    if (!Object.hasOwn(value, name)) known.delete(key)
  }
  for (const [name, member] of Object.entries(value)) put(document, [...path, name], member)
}

/** Above the key, below what stood there. */
function explain(document: Document, path: Path, why: string): void {
  const around = document.getIn(path.slice(0, -1), true)
  const pair = isMap(around)
    ? around.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(path.at(-1)))
    : undefined
  if (pair === undefined || !isScalar(pair.key)) return
  pair.key.commentBefore = [...(pair.key.commentBefore?.split('\n') ?? []), ` ${why}`].join('\n')
}
