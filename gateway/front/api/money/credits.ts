/**
 * Credits: a bill that was too high is never changed. One auditor says what is taken out of it, another approves, and
 * the next statement has the credit, with the hashes of those that had the bill.
 * Read next: control/commands/credits.ts, core/billing/credit.ts (what a credit is worth).
 */
import Type, { type Static } from 'typebox'
import { refuseCredit } from '../../../core/billing/credit.ts'
import { pinOf } from '../../../core/billing/tariff.ts'
import type { Entry } from '../../../core/ground/entry.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { isWithinKey } from '../../../core/permission/permission.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import { correctionReasons } from '../../../core/session/correction.ts'
import { approvedOf, billedEntry, billedUse, proposalIn } from '../../../ledger/credits.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { ask } from '../ask.ts'
import { sendProblem } from '../http/problem.ts'
import { foreignId, ledgerText, words } from '../http/schema.ts'
import { asked } from '../refusals.ts'
import { creditSaid, reductionsSchema } from './bill-body.ts'

/** Proposals that wait for approval are few; older ones are asked for by their bill. */
const MOST_OPEN = 100

const proposalSchema = Type.Object(
  {
    ...creditSaid,
    approvedBy: Type.Optional(
      Type.String({ description: 'Another person; absent: nobody yet, and it does not count.' }),
    ),
  },
  { title: 'ProposedCredit' },
)

const proposeCredit = {
  config: { action: 'credit.write', problems: ['not-found', 'not-in-account', ...asked] },
  schema: {
    operationId: 'proposeCredit',
    summary: 'Say that a bill is too high',
    description:
      'Either units are taken out between two readings of the use, or the whole bill is waived. It counts once another auditor has approved it.',
    tags: ['money'],
    body: Type.Object(
      {
        bill: foreignId('The `id` of the bill.'),
        reduce: Type.Optional(reductionsSchema),
        waive: Type.Optional(Type.Literal(true, { description: 'The whole bill.' })),
        reason: words(correctionReasons, 'What kind of credit.'),
        text: ledgerText('Why.'),
      },
      { additionalProperties: false },
    ),
    response: {
      201: Type.Object({ id: Type.String({ description: 'Credit.' }) }, { description: 'It waits for approval.' }),
    },
  },
} as const

const params = Type.Object({ id: foreignId('Credit.') })

const approveCredit = {
  config: { action: 'credit.write', problems: ['not-found', 'not-in-account', ...asked] },
  schema: {
    operationId: 'approveCredit',
    summary: 'Approve a credit that another person has proposed',
    description: 'Refused to who proposed it, also with another key. Asked again it changes nothing.',
    tags: ['money'],
    params,
    body: Type.Object({}, { additionalProperties: false }),
    response: { 204: Type.Null({ description: 'The next statement has it.' }) },
  },
} as const

const listCredits = {
  config: { action: 'credit.read', problems: ['not-found'] },
  schema: {
    operationId: 'listCredits',
    summary: 'What was proposed and approved for a bill, or what waits for approval',
    tags: ['money'],
    querystring: Type.Object(
      {
        bill: Type.Optional(
          foreignId(
            `The \`id\` of the bill. Absent: of the newest ${MOST_OPEN} that nobody has approved, of any bill, those that still can be.`,
          ),
        ),
      },
      { additionalProperties: false },
    ),
    response: {
      200: Type.Object(
        { credits: Type.Array(proposalSchema) },
        { description: 'Of a bill in their order, else newest first.' },
      ),
    },
  },
} as const

export function creditRoutes(app: App, api: Api): void {
  app.post('/credits', proposeCredit, async (request, reply) => {
    const { reduce = [], waive, ...body } = request.body
    const relief = { reduce, ...(waive === undefined ? {} : { waive }) }
    const outcome = await ask(api, request, reply, { kind: 'propose-credit', ...body, ...relief })
    return outcome === undefined ? reply : reply.code(201).send({ id: outcome.id })
  })

  app.post('/credits/:id/approval', approveCredit, async (request, reply) => {
    const outcome = await ask(api, request, reply, { kind: 'approve-credit', id: request.params.id })
    return outcome === undefined ? reply : reply.code(204).send(null)
  })

  app.get('/credits', listCredits, async (request, reply) => {
    const { bill } = request.query
    if (bill === undefined) return { credits: openCredits(api, principalOf(request)) }
    const original = billedEntry(api.reader, bill)
    if (original === undefined) return sendProblem(request, reply, refuse('not-found', 'there is no such bill'))
    return { credits: creditsOf(api, bill, original.seq) }
  })
}

type Proposed = Static<typeof proposalSchema>

function creditsOf({ reader }: Api, bill: string, original: number): Proposed[] {
  const entries = reader.creditsOf(original)
  const approvals = entries.filter(({ kind }) => kind === 'CreditApproved').map(proposalIn)
  return entries
    .filter(({ kind }) => kind === 'CreditProposed')
    .map((entry) => {
      const approval = approvals.find((each) => each.id === proposalIn(entry).id)
      return { ...proposedOf(entry, bill), ...(approval === undefined ? {} : { approvedBy: approval.by.name }) }
    })
}

/** Of the machines that the key of the caller is for. One that others have made impossible waits no more. */
function openCredits({ reader }: Api, principal: Principal): Proposed[] {
  const tariffs = new Map(reader.tariffs().map((tariff) => [pinOf(tariff), tariff]))
  return reader.openProposals(MOST_OPEN).flatMap((entry) => {
    const billed = reader.entries(proposalIn(entry).original, 1)[0]
    const use = billed && billedUse(billed)
    const tariff = tariffs.get(use?.tariff ?? '')
    if (billed === undefined || use === undefined || tariff === undefined) return []
    if (!isWithinKey(principal, billed.machine ?? '')) return []
    const before = approvedOf(reader, billed.seq).map(({ proposal }) => proposalIn(proposal))
    return refuseCredit(tariff, use, before, proposalIn(entry)) === undefined ? [proposedOf(entry, use.id)] : []
  })
}

function proposedOf(entry: Entry, bill: string): Proposed {
  const { id, reason, text, reduce, waive, by } = proposalIn(entry)
  return {
    id,
    bill,
    reason: reason as (typeof correctionReasons)[number],
    text,
    reduce: reduce.map((each) => ({ ...each })),
    ...(waive === undefined ? {} : { waive }),
    proposedBy: by.name,
  }
}
