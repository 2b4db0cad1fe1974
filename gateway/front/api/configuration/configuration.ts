/**
 * The configuration in force, those that were, and another one in its place, while the gateway runs: what it would do
 * can be asked first. Secrets are never shown.
 * Read next: front/configurations.ts (how it is judged), control/apply/apply.ts (who decides).
 */
import { basename } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { openText } from '../../../../config/document/document.ts'
import type { Fault } from '../../../../config/document/fault.ts'
import { editText } from '../../../../config/edit.ts'
import { siteJsonSchema } from '../../../../config/generate/json-schema.ts'
import type { SiteConfig, SiteFiles } from '../../../../config/site.ts'
import type { Entry } from '../../../core/ground/entry.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { outlookOf } from '../../../core/meter/outlook.ts'
import type { Api, App, Configurations } from '../api.ts'
import { ask } from '../ask.ts'
import { isForWhole } from '../guard.ts'
import { type FieldError, sendErrors, sendProblem } from '../http/problem.ts'
import { asked } from '../refusals.ts'
import {
  appliedSchema,
  type changedSchema,
  earlierSchema,
  filesSchema,
  heldSchema,
  inForceSchema,
} from './configuration-body.ts'

/** Of the files that are sent. */
const MOST_BYTES = 4_194_304
/** Configurations that are listed. */
const MOST_LISTED = 200

const getConfiguration = {
  config: { action: 'configuration.read' },
  schema: {
    operationId: 'getConfiguration',
    summary: 'Which configuration is in force',
    tags: ['configuration'],
    response: { 200: inForceSchema },
  },
} as const

const listConfigurations = {
  config: { action: 'configuration.read' },
  schema: {
    operationId: 'listConfigurations',
    summary: 'Configurations that were in force, newest first: who changed what, from what to what',
    description: 'As the ledger has it; secrets are not in it.',
    tags: ['configuration'],
    response: {
      200: Type.Object({ configurations: Type.Array(earlierSchema) }, { description: 'The newest 200.' }),
    },
  },
} as const

const getFiles = {
  config: { action: 'configuration.write', problems: ['not-found'] },
  schema: {
    operationId: 'getFiles',
    summary: 'The site file in force, to be changed',
    tags: ['configuration'],
    response: { 200: heldSchema },
  },
} as const

const applyConfiguration = {
  bodyLimit: MOST_BYTES,
  config: {
    action: 'configuration.write',
    problems: [
      'not-found',
      'configuration-faulty',
      'configuration-changed',
      'configuration-waits',
      'needs-restart',
      ...asked,
    ],
  },
  schema: {
    operationId: 'applyConfiguration',
    summary: 'Put another configuration in place of the one in force',
    description:
      'What it does not touch goes on. A machine that is in use is not changed: the whole is refused then. With `dryRun` nothing is done, and the answer says what would be. With `If-Match` it is refused unless that configuration is in force.',
    tags: ['configuration'],
    headers: Type.Object({
      'if-match': Type.Optional(
        Type.String({
          pattern: '^"[0-9a-f]{64}"$',
          description: 'ETag of the configuration that was looked at.',
          examples: ['"0000000000000000000000000000000000000000000000000000000000000000"'],
        }),
      ),
    }),
    body: filesSchema,
    response: { 200: appliedSchema },
  },
} as const

export function configurationRoutes(app: App, api: Api): void {
  app.get('/configuration', getConfiguration, async (_, reply) => {
    const { configurationId, machines, links } = api.config
    reply
      .header('etag', `"${configurationId}"`)
      .header('cache-control', 'private, no-cache')
      .header('vary', 'Authorization')
    return { configurationId, machines: machines.length, links: links.length }
  })

  app.get('/configuration/history', listConfigurations, async () => ({
    configurations: api.reader.newestOf('ConfigurationApplied', MOST_LISTED).map((entry) => toEarlier(entry, api)),
  }))

  app.get('/configuration/files', getFiles, async (request, reply) => {
    if (!isForWhole(api, request, reply)) return reply
    const { configurations } = api
    const held = configurations?.kept(configurations.inForce())
    if (configurations === undefined || held === undefined) return sendProblem(request, reply, refuse('not-found'))
    reply.header('cache-control', 'private, no-store')
    const value = openText(held.site, 'site').value as object
    return {
      configurationId: configurations.inForce(),
      site: held.site,
      value,
      schema: siteJsonSchema(),
      profiles: [...configurations.profiles()],
    }
  })

  app.post('/configuration', applyConfiguration, async (request, reply) => {
    if (!isForWhole(api, request, reply)) return reply
    const { configurations } = api
    if (configurations === undefined) return sendProblem(request, reply, refuse('not-found'))
    const given = filesOf(api, configurations, request.body)
    if ('message' in given) return sendErrors(request, reply, [given])
    if ('gone' in given) return sendProblem(request, reply, refuse('not-found', given.gone))
    const known = request.headers['if-match']
    if (known !== undefined && known !== `"${configurations.inForce()}"`)
      return sendProblem(request, reply, refuse('configuration-changed'))
    return apply(api, configurations, given, request, reply)
  })
}

