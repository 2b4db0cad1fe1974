/** What is sent and answered about configurations, as schemas. Read next: configuration.ts. */
import Type from 'typebox'
import { shownInstant } from '../http/instant.ts'
import { reason } from '../http/schema.ts'

export const inForceSchema = Type.Object(
  {
    configurationId: Type.String({
      description: 'Hash of the resolved configuration, without secrets; also the ETag.',
    }),
    machines: Type.Integer(),
    links: Type.Integer(),
  },
  { title: 'Configuration', description: 'The one in force.' },
)

export const changedSchema = Type.Object(
  {
    what: Type.String({ description: 'Keys of the site file, or of a profile, with dots between.' }),
    from: Type.Optional(Type.String({ description: 'Absent: it was not there. A secret is ***.' })),
    to: Type.Optional(Type.String({ description: 'Absent: it is gone.' })),
  },
  { title: 'ConfigurationChange', description: 'One place that differs.' },
)

export const earlierSchema = Type.Object(
  {
    entry: Type.Integer({ description: 'Its entry in the ledger; `rollback` takes it.' }),
    at: shownInstant('From when on it was in force.'),
    configurationId: Type.String(),
    by: Type.Optional(Type.String({ description: 'Who applied it; absent: the gateway was started with it.' })),
    changes: Type.Optional(Type.Array(changedSchema)),
    more: Type.Optional(Type.Integer({ description: 'Changes that the entry had no room for.' })),
    rollbackTo: Type.Optional(Type.Integer({ description: 'The entry whose configuration it brought back.' })),
    kept: Type.Boolean({ description: 'Whether it can be brought back.' }),
  },
  { title: 'EarlierConfiguration' },
)

const text = (description: string) => Type.String({ maxLength: 1_048_576, description })

export const filesSchema = Type.Object(
  {
    site: Type.Optional(text('Text of the site file; or send `rollback`.')),
    profiles: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z0-9-]{1,64}$' }), text('Text of the profile.'), {
        description: 'Profiles that it uses and that did not come with the gateway, by name.',
      }),
    ),
    edits: Type.Optional(
      Type.Array(
        Type.Object(
          {
            path: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
              minItems: 1,
              maxItems: 12,
              description: 'Keys from the root of the site file.',
            }),
            json: Type.Optional(
              Type.String({ maxLength: 65_536, description: 'The new value as JSON; absent: it is removed.' }),
            ),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: 64, description: 'Changes of the site file in force, in place of `site`.' },
      ),
    ),
    why: Type.Optional({ ...reason, description: 'With `edits`: a comment above each of them in the site file.' }),
    rollback: Type.Optional(Type.Integer({ minimum: 0, description: 'Entry of the configuration to bring back.' })),
    dryRun: Type.Optional(Type.Boolean({ description: 'Only say what it would do.' })),
  },
  { additionalProperties: false, description: 'Other files of the site.' },
)

export const heldSchema = Type.Object(
  {
    configurationId: Type.String(),
    site: Type.String({ description: 'Text of the site file.' }),
    value: Type.Unsafe<object>({
      type: 'object',
      additionalProperties: true,
      description: 'The same as data, without defaults; secrets stay the names of their variables.',
    }),
    schema: Type.Unsafe<object>({
      type: 'object',
      additionalProperties: true,
      description: 'JSON Schema of the site file.',
    }),
    profiles: Type.Array(Type.String(), { description: 'Every profile that a device can have.' }),
  },
  { title: 'ConfigurationFiles' },
)

export const appliedSchema = Type.Object(
  {
    applied: Type.Boolean({ description: 'It is in force, durable, and in the files of the gateway.' }),
    from: Type.String({ description: 'The configuration that it was compared with.' }),
    configurationId: Type.String(),
    changes: Type.Array(changedSchema),
    steps: Type.Array(Type.String(), { description: 'What is done to links and machines, a line each.' }),
    needsRestart: Type.Array(Type.String(), {
      description: 'What only a restart takes over: nothing is applied then.',
    }),
    waits: Type.Array(Type.Object({ machine: Type.String(), why: Type.String() }), {
      description: 'Machines in use that it would change: nothing is applied then.',
    }),
    meters: Type.Array(Type.Object({ meter: Type.String(), text: Type.String() }), {
      description: 'What becomes of meters.',
    }),
    notes: Type.Array(Type.String(), { description: 'What is allowed and worth knowing.' }),
  },
  { title: 'AppliedConfiguration' },
)
