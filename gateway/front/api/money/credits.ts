/**
 * Credits: a bill that was too high is never changed. One auditor says what is taken out of it, another approves, and
 * the next statement has the credit, with the hashes of those that had the bill.
 * Read next: control/commands/credits.ts, core/billing/credit.ts (what a credit is worth).
 */
import Type, { type Static } from 'typebox'
import { refuse } from '../../../core/ground/refusal.ts'
import { correctionReasons } from '../../../core/session/correction.ts'
import { billedEntry, proposalIn } from '../../../ledger/credits.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { sendProblem } from '../http/problem.ts'
import { foreignId, ledgerText, words } from '../http/schema.ts'
import { asked } from '../refusals.ts'
import { creditSaid, reductionsSchema } from './bill-body.ts'

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
    summary: 'What was proposed and approved for a bill',
    tags: ['money'],
    querystring: Type.Object({ bill: foreignId('The `id` of the bill.') }, { additionalProperties: false }),
    response: { 200: Type.Object({ credits: Type.Array(proposalSchema) }, { description: 'In their order.' }) },
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
    const original = billedEntry(api.reader, bill)
    if (original === undefined) return sendProblem(request, reply, refuse('not-found', 'there is no such bill'))
    return { credits: creditsOf(api, bill, original.seq) }
  })
}

function creditsOf({ reader }: Api, bill: string, original: number): Static<typeof proposalSchema>[] {
  const entries = reader.creditsOf(original)
  const approvals = entries.filter(({ kind }) => kind === 'CreditApproved').map(proposalIn)
  return entries
    .filter(({ kind }) => kind === 'CreditProposed')
    .map((entry) => {
      const { id, reason, text, reduce, waive, by } = proposalIn(entry)
      const approval = approvals.find((each) => each.id === id)
      return {
        id,
        bill,
        reason: reason as (typeof correctionReasons)[number],
        text,
        reduce: reduce.map((each) => ({ ...each })),
        ...(waive === undefined ? {} : { waive }),
        proposedBy: by.name,
        ...(approval === undefined ? {} : { approvedBy: approval.by.name }),
      }
    })
}