type Given = { readonly files: SiteFiles; readonly dryRun: boolean; readonly rollbackTo?: number }

function filesOf(
  { reader }: Api,
  configurations: Configurations,
  { site, profiles, edits, why, rollback, dryRun = false }: Static<typeof filesSchema>,
): Given | FieldError | { readonly gone: string } {
  if (edits !== undefined && site === undefined && rollback === undefined) {
    const held = configurations.kept(configurations.inForce())
    if (held === undefined) return { gone: 'the files in force are not kept' }
    const edited = editedBy(held.site, edits, why)
    if (edited === undefined) return { path: '/body/edits', message: 'cannot be made in the site file in force' }
    return { files: { site: edited, profiles: { ...held.profiles, ...profiles } }, dryRun }
  }
  if (site !== undefined && edits === undefined && rollback === undefined)
    return { files: { site, profiles: profiles ?? {} }, dryRun }
  if (site !== undefined || edits !== undefined || rollback === undefined)
    return { path: '/body/site', message: 'send the text of a site file, or edits, or rollback' }
  const [entry] = reader.entries(rollback, 1)
  if (entry === undefined || entry.seq !== rollback || entry.kind !== 'ConfigurationApplied')
    return { gone: `entry ${rollback} is no configuration; they are listed as history` }
  const files = configurations.kept(String(entry.body.data.configurationId))
  if (files === undefined) return { gone: `the files of entry ${rollback} are not kept any more` }
  return { files, dryRun, rollbackTo: rollback }
}

function editedBy(
  site: string,
  edits: NonNullable<Static<typeof filesSchema>['edits']>,
  why: string | undefined,
): string | undefined {
  try {
    const parsed = edits.map(({ path, json }) => ({
      path,
      ...(json === undefined ? {} : { value: JSON.parse(json) as unknown }),
    }))
    return editText(site, parsed, why)
  } catch {
    return undefined
  }
}

async function apply(
  api: Api,
  configurations: Configurations,
  { files, dryRun, rollbackTo }: Given,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Static<typeof appliedSchema> | FastifyReply> {
  const loaded = await configurations.judge(files)
  if (loaded.kind === 'faults')
    return sendProblem(request, reply, refuse('configuration-faulty'), { errors: loaded.faults.map(toError) })
  const meters = metersOf(api, loaded.config)
  const proposal = await configurations.propose(loaded, rollbackTo)
  const outcome = await ask(api, request, reply, { kind: 'apply', proposal, dryRun })
  if (outcome === undefined) return reply
  const { applied, steps, needsRestart, waits } = outcome.result
  const { configurationId } = loaded.config
  if (applied) reply.header('etag', `"${configurationId}"`)
  return {
    applied,
    from: proposal.from,
    configurationId,
    changes: proposal.changes.map((change) => ({ ...change })),
    steps: [...steps],
    needsRestart: [...needsRestart],
    waits: waits.map((each) => ({ ...each })),
    meters,
    notes: loaded.summary.notes.map(({ message, advice }) => `${message}; ${advice}`),
  }
}

/** Of meters that are configured, before or after. */
function metersOf({ config, reader, board }: Api, next: SiteConfig): { meter: string; text: string }[] {
  const configs = next.machines.flatMap(({ meters }) => meters)
  const ids = new Set([...config.machines.flatMap(({ meters }) => meters), ...configs].map(({ id }) => id))
  const busy = config.machines.flatMap(({ id }) => (board.row(id)?.session === undefined ? [] : [id]))
  const known = reader.meters().filter(({ meter }) => ids.has(meter))
  return outlookOf(known, configs, new Set(busy)).map(({ meter, text }) => ({ meter, text }))
}

function toError({ file, line, column, message, advice }: Fault): FieldError {
  return { path: `${basename(file)}:${line}:${column}`, message: `${message}; ${advice}` }
}

type Recorded = {
  readonly configurationId: string
  readonly by?: { readonly name: string }
  readonly changes?: Static<typeof changedSchema>[]
  readonly more?: number
  readonly rollbackTo?: number
}

function toEarlier({ seq, body }: Entry, { configurations }: Api): Static<typeof earlierSchema> {
  const { configurationId, by, changes, more, rollbackTo } = body.data as unknown as Recorded
  return {
    entry: seq,
    at: body.at,
    configurationId,
    ...(by === undefined ? {} : { by: by.name }),
    ...(changes === undefined ? {} : { changes }),
    ...(more === undefined ? {} : { more }),
    ...(rollbackTo === undefined ? {} : { rollbackTo }),
    kept: configurations?.kept(configurationId) !== undefined,
  }
}
