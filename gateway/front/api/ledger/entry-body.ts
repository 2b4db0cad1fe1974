/** An entry as it was hashed: the same body in a list, in an event and in an entry bundle. */
import Type from 'typebox'
import { clockStates, entryKinds } from '../../../core/ground/entry.ts'
import { words } from '../http/schema.ts'

export const entrySchema = Type.Object(
  {
    seq: Type.Integer({ description: 'Gapless over the ledger.' }),
    kind: words(entryKinds, 'What happened.'),
    v: Type.Literal(1),
    site: Type.String(),
    machine: Type.Optional(Type.String()),
    session: Type.Optional(Type.String()),
    simulated: Type.Optional(Type.Literal(true)),
    at: Type.String({ description: 'RFC 3339, UTC.' }),
    clock: words(clockStates, 'How far `at` is to be trusted.'),
    boot: Type.String({ description: 'Boot the monotonic time belongs to.' }),
    mono: Type.String({ description: 'Monotonic ns, decimal text.' }),
    data: Type.Unsafe<object>({ type: 'object', additionalProperties: true, description: 'By kind.' }),
  },
  { title: 'Entry', description: 'An entry as it was hashed.' },
)
