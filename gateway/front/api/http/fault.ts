/**
 * A fault of a field in words: what it should have been, as its description says, and never a regular expression. It
 * never quotes what was sent. Read next: schema.ts (the descriptions), problem.ts (the answer).
 */

type Fault = { readonly keyword: string; readonly schemaPath: string; readonly message: string }
type Described = { readonly description?: string; readonly examples?: readonly unknown[]; readonly enum?: unknown }

/** The same fault, its message for people. Words that the validator has itself stay. */
export function inWords<T extends Fault>(fault: T, schema: unknown): T {
  const { description, examples, enum: words } = partOf(schema, fault.schemaPath)
  if (fault.keyword === 'enum' && Array.isArray(words))
    return { ...fault, message: `must be one of ${words.join(', ')}` }
  if (fault.keyword !== 'pattern') return fault
  const [example] = examples ?? []
  return {
    ...fault,
    message: `is not as described: ${description ?? 'text'}${example === undefined ? '' : ` Such as ${example}.`}`,
  }
}

/** The part of a schema that a path such as `#/properties/start` leads to. */
function partOf(schema: unknown, path: string): Described {
  let part = schema
  for (const name of path.split('/').slice(1))
    part = (part as Readonly<Record<string, unknown>> | undefined)?.[name.replaceAll('~1', '/').replaceAll('~0', '~')]
  return (part as Described | undefined) ?? {}
}
